"""The vectors of a SQLite file: how they are stored, and all of them in memory for exact search.

Rows are int8 with one scale each. On 100,000 x 384 random vectors and 2 cores a search takes
9.7 ms and 39 MB; float32 8.0 ms and 154 MB; float16 107 ms, because BLAS has none. The cosine
is off by at most 0.002. What is in memory is brought up to date before every search.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from datetime import date
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from summarizer.retrieval.sqlite_rows import Vector, listed, recorded_embedding, require_intact
from summarizer.retrieval.store import EmbeddingSpec, Filters, mismatch

# Rows that are widened to float32 at a time: 1,024 x 384 x 4 bytes stay in the cache of a core
# (9.7 ms; 4,096 rows: 20 ms).
_BLOCK: Final = 1024


class VectorRow(NamedTuple):
    """A row as the store has it."""

    passage: int
    article: int
    published: int  # days as in date.toordinal(); 0 is unknown
    labelled: bool
    lead: bool
    scale: float
    codes: bytes


_FACTS: Final = np.dtype(
    [
        ("passage", np.int64),
        ("article", np.int64),
        ("published", np.int32),
        ("labelled", np.bool_),
        ("lead", np.bool_),
        ("scale", np.float32),
        ("alive", np.bool_),
    ]
)


class Snapshot(NamedTuple):
    """The rows at one moment; writers append behind them."""

    facts: NDArray[Any]
    codes: NDArray[np.int8]


class VectorMatrix:
    """Rows of vectors with the facts that searches filter by; safe to share between threads."""

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        self._lock = threading.Lock()
        self._facts = np.zeros(0, dtype=_FACTS)
        self._codes = np.zeros((0, dimension), dtype=np.int8)
        self._used = 0

    def remove(self, passages: Sequence[int]) -> None:
        """Forgets the rows of these passages; those that are unknown are skipped."""
        with self._lock:
            facts = self._facts[: self._used]
            # A search may be reading: rows change by being replaced, in one assignment.
            gone = np.isin(facts["passage"], np.asarray(passages, dtype=np.int64))
            facts["alive"][gone] = False
            alive = int(facts["alive"].sum())
            if self._used > 2 * alive + _BLOCK:
                self._compact(facts["alive"])

    def put(self, rows: Sequence[VectorRow]) -> None:
        """Adds rows, in place of those of the same passages."""
        if not rows:
            return
        self.remove([row.passage for row in rows])
        with self._lock:
            self._reserve(self._used + len(rows))
            start, end = self._used, self._used + len(rows)
            facts = self._facts[start:end]
            for name in VectorRow._fields[:-1]:
                facts[name] = [getattr(row, name) for row in rows]
            facts["alive"] = True
            flat = np.frombuffer(b"".join(row.codes for row in rows), dtype=np.int8)
            self._codes[start:end] = flat.reshape(len(rows), -1)
            self._used = end

    def snapshot(self) -> Snapshot:
        """The rows of now."""
        with self._lock:
            return Snapshot(self._facts[: self._used], self._codes[: self._used])

    def _reserve(self, rows: int) -> None:
        if rows <= len(self._facts):
            return
        capacity = max(rows, len(self._facts) * 5 // 4, _BLOCK)
        facts = np.zeros(capacity, dtype=_FACTS)
        codes = np.zeros((capacity, self._codes.shape[1]), dtype=np.int8)
        facts[: self._used] = self._facts[: self._used]
        codes[: self._used] = self._codes[: self._used]
        self._facts, self._codes = facts, codes

    def _compact(self, alive: NDArray[np.bool_]) -> None:
        kept = np.flatnonzero(alive)
        self._facts, self._codes = self._facts[kept], self._codes[kept]
        self._used = len(kept)


def nearest(
    snapshot: Snapshot, vector: Vector, *, limit: int, keep: NDArray[np.bool_]
) -> list[tuple[int, float]]:
    """The passages of largest cosine among the rows to keep, with it, best first."""
    rows = np.flatnonzero(keep)
    if len(rows) > len(keep) // 4:
        scores = _cosines(snapshot.codes, vector)[rows]
    else:
        scores = _cosines(snapshot.codes[rows], vector)
    scores *= snapshot.facts["scale"][rows]
    best = np.argpartition(scores, -limit)[-limit:] if limit < len(rows) else np.arange(len(rows))
    passages = snapshot.facts["passage"][rows[best]]
    order = np.lexsort((passages, -scores[best]))
    return [(int(passages[i]), float(scores[best[i]])) for i in order]


def _cosines(codes: NDArray[np.int8], vector: Vector) -> Vector:
    scores = np.empty(len(codes), dtype=np.float32)
    block = np.empty((min(_BLOCK, len(codes)), codes.shape[1]), dtype=np.float32)
    for start in range(0, len(codes), _BLOCK):
        part = codes[start : start + _BLOCK]
        np.copyto(block[: len(part)], part)
        np.dot(block[: len(part)], vector, out=scores[start : start + len(part)])
    return scores


# Rows that are taken from the file at a time: as Python objects they are 3 times as large.
_ROWS: Final = 8192


class SqliteVectors:
    """Loads what was written, filled or removed since the last search, by any process.

    A write gives its rows a revision above all earlier ones, so that the rows to load are those
    of a larger revision than the last that was seen.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._matrix = VectorMatrix(0)
        self._epoch = -1
        self._revision = 0

    def nearest(
        self, connection: sqlite3.Connection, vector: Vector, *, limit: int, filters: Filters
    ) -> list[tuple[int, float]]:
        """The passages of largest cosine that pass the filters, with it, best first.

        Raises CorpusError if the vector is of another length than those of the corpus.
        """
        recorded = recorded_embedding(connection)
        if len(vector) != recorded.dimension:
            raise mismatch(recorded, EmbeddingSpec(name=recorded.name, dimension=len(vector)))
        snapshot = self._current(connection, recorded.dimension)
        keep = _kept(snapshot, filters)
        if filters.exclude:
            rows = connection.execute(
                "SELECT id FROM articles WHERE key IN (SELECT value FROM json_each(?))",
                (listed(filters.exclude),),
            )
            excluded = np.fromiter((row[0] for row in rows), dtype=np.int64)
            keep &= ~np.isin(snapshot.facts["article"], excluded)
        return nearest(snapshot, vector, limit=limit, keep=keep)

    def _current(self, connection: sqlite3.Connection, dimension: int) -> Snapshot:
        revision, epoch = connection.execute("SELECT revision, epoch FROM corpus").fetchone()
        with self._lock:
            if epoch > self._epoch:
                self._matrix, self._epoch, self._revision = VectorMatrix(dimension), epoch, 0
            # Another thread may have seen a later moment than this connection's transaction.
            if epoch < self._epoch:
                return VectorMatrix(dimension).snapshot()  # those of here are of another model
            if revision > self._revision:
                self._load(connection)
                self._revision = revision
            return self._matrix.snapshot()

    def _load(self, connection: sqlite3.Connection) -> None:
        since = (self._revision,)
        if self._revision:
            gone = connection.execute("SELECT passage FROM removed WHERE revision > ?", since)
            self._matrix.remove([row[0] for row in gone])
        rows = connection.execute(
            "SELECT v.passage, v.article, a.published, a.labels != '[]', v.number = 0, v.scale,"
            " v.codes, v.checksum FROM vectors v JOIN articles a ON a.id = v.article"
            " WHERE v.revision > ?",
            since,
        )
        while part := rows.fetchmany(_ROWS):
            for *_, scale, codes, checksum in part:
                require_intact(codes, scale, checksum, dimension=self._matrix.dimension)
            self._matrix.put(
                [
                    VectorRow(passage, article, _day(published), labelled, lead, scale, codes)
                    for passage, article, published, labelled, lead, scale, codes, _ in part
                ]
            )


def _kept(snapshot: Snapshot, filters: Filters) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    facts = snapshot.facts
    keep = facts["alive"].copy()
    if filters.labelled:
        keep &= facts["labelled"]
    if filters.leads:
        keep &= facts["lead"]
    if filters.until is not None:
        keep &= facts["published"] <= filters.until.toordinal()
    if not filters.undated:
        keep &= facts["published"] > 0
    return keep


def _day(published: str | None) -> int:
    return date.fromisoformat(published).toordinal() if published else 0
