"""What a corpus answers."""

from __future__ import annotations

from datetime import date
from typing import Literal, NamedTuple

from pydantic import Field

from summarizer.articles.article import Article
from summarizer.digest import Value

FoundBy = Literal["dense", "lexical"]


class Progress(NamedTuple):
    """How far an ``add`` or ``rebuild`` has come."""

    articles: int  # looked at in this call
    embedded: int  # passages, in this call
    pending: int  # passages of the whole corpus that wait for their vector


class AddReport(Value):
    """What an ``add`` did."""

    added: int = Field(description="New articles.")
    changed: int = Field(description="Articles with new text or title: replaced.")
    updated: int = Field(description="Articles with new labels or other metadata only.")
    unchanged: int
    embedded: int = Field(description="Passages that got their vector.")


class Hit(Value):
    """An article that a search found, with its best passage."""

    key: str
    title: str | None
    published: date | None
    source: str
    labels: tuple[str, ...]
    passage: str
    start: int = Field(description="First character of the passage in the article's text.")
    end: int
    score: float = Field(ge=0, le=1, description="Fused ranks; 1 is first in both lists.")
    found_by: tuple[FoundBy, ...] = Field(description="The lists that had the passage.")


class Relative(Value):
    """An article of the corpus that is like another one."""

    key: str
    article: Article
    score: float = Field(ge=0, le=1, description="How alike they are; see similarity().")


class Related(Value):
    """Articles like another one, the most similar first."""

    articles: tuple[Relative, ...] = ()
    duplicates: tuple[Relative, ...] = Field(
        default=(), description="The same text but for small changes."
    )
