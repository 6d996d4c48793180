"""Where a corpus in PostgreSQL is, and connections to it for any number of threads.

The address is ``postgresql://user@host/database?corpus=NAME``. ``corpus`` names the schema that
holds the corpus (default ``summarizer``); all the rest is libpq's, with its other ways to give a
password: PGPASSWORD, ~/.pgpass.

Work that meets a lost connection is done again on another one, also while the server restarts:
every transaction of ours may be repeated. Nothing is kept in a session but tuning, so that a
connection pooler in front of the server does no harm.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from summarizer.errors import CorpusError, MissingExtraError, SummarizerError
from summarizer.retrieval.database import TABLES, ConnectionPool, Session, Values, statements

if TYPE_CHECKING:
    import psycopg
    from psycopg import sql
    from psycopg.types import TypeInfo

T = TypeVar("T")
_PATIENCE: Final = 30.0  # seconds for a server that was there to come back
_FIRST_WAIT: Final = 0.1  # seconds; doubles up to a second
# Server shuts down, crashed, starts; deadlock; too many connections for now.
_PASSING: Final = re.compile(r"08...|57P0[1-4]|40001|40P01|53300")
# 200 candidates of HNSW find .98 of the true 10 best among 10,000 news vectors; 100 find .94.
# Scanning on until a filter has let enough pass: without it 0.7 of 10 came at 2 % selectivity.
# Compiling takes longer than any of our statements.
_TUNING: Final = {"hnsw.ef_search": "200", "hnsw.iterative_scan": "relaxed_order", "jit": "off"}
DEFAULT_SCHEMA: Final = "summarizer"
# PostgreSQL's own limit for a name is 63 bytes.
_SCHEMA: Final = re.compile(r"[a-z][a-z0-9_]{0,62}")
_NOT_OURS: Final = re.compile(r"pg_.*|information_schema|public")
_DEFAULTS: Final = {"application_name": "summarizer", "connect_timeout": "10"}
_FORM: Final = "postgresql://USER@HOST/DATABASE?corpus=NAME"


@dataclass(frozen=True)
class Address:
    """Where a corpus is."""

    parameters: dict[str, str] = field(repr=False)  # libpq's; may hold a password
    schema: str
    display: str  # for people: without user and password

    @classmethod
    def of(cls, url: str) -> Address:
        """The address that ``url`` means.

        Raises:
            CorpusError: it is none. The message does not repeat it, for it may hold a password.
            MissingExtraError: psycopg or pgvector is not installed.
        """
        try:
            parts = urlsplit(url)
            query = parse_qsl(parts.query, keep_blank_values=True)
        except ValueError:
            raise _no_address() from None
        names = [value for name, value in query if name == "corpus"]
        schema = _checked_schema(names[-1] if names else DEFAULT_SCHEMA)
        rest = [(name, value) for name, value in query if name != "corpus"]
        # libpq takes a plus sign for a plus sign.
        plain = urlunsplit(parts._replace(query=urlencode(rest, quote_via=quote)))
        host = parts.netloc.rpartition("@")[2]
        shown = f"postgresql://{host}{parts.path}"
        if schema != DEFAULT_SCHEMA:
            shown += f"?corpus={schema}"
        return cls({**_DEFAULTS, **_parameters(plain), "client_encoding": "utf8"}, schema, shown)

    @property
    def password(self) -> str:
        """The password in it; empty if there is none."""
        return self.parameters.get("password", "")


def _parameters(url: str) -> dict[str, str]:
    try:
        import pgvector.psycopg  # noqa: F401 - the vectors need it
        import psycopg
        from psycopg.conninfo import conninfo_to_dict
    except ImportError:
        raise MissingExtraError("a corpus in PostgreSQL", extra="postgres") from None
    try:
        return {name: str(value) for name, value in conninfo_to_dict(url).items()}
    except psycopg.Error:
        raise _no_address() from None


def _checked_schema(name: str) -> str:
    if not _SCHEMA.fullmatch(name) or _NOT_OURS.fullmatch(name):
        raise CorpusError(
            f"{name!r} cannot name a corpus in PostgreSQL",
            hint="corpus=NAME takes lower-case letters, digits and _; not public or pg_...",
        )
    return name


def _no_address() -> CorpusError:
    return CorpusError(
        "the corpus is not at a PostgreSQL address",
        hint=f"{_FORM}; other parameters after ? are those of libpq, such as sslmode",
    )


class PostgresDatabase:
    """The database at an address."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self.name = address.display
        self._pool = ConnectionPool(
            self._connect, name=address.display, is_usable=lambda connection: not connection.closed
        )
        self._was_there = False
        self._prepared = _prepared(address.schema, pgvector=None)
        self._halfvec: TypeInfo | None = None

    def read(self, work: Callable[[Session], T]) -> T:
        """The result of ``work``, which is one transaction and may be called again."""

        def whole(session: Session) -> T:
            with session.connection.transaction():
                return work(session)

        return self._patiently(whole)

    def write(self, work: Callable[[Session], T]) -> T:
        """The same, while no other process writes; readers go on."""

        def alone(session: Session) -> T:
            session.run("lock_corpus")
            return work(session)

        return self.read(alone)

    def rows(self, name: str, values: Values = ()) -> list[tuple[Any, ...]]:
        """All rows of a statement's answer."""
        return self.read(lambda session: session.rows(name, values))

    def listed(self, values: Iterable[Any]) -> list[Any]:
        """A list as a value."""
        return list(values)

    def alone(self, work: Callable[[Session], T]) -> T:
        """The result of ``work`` without a transaction around it; it is called once."""
        with self._in_our_words(), self._session() as session:
            return work(session)

    def use_extension(self, schema: str) -> None:
        """Tells in which schema pgvector is; needed before vectors are read or written."""
        from psycopg import sql
        from psycopg.types import TypeInfo

        halfvec = sql.Identifier(schema, "halfvec")
        self._prepared = _prepared(self.address.schema, pgvector=schema)
        self._halfvec = self.alone(lambda session: TypeInfo.fetch(session.connection, halfvec))
        self._pool.drop()  # those that were not prepared for it

    def close(self) -> None:
        """Closes the connections; one that is in use closes when it is given back."""
        self._pool.close()

    def _patiently(self, work: Callable[[Session], T]) -> T:
        import psycopg

        end, wait = time.monotonic() + _PATIENCE, 0.0
        with self._in_our_words():
            while True:
                try:
                    with self._session() as session:
                        return work(session)
                except psycopg.OperationalError as error:
                    if not self._may_pass(error) or time.monotonic() + wait > end:
                        raise
                time.sleep(wait)
                wait = min(1.0, 2 * wait or _FIRST_WAIT)

    def _may_pass(self, error: psycopg.OperationalError) -> bool:
        # Without a code it is libpq's: the connection was refused or lost.
        passing = error.sqlstate is None or bool(_PASSING.fullmatch(error.sqlstate))
        return self._was_there and passing and not self._pool.closed

    @contextmanager
    def _session(self) -> Iterator[Session]:
        with self._pool.taken() as connection:
            try:
                yield Session(connection, self._prepared)
            finally:
                if connection.broken:  # the server went away: so are the others
                    self._pool.drop()

    def _connect(self) -> psycopg.Connection[Any]:
        import psycopg

        # Statements are planned for their values: a filter decides whether an index helps.
        connection = psycopg.connect(
            **self.address.parameters,  # type: ignore[arg-type]
            autocommit=True,
            prepare_threshold=None,
        )
        try:
            if self._halfvec is not None:
                _prepare(connection, self._halfvec)
        except BaseException:
            connection.close()
            raise
        self._was_there = True
        return connection

    @contextmanager
    def _in_our_words(self) -> Iterator[None]:
        import psycopg

        try:
            yield
        except psycopg.Error as error:
            raise self._explained(error) from error

    def _explained(self, error: psycopg.Error) -> SummarizerError:
        said = " ".join(str(error).split())[:300]
        if self.address.password:
            said = said.replace(self.address.password, "[password]")
        hint = "check the address, that the server runs, and the password (PGPASSWORD or ~/.pgpass)"
        if error.sqlstate == "42501":
            hint = "ask the owner of the database for the right"
        return CorpusError(f"the corpus {self.address.display!r} cannot be used: {said}", hint=hint)


