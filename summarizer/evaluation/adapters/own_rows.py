"""Our own format: JSON lines, read strictly."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from summarizer.errors import ConfigurationError
from summarizer.evaluation.adapters.records import file_records
from summarizer.evaluation.cases import Row, SourceRow
from summarizer.evaluation.form import parse_form


def own_rows(path: Path) -> Iterator[SourceRow]:
    """The rows of a data.jsonl file.

    Raises:
        ConfigurationError: a line is not a row; the message names file, line and key.
    """
    for where, record in file_records(path):
        try:
            yield SourceRow(where, path.parent, parse_form(Row, dict(record)))
        except ValueError as error:
            raise ConfigurationError(
                f"{where}: {error}", hint="evals/README.md describes the rows"
            ) from None
