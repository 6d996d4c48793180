"""The default taxonomy: IPTC Media Topics, first and second level (17 + 131 topics).

Ids and names are IPTC's (CC BY 4.0, https://iptc.org/standards/media-topics/); descriptions and
examples are ours.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from summarizer.taxonomy.topic import Taxonomy
from summarizer.taxonomy.yaml_file import load_taxonomy

_FILE = Path(__file__).with_name("media_topics.yaml")


@cache
def default_taxonomy() -> Taxonomy:
    """IPTC Media Topics, two levels; read once per process."""
    return load_taxonomy(_FILE)
