"""The records of a job: logs of digests and failures, and an index of them."""

from __future__ import annotations

import sqlite3
import threading
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from pydantic import Field

from summarizer.batch import job_folder
from summarizer.batch.job_folder import AppendLog, is_transient, read_at, read_placed
from summarizer.closing import Closing
from summarizer.digest import Digest, ErrorInfo, Failure, Usage, Value, usage_of

_SHARD_BYTES: Final = 256 << 20
_RECENT: Final = 500  # records that tell the rate and what a digest needs
_PAUSE: Final = 60.0  # seconds without work that the rate leaves out
# It goes with its process, so it is never to be found whole after a crash. A row of contents
# without a place in a log is of an article that an item is about to digest.
_INDEX: Final = """
PRAGMA journal_mode = OFF;
CREATE TABLE latest (name TEXT PRIMARY KEY, fingerprint TEXT, state TEXT, kind TEXT,
    content TEXT, copied INTEGER, position INTEGER, at REAL, log TEXT, place INTEGER) WITHOUT ROWID;
CREATE INDEX same ON latest (content);
CREATE TABLE contents (id TEXT PRIMARY KEY, item TEXT, log TEXT, place INTEGER) WITHOUT ROWID;
CREATE TABLE named (name TEXT PRIMARY KEY, times INTEGER) WITHOUT ROWID;
BEGIN;
"""
_NAME: Final = """
INSERT INTO named VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET times = times + 1 RETURNING times
"""
# A record may name an item whose row has another article by now, so what it repeats is looked for:
# of the items with its content the one whose digest was made for it, else the first.
_IN_ORDER: Final = """
SELECT log, place, name, first_value(name)
    OVER (PARTITION BY content ORDER BY copied, position, name) FROM latest ORDER BY position, name
"""
DONE: Final = "done"
INCOMPLETE: Final = "incomplete"  # a digest that lacks its topics or its summary
FAILED: Final = "failed"
TRANSIENT: Final = "transient"  # a failure that the next attempt may not meet


