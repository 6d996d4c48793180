"""A user's own .csv or .jsonl, with columns of any name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from summarizer.errors import ConfigurationError
from summarizer.evaluation.adapters.records import (
    Record,
    checked_row,
    file_records,
    list_cell,
    text_cell,
)
from summarizer.evaluation.suite.definition import TableFields
from summarizer.evaluation.suite.sample_rows import SampleRow, SourceRow

# Where a column is not named, the usual names are tried.
_USUAL: Final[dict[str, tuple[str, ...]]] = {
    "id": ("id", "guid", "uuid"),
    "article": ("text", "body", "content", "article"),
    "title": ("title", "headline"),
    "date": ("date", "published", "published_at"),
    "language": ("language", "lang"),
    "labels": ("gold_topics", "labels", "topics", "label", "topic", "category"),
    "reference": ("references", "reference", "summary", "highlights"),
    "key_facts": ("key_facts",),
    "story": ("story_id", "story"),
    "slices": ("slices", "slice"),
}
_LINES: Final = re.compile(r"\n")
_WHOLE: Final = re.compile(r"\Z(?!)")  # separates nothing


def table(path: Path, fields: TableFields) -> Iterator[SourceRow]:
    """The rows of a table.

    Raises:
        ConfigurationError: a column that is named does not exist, or a row has no text.
    """
    for number, (where, record) in enumerate(file_records(path)):
        if number == 0:
            _check(fields, record, where)
        yield SourceRow(where, path.parent, to_row(record, fields, where=where))


def to_row(record: Record, fields: TableFields, *, where: str) -> SampleRow:
    """A record as a row; what has no id gets its place in the file."""
    article = text_cell(record, _names("article", fields))
    if article is None:
        raise ConfigurationError(
            f"{where}: no text under {' / '.join(_names('article', fields))}",
            hint="data.fields.article in suite.yaml names the column",
        )
    values = {
        "id": text_cell(record, _names("id", fields)) or where.rpartition("/")[2],
        "article": article,
        "title": text_cell(record, _names("title", fields)),
        "date": text_cell(record, _names("date", fields)),
        "language": text_cell(record, _names("language", fields)),
        "gold_topics": list_cell(record, _names("labels", fields)),
        "references": list_cell(record, _names("reference", fields), separators=_WHOLE) or (),
        "key_facts": list_cell(record, _names("key_facts", fields), separators=_LINES) or (),
        "story_id": text_cell(record, _names("story", fields)),
        "slices": list_cell(record, _names("slices", fields)) or (),
    }
    return checked_row(where, values)


def _names(field: str, fields: TableFields) -> tuple[str, ...]:
    named = getattr(fields, field)
    return (named,) if named else _USUAL[field]


def _check(fields: TableFields, record: Record, where: str) -> None:
    columns = [str(name) for name in record if name]
    for field in TableFields.model_fields:
        named = getattr(fields, field)
        if named and named.casefold() not in (column.strip().casefold() for column in columns):
            raise ConfigurationError(
                f"{where}: no column {named!r} (data.fields.{field})",
                hint=f"the columns are: {', '.join(columns[:20])}",
            )
