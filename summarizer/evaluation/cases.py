"""``Case``: an article of a suite with what people say of it. ``Row``: the same in a data file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import Field, field_validator, model_validator

from summarizer.articles import Article, load
from summarizer.articles.rows import article_from_row
from summarizer.digest import Value
from summarizer.errors import ConfigurationError, NotAnArticleError, SourceError
from summarizer.evaluation.metrics import Gold
from summarizer.evaluation.metrics.injection import Injection

if TYPE_CHECKING:
    from summarizer.settings import Settings


class Row(Value):
    """A line of data.jsonl."""

    id: str = Field(min_length=1, max_length=200, description="Unique in the file.")
    article: str | None = Field(default=None, description="The text; or else:")
    path: str | None = Field(default=None, description="The article's file, seen from this one.")
    gold_topics: tuple[str, ...] | None = Field(
        default=None, description="Ids or names, the most important first; []: no topic fits."
    )
    references: tuple[str, ...] = Field(default=(), description="Summaries by people.")
    key_facts: tuple[str, ...] = Field(default=(), description="Short statements, one fact each.")
    story_id: str | None = Field(default=None, description="Shared by articles on one event.")
    slices: tuple[str, ...] = Field(default=(), description="Kinds that the article belongs to.")
    language: str | None = Field(default=None, description="ISO 639-1; of an inline article.")
    title: str | None = Field(default=None, description="Of an inline article.")
    date: str | None = Field(default=None, description="As published; of an inline article.")
    injection: Injection | None = Field(default=None, description="The order that it carries.")

    @field_validator("path")
    @classmethod
    def _is_local(cls, path: str | None) -> str | None:
        if path is not None and ("://" in path or path == "-"):
            raise ValueError("not a file of this machine")
        return path

    @model_validator(mode="after")
    def _has_one_article(self) -> Row:
        if (self.article is None) == (self.path is None):
            raise ValueError(f"row {self.id!r} must have either 'article' or 'path'")
        return self


class SourceRow(NamedTuple):
    """A row, and where it is: paths in it are seen from ``folder``."""

    where: str
    folder: Path
    row: Row


class Case(Value):
    """An article with its gold data, ready to be digested and scored."""

    id: str
    article: Article
    gold: Gold
    story: str | None = None
    slices: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Changes when article or gold do: scores of two runs are comparable where it is equal."""
        gold = json.dumps(self.gold.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(f"{self.article.id}\n{gold}".encode()).hexdigest()[:16]


def to_case(source: SourceRow, topics: tuple[str, ...] | None, *, settings: Settings) -> Case:
    """The case of a row, its article loaded and cleaned as the product does it.

    Args:
        source: the row.
        topics: its gold topics as ids of the taxonomy in force.
        settings: limits for reading files.

    Raises:
        NotAnArticleError: what is there is not an article.
        ConfigurationError: the article cannot be read; the message names the row.
    """
    row = source.row
    try:
        article = _article(source, settings)
    except NotAnArticleError:
        raise
    except SourceError as error:
        raise ConfigurationError(f"{source.where}: row {row.id!r}: {error}") from None
    gold = Gold(
        topics=topics,
        references=row.references,
        key_facts=row.key_facts,
        injection=row.injection,
    )
    return Case(
        id=row.id, article=article, gold=gold, story=row.story_id or None, slices=row.slices
    )


def _article(source: SourceRow, settings: Settings) -> Article:
    row = source.row
    if row.path is not None:
        # What the file itself says of title and date is what users would get.
        return load(str(source.folder / row.path), settings=settings)
    record: dict[str, Any] = {
        "text": row.article,
        "title": row.title,
        "date": row.date,
        "language": row.language,
    }
    named = {name: value for name, value in record.items() if value is not None}
    return article_from_row(named, source=source.where, text_field="text")


def sample(rows: Iterable[SourceRow], *, limit: int | None, seed: int) -> list[SourceRow]:
    """``limit`` rows drawn by lot, in their order; a larger limit adds to a smaller one."""
    found = list(rows)
    kept = set(drawn((source.row.id for source in found), limit=limit, seed=seed))
    return [source for source in found if source.row.id in kept]


def drawn(ids: Iterable[str], *, limit: int | None, seed: int) -> list[str]:
    """``limit`` of the ids drawn by lot, in their order; always the same of the same ids."""
    found = list(ids)

    def lot(id_: str) -> str:
        return hashlib.sha256(f"{seed}\n{id_}".encode()).hexdigest()

    kept = set(found if limit is None else sorted(found, key=lot)[:limit])
    return [id_ for id_ in found if id_ in kept]


def distinct(rows: Iterable[SourceRow]) -> Iterator[SourceRow]:
    """The rows as they are.

    Raises:
        ConfigurationError: two have one id.
    """
    seen: dict[str, str] = {}
    for source in rows:
        first = seen.setdefault(source.row.id, source.where)
        if first != source.where:
            raise ConfigurationError(
                f"{source.where}: the id {source.row.id!r} is also that of {first}",
                hint="every row needs an id of its own",
            )
        yield source
