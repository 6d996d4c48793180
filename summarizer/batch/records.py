"""The records of a job: logs of digests and failures, an index of them, and both as tables."""

from __future__ import annotations

import csv
import io
import sqlite3
import threading
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any, Final, NamedTuple

from pydantic import Field

from summarizer.batch.job_folder import AppendLog, is_transient, open_private, read_at, read_placed
from summarizer.closing import Closing
from summarizer.digest import Digest, ErrorInfo, Failure, Usage, Value, usage_of
from summarizer.errors import require_extra

_SHARD_BYTES: Final = 256 << 20
_RESERVE_BYTES: Final = 2 << 20
_RECENT: Final = 500  # records that tell the rate and what a digest needs
_TABLES: Final = """
CREATE TABLE latest (name TEXT PRIMARY KEY, fingerprint TEXT, state TEXT, kind TEXT,
    repeats INTEGER, position INTEGER, at REAL, log TEXT, place INTEGER) WITHOUT ROWID;
CREATE TABLE contents (id TEXT PRIMARY KEY, log TEXT, place INTEGER) WITHOUT ROWID;
CREATE TABLE named (name TEXT PRIMARY KEY, times INTEGER) WITHOUT ROWID;
"""
_ENTER: Final = "INSERT OR REPLACE INTO latest VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_DIGESTED: Final = "INSERT OR REPLACE INTO contents VALUES (?, ?, ?)"
_FEWEST_FOR_RATE: Final = 5
DONE: Final = "done"
INCOMPLETE: Final = "incomplete"  # a digest that lacks its topics or its summary
FAILED: Final = "failed"
TRANSIENT: Final = "transient"  # a failure that the next attempt may not meet
_ROWS_AT_A_TIME: Final = 1000
_COLUMNS: Final = (
    "item", "id", "source", "title", "published", "author", "language", "words", "topics",
    "topic_ids", "confidences", "summary", "unsupported_sentences", "checks", "repeats", "model",
    "prompt_tokens", "completion_tokens", "cost_usd", "error", "message",
)  # fmt: skip
_LISTS: Final = ("topics", "topic_ids", "confidences")
# A spreadsheet runs a cell that begins so as a formula, whoever wrote the article.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class JobRecord(Value):
    """What became of one item of the sources. Of two with one item the later counts."""

    item: str = Field(description="The source's name; 'NAME#2' where it is named a second time.")
    position: int = Field(ge=0, description="Its place among the sources, from 0.")
    fingerprint: str = Field(description="Of what was in the source; empty where nothing told.")
    at: float = Field(description="When it was made: seconds since 1970, UTC.")
    repeats: str | None = Field(
        default=None, description="The item with the same title and text whose digest this is."
    )
    result: Digest | Failure
    spent: Usage | None = Field(
        default=None, description="What a failure cost; a digest has a usage of its own."
    )

    @property
    def usage(self) -> Usage:
        """What it cost."""
        return usage_of(self.result, self.spent)

    @property
    def state(self) -> str:
        """What is to be done about it: DONE, INCOMPLETE, FAILED or TRANSIENT."""
        if isinstance(self.result, Digest):
            return INCOMPLETE if self.result.missing else DONE
        return TRANSIENT if is_transient(self.result) else FAILED


class JobCounts(NamedTuple):
    """How many items are in which state.

    Attributes:
        done: with a whole digest.
        repeats: those of them with the digest of another item.
        incomplete: with a digest that lacks its topics or its summary.
        failed: that the next attempt would not mend, but for --retry-failed.
        transient: that failed in a way that may pass.
        kinds: the failures of both kinds by the name of their error.
        examples: the first of each kind: its message, and what to do about it.
    """

    done: int = 0
    repeats: int = 0
    incomplete: int = 0
    failed: int = 0
    transient: int = 0
    kinds: Mapping[str, int] = MappingProxyType({})
    examples: Mapping[str, ErrorInfo] = MappingProxyType({})

    @property
    def without_digest(self) -> int:
        """Items that lack a digest, or half of it."""
        return self.incomplete + self.failed + self.transient

    @property
    def items(self) -> int:
        """All of them."""
        return self.done + self.without_digest


