"""The store for teams: articles, passages, vectors and words in PostgreSQL with pgvector."""

# ruff: noqa: D102 - the protocol Store says what the methods do

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from summarizer.errors import CorpusError
from summarizer.retrieval.passages import read_pending
from summarizer.retrieval.postgres_connection import TABLES, Address, Database, Session
from summarizer.retrieval.postgres_rows import (
    digests,
    fill_vectors,
    lock_corpus,
    read_entry,
    replace_records,
    require_embedding,
    update_article,
)
from summarizer.retrieval.postgres_schema import (
    create_corpus,
    keep_index,
    open_extension,
    require_corpus,
    set_embedding,
)
from summarizer.retrieval.postgres_search import best_matching, nearest, word_coverage
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
    mismatch,
)


class PostgresStore(Store):
    """A ``Store`` in a schema of a PostgreSQL database; any number of processes may share it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(cls, url: str, *, upgrade: bool = False) -> PostgresStore:
        """The store at an address (see postgres_connection.py); ``upgrade`` takes an older format.

        Raises:
            CorpusError: there is none, or of another format, or the server refuses.
            MissingExtraError: psycopg is not installed.
        """
        return cls._with(url, embedding=None, upgrade=upgrade)

    @classmethod
    def create(cls, url: str, *, embedding: EmbeddingSpec) -> PostgresStore:
        """The store at an address, where it is made unless it exists; errors as of ``open``."""
        return cls._with(url, embedding=embedding)

    @classmethod
    def _with(
        cls, url: str, *, embedding: EmbeddingSpec | None, upgrade: bool = False
    ) -> PostgresStore:
        database = Database(Address.of(url))
        try:
            if embedding is not None:
                create_corpus(database, embedding)
            require_corpus(database, upgrade=upgrade)
            open_extension(database)
        except BaseException:
            database.close()
            raise
        return cls(database)

    @property
    def embedding(self) -> EmbeddingSpec:
        ((name, dimension),) = self._database.rows("SELECT embedding, dimension FROM {corpus}")
        return EmbeddingSpec(name=name, dimension=dimension)

    def hashes(self, keys: Collection[str]) -> dict[str, Hashes]:
        rows = self._database.rows(
            "SELECT key, content_hash, metadata_hash FROM {articles}"
            " WHERE digest = ANY(%s::bytea[])",
            (digests(keys),),
        )
        return {key: Hashes(content, metadata) for key, content, metadata in rows}

    def write(self, records: Sequence[Record], *, embedding: EmbeddingSpec) -> None:
        last = {record.entry.key: record for record in records}

        def work(session: Session) -> None:
            require_embedding(session, embedding)
            replace_records(session, last.values())

        self._database.transact(work)
        keep_index(self._database)

    def update_metadata(self, entries: Sequence[Entry]) -> None:
        def work(session: Session) -> None:
            lock_corpus(session)
            for entry in entries:
                update_article(session, entry)

        self._database.transact(work)

    def pending(self, limit: int) -> list[Pending]:
        return read_pending(
            self._database.rows(
                'SELECT p.id, a.title, p.body, p.number, p."start", p."end" FROM {pending} w'
                " JOIN {passages} p ON p.id = w.passage JOIN {articles} a ON a.id = p.article"
                " ORDER BY w.later, w.passage LIMIT %s",
                (limit,),
            )
        )

    def fill(self, vectors: Mapping[int, NDArray[np.float32]], *, embedding: EmbeddingSpec) -> int:
        def work(session: Session) -> int:
            require_embedding(session, embedding)
            return fill_vectors(session, vectors)

        filled = self._database.transact(work)
        keep_index(self._database)
        return filled

    def reset(self, embedding: EmbeddingSpec) -> None:
        def work(session: Session) -> None:
            lock_corpus(session)
            set_embedding(session, embedding)

        self._database.transact(work)

    def remove(self, keys: Collection[str]) -> int:
        def work(session: Session) -> int:
            lock_corpus(session)
            return session.count(
                "DELETE FROM {articles} WHERE digest = ANY(%s::bytea[])", (digests(keys),)
            )

        return self._database.transact(work)

    def dense(self, vector: NDArray[np.float32], *, limit: int, filters: Filters) -> list[Match]:
        recorded = self.embedding
        if len(vector) != recorded.dimension:
            raise mismatch(recorded, EmbeddingSpec(name=recorded.name, dimension=len(vector)))
        return self._database.transact(
            lambda session: nearest(session, vector, limit=limit, filters=filters)
        )

    def lexical(self, words: Sequence[str], *, limit: int, filters: Filters) -> list[Match]:
        return self._database.transact(
            lambda session: best_matching(session, words, limit=limit, filters=filters)
        )

    def coverage(self, words: Sequence[str], keys: Collection[str]) -> dict[str, Coverage]:
        return self._database.transact(lambda session: word_coverage(session, words, keys))

    def leads(self, keys: Collection[str]) -> dict[str, NDArray[np.float32]]:
        rows = self._database.rows(
            "SELECT a.key, v.value FROM {articles} a JOIN {passages} p"
            " ON p.article = a.id AND p.number = 0 JOIN {vectors} v ON v.passage = p.id"
            " WHERE a.digest = ANY(%s::bytea[])",
            (digests(keys),),
        )
        return {key: value.to_numpy().astype(np.float32) for key, value in rows}

    def fetch(self, keys: Collection[str]) -> dict[str, Entry]:
        rows = self._database.rows(
            "SELECT key, title, published, author, language, source, labels, content_hash,"
            " (SELECT string_agg(body, '' ORDER BY number) FROM {passages} WHERE article = a.id)"
            " FROM {articles} a WHERE digest = ANY(%s::bytea[])",
            (digests(keys),),
        )
        return {row[0]: read_entry(row) for row in rows}

    def entries(self, *, limit: int | None = None, offset: int = 0) -> list[EntryInfo]:
        rows = self._database.rows(
            "SELECT a.key, a.title, a.published, a.source, a.labels,"
            " (SELECT count(*) FROM {passages} p WHERE p.article = a.id),"
            " (SELECT count(*) FROM {passages} p JOIN {pending} w ON w.passage = p.id"
            "  WHERE p.article = a.id)"
            " FROM {articles} a ORDER BY a.id LIMIT %s OFFSET %s",
            (limit, offset),
        )
        return [
            EntryInfo(
                key=key,
                title=title,
                published=published,
                source=source,
                labels=tuple(labels),
                passages=passages,
                pending=pending,
            )
            for key, title, published, source, labels, passages, pending in rows
        ]

    def stats(self) -> Stats:
        rows = self._database.rows(
            "SELECT embedding, dimension, (SELECT count(*) FROM {articles}),"
            " (SELECT count(*) FROM {articles} WHERE cardinality(labels) > 0),"
            " (SELECT count(*) FROM {passages}), (SELECT count(*) FROM {pending}),"
            " (SELECT sum(pg_total_relation_size(c.oid))::bigint FROM pg_class c"
            "  WHERE c.relnamespace = {schema_name}::regnamespace AND c.relname = ANY(%s))"
            " FROM {corpus}",
            (list(TABLES),),
        )
        name, dimension, articles, labelled, passages, pending, size = rows[0]
        return Stats(
            embedding=EmbeddingSpec(name=name, dimension=dimension),
            articles=articles,
            labelled=labelled,
            passages=passages,
            pending=pending,
            bytes=size,
        )

    def faults(self) -> list[str]:
        rows = self._database.rows("SELECT key FROM {articles} ORDER BY id")
        found = []
        for (key,) in rows:
            try:
                self.fetch([key])
            except CorpusError as error:
                found.append(str(error))
        return found

    def close(self) -> None:
        self._database.close()
