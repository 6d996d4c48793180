"""Our own format: JSON lines, read strictly."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from summarizer.evaluation.adapters.records import checked_row, file_records
from summarizer.evaluation.suite.sample_rows import SourceRow


def own_rows(path: Path) -> Iterator[SourceRow]:
    """The rows of a data.jsonl file.

    Raises:
        ConfigurationError: a line is not a row; the message names file, line and key.
    """
    for where, record in file_records(path):
        yield SourceRow(where, path.parent, checked_row(where, record))
