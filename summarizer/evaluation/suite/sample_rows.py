"""``SampleRow``: an article of a suite with what people say of it, as a data file has it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from pydantic import Field, field_validator, model_validator

from summarizer.digest import Value
from summarizer.errors import ConfigurationError
from summarizer.evaluation.metrics.attacks import Injection
from summarizer.evaluation.suite.definition import Suite

if TYPE_CHECKING:
    pass


class SampleRow(Value):
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
    def _has_one_article(self) -> SampleRow:
        if (self.article is None) == (self.path is None):
            raise ValueError(f"row {self.id!r} must have either 'article' or 'path'")
        return self


class SourceRow(NamedTuple):
    """A row, and where it is: paths in it are seen from ``folder``."""

    where: str
    folder: Path
    row: SampleRow


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


def json_schema(kind: Literal["suite", "row"]) -> dict[str, Any]:
    """The schema, draft 2020-12; editors check and complete by it what is written."""
    models: dict[str, type[Value]] = {"suite": Suite, "row": SampleRow}
    schema = models[kind].model_json_schema(mode="validation")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
