"""The tables of a corpus in PostgreSQL: made once, checked whenever a corpus is opened.

Vectors and words lie beside the passages, because a row above 2 kB is cut up by PostgreSQL, and a
search reads all vectors or many words, but few texts. Vectors have 16 bits a number: half the
memory, and an index for up to 4,000 numbers, not 2,000.
"""

from __future__ import annotations

from typing import Final, LiteralString

from summarizer.errors import CorpusError
from summarizer.retrieval.postgres_connection import Database, Session
from summarizer.retrieval.store import SCHEMA_VERSION, EmbeddingSpec

MOST_INDEXED: Final = 4000  # numbers in a vector of an HNSW index of 16 bits each
_PGVECTOR: Final = (0, 8)  # has iterative scans
_CREATION_LOCK: Final = 0x53554D43  # one creator at a time: IF NOT EXISTS alone may collide

# digest: SHA-256 of the key, because an index takes no long text. Sequences never give a
# number again. Passages hold the text in pieces that join to the whole, as in the SQLite file.
# The words are stemmed like English and none is left out: WHO, IT and US are news.
_TABLES: Final[tuple[LiteralString, ...]] = (
    "CREATE TABLE {corpus} (one boolean PRIMARY KEY DEFAULT true CHECK (one),"
    " version integer NOT NULL, embedding text NOT NULL, dimension integer NOT NULL,"
    " analysed bigint NOT NULL DEFAULT 0)",
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
    # 10 times as many frequent words are known of as that: they weigh what a search asks for.
    "ALTER TABLE {words} ALTER COLUMN words SET STATISTICS 1000",
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
