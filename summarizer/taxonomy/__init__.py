"""News taxonomies: IPTC Media Topics by default, the user's own YAML, IPTC's SKOS export."""

from summarizer.taxonomy.skos import import_skos
from summarizer.taxonomy.topic import Taxonomy, Topic, default_taxonomy
from summarizer.taxonomy.yaml_file import load_taxonomy, write_taxonomy

__all__ = [
    "Taxonomy",
    "Topic",
    "default_taxonomy",
    "import_skos",
    "load_taxonomy",
    "write_taxonomy",
]
