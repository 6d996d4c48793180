"""The address of a corpus in PostgreSQL: ``postgresql://user@host/database?corpus=NAME``.

``corpus`` names the schema that holds it (default ``summarizer``); all the rest is libpq's, with
its other ways to give a password: PGPASSWORD, ~/.pgpass.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from summarizer.errors import CorpusError, MissingExtraError

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
