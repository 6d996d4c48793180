"""What is wrong inside the SQLite file of a corpus; it is read from end to end."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Final

from summarizer.retrieval.sqlite_rows import ENTRY, read_entry, recorded_embedding
from summarizer.retrieval.vector_matrix import require_intact

_MOST: Final = 20  # faults of a kind that are told
_COUNTS: Final = {
    "passages are neither embedded nor waiting": "SELECT count(*) FROM passages WHERE id NOT IN"
    " (SELECT passage FROM vectors UNION ALL SELECT passage FROM pending)",
    "vectors or waiting places have no passage": "SELECT count(*) FROM (SELECT passage FROM vectors"
    " UNION ALL SELECT passage FROM pending) WHERE passage NOT IN (SELECT id FROM passages)",
    "passages have no article": "SELECT count(*) FROM passages WHERE article NOT IN"
    " (SELECT id FROM articles)",
    "articles have no passage": "SELECT count(*) FROM articles WHERE id NOT IN"
    " (SELECT article FROM passages)",
    "rows have values of another type": "SELECT (SELECT count(*) FROM passages WHERE"
    " (typeof(number), typeof(\"start\"), typeof(\"end\")) != ('integer', 'integer', 'integer'))"
    " + (SELECT count(*) FROM corpus WHERE"
    " (typeof(revision), typeof(epoch)) != ('integer', 'integer'))",
}


def find_faults(connection: sqlite3.Connection) -> list[str]:
    """What SQLite, its index of words, and our hashes and checksums say; empty if all is well.

    Call it in a transaction that may write: FTS5 checks its index by an INSERT that stores nothing.
    """
    found: list[str] = []
    for faults in (_structure, _words, _texts, _vectors, _counts):
        told = faults(connection)
        try:
            found += [fault for fault, _ in zip(told, range(_MOST), strict=False)]
        except Exception as error:  # whatever reading a damaged file raises
            found.append(f"{error}")
    return list(dict.fromkeys(found))


def _structure(connection: sqlite3.Connection) -> Iterator[str]:
    for (line,) in connection.execute(f"PRAGMA integrity_check({_MOST})"):
        if line != "ok":
            yield line


def _words(connection: sqlite3.Connection) -> Iterator[str]:
    try:
        connection.execute("INSERT INTO words (words, rank) VALUES ('integrity-check', 1)")
    except sqlite3.Error:
        yield "the index of words does not fit the texts"


def _texts(connection: sqlite3.Connection) -> Iterator[str]:
    for row in connection.execute(f"SELECT {ENTRY} FROM articles ORDER BY id"):  # noqa: S608
        try:
            read_entry(connection, row)
        except Exception as error:
            yield f"article {row[0]}: {error}"


def _vectors(connection: sqlite3.Connection) -> Iterator[str]:
    dimension = recorded_embedding(connection).dimension
    for passage, *vector in connection.execute(
        "SELECT passage, codes, scale, checksum FROM vectors"
    ):
        try:
            require_intact(*vector, dimension=dimension)
        except Exception:
            yield f"the vector of passage {passage} is damaged"


def _counts(connection: sqlite3.Connection) -> Iterator[str]:
    for what, query in _COUNTS.items():
        (count,) = connection.execute(query).fetchone()
        if count:
            yield f"{count} {what}"
