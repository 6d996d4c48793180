"""The SQLite file of a corpus: its tables, its connections, its errors in our words.

The file is in WAL mode: readers see the last commit and never wait, one process writes at a time
and the others queue. A commit survives the death of the process, not always a loss of power
(``synchronous = NORMAL``); the file stays whole in both cases.

A file may come from a stranger, or be damaged: its tables are compared with ours before anything
in it is used, and whatever reading it raises becomes a ``CorpusError``.
"""

from __future__ import annotations

import os
import shlex
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Final

from summarizer.errors import CorpusError, SummarizerError
from summarizer.retrieval.store import SCHEMA_VERSION, EmbeddingSpec

# Seconds that a writer queues behind others; their transactions take far below one.
_PATIENCE: Final = 120
_PATIENCE_WITH_READERS: Final = 2
_APPLICATION_ID: Final = 0x53554D43  # "SUMC"

# Article texts lie in the passages, in pieces that join to the whole: body holds the passage and
# the white space after it (of the first passage, also what is before it).
# AUTOINCREMENT: the number of a removed passage is never used again.
# revision orders what searches have to load; epoch changes when all vectors are forgotten.
# checksum: CRC-32 of codes and scale, which no structure of SQLite protects.
_SCHEMA: Final = """
CREATE TABLE corpus (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    embedding TEXT NOT NULL, dimension INTEGER NOT NULL,
    revision INTEGER NOT NULL, epoch INTEGER NOT NULL
);
CREATE TABLE articles (
    id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE,
    title TEXT, published TEXT, author TEXT, language TEXT, source TEXT NOT NULL,
    labels TEXT NOT NULL, content_hash TEXT NOT NULL, metadata_hash TEXT NOT NULL
);
CREATE TABLE passages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, article INTEGER NOT NULL REFERENCES articles,
    number INTEGER NOT NULL, "start" INTEGER NOT NULL, "end" INTEGER NOT NULL,
    body TEXT NOT NULL, UNIQUE (article, number)
);
CREATE TABLE pending (passage INTEGER PRIMARY KEY, later INTEGER NOT NULL);
CREATE INDEX pending_order ON pending (later, passage);
CREATE TABLE vectors (
    passage INTEGER PRIMARY KEY, article INTEGER NOT NULL, number INTEGER NOT NULL,
    revision INTEGER NOT NULL, scale REAL NOT NULL, codes BLOB NOT NULL,
    checksum INTEGER NOT NULL
);
CREATE INDEX vectors_revision ON vectors (revision);
CREATE INDEX vectors_article ON vectors (article);
CREATE TABLE removed (passage INTEGER PRIMARY KEY, revision INTEGER NOT NULL);
CREATE INDEX removed_revision ON removed (revision);
CREATE VIEW searched AS
    SELECT p.id AS id, coalesce(a.title, '') AS title, p.body AS body
    FROM passages p JOIN articles a ON a.id = p.article;
CREATE VIRTUAL TABLE words USING fts5 (
    title, body, content = 'searched', content_rowid = 'id',
    tokenize = 'porter unicode61 remove_diacritics 2'
);
"""

# Format 1 had no checksums, and vectors of texts whose case was kept.
_SCHEMAS: Final = {
    1: _SCHEMA.replace(",\n    checksum INTEGER NOT NULL", ""),
    SCHEMA_VERSION: _SCHEMA,
}
# The tables of FTS5's own, which it makes and reads.
_SHADOW: Final = frozenset(f"words_{part}" for part in ("data", "idx", "docsize", "config"))


def is_there(path: Path) -> bool:
    """Whether there is anything at ``path``; raises CorpusError if it cannot be a path."""
    with _in_our_words(path):
        return path.exists()


def create_file(path: Path, embedding: EmbeddingSpec) -> None:
    """Makes an empty corpus; leaves a file that is there already as it is.

    The file appears with all its tables at once, whatever happens in between.
    """
    with _in_our_words(path):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(prefix=".corpus-", dir=path.parent) as folder:
            draft = Path(folder) / path.name
            # For the user alone; SQLite gives its write-ahead log the same mode.
            draft.touch(mode=0o600)
            with closing(sqlite3.connect(draft, isolation_level=None)) as connection:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
                connection.execute("BEGIN")
                _make(connection, _SCHEMA)
                connection.execute(
                    "INSERT INTO corpus VALUES (1, ?, ?, 0, 0)",
                    (embedding.name, embedding.dimension),
                )
                connection.commit()
            try:
                os.link(draft, path)
            except FileExistsError:
                return
            except OSError:
                # A file system without hard links: two that create it at once could both win.
                if not path.exists():
                    draft.replace(path)


def _make(connection: sqlite3.Connection, schema: str) -> None:
    for statement in schema.split(";\n"):
        connection.execute(statement)


@cache
def _tables(version: int) -> frozenset[tuple[str, str, str | None]]:
    """Everything that a corpus of this format has in its schema, but FTS5's own tables."""
    with closing(sqlite3.connect(":memory:")) as connection:
        _make(connection, _SCHEMAS[version])
        return _found_tables(connection)


