"""The SQLite file of a corpus: its tables, its connections, its errors in our words.

The file is in WAL mode: readers see the last commit and never wait, one process writes at a time
and the others queue. A commit survives the death of the process, not always a loss of power
(``synchronous = NORMAL``); the file stays whole in both cases.

A file may come from a stranger, or be damaged: its tables are compared with ours before anything
in it is used, and whatever reading it raises becomes a ``CorpusError``.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

from pydantic import ValidationError

from summarizer.errors import CorpusError, SummarizerError, first_fault
from summarizer.retrieval import database
from summarizer.retrieval.entries import EmbeddingSpec

T = TypeVar("T")

# Seconds that a writer queues behind others; their transactions take far below one.
_PATIENCE: Final = 120
_PATIENCE_WITH_READERS: Final = 2
_APPLICATION_ID: Final = 0x53554D43  # "SUMC"
_OLDER: Final = 1  # the format that is embedded anew

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
                connection.execute(f"PRAGMA user_version = {database.SCHEMA_VERSION}")
                connection.execute("BEGIN")
                _make(connection)
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


def _make(connection: sqlite3.Connection, version: int = database.SCHEMA_VERSION) -> None:
    for statement in database.statements("sqlite")["tables"]:
        # Format 1 had no checksums, and vectors of texts whose case was kept.
        if version == _OLDER:
            statement = statement.replace(",\n    checksum INTEGER NOT NULL", "")
        connection.execute(statement)


@cache
def _tables(version: int) -> frozenset[tuple[str, str, str | None]]:
    """Everything that a corpus of this format has in its schema, but FTS5's own tables."""
    with closing(sqlite3.connect(":memory:")) as connection:
        _make(connection, version)
        return _found_tables(connection)


def _found_tables(connection: sqlite3.Connection) -> frozenset[tuple[str, str, str | None]]:
    rows = connection.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_stat%'"
    )
    return frozenset(row for row in rows if row[0] != "table" or row[1] not in _SHADOW)


@cache
def _prepared() -> dict[str, list[str]]:
    names = dict(zip(database.TABLES, database.TABLES, strict=True))
    return {
        name: [re.sub(r"%\((\w+)\)s", r":\1", text.format_map(names)) for text in texts]
        for name, texts in database.statements("sqlite").items()
    }


class SqliteFile:
    """Connections to a corpus file, for any number of threads.

    Args:
        path: where it is.
        upgrade: turn a file of an older format into one of this format; its vectors are forgotten.
    """

    def __init__(self, path: Path, *, upgrade: bool = False) -> None:
        self.path = path
        self.name = str(path)
        self._pool = database.ConnectionPool(self._connect, name=self.name)
        try:
            if upgrade:
                with self.transaction("IMMEDIATE") as connection:
                    self._upgrade(connection)
                    connection.commit()
            with self.transaction() as connection:
                database.require_format(self._version(connection), name=self.name)
        except BaseException:
            self.close()
            raise

    def read(self, work: Callable[[database.Session], T]) -> T:
        """The result of ``work``; everything that it reads is of the same moment."""
        with self.transaction() as connection:
            return work(database.Session(connection, _prepared()))

    def write(self, work: Callable[[database.Session], T]) -> T:
        """The result of ``work``, with a revision above all earlier ones, thanks to the lock."""
        with self.transaction("IMMEDIATE") as connection:
            session = database.Session(connection, _prepared())
            session.run("next_revision")
            result = work(session)
            connection.commit()
            return result

    def listed(self, values: Iterable[Any]) -> str:
        """A list as a value, of any length."""
        return json.dumps(list(values), ensure_ascii=False)

    @contextmanager
    def transaction(self, kind: Literal["", "IMMEDIATE"] = "") -> Iterator[sqlite3.Connection]:
        """A connection on which everything that is read is of the same moment.

        ``IMMEDIATE``: with the write lock. What is not committed leaves the file as it was.
        """
        with self._connection() as connection:
            try:
                connection.execute(f"BEGIN {kind}")
                yield connection
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
        self._pool.close()

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        with _in_our_words(self.path), self._pool.taken() as connection:
            yield connection

    def _connect(self) -> sqlite3.Connection:
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

    def _upgrade(self, connection: sqlite3.Connection) -> None:
        if self._version(connection) == database.SCHEMA_VERSION:
            return
        ((name, dimension),) = connection.execute("SELECT embedding, dimension FROM corpus")
        connection.execute("DROP TABLE vectors")
        for statement in database.statements("sqlite")["tables"]:
            if " vectors" in statement:
                connection.execute(statement)
        values = {"name": name, "dimension": dimension}
        database.Session(connection, _prepared()).run("reset", values)
        connection.execute(f"PRAGMA user_version = {database.SCHEMA_VERSION}")

    def _version(self, connection: sqlite3.Connection) -> int:
        """The file's format; raises CorpusError unless it is a corpus, of whatever format."""
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        if application != _APPLICATION_ID:
            raise CorpusError(
                f"{str(self.path)!r} is not a corpus",
                hint="name another file, or move this one away: summarizer index add makes one",
            )
        # A view or a trigger that somebody planted would run with our statements.
        if version <= database.SCHEMA_VERSION and _found_tables(connection) != _tables(version):
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
        wrong = first_fault(error) if isinstance(error, ValidationError) else str(error)
        said = " ".join(wrong.split())[:300] or type(error).__name__
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