class JobRecords(Closing):
    """The logs of a job's folder, and an index of them that holds no text.

    The logs are the truth. The index is made of them each time, in a temporary file of SQLite, so
    that memory does not grow with the job.

    Args:
        folder: the job's.

    Attributes:
        usage: what all digests and failures cost.
        spent: US dollars, as far as prices are known.
        usages: of the last digests that were made.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._failures = folder / "failures.jsonl"
        self._reserve = folder / ".reserve"
        self._open = ExitStack()
        self._logs: dict[Path, AppendLog[JobRecord]] = {}
        # Looked into by the threads that digest, written by the one that records.
        self._index = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        # It goes with this object, so it is never to be found whole after a crash.
        self._index.executescript(f"PRAGMA journal_mode = OFF; {_TABLES} BEGIN;")
        self._lock = threading.Lock()
        self._states: Counter[str] = Counter()
        self._kinds: Counter[str] = Counter()
        self._examples: dict[str, ErrorInfo] = {}
        self._repeats = 0
        self._recent: deque[tuple[float, float]] = deque(maxlen=_RECENT)  # begun, recorded
        self.usage = Usage()
        self.spent = 0.0
        self.usages: deque[Usage] = deque(maxlen=_RECENT)
        self._shards = sorted(folder.glob("records-*.jsonl"))  # of digests, oldest first
        for path in (self._failures, *self._shards):
            for place, record in read_placed(path, JobRecord):
                self._enter(record, path, place)

    def counts(self) -> JobCounts:
        """How many items are in which state."""
        states = self._states
        kinds = {kind: count for kind, count in self._kinds.most_common() if count}
        return JobCounts(
            done=states[DONE],
            repeats=self._repeats,
            incomplete=states[INCOMPLETE],
            failed=states[FAILED],
            transient=states[TRANSIENT],
            kinds=kinds,
            examples={kind: self._examples[kind] for kind in kinds},
        )

    def per_minute(self, *, since: float) -> float | None:
        """Records a minute, of the last ones; None where too few were made since that time."""
        times = [(began, at) for began, at in self._recent if at >= since]
        if len(times) < _FEWEST_FOR_RATE:
            return None
        # A cluster hands in several at once, so the first one's beginning counts.
        span = max(at for _, at in times) - min(began for began, _ in times)
        return 60 * len(times) / span if span else None

    def state(self, item: str, fingerprint: str) -> str | None:
        """What became of an item with this content; None: nothing yet."""
        row = self._row(
            "SELECT state FROM latest WHERE name = ? AND fingerprint = ?", item, fingerprint
        )
        return row[0] if row else None

    def begin_pass(self) -> None:
        """The sources are gone through from their beginning."""
        self._row("DELETE FROM named")

    def times_named(self, name: str) -> int:
        """How often a source was named in this pass over the sources, now included."""
        row = self._row(
            "INSERT INTO named VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET times = times + 1 "
            "RETURNING times",
            name,
        )
        return int(row[0]) if row else 1

    def with_content(self, article_id: str) -> JobRecord | None:
        """The record with the digest of an article of this title and text."""
        row = self._row("SELECT log, place FROM contents WHERE id = ?", article_id)
        return read_at(self._folder / row[0], row[1], JobRecord) if row else None

    def contents(self) -> Iterator[str]:
        """The ids of the articles that have a whole digest."""
        for (article_id,) in self._index.execute("SELECT id FROM contents"):
            yield article_id

    def add(self, record: JobRecord) -> None:
        """Put a record where no crash loses it.

        Raises:
            OSError: the disk is full; what was added before is there.
        """
        path = self._failures if isinstance(record.result, Failure) else self._shard()
        if path not in self._logs:
            self._logs[path] = self._open.enter_context(AppendLog[JobRecord](path))
        self._enter(record, path, self._logs[path].append(record))

    def reserve_space(self) -> None:
        """Hold room on the disk for what is under way when it becomes full."""
        with open_private(self._reserve, "wb") as file:
            file.write(bytes(_RESERVE_BYTES))

    def release_space(self) -> None:
        """Give that room back."""
        self._reserve.unlink(missing_ok=True)

    def in_order(self) -> Iterator[JobRecord]:
        """The last record of each item, in the order of the sources."""
        rows = self._index.execute("SELECT log, place FROM latest ORDER BY position, name")
        for log, place in rows:
            yield read_at(self._folder / log, place, JobRecord)

    def close(self) -> None:
        """Close the logs; the index goes."""
        self._open.close()
        self._index.close()

    def _enter(self, record: JobRecord, path: Path, place: int) -> None:
        kind = ""
        if isinstance(record.result, Failure):
            kind = record.result.error.type
            self._examples.setdefault(kind, record.result.error)
        seconds = 0.0
        if isinstance(record.result, Digest) and record.repeats is None:
            seconds = record.result.usage.seconds
        self._recent.append((record.at - seconds, record.at))
        before = self._row(
            "SELECT state, kind, repeats, at FROM latest WHERE name = ?", record.item
        )
        if before is None or before[3] <= record.at:
            self._count(record.state, kind, record.repeats is not None, by=1)
            if before is not None:
                self._count(*before[:3], by=-1)
            about = (record.item, record.fingerprint, record.state, kind)
            where = (record.position, record.at, path.name, place)
            self._row(_ENTER, *about, record.repeats is not None, *where)
        self.usage += record.usage
        self.spent += record.usage.cost_usd or 0.0
        if isinstance(record.result, Digest) and record.repeats is None:
            self.usages.append(record.usage)
            if not record.result.missing:
                self._row(_DIGESTED, record.result.article.id, path.name, place)

    def _count(self, state: str, kind: str, repeats: bool, *, by: int) -> None:
        self._states[state] += by
        self._repeats += by * bool(repeats)
        if kind:
            self._kinds[kind] += by

    def _row(self, statement: str, *values: object) -> tuple[Any, ...] | None:
        with self._lock:
            row: tuple[Any, ...] | None = self._index.execute(statement, values).fetchone()
            return row

    def _shard(self) -> Path:
        """The log that the next digest goes to."""
        last = self._shards[-1] if self._shards else None
        if last is None or (last.exists() and last.stat().st_size >= _SHARD_BYTES):
            last = self._folder / f"records-{len(self._shards):05}.jsonl"
            self._shards.append(last)
        return last


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
        cells = map(_row, records)
        while rows := list(islice(cells, _ROWS_AT_A_TIME)):
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
