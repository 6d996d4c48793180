"""The default store: articles, passages, vectors and an FTS5 index in one SQLite file."""

# ruff: noqa: D102 - the protocol Store says what the methods do

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from summarizer.retrieval.passages import read_pending
from summarizer.retrieval.sqlite_file import SqliteFile, create_file, is_there
from summarizer.retrieval.sqlite_rows import (
    ENTRY,
    dequantize,
    find_faults,
    insert_record,
    listed,
    metadata_row,
    next_revision,
    quantize,
    read_date,
    read_entry,
    read_labels,
    read_matches,
    recorded_embedding,
    remove_passages,
    require_embedding,
    require_intact,
)
from summarizer.retrieval.sqlite_vectors import SqliteVectors
from summarizer.retrieval.sqlite_words import WordCounts, rarest, search_words, word_coverage
from summarizer.retrieval.store import (
    Coverage,
    EmbeddingSpec,
    Entry,
    EntryInfo,
    Filters,
    Hashes,
    Match,
    Pending,
    Record,
    Stats,
    Store,
)


class SqliteStore(Store):
    """A ``Store`` in one file; other processes may read and write it at the same time."""

    def __init__(self, path: Path, *, upgrade: bool = False) -> None:
        self._file = SqliteFile(path, upgrade=upgrade)
        self._vectors = SqliteVectors()
        self._counts = WordCounts()

    @classmethod
    def open(cls, path: Path, *, upgrade: bool = False) -> SqliteStore:
        """The store in a file; ``upgrade`` forgets the vectors of an older format.

        Raises CorpusError if there is none, if it is no corpus, or one of another format.
        """
        return cls(path, upgrade=upgrade)

    @classmethod
    def create(cls, path: Path, *, embedding: EmbeddingSpec) -> SqliteStore:
        """The store in a file that is made unless it exists."""
        if not is_there(path):
            create_file(path, embedding)
        return cls(path)

    @property
    def embedding(self) -> EmbeddingSpec:
        with self._file.reading() as connection:
            return recorded_embedding(connection)

    def hashes(self, keys: Collection[str]) -> dict[str, Hashes]:
        with self._file.reading() as connection:
            rows = connection.execute(
                "SELECT key, content_hash, metadata_hash FROM articles"
                " WHERE key IN (SELECT value FROM json_each(?))",
                (listed(keys),),
            )
            return {key: Hashes(content, metadata) for key, content, metadata in rows}

    def write(self, records: Sequence[Record], *, embedding: EmbeddingSpec) -> None:
        with self._file.writing() as connection:
            require_embedding(connection, embedding)
            revision = next_revision(connection)
            remove_passages(connection, [record.entry.key for record in records], revision)
            for record in records:
                insert_record(connection, record, revision)

    def update_metadata(self, entries: Sequence[Entry]) -> None:
        with self._file.writing() as connection:
            revision = next_revision(connection)
            for entry in entries:
                article = entry.article
                connection.execute(
                    "UPDATE articles SET published = ?, author = ?, language = ?, source = ?,"
                    " labels = ?, metadata_hash = ? WHERE key = ?",
                    (*metadata_row(article), entry.hashes.metadata, entry.key),
                )
                connection.execute(
                    "UPDATE vectors SET revision = ?"
                    " WHERE article = (SELECT id FROM articles WHERE key = ?)",
                    (revision, entry.key),
                )

    def pending(self, limit: int) -> list[Pending]:
        with self._file.reading() as connection:
            return read_pending(
                connection.execute(
                    'SELECT p.id, a.title, p.body, p.number, p."start", p."end" FROM pending w'
                    " JOIN passages p ON p.id = w.passage JOIN articles a ON a.id = p.article"
                    " ORDER BY w.later, w.passage LIMIT ?",
                    (limit,),
                )
            )

    def fill(self, vectors: Mapping[int, NDArray[np.float32]], *, embedding: EmbeddingSpec) -> int:
        quantized = {passage: quantize(vector) for passage, vector in vectors.items()}
        filled = 0
        with self._file.writing() as connection:
            require_embedding(connection, embedding)
            revision = next_revision(connection)
            for passage, vector in quantized.items():
                if connection.execute("DELETE FROM pending WHERE passage = ?", (passage,)).rowcount:
                    connection.execute(
                        "INSERT INTO vectors (passage, article, number, revision, codes, scale,"
                        " checksum) SELECT id, article, number, ?, ?, ?, ?"
                        " FROM passages WHERE id = ?",
                        (revision, *vector, passage),
                    )
                    filled += 1
        return filled

    def reset(self, embedding: EmbeddingSpec) -> None:
        with self._file.writing() as connection:
            connection.execute("DELETE FROM vectors")
            connection.execute("DELETE FROM removed")
            connection.execute("INSERT OR IGNORE INTO pending SELECT id, number > 0 FROM passages")
            connection.execute(
                "UPDATE corpus SET embedding = ?, dimension = ?, epoch = epoch + 1",
                (embedding.name, embedding.dimension),
            )

    def remove(self, keys: Collection[str]) -> int:
        with self._file.writing() as connection:
            rows = remove_passages(connection, keys, next_revision(connection))
            connection.executemany("DELETE FROM articles WHERE id = ?", [(row,) for row in rows])
            if rows:
                # Until its parts are merged, the index of words holds what it was told to forget.
                connection.execute("INSERT INTO words (words) VALUES ('optimize')")
        if rows:
            self._file.empty_log()
        return len(rows)

    def dense(self, vector: NDArray[np.float32], *, limit: int, filters: Filters) -> list[Match]:
        with self._file.reading() as connection:
            found = self._vectors.nearest(connection, vector, limit=limit, filters=filters)
            return read_matches(connection, found)

    def lexical(self, words: Sequence[str], *, limit: int, filters: Filters) -> list[Match]:
        with self._file.reading() as connection:
            chosen = rarest(self._counts.of(connection, words))
            return read_matches(
                connection, search_words(connection, chosen, limit=limit, filters=filters)
            )

    def coverage(self, words: Sequence[str], keys: Collection[str]) -> dict[str, Coverage]:
        with self._file.reading() as connection:
            return word_coverage(connection, self._counts.of(connection, words), keys)

    def leads(self, keys: Collection[str]) -> dict[str, NDArray[np.float32]]:
        with self._file.reading() as connection:
            rows = connection.execute(
                "SELECT a.key, v.codes, v.scale, v.checksum FROM articles a"
                " JOIN vectors v ON v.article = a.id AND v.number = 0"
                " WHERE a.key IN (SELECT value FROM json_each(?))",
                (listed(keys),),
            )
            dimension = recorded_embedding(connection).dimension
            leads = {}
            for key, codes, scale, checksum in rows:
                require_intact(codes, scale, checksum, dimension=dimension)
                leads[key] = dequantize(codes, scale)
            return leads

    def fetch(self, keys: Collection[str]) -> dict[str, Entry]:
        with self._file.reading() as connection:
            rows = connection.execute(
                f"SELECT {ENTRY} FROM articles"  # noqa: S608 - a constant
                " WHERE key IN (SELECT value FROM json_each(?))",
                (listed(keys),),
            ).fetchall()
            return {row[1]: read_entry(connection, row) for row in rows}

    def entries(self, *, limit: int | None = None, offset: int = 0) -> list[EntryInfo]:
        with self._file.reading() as connection:
            rows = connection.execute(
                "SELECT a.key, a.title, a.published, a.source, a.labels,"
                " (SELECT count(*) FROM passages p WHERE p.article = a.id),"
                " (SELECT count(*) FROM passages p JOIN pending w ON w.passage = p.id"
                "  WHERE p.article = a.id)"
                " FROM articles a ORDER BY a.id LIMIT ? OFFSET ?",
                (-1 if limit is None else limit, offset),
            )
            return [
                EntryInfo(
                    key=key,
                    title=title,
                    published=read_date(published),
                    source=source,
                    labels=read_labels(labels),
                    passages=passages,
                    pending=pending,
                )
                for key, title, published, source, labels, passages, pending in rows
            ]

    def stats(self) -> Stats:
        with self._file.reading() as connection:
            articles, labelled, passages, pending = connection.execute(
                "SELECT (SELECT count(*) FROM articles),"
                " (SELECT count(*) FROM articles WHERE labels != '[]'),"
                " (SELECT count(*) FROM passages), (SELECT count(*) FROM pending)"
            ).fetchone()
            return Stats(
                embedding=recorded_embedding(connection),
                articles=articles,
                labelled=labelled,
                passages=passages,
                pending=pending,
                bytes=self._file.size(),
            )

    def faults(self) -> list[str]:
        with self._file.writing() as connection:
            return find_faults(connection)

    def close(self) -> None:
        self._file.close()
