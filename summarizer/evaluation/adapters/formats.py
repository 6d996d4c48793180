"""The formats of data by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from summarizer.errors import ConfigurationError
from summarizer.evaluation.adapters.ag_news import ag_news
from summarizer.evaluation.adapters.bbc import bbc
from summarizer.evaluation.adapters.cnn_dailymail import cnn_dailymail
from summarizer.evaluation.adapters.own_rows import own_rows
from summarizer.evaluation.adapters.reuters import reuters
from summarizer.evaluation.adapters.table import table
from summarizer.evaluation.suite.definition import Data, DataFormat
from summarizer.evaluation.suite.sample_rows import SourceRow, distinct

FORMATS: Final[Mapping[DataFormat, Callable[[Path], Iterator[SourceRow]]]] = {
    "rows": own_rows,
    "ag-news": ag_news,
    "bbc": bbc,
    "reuters": reuters,
    "cnn-dailymail": cnn_dailymail,
}


def read_source_rows(data: Data, *, folder: Path) -> Iterator[SourceRow]:
    """The rows of a suite's data; labels are as the data has them.

    Args:
        data: what suite.yaml says.
        folder: the suite's folder.

    Raises:
        ConfigurationError: the data cannot be read as that format.
    """
    path = folder / data.path
    if not path.exists():
        raise ConfigurationError(
            f"the data {str(path)!r} does not exist", hint="check data.path in suite.yaml"
        )
    rows = table(path, data.fields) if data.format == "table" else FORMATS[data.format](path)
    try:
        yield from distinct(rows)
    except OSError as error:
        raise ConfigurationError(
            f"the data {error.filename!r} cannot be read: {error.strerror}"
        ) from None
