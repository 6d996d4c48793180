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
from typing import Final, LiteralString

from summarizer.errors import CorpusError
from summarizer.retrieval.postgres_connection import Database, Session
from summarizer.retrieval.store import SCHEMA_VERSION, EmbeddingSpec

MOST_INDEXED: Final = 4000  # numbers in a vector of an HNSW index of 16 bits each
_PGVECTOR: Final = (0, 8)  # has iterative scans
_CREATION_LOCK: Final = 0x53554D43  # one creator at a time: IF NOT EXISTS alone may collide
INDEXED_FROM: Final = 10_000  # vectors
# Passages that wait, for each vector of the index, from which building it anew is quicker: with
# 40,000 of 256 numbers, 40,000 more took 49 s one by one, and 21 s with an index built anew.
_REBUILT_FROM: Final = 1 / 2
_INDEX_LOCK: Final = 0x53554D44
_BUILD_MEMORY: Final = "256MB"  # holds the graph of some 200,000 vectors of 384 numbers
_log = logging.getLogger(__name__)

# digest: SHA-256 of the key, because an index takes no long text. Sequences never give a
# number again. Passages hold the text in pieces that join to the whole, as in the SQLite file.
# The words are stemmed like English and none is left out: WHO, IT and US are news.
_TABLES: Final[tuple[LiteralString, ...]] = (
    "CREATE TABLE {corpus} (one boolean PRIMARY KEY DEFAULT true CHECK (one),"
    " version integer NOT NULL, embedding text NOT NULL, dimension integer NOT NULL)",
    "CREATE TABLE {articles} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
    " digest bytea NOT NULL UNIQUE, key text NOT NULL, title text, published date, author text,"
    " language text, source text NOT NULL, labels text[] NOT NULL,"
    " content_hash text NOT NULL, metadata_hash text NOT NULL)",
    "CREATE SEQUENCE {passage_numbers}",
    "CREATE TABLE {passages} (id bigint PRIMARY KEY,"
    " article bigint NOT NULL REFERENCES {articles} ON DELETE CASCADE, number integer NOT NULL,"
    ' "start" integer NOT NULL, "end" integer NOT NULL, body text NOT NULL,'
    " UNIQUE (article, number))",
    "CREATE TABLE {words} (passage bigint PRIMARY KEY REFERENCES {passages} ON DELETE CASCADE,"
    " article bigint NOT NULL, number integer NOT NULL, words tsvector NOT NULL)",
    # What is not sorted in yet is read by every search: at most so many kB, not 4,096.
    "CREATE INDEX ON {words} USING gin (words) WITH (gin_pending_list_limit = 512)",
    "CREATE TABLE {vectors} (passage bigint PRIMARY KEY REFERENCES {passages} ON DELETE CASCADE,"
    " article bigint NOT NULL, number integer NOT NULL, value {halfvec} NOT NULL)",
    "CREATE TABLE {pending} (passage bigint PRIMARY KEY REFERENCES {passages} ON DELETE CASCADE,"
    " article bigint NOT NULL, later boolean NOT NULL)",
    "CREATE INDEX ON {pending} (later, passage)",
    "CREATE TEXT SEARCH DICTIONARY {stemmer} (TEMPLATE = pg_catalog.snowball, Language = english)",
    "CREATE TEXT SEARCH CONFIGURATION {english} (COPY = pg_catalog.english)",
    "ALTER TEXT SEARCH CONFIGURATION {english}"
    " ALTER MAPPING REPLACE pg_catalog.english_stem WITH {stemmer}",
)


def create_corpus(database: Database, embedding: EmbeddingSpec) -> None:
    """Makes an empty corpus, with the extension it needs; leaves one that is there as it is.

    Raises CorpusError if the extension is missing, or the schema holds other tables.
    """
    database.transact(_extend)
    open_extension(database)
    database.transact(lambda session: _create(session, embedding, schema=database.address.schema))


def open_extension(database: Database) -> None:
    """Finds pgvector; raises CorpusError if it is missing or too old, or no UTF-8 database."""
    rows = database.rows(
        "SELECT extversion, nspname, getdatabaseencoding() FROM pg_extension e"
        " JOIN pg_namespace n ON n.oid = e.extnamespace WHERE extname = 'vector'"
    )
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


def require_corpus(database: Database, *, upgrade: bool) -> None:
    """Raises CorpusError if there is no corpus at the address, or one of another version.

    ``upgrade``: one of an older version is marked as one of this; its vectors must be made anew.
    """
    if not database.rows(
        "SELECT 1 FROM pg_tables WHERE schemaname = %s AND tablename = 'corpus'",
        (database.address.schema,),
    ):
        raise CorpusError(
            f"there is no corpus {database.address.display!r}",
            hint="summarizer index add SOURCES makes one",
        )
    ((version,),) = database.rows("SELECT version FROM {corpus}")
    if version < SCHEMA_VERSION and upgrade:
        database.rows("UPDATE {corpus} SET version = %s RETURNING version", (SCHEMA_VERSION,))
    elif version < SCHEMA_VERSION:
        raise CorpusError(
            f"the corpus {database.address.display!r} was made by an older version, whose vectors"
            " differ",
            hint=f"summarizer index rebuild --corpus {database.address.display!r} embeds its"
            " articles anew",
        )
    elif version != SCHEMA_VERSION:
        raise CorpusError(
            f"the corpus {database.address.display!r} has format {version},"
            f" and this version reads {SCHEMA_VERSION}",
            hint="summarizer index add to a new corpus, with ?corpus=NAME",
        )


