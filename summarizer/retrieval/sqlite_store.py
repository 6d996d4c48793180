"""The default store: articles, passages, vectors and an FTS5 index in one SQLite file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from summarizer.retrieval import sqlite_search
from summarizer.retrieval.database import Session
from summarizer.retrieval.entries import EmbeddingSpec, Filters, QueryWord, asked_words
from summarizer.retrieval.sqlite_file import SqliteFile, create_file, is_there
from summarizer.retrieval.store import PassageRow, Scored, Store, Vector


class SqliteStore(Store):
    """A store in one file; other processes may read and write it at the same time."""

    def __init__(
        self, path: Path, *, embedding: EmbeddingSpec | None = None, upgrade: bool = False
    ) -> None:
        if embedding and not is_there(path):
            create_file(path, embedding)
        self._file = SqliteFile(path, upgrade=upgrade)
        super().__init__(self._file)
        self._vectors = sqlite_search.SqliteVectors()
        self._counts = sqlite_search.WordCounts()

    def remove(self, keys: Collection[str]) -> int:
        """See ``Store.remove``; nothing of them stays in the file."""
        removed = super().remove(keys)
        if removed:
            self._file.empty_log()
        return removed

    def _read(self, published: str | None, labels: str) -> dict[str, Any]:
        day = date.fromisoformat(published) if published else None
        return {"published": day, "labels": json.loads(labels)}

    def _vector(self, stored: Sequence[Any], dimension: int) -> Vector:
        codes, scale, checksum = stored
        sqlite_search.require_intact(codes, scale, checksum, dimension=dimension)
        return sqlite_search.dequantize(codes, scale)

    def _insert_passages(self, session: Session, rows: Sequence[PassageRow]) -> None:
        for *passage, body, title in rows:
            ((number,),) = session.rows("insert_passage", (*passage, body))
            session.run("insert_words", (number, title or "", body))
            session.run("insert_pending", (number, passage[1] > 0))

    def _fill(self, session: Session, vectors: Mapping[int, Vector]) -> int:
        return sum(
            session.run("insert_vector", (*sqlite_search.quantize(vector), passage))
            for passage, vector in vectors.items()
            if session.run("take_pending", (passage,))
        )

    def _reset(self, session: Session, embedding: EmbeddingSpec) -> None:
        session.run("reset", embedding.model_dump())

    def _nearest(self, session: Session, vector: Vector, limit: int, filters: Filters) -> Scored:
        values = self._filtering(filters)
        return self._vectors.nearest(session, vector, limit=limit, filters=filters, values=values)

    def _asked(self, session: Session, words: Sequence[str]) -> tuple[list[QueryWord], int]:
        counts = self._counts.of(session, words)
        ((passages,),) = session.rows("count_passages")
        return asked_words(counts, of=passages, most=sqlite_search.MOST_POSTINGS), passages

    def _best_matching(
        self, session: Session, asked: Sequence[QueryWord], limit: int, filters: Filters
    ) -> Scored:
        values = None if filters == Filters() else self._filtering(filters)
        return sqlite_search.search_words(session, asked, limit=limit, values=values)

    def _size(self, _: Session) -> int:
        return self._file.size()

    def _kinds_of_faults(self) -> list[Callable[[], Iterable[str]]]:
        kinds = (_structure, _index_of_words, _damaged_vectors, _misplaced_rows)
        return [*super()._kinds_of_faults(), *(partial(self._file.read, kind) for kind in kinds)]


def _structure(session: Session) -> list[str]:
    return [line for (line,) in session.rows("check_structure") if line != "ok"]


def _index_of_words(session: Session) -> list[str]:
    try:
        session.run("check_words")
    except sqlite3.Error:
        return ["the index of words does not fit the texts"]
    return []


def _damaged_vectors(session: Session) -> list[str]:
    ((_, dimension),) = session.rows("embedding")
    found = []
    for passage, *vector in session.each("check_vectors"):
        try:
            sqlite_search.require_intact(*vector, dimension=dimension)
        except Exception:  # whatever is in the columns
            found.append(f"the vector of passage {passage} is damaged")
    return found


def _misplaced_rows(session: Session) -> list[str]:
    return [f"{count} {what}" for count, what in session.rows("check_counts") if count]
