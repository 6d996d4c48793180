"""The store for teams: articles, passages, vectors and words in PostgreSQL with pgvector.

A passage's score by words is the sum of PostgreSQL's own ``ts_rank`` for each stem, times how rare
the stem is, which ``ts_rank`` alone does not know. The stems of a query are counted for it.

The index of vectors comes after the load: rows that go into an HNSW index one by one take several
times as long as those that it is built of. So before a load that is large beside what is there, an
index goes. Below 10,000 vectors reading them all is as fast, and exact.

Vectors and words lie beside the passages, because a row above 2 kB is cut up by PostgreSQL, and a
search reads all vectors or many words, but few texts. Vectors have 16 bits a number: half the
memory, and an index for up to 4,000 numbers, not 2,000.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from summarizer.errors import CorpusError
from summarizer.retrieval import entries
from summarizer.retrieval.database import SCHEMA_VERSION, TABLES, Session, require_format
from summarizer.retrieval.entries import EmbeddingSpec, Filters, QueryWord, Record
from summarizer.retrieval.postgres_connection import Address, PostgresDatabase
from summarizer.retrieval.store import PassageRow, Scored, Store, Vector

if TYPE_CHECKING:
    from pgvector import HalfVector

_NOT_A_WORD: Final = re.compile(r"[\W_]+")
_ACCENTS: Final = re.compile("[\u0300-\u036f]")
_SURROGATES: Final = re.compile("[\ud800-\udfff]")
_LONGEST_SEARCHED: Final = 200_000  # characters of a passage; a tsvector holds 1 MB
# A stem is counted up to there.
_MOST_POSTINGS: Final = 10_000
_MOST_STEMS: Final = 64  # of a query
_MOST_INDEXED: Final = 4000  # numbers in a vector of an HNSW index of 16 bits each
_PGVECTOR: Final = (0, 8)  # has iterative scans
_CREATION_LOCK: Final = 0x53554D43  # one creator at a time: IF NOT EXISTS alone may collide
_INDEXED_FROM: Final = 10_000  # vectors
# Passages that wait, for each vector of the index, from which building it anew is quicker: with
# 40,000 of 256 numbers, 40,000 more took 49 s one by one, and 21 s with an index built anew.
_REBUILT_FROM: Final = 1 / 2
_INDEX_LOCK: Final = 0x53554D44
_log = logging.getLogger(__name__)


class PostgresStore(Store):
    """A store in a schema of a PostgreSQL database; any number of processes may share it.

    Its address is told in postgres_connection.py. The server may refuse: CorpusError.
    """

    def __init__(
        self, url: str, *, embedding: EmbeddingSpec | None = None, upgrade: bool = False
    ) -> None:
        self._database: PostgresDatabase = PostgresDatabase(Address.of(url))
        try:
            if embedding is not None:
                _create_corpus(self._database, embedding)
            _require_corpus(self._database, upgrade=upgrade)
            _open_extension(self._database)
        except BaseException:
            self.close()
            raise

    def write(self, records: Sequence[Record]) -> None:
        """See ``Store.write``."""
        super().write(records)
        _keep_index(self._database)

    def fill(self, vectors: Mapping[int, Vector], *, embedding: EmbeddingSpec) -> int:
        """See ``Store.fill``."""
        filled = super().fill(vectors, embedding=embedding)
        _keep_index(self._database)
        return filled

    def _read(self, published: Any, labels: Any) -> dict[str, Any]:
        return {"published": published, "labels": labels}

    def _vector(self, stored: Sequence[Any], _: int) -> Vector:
        return np.asarray(stored[0].to_numpy(), dtype=np.float32)

    def _insert_passages(self, session: Session, rows: Sequence[PassageRow]) -> None:
        if rows:
            searched = [
                searchable(f"{title or ''} {body}"[:_LONGEST_SEARCHED]) for *_, body, title in rows
            ]
            *columns, _ = (list(column) for column in zip(*rows, strict=True))
            session.run("insert_passages", (*columns, searched))

    def _fill(self, session: Session, vectors: Mapping[int, Vector]) -> int:
        halves = [_halved(vector) for vector in vectors.values()]
        return session.run("fill", {"passages": list(vectors), "vectors": halves})

    def _reset(self, session: Session, embedding: EmbeddingSpec) -> None:
        session.run("forget_vectors")
        _set_dimension(session, embedding.dimension)
        session.run("set_embedding", (embedding.name, embedding.dimension))

    def _nearest(self, session: Session, vector: Vector, limit: int, filters: Filters) -> Scored:
        values = {"vector": _halved(vector), "limit": limit, **self._filtering(filters)}
        found = session.rows("nearest", values)
        if len(found) < limit:
            # The index may tire before a strict filter has let enough pass.
            session.run("read_all_vectors")
            found = session.rows("nearest", values)
        return sorted(((number, score) for number, score in found), key=lambda it: (-it[1], it[0]))

    def _asked(self, session: Session, words: Sequence[str]) -> tuple[list[QueryWord], int]:
        ((passages,),) = session.rows("count_passages")
        spelled = [[searchable(each) for each in entries.spellings(word)] for word in words]
        asked = [" or ".join(f'"{each}"' for each in alike) for alike in spelled]
        rows = session.rows("count_words", (_MOST_POSTINGS, asked))
        counts = set()
        for alike, (query, count) in zip(spelled, rows, strict=True):
            few = query and len(words) <= entries.MOST_WITH_FORMS
            terms_from = partial(_terms_from, session)
            forms = entries.other_forms(alike, terms_from) if few and not count else {}
            if forms:
                query, count = " | ".join(f"'{form}'" for form in forms), sum(forms.values())
            if query:
                counts.add((query, count, entries.OTHER_FORM if forms else 1.0))
        asked_words = entries.asked_words(counts, of=passages, most=_MOST_POSTINGS)
        return asked_words[:_MOST_STEMS], passages

    def _best_matching(
        self, session: Session, asked: Sequence[QueryWord], limit: int, filters: Filters
    ) -> Scored:
        values = {**self._weights(asked), "limit": limit, **self._filtering(filters)}
        return [(number, float(score)) for number, score in session.rows("best", values)]

    def _size(self, session: Session) -> int:
        ((size,),) = session.rows("size", (list(TABLES),))
        return int(size)


def _terms_from(session: Session, start: str) -> list[tuple[Any, ...]]:
    return session.rows("terms_from", (f"'{start}':*", _MOST_POSTINGS, start))


def searchable(text: str) -> str:
    """Words in lower case without accents, and nothing else; the same for passages and queries.

    >>> searchable("O'Neil's 'Zürich'")
    'o neil s zurich'
    """
    plain = _SURROGATES.sub(" ", text.casefold())
    return _NOT_A_WORD.sub(" ", _ACCENTS.sub("", unicodedata.normalize("NFKD", plain))).strip()


def _halved(vector: Vector) -> HalfVector:
    """A vector as PostgreSQL keeps it: 16 bits a number."""
    from pgvector import HalfVector

    return HalfVector(vector)


def _create_corpus(database: PostgresDatabase, embedding: EmbeddingSpec) -> None:
    """Makes an empty corpus, with the extension it needs; leaves one that is there as it is.

    Raises CorpusError if the extension is missing, or the schema holds other tables.
    """
    database.read(_extend)
    _open_extension(database)
    database.read(lambda session: _create(session, embedding, schema=database.address.schema))


def _open_extension(database: PostgresDatabase) -> None:
    """Finds pgvector; raises CorpusError if it is missing or too old, or no UTF-8 database."""
    rows = database.rows("find_pgvector")
    if not rows:
        raise CorpusError(
            f"the database of {database.address.display!r} has no pgvector",
            hint="CREATE EXTENSION vector in that database",
        )
    version, schema, encoding = rows[0]
    if tuple(int(part) for part in version.split(".")[:2]) < _PGVECTOR:
        raise CorpusError(
            f"{database.address.display!r} has pgvector {version}; 0.8 is needed",
            hint="install a newer pgvector there, then ALTER EXTENSION vector UPDATE",
        )
    if encoding != "UTF8":
        raise CorpusError(
            f"the database of {database.address.display!r} stores {encoding}, not UTF8",
            hint="CREATE DATABASE NAME ENCODING 'UTF8' TEMPLATE template0",
        )
    database.use_extension(schema)


def _require_corpus(database: PostgresDatabase, *, upgrade: bool) -> None:
    """Raises CorpusError if there is no corpus at the address, or one of another version.

    ``upgrade``: one of an older version is marked as one of this; its vectors must be made anew.
    """
    name = database.address.display
    if ("corpus",) not in database.rows("find_tables"):
        raise CorpusError(
            f"there is no corpus {name!r}", hint="summarizer index add SOURCES makes one"
        )
    ((version,),) = database.rows("version")
    if version < SCHEMA_VERSION and upgrade:
        database.write(lambda session: session.run("upgrade", (SCHEMA_VERSION,)))
    else:
        require_format(version, name=name)


def _extend(session: Session) -> None:
    import psycopg

    session.run("lock_creation", (_CREATION_LOCK,))
    if session.rows("find_pgvector"):
        return
    try:
        session.run("create_pgvector")
    except (psycopg.errors.FeatureNotSupported, psycopg.errors.UndefinedFile):
        raise CorpusError(
            "the PostgreSQL server has no pgvector to offer",
            hint="install it there (package postgresql-NN-pgvector), or use a file: --corpus NAME",
        ) from None


def _create(session: Session, embedding: EmbeddingSpec, *, schema: str) -> None:
    session.run("lock_creation", (_CREATION_LOCK,))
    found = session.rows("find_tables")
    if ("corpus",) in found:
        return
    if found:
        raise CorpusError(
            f"the schema {schema!r} holds other tables", hint="choose another with ?corpus=NAME"
        )
    # A role without the right to make one may find it made for it.
    if not session.rows("find_schema"):
        session.run("create_schema")
    session.run("tables")
    _set_dimension(session, embedding.dimension)
    session.run("insert_corpus", (SCHEMA_VERSION, embedding.name, embedding.dimension))


def _set_dimension(session: Session, dimension: int) -> None:
    import psycopg

    # The server takes no values where tables are changed.
    client = Session(psycopg.ClientCursor(session.connection), session.prepared)
    client.run("set_dimension", (dimension,))
    # In the row itself as long as it fits: a search reads them all.
    session.run("vectors_in_rows" if dimension <= _MOST_INDEXED else "vectors_apart")


def _keep_index(database: PostgresDatabase) -> None:
    """Builds or drops the index of vectors where enough was written; others go on meanwhile."""
    limits = (_MOST_INDEXED, _INDEXED_FROM - 1, _REBUILT_FROM)
    ((indexable, crowded),) = database.rows("index_wanted", limits)
    if not (indexable or crowded):
        return
    try:
        database.alone(lambda session: _renew_index(session, build=indexable))
    except CorpusError as error:
        # What was written is safe, and is found without an index, too: exactly, but slower.
        _log.warning("the index of vectors was not made: %s", error)


def _renew_index(session: Session, *, build: bool) -> None:
    # Another process that is at it does it for all.
    ((ours,),) = session.rows("lock_index", (_INDEX_LOCK,))
    if not ours:
        return
    try:
        # One that is there and not valid is left of a build that was killed.
        session.run("drop_index")
        if build:
            session.run("build_index")
    finally:
        if not session.connection.closed:
            session.run("unlock_index", (_INDEX_LOCK,))
