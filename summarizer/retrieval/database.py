"""The SQL of statements.toml, run by its names on connections that threads share."""

from __future__ import annotations

import shlex
import threading
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final, Generic, Literal, Protocol, TypeAlias, TypeVar

from summarizer.errors import CorpusError

T = TypeVar("T")
C = TypeVar("C")
Values: TypeAlias = Sequence[Any] | Mapping[str, Any]

SCHEMA_VERSION: Final = 2
TABLES: Final = ("corpus", "articles", "passages", "words", "vectors", "pending")
_MOST_IDLE: Final = 8  # connections


def require_format(version: int, *, name: str) -> None:
    """Raises CorpusError unless the corpus of this name has the format of this version."""
    if version < SCHEMA_VERSION:
        raise CorpusError(
            f"the corpus {name!r} was made by an older version, whose vectors differ",
            hint=f"summarizer index rebuild --corpus {shlex.quote(name)} embeds its articles anew",
        )
    if version > SCHEMA_VERSION:
        raise CorpusError(
            f"the corpus {name!r} has format {version}, and this version reads {SCHEMA_VERSION}",
            hint="summarizer index add to a new corpus",
        )


@cache
def statements(dialect: Literal["sqlite", "postgres"]) -> dict[str, tuple[str, ...]]:
    """The statements of a store by their names; in braces are tables and other names of its."""
    text = Path(__file__).with_name("statements.toml").read_text(encoding="utf-8")
    known = tomllib.loads(text)
    parts: dict[str, str] = {"passes": known["shared"].pop("passes")} | known[dialect].pop("parts")

    def whole(statement: str) -> str:
        for name, part in parts.items():  # passes, which has some of the others in it, is first
            statement = statement.replace(f"{{{name}}}", part)
        return statement

    named = known["shared"] | known[dialect]
    return {
        name: tuple(map(whole, [found] if isinstance(found, str) else found))
        for name, found in named.items()
    }


class Session:
    """Runs statements by their names on a connection of sqlite3 or of psycopg."""

    def __init__(self, connection: Any, prepared: Mapping[str, Sequence[Any]]) -> None:
        self.connection = connection
        self.prepared = prepared

    def rows(self, name: str, values: Values = ()) -> list[tuple[Any, ...]]:
        """All rows of the answer."""
        found: list[tuple[Any, ...]] = self.each(name, values).fetchall()
        return found

    def each(self, name: str, values: Values = ()) -> Any:
        """The cursor over the answer."""
        (statement,) = self.prepared[name]
        return self.connection.execute(statement, values)

    def run(self, name: str, values: Values = ()) -> int:
        """Runs all that has this name, one after the other; how many rows the last one changed."""
        changed = 0
        for statement in self.prepared[name]:
            changed = self.connection.execute(statement, values).rowcount
        return changed


class Database(Protocol):
    """Where the tables are; whatever it raises is a CorpusError."""

    @property
    def name(self) -> str:
        """What ``--corpus`` takes for it, without a password."""

    def read(self, work: Callable[[Session], T]) -> T:
        """The result of ``work`` in a transaction, which may be called again."""

    def write(self, work: Callable[[Session], T]) -> T:
        """The same, while no other process writes."""

    def close(self) -> None:
        """Closes the connections; one that is in use closes when it is given back."""

    def listed(self, values: Iterable[Any]) -> Any:
        """A list as a value of a statement."""


class ConnectionPool(Generic[C]):
    """Connections that are used again, by any number of threads.

    Args:
        connect: opens one.
        name: of the corpus, for people.
        is_usable: whether one that is given back may be used again.
    """

    def __init__(
        self,
        connect: Callable[[], C],
        *,
        name: str,
        is_usable: Callable[[C], bool] = lambda _: True,
    ) -> None:
        self._connect, self._name, self._is_usable = connect, name, is_usable
        self._lock = threading.Lock()
        self._idle: list[Any] = []
        self.closed = False

    @contextmanager
    def taken(self) -> Iterator[C]:
        """A connection that nobody else uses meanwhile."""
        if self.closed:
            raise CorpusError(f"the corpus {self._name!r} was closed")
        with self._lock:
            connection: Any = self._idle.pop() if self._idle else None
        connection = connection or self._connect()
        try:
            yield connection
        finally:
            with self._lock:
                few = not self.closed and len(self._idle) < _MOST_IDLE
                keep = few and self._is_usable(connection)
                if keep:
                    self._idle.append(connection)
            if not keep:
                connection.close()

    def drop(self) -> None:
        """Closes those that nobody uses."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def close(self) -> None:
        """Closes all; one that is in use when it is given back."""
        self.closed = True
        self.drop()
