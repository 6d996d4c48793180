"""Topics and a short summary of any article, each backed by evidence in the article.

>>> from summarizer import Summarizer
>>> digest = Summarizer(model="extractive").digest("article.txt")  # doctest: +SKIP

Names are imported on first use, so that ``import summarizer`` is cheap.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from summarizer.articles import Article
    from summarizer.digest import Digest, Evidence, Failure, Summary, TopicLabel
    from summarizer.errors import SummarizerError
    from summarizer.retrieval.corpus import Corpus
    from summarizer.summarizer import Summarizer
    from summarizer.taxonomy import Taxonomy

__version__ = "0.3.0"

_HOMES = {
    "Article": "summarizer.articles",
    "Corpus": "summarizer.retrieval.corpus",
    "Digest": "summarizer.digest",
    "Evidence": "summarizer.digest",
    "Failure": "summarizer.digest",
    "Summarizer": "summarizer.summarizer",
    "SummarizerError": "summarizer.errors",
    "Summary": "summarizer.digest",
    "Taxonomy": "summarizer.taxonomy",
    "TopicLabel": "summarizer.digest",
}

__all__ = [
    "Article",
    "Corpus",
    "Digest",
    "Evidence",
    "Failure",
    "Summarizer",
    "SummarizerError",
    "Summary",
    "Taxonomy",
    "TopicLabel",
]


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
