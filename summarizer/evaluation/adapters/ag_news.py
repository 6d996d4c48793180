"""AG News: title, one or two sentences, and one of four labels.

Reads the original train.csv and test.csv (no header; class 1 to 4, title, description), the same
with a header, and JSON lines with ``text`` and a ``label`` that is a name, or 0 to 3.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from summarizer.errors import ConfigurationError
from summarizer.evaluation.adapters.records import (
    Record,
    cell,
    checked_row,
    file_records,
    text_cell,
)
from summarizer.evaluation.suite.sample_rows import SourceRow

LABELS: Final = ("World", "Sports", "Business", "Sci/Tech")
_CSV_COLUMNS: Final = ("class", "title", "description")


def ag_news(path: Path) -> Iterator[SourceRow]:
    """The rows of AG News.

    Raises:
        ConfigurationError: the file is something else.
    """
    is_csv = path.suffix.lower() == ".csv"
    records = _headless(path) if is_csv and _starts_with_data(path) else file_records(path)
    for where, record in records:
        text = text_cell(record, ("text", "description"))
        if text is None:
            raise ConfigurationError(f"{where}: neither 'text' nor 'description'")
        values = {
            "id": text_cell(record, ("id",)) or where.rpartition("/")[2],
            "article": text,
            "title": text_cell(record, ("title",)),
            "gold_topics": (_label(record, where, first=1 if is_csv else 0),),
        }
        yield SourceRow(where, path.parent, checked_row(where, values))


def _starts_with_data(path: Path) -> bool:
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        head = next(csv.reader(file), [])
    return bool(head) and head[0].strip().isdecimal()


def _headless(path: Path) -> Iterator[tuple[str, Record]]:
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        for number, cells in enumerate(csv.reader(file), start=1):
            yield f"{path}:{number}", dict(zip(_CSV_COLUMNS, cells, strict=False))


def _label(record: Record, where: str, *, first: int) -> str:
    value = cell(record, ("label", "class index", "class"))
    if value in LABELS:
        return str(value)
    number = int(value) - first if str(value).strip().isdecimal() else -1
    if not 0 <= number < len(LABELS):
        raise ConfigurationError(
            f"{where}: {value!r:.80} is no label of AG News", hint=", ".join(LABELS)
        )
    return LABELS[number]