class JobRecord(Value):
    """What became of one item of the sources. Of two with one item the later counts."""

    item: str = Field(description="The source's name; 'NAME#2' where it is named a second time.")
    row_id: str | None = Field(default=None, description="The id that its row of a file gives it.")
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
        dearest: the most that one of them cost.
        usages: of the last digests that were made.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._failures = folder / job_folder.FAILURES
        self._logs: dict[Path, AppendLog[JobRecord]] = {}
        # Looked into by the threads that digest, written by the one that records.
        self._index = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        self._index.executescript(_INDEX)
        self._lock = threading.Lock()
        # The last record of each item by its state and the error's name.
        self._latest: Counter[tuple[str, str]] = Counter()
        self._repeats = 0
        self._examples: dict[str, ErrorInfo] = {}
        self._recent: deque[tuple[float, float]] = deque(maxlen=_RECENT)  # begun, recorded
        self.usage = Usage()
        self.spent = self.dearest = 0.0
        self.usages: deque[Usage] = deque(maxlen=_RECENT)
        self._shards = sorted(folder.glob(job_folder.SHARDS))  # of digests, oldest first
        for path in (self._failures, *self._shards):
            for place, record in read_placed(path, JobRecord):
                self._enter(record, path, place)

    def counts(self) -> JobCounts:
        """How many items are in which state."""
        states, kinds = Counter[str](), Counter[str]()
        for (state, kind), count in self._latest.items():
            states[state] += count
            kinds[kind] += count
        found = {kind: count for kind, count in kinds.most_common() if kind and count}
        examples = {kind: self._examples[kind] for kind in found}
        return JobCounts(**states, repeats=self._repeats, kinds=found, examples=examples)

    def per_minute(self, *, since: float = 0.0) -> float | None:
        """Records a minute, of the last ones; None where too few were made since that time."""
        times = sorted((at, began) for began, at in self._recent if at >= since)
        if len(times) < 5:  # they tell no rate
            return None
        busy, last = 0.0, 0.0
        for at, began in times:
            # After a pause its beginning counts; else a cluster hands in several at once.
            busy += at - (last if began < last + _PAUSE else began)
            last = at
        return 60 * len(times) / busy if busy > 0 else None

    def state(self, item: str, fingerprint: str) -> str | None:
        """What became of an item with this content; None: nothing yet."""
        row = self._row(
            "SELECT state FROM latest WHERE name = ? AND fingerprint = ?", item, fingerprint
        )
        return row[0] if row else None

    def begin_pass(self) -> None:
        """The sources are gone through from their beginning."""
        self._row("DELETE FROM named")
        self._row("DELETE FROM contents WHERE log IS NULL")
        self._row("UPDATE latest SET position = NULL")

    def named(self, source: str, fingerprint: str, position: int) -> str:
        """The item that a source is in this pass; its record, if it has one, moves there."""
        row = self._row(_NAME, source)
        item = f"{source}#{row[0]}" if row and row[0] > 1 else source
        moved = "UPDATE latest SET position = ? WHERE name = ? AND fingerprint = ?"
        self._row(moved, position, item, fingerprint)
        return item

    def leave_out_gone(self) -> int:
        """Count and give no more what this pass did not find; how many records that were."""
        gone = "DELETE FROM latest WHERE position IS NULL RETURNING state, kind"
        left_out = self._index.execute(gone).fetchall()
        self._latest.subtract(left_out)
        repeats = "SELECT count(*) - count(DISTINCT content) FROM latest"
        self._repeats = self._index.execute(repeats).fetchone()[0]
        return len(left_out)

    def claim(self, article_id: str, item: str) -> bool:
        """Whether an article is the item's to digest: no other one did so, or is about to."""
        self._row("INSERT OR IGNORE INTO contents (id, item) VALUES (?, ?)", article_id, item)
        mine = "SELECT 1 FROM contents WHERE id = ? AND item = ? AND log IS NULL"
        return self._row(mine, article_id, item) is not None

    def with_content(self, article_id: str) -> JobRecord | None:
        """The record with the digest of an article of this title and text."""
        row = self._row("SELECT log, place FROM contents WHERE id = ? AND log != ''", article_id)
        return read_at(self._folder / row[0], row[1], JobRecord) if row else None

    def contents(self) -> Iterator[str]:
        """The ids of the articles that have a whole digest."""
        for (article_id,) in self._index.execute("SELECT id FROM contents WHERE log != ''"):
            yield article_id

    def add(self, record: JobRecord) -> None:
        """Put a record where no crash loses it.

        Raises:
            OSError: the disk is full; what was added before is there.
        """
        path = self._failures if isinstance(record.result, Failure) else self._shard()
        if path not in self._logs:
            self._logs[path] = AppendLog[JobRecord](path)
        self._enter(record, path, self._logs[path].append(record))

    def in_order(self) -> Iterator[JobRecord]:
        """The last record of each item, in the order of the sources."""
        for log, place, name, first in self._index.execute(_IN_ORDER):
            record = read_at(self._folder / log, place, JobRecord)
            yield record.model_copy(update={"repeats": None if first == name else first})

    def close(self) -> None:
        """Close the logs; the index goes."""
        for log in self._logs.values():
            log.close()
        self._index.close()

    def _enter(self, record: JobRecord, path: Path, place: int) -> None:
        kind, seconds = "", 0.0
        if isinstance(record.result, Failure):
            kind = record.result.error.type
            self._examples.setdefault(kind, record.result.error)
        elif record.repeats is None:
            seconds = record.usage.seconds
            self.usages.append(record.usage)
            if record.state == DONE:
                made = (record.result.article.id, record.item, path.name, place)
                self._row("INSERT OR REPLACE INTO contents VALUES (?, ?, ?, ?)", *made)
        self._recent.append((record.at - seconds, record.at))
        self.usage += record.usage
        cost = record.usage.cost_usd or 0.0
        self.spent += cost
        self.dearest = max(self.dearest, cost)
        content = record.item
        if isinstance(record.result, Digest):
            content = f"{record.state} {record.result.article.id}"
        before = self._row(
            "SELECT at, content, state, kind FROM latest WHERE name = ?", record.item
        )
        if before is None or before[0] <= record.at:
            if before is not None:
                self._count(record.item, *before[1:], change=-1)
            self._count(record.item, content, record.state, kind, change=1)
            row = (record.item, record.fingerprint, record.state, kind, content)
            where = (record.repeats is not None, record.position, record.at, path.name, place)
            self._row(
                "INSERT OR REPLACE INTO latest VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", *row, *where
            )

    def _count(self, item: str, content: str, state: str, kind: str, *, change: int) -> None:
        """An item comes, or goes; it repeats another one if that has the same content."""
        self._latest[state, kind] += change
        other = "SELECT 1 FROM latest WHERE content = ? AND name != ?"
        self._repeats += change * (self._row(other, content, item) is not None)

    def _row(self, statement: str, *values: object) -> tuple[Any, ...] | None:
        with self._lock:
            row: tuple[Any, ...] | None = self._index.execute(statement, values).fetchone()
            return row

    def _shard(self) -> Path:
        """The log that the next digest goes to."""
        last = self._shards[-1] if self._shards else None
        if last is None or (last.exists() and last.stat().st_size >= _SHARD_BYTES):
            last = self._folder / job_folder.SHARDS.replace("*", f"{len(self._shards):05}")
            self._shards.append(last)
        return last
