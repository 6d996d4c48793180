"""The records of .jsonl and .csv files, and what their cells mean."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from summarizer.articles.rows import read_rows
from summarizer.errors import ConfigurationError, SourceError
from summarizer.evaluation.suite.file import parse_form
from summarizer.evaluation.suite.sample_rows import SampleRow

MAX_ROW: Final = 5_000_000  # bytes
_SUFFIXES: Final = (".jsonl", ".csv")
_SEPARATORS: Final = re.compile(r"[;|]")

Record = Mapping[str, Any]


def file_records(path: Path) -> Iterator[tuple[str, Record]]:
    """Each record with its place, as "file:line".

    Raises:
        ConfigurationError: the file is no table, or a row of it is broken.
    """
    if path.suffix.lower() not in _SUFFIXES or not path.is_file():
        raise ConfigurationError(
            f"{str(path)!r} is not a {' or '.join(_SUFFIXES)} file",
            hint="data.format in suite.yaml names the format",
        )
    empty = True
    for row in read_rows(path, max_bytes=MAX_ROW):
        empty = False
        if isinstance(row.record, SourceError):
            raise ConfigurationError(str(row.record), hint=row.record.hint)
        yield f"{path}:{row.line}", row.record
    if empty:
        raise ConfigurationError(f"{str(path)!r} has no rows")


def checked_row(where: str, values: Mapping[str, Any]) -> SampleRow:
    """A row of these values.

    Raises:
        ConfigurationError: it is none; the message names ``where`` and the key.
    """
    try:
        return parse_form(SampleRow, dict(values))
    except ValueError as error:
        raise ConfigurationError(
            f"{where}: {error}", hint="evals/README.md describes the rows"
        ) from None


def cell(record: Record, names: Sequence[str]) -> Any:
    """The first value that is there, under any of the names, in any casing; else None."""
    lower = {str(name).strip().casefold(): value for name, value in record.items() if name}
    for name in names:
        value = lower.get(name.casefold())
        if value not in (None, ""):
            return value
    return None


def text_cell(record: Record, names: Sequence[str]) -> str | None:
    """A value as text; numbers as they are written."""
    value = cell(record, names)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value).strip() or None


def list_cell(
    record: Record, names: Sequence[str], *, separators: re.Pattern[str] = _SEPARATORS
) -> tuple[str, ...] | None:
    """A list (it may be empty) or text with separators, as texts; None where nothing is given."""
    value = cell(record, names)
    if value is None:
        return None
    parts = value if isinstance(value, list) else separators.split(str(value))
    texts = (str(part).strip() for part in parts if isinstance(part, str | int | float))
    return tuple(dict.fromkeys(text for text in texts if text))
