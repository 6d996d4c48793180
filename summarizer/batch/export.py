"""The records of a job as JSON lines, as a table for spreadsheets, or as Parquet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import IO, Any, Final

from summarizer.batch.records import JobRecord
from summarizer.digest import Digest, Failure
from summarizer.errors import require_extra

_ROWS_AT_A_TIME: Final = 1000
_COLUMNS: Final = (
    "item", "id", "source", "title", "published", "author", "language", "words", "topics",
    "topic_ids", "confidences", "summary", "unsupported_sentences", "checks", "repeats", "model",
    "prompt_tokens", "completion_tokens", "cost_usd", "error", "message",
)  # fmt: skip
_LISTS: Final = ("topics", "topic_ids", "confidences")
# A spreadsheet runs a cell that begins so as a formula, whoever wrote the article.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def write_csv(records: Iterable[JobRecord], file: IO[bytes]) -> int:
    """A row for each record; lists are joined by "; ". How many there were."""
    stream = io.TextIOWrapper(file, "utf-8", newline="")
    writer = csv.DictWriter(stream, _COLUMNS)
    writer.writeheader()
    count = 0
    for row in map(_row, records):
        count += 1
        cells = {name: "; ".join(map(str, row[name] or ())) for name in _LISTS}
        writer.writerow({name: _harmless(cell) for name, cell in {**row, **cells}.items()})
    stream.detach()
    return count


def write_parquet(records: Iterable[JobRecord], file: IO[bytes]) -> int:
    """A row for each record, with lists as lists. How many there were.

    Raises:
        MissingExtraError: pyarrow is not installed.
    """
    require_extra("pyarrow", what="Parquet", extra="parquet")
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {
        **dict.fromkeys(("words", "unsupported_sentences", "checks"), pa.int64()),
        **dict.fromkeys(("prompt_tokens", "completion_tokens"), pa.int64()),
        **dict.fromkeys(("topics", "topic_ids"), pa.list_(pa.string())),
        "confidences": pa.list_(pa.float64()),
        "cost_usd": pa.float64(),
        "published": pa.date32(),
    }
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in _COLUMNS])
    count = 0
    with pq.ParquetWriter(file, schema) as writer:
        for rows in _batches(map(_row, records)):
            count += len(rows)
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))
    return count


def _row(record: JobRecord) -> dict[str, Any]:
    """The cells of a record by their columns; None where there is nothing."""
    row: dict[str, Any] = dict.fromkeys(_COLUMNS)
    row |= {"item": record.item, "repeats": record.repeats}
    if isinstance(record.result, Failure):
        error = record.result.error
        return row | {"source": record.result.source, "error": error.type, "message": error.message}
    return row | _digest_cells(record.result)


def _digest_cells(digest: Digest) -> dict[str, Any]:
    about = ("id", "source", "title", "published", "author", "language", "words")
    cells: dict[str, Any] = {name: getattr(digest.article, name) for name in about}
    for name, field in zip(_LISTS, ("name", "id", "confidence"), strict=True):
        cells[name] = [getattr(topic, field) for topic in digest.topics or ()]
    if digest.summary is not None:
        cells["summary"] = digest.summary.text
        cells["unsupported_sentences"] = sum(not s.supported for s in digest.summary.sentences)
    cells |= {"checks": len(digest.checks), "model": digest.model.name}
    cells |= digest.usage.model_dump(include={"prompt_tokens", "completion_tokens", "cost_usd"})
    if digest.missing:
        cells |= {"error": "incomplete", "message": digest.missing[0].message}
    return cells


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def _batches(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while batch := list(islice(rows, _ROWS_AT_A_TIME)):
        yield batch