def _prepare(connection: psycopg.Connection[Any], halfvec: TypeInfo) -> None:
    from pgvector.psycopg.halfvec import register_halfvec_info

    register_halfvec_info(connection, halfvec)
    connection.execute(
        "SELECT set_config(name, value, false) FROM unnest(%s::text[], %s::text[]) t(name, value)",
        (list(_TUNING), list(_TUNING.values())),
    )


def _prepared(schema: str, *, pgvector: str | None) -> dict[str, list[sql.Composed]]:
    """The statements; those with vectors only where it is known in which schema pgvector is."""
    from psycopg import sql

    named = (*TABLES, "passage_numbers", "stemmer", "english")
    names = {
        **{name: sql.Identifier(schema, name) for name in named},
        "schema": sql.Identifier(schema),
        "nearest_index": sql.Identifier("vectors_nearest"),
        # Where a value is wanted, not a name.
        "schema_name": sql.Literal(schema),
        "language": sql.SQL("{}::regconfig").format(sql.Literal(f'"{schema}".english')),
        "words_table": sql.SQL("{}::regclass").format(sql.Literal(f'"{schema}".words')),
        "passage_ids": sql.SQL("{}::regclass").format(sql.Literal(f'"{schema}".passage_numbers')),
        "pgvector": sql.Identifier(pgvector or ""),
        "halfvec": sql.Identifier(pgvector or "", "halfvec"),
        "halfvec_ip_ops": sql.Identifier(pgvector or "", "halfvec_ip_ops"),
    }
    return {
        name: [sql.SQL(text).format(**names) for text in texts]
        for name, texts in statements("postgres").items()
    }