def _found_tables(connection: sqlite3.Connection) -> frozenset[tuple[str, str, str | None]]:
    rows = connection.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_stat%'"
    )
    return frozenset(row for row in rows if row[0] != "table" or row[1] not in _SHADOW)


class SqliteFile:
    """Connections to a corpus file, for any number of threads.

    Args:
        path: where it is.
        upgrade: turn a file of an older format into one of this format; its vectors are forgotten.
    """

    def __init__(self, path: Path, *, upgrade: bool = False) -> None:
        self.path = path
        self._idle: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._closed = False
        try:
            if upgrade:
                with self.writing() as connection:
                    self._upgrade(connection)
            with self.reading() as connection:
                self._check(connection)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection on which everything that is read is of the same moment."""
        with self._connection() as connection:
            try:
                connection.execute("BEGIN")
                yield connection
            finally:
                connection.rollback()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A connection with the write lock; commits, or leaves the file as it was."""
        with self._connection() as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.commit()
            finally:
                connection.rollback()  # nothing after a commit

    def empty_log(self) -> None:
        """Moves the write-ahead log into the file, unless a reader needs it for longer."""
        with self._connection() as connection:
            connection.execute(f"PRAGMA busy_timeout = {1000 * _PATIENCE_WITH_READERS}")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute(f"PRAGMA busy_timeout = {1000 * _PATIENCE}")

    def size(self) -> int:
        """Bytes on disk, with the write-ahead log."""
        wal = self.path.with_name(self.path.name + "-wal")
        return sum(file.stat().st_size for file in (self.path, wal) if file.exists())

    def close(self) -> None:
        """Closes the connections; one that is in use closes when it is given back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            connection = self._idle.pop() if self._idle else None
        with _in_our_words(self.path):
            connection = connection or self._connect()
            try:
                yield connection
            finally:
                with self._lock:
                    keep = not self._closed
                    if keep:
                        self._idle.append(connection)
                if not keep:
                    connection.close()

    def _connect(self) -> sqlite3.Connection:
        if self._closed:
            raise CorpusError(f"the corpus {str(self.path)!r} was closed")
        # mode=rw: opening must not create an empty file.
        connection = sqlite3.connect(
            f"{self.path.absolute().as_uri()}?mode=rw",
            uri=True,
            timeout=_PATIENCE,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA trusted_schema = OFF")
            # What is removed is overwritten: not every build of SQLite does it unasked.
            connection.execute("PRAGMA secure_delete = ON")
            # Read through the system's cache: with mmap a search is as fast, and 3 times as large.
            connection.execute("PRAGMA cache_size = -8000")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _check(self, connection: sqlite3.Connection) -> None:
        version = self._version(connection)
        if version < SCHEMA_VERSION:
            raise CorpusError(
                f"{str(self.path)!r} was made by an older version, whose vectors differ",
                hint=f"summarizer index rebuild --corpus {shlex.quote(str(self.path))}"
                " embeds its articles anew",
            )

    def _upgrade(self, connection: sqlite3.Connection) -> None:
        if self._version(connection) == SCHEMA_VERSION:
            return
        connection.execute("DROP TABLE vectors")
        for statement in _SCHEMA.split(";\n"):
            if " vectors" in statement:
                connection.execute(statement)
        connection.execute("DELETE FROM removed")
        connection.execute("INSERT OR IGNORE INTO pending SELECT id, number > 0 FROM passages")
        connection.execute("UPDATE corpus SET epoch = epoch + 1")
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def _version(self, connection: sqlite3.Connection) -> int:
        """The file's format; raises CorpusError unless it is a corpus of a format that we know."""
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        if application != _APPLICATION_ID:
            raise CorpusError(
                f"{str(self.path)!r} is not a corpus", hint="summarizer index add makes one"
            )
        if version not in _SCHEMAS:
            raise CorpusError(
                f"{str(self.path)!r} has format {version}, and this version reads {SCHEMA_VERSION}",
                hint="summarizer index add to a new corpus",
            )
        # A view or a trigger that somebody planted would run with our statements.
        if _found_tables(connection) != _tables(version):
            raise CorpusError(
                f"{str(self.path)!r} has other tables than a corpus", hint="use another corpus"
            )
        return version


@contextmanager
def _in_our_words(path: Path) -> Iterator[None]:
    """Turns whatever the file, or what is in it, raises into a CorpusError."""
    try:
        yield
    except SummarizerError:
        raise
    except Exception as error:
        said = " ".join(str(error).split())[:300] or type(error).__name__
        outside = isinstance(error, sqlite3.OperationalError | OSError)
        if "locked" in said or "busy" in said:
            hint = "another process has been writing for minutes; try again"
        elif outside or "not a database" in said:
            hint = "check the path, the free space, and that the file is a corpus"
        else:
            name = shlex.quote(str(path))
            hint = (
                f"summarizer index stats --check --corpus {name} says what is damaged in it;"
                " where it cannot, add the articles to a new corpus"
            )
        raise CorpusError(f"the corpus {str(path)!r} cannot be used: {said}", hint=hint) from error
