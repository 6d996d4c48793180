"""The tables of a corpus in PostgreSQL: made once, checked whenever a corpus is opened.

The index of vectors comes after the load: rows that go into an HNSW index one by one take several
times as long as those that it is built of. So before a load that is large beside what is there, an
index goes. Below 10,000 vectors reading them all is as fast, and exact.

Vectors and words lie beside the passages, because a row above 2 kB is cut up by PostgreSQL, and a
search reads all vectors or many words, but few texts. Vectors have 16 bits a number: half the
memory, and an index for up to 4,000 numbers, not 2,000.
"""

from __future__ import annotations

import logging
from typing import Final

from summarizer.errors import CorpusError
from summarizer.retrieval.database import SCHEMA_VERSION, Session, require_format
from summarizer.retrieval.entries import EmbeddingSpec
from summarizer.retrieval.postgres_connection import PostgresDatabase

MOST_INDEXED: Final = 4000  # numbers in a vector of an HNSW index of 16 bits each
_PGVECTOR: Final = (0, 8)  # has iterative scans
_CREATION_LOCK: Final = 0x53554D43  # one creator at a time: IF NOT EXISTS alone may collide
INDEXED_FROM: Final = 10_000  # vectors
# Passages that wait, for each vector of the index, from which building it anew is quicker: with
# 40,000 of 256 numbers, 40,000 more took 49 s one by one, and 21 s with an index built anew.
_REBUILT_FROM: Final = 1 / 2
_INDEX_LOCK: Final = 0x53554D44
_log = logging.getLogger(__name__)


def create_corpus(database: PostgresDatabase, embedding: EmbeddingSpec) -> None:
    """Makes an empty corpus, with the extension it needs; leaves one that is there as it is.

    Raises CorpusError if the extension is missing, or the schema holds other tables.
    """
    database.read(_extend)
    open_extension(database)
    database.read(lambda session: _create(session, embedding, schema=database.address.schema))


def open_extension(database: PostgresDatabase) -> None:
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


def require_corpus(database: PostgresDatabase, *, upgrade: bool) -> None:
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


def set_embedding(session: Session, embedding: EmbeddingSpec) -> None:
    """Forgets all vectors and records another embedding."""
    session.run("forget_vectors")
    _set_dimension(session, embedding.dimension)
    session.run("set_embedding", (embedding.name, embedding.dimension))


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
    session.run("vectors_in_rows" if dimension <= MOST_INDEXED else "vectors_apart")


def keep_index(database: PostgresDatabase) -> None:
    """Builds or drops the index of vectors where enough was written; others go on meanwhile."""
    limits = (MOST_INDEXED, INDEXED_FROM - 1, _REBUILT_FROM)
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
