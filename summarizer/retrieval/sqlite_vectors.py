"""The vectors of a SQLite file in memory, brought up to date before every search."""

from __future__ import annotations

import sqlite3
import threading
from datetime import date
from typing import Final

import numpy as np

from summarizer.retrieval.sqlite_rows import listed, recorded_embedding
from summarizer.retrieval.store import EmbeddingSpec, Filters, mismatch
from summarizer.retrieval.vector_matrix import (
    Snapshot,
    Vector,
    VectorMatrix,
    VectorRow,
    nearest,
    require_intact,
)

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