def set_embedding(session: Session, embedding: EmbeddingSpec) -> None:
    """Forgets all vectors and records another embedding."""
    # Searches would queue behind this while it waits for one that is under way.
    session.run("SET LOCAL lock_timeout = '10s'")
    session.run("DROP INDEX IF EXISTS {schema}.{nearest}")
    session.run("TRUNCATE {vectors}")
    _set_dimension(session, embedding.dimension)
    session.run(
        "UPDATE {corpus} SET embedding = %s, dimension = %s", (embedding.name, embedding.dimension)
    )
    session.run(
        "INSERT INTO {pending} SELECT id, article, number > 0 FROM {passages}"
        " ON CONFLICT DO NOTHING"
    )


def _extend(session: Session) -> None:
    import psycopg

    session.run("SELECT pg_advisory_xact_lock(%s)", (_CREATION_LOCK,))
    if session.rows("SELECT 1 FROM pg_extension WHERE extname = 'vector'"):
        return
    try:
        session.run("CREATE EXTENSION vector")
    except (psycopg.errors.FeatureNotSupported, psycopg.errors.UndefinedFile):
        raise CorpusError(
            "the PostgreSQL server has no pgvector to offer",
            hint="install it there (package postgresql-NN-pgvector), or use a file: --corpus NAME",
        ) from None


def _create(session: Session, embedding: EmbeddingSpec, *, schema: str) -> None:
    session.run("SELECT pg_advisory_xact_lock(%s)", (_CREATION_LOCK,))
    found = session.rows("SELECT tablename FROM pg_tables WHERE schemaname = %s", (schema,))
    if ("corpus",) in found:
        return
    if found:
        raise CorpusError(
            f"the schema {schema!r} holds other tables", hint="choose another with ?corpus=NAME"
        )
    # A role without the right to make one may find it made for it.
    if not session.rows("SELECT 1 FROM pg_namespace WHERE nspname = %s", (schema,)):
        session.run("CREATE SCHEMA {schema}")
    for statement in _TABLES:
        session.run(statement)
    _set_dimension(session, embedding.dimension)
    session.run(
        "INSERT INTO {corpus} (version, embedding, dimension) VALUES (%s, %s, %s)",
        (SCHEMA_VERSION, embedding.name, embedding.dimension),
    )


def _set_dimension(session: Session, dimension: int) -> None:
    from psycopg import sql

    session.run(
        "ALTER TABLE {vectors} ALTER COLUMN value TYPE {halfvec}({dimension})",
        dimension=sql.Literal(dimension),
    )
    # In the row itself as long as it fits: a search reads them all.
    session.run(
        "ALTER TABLE {vectors} ALTER COLUMN value SET STORAGE {storage}",
        storage=sql.SQL("PLAIN" if dimension <= MOST_INDEXED else "EXTERNAL"),
    )


def keep_index(database: Database) -> None:
    """Builds or drops the index of vectors where enough was written; others go on meanwhile."""
    ((indexable, crowded),) = database.rows(
        "SELECT c.oid IS NULL AND dimension <= %s AND NOT EXISTS (SELECT 1 FROM {pending})"
        " AND EXISTS (SELECT 1 FROM {vectors} OFFSET %s),"
        " c.oid IS NOT NULL AND EXISTS (SELECT 1 FROM {pending} OFFSET (%s * c.reltuples)::bigint)"
        " FROM {corpus} LEFT JOIN (pg_class c JOIN pg_index i ON i.indexrelid = c.oid)"
        " ON c.relnamespace = {schema_name}::regnamespace AND c.relname = 'vectors_nearest'"
        " AND i.indisvalid",
        (MOST_INDEXED, INDEXED_FROM - 1, _REBUILT_FROM),
    )
    if not (indexable or crowded):
        return
    try:
        database.alone(lambda session: _renew_index(session, build=indexable))
    except CorpusError as error:
        # What was written is safe, and is found without an index, too: exactly, but slower.
        _log.warning("the index of vectors was not made: %s", error)


def _renew_index(session: Session, *, build: bool) -> None:
    # Another process that is at it does it for all.
    ((ours,),) = session.rows(
        "SELECT pg_try_advisory_lock(%s, {words_table}::oid::bigint::int)", (_INDEX_LOCK,)
    )
    if not ours:
        return
    try:
        # One that is there and not valid is left of a build that was killed.
        session.run("DROP INDEX CONCURRENTLY IF EXISTS {schema}.{nearest}")
        if build:
            session.run("SELECT set_config('maintenance_work_mem', %s, false)", (_BUILD_MEMORY,))
            session.run(
                "CREATE INDEX CONCURRENTLY {nearest} ON {vectors}"
                " USING hnsw (value {halfvec_ip_ops})"
            )
            session.run("RESET maintenance_work_mem")
            session.run("ANALYZE {articles}, {passages}, {words}, {vectors}")
    finally:
        if not session.connection.closed:
            session.run(
                "SELECT pg_advisory_unlock(%s, {words_table}::oid::bigint::int)", (_INDEX_LOCK,)
            )
