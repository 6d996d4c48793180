"""From values to rows of the SQLite file, and back; and what is wrong with the rows of a file."""

from __future__ import annotations

import json
import sqlite3
import struct
import zlib
from collections.abc import Collection, Iterable, Iterator
from datetime import date
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from summarizer.articles.article import Article
from summarizer.retrieval.passages import bodies, passage_text
from summarizer.retrieval.store import EmbeddingSpec, Entry, Match, Record, mismatch

T = TypeVar("T")
Vector: TypeAlias = NDArray[np.float32]
# What read_entry takes.
ENTRY: Final = "id, key, title, published, author, language, source, labels, content_hash"
_LEVELS: Final = 127
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


class Quantized(NamedTuple):
    """A vector as it is kept: ``codes * scale`` is about the vector."""

    codes: bytes  # int8, one for each dimension
    scale: float
    checksum: int  # CRC-32 of both


def recorded_embedding(connection: sqlite3.Connection) -> EmbeddingSpec:
    """The embedding that the vectors are of."""
    name, dimension = connection.execute("SELECT embedding, dimension FROM corpus").fetchone()
    return EmbeddingSpec(name=name, dimension=dimension)


def require_embedding(connection: sqlite3.Connection, embedding: EmbeddingSpec) -> None:
    """Raises CorpusError unless the vectors are of this embedding."""
    recorded = recorded_embedding(connection)
    if recorded != embedding:
        raise mismatch(recorded, embedding)


def next_revision(connection: sqlite3.Connection) -> int:
    """A number above all earlier ones; the write lock makes it ours."""
    row = connection.execute("UPDATE corpus SET revision = revision + 1 RETURNING revision")
    return int(row.fetchone()[0])


def listed(values: Iterable[Any]) -> str:
    """A parameter for ``IN (SELECT value FROM json_each(?))``, of any length.

    A text with a NUL is left out: ``json_each`` would end it there, and nothing stored has one.
    """
    return json.dumps([value for value in values if "\0" not in str(value)])


def insert_record(connection: sqlite3.Connection, record: Record, revision: int) -> None:
    """Writes an entry whose passages are not there; its row may be."""
    entry, article, hashes = record.entry, record.entry.article, record.entry.hashes
    (row,) = connection.execute(
        "INSERT INTO articles (key, title, published, author, language, source, labels,"
        " metadata_hash, content_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (key) DO UPDATE SET title = excluded.title,"
        " published = excluded.published, author = excluded.author,"
        " language = excluded.language, source = excluded.source, labels = excluded.labels,"
        " metadata_hash = excluded.metadata_hash, content_hash = excluded.content_hash"
        " RETURNING id",
        (entry.key, article.title, *metadata_row(article), hashes.metadata, hashes.content),
    ).fetchall()
    for passage, body in zip(record.passages, bodies(article.text, record.passages), strict=True):
        number = connection.execute(
            'INSERT INTO passages (article, number, "start", "end", body) VALUES (?, ?, ?, ?, ?)',
            (row[0], *passage, body),
        ).lastrowid
        connection.execute(
            "INSERT INTO words (rowid, title, body) VALUES (?, ?, ?)",
            (number, article.title or "", body),
        )
        vector = record.vectors.get(passage.number)
        if vector is None:
            connection.execute("INSERT INTO pending VALUES (?, ?)", (number, passage.number > 0))
        else:
            connection.execute(
                "INSERT INTO vectors (passage, article, number, revision, codes, scale, checksum)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (number, row[0], passage.number, revision, *quantize(vector)),
            )


def remove_passages(
    connection: sqlite3.Connection, keys: Collection[str], revision: int
) -> list[int]:
    """Removes all that belongs to the entries but their rows; the rows' ids."""
    found = connection.execute(
        "SELECT id FROM articles WHERE key IN (SELECT value FROM json_each(?))", (listed(keys),)
    )
    rows = [row[0] for row in found]
    for row in rows:
        # An index with external content wants to know what it forgets.
        connection.execute(
            "INSERT INTO words (words, rowid, title, body) SELECT 'delete', s.id, s.title, s.body"
            " FROM searched s JOIN passages p ON p.id = s.id WHERE p.article = ?",
            (row,),
        )
        connection.execute(
            "INSERT INTO removed SELECT passage, ? FROM vectors WHERE article = ?", (revision, row)
        )
        connection.execute("DELETE FROM vectors WHERE article = ?", (row,))
        connection.execute(
            "DELETE FROM pending WHERE passage IN (SELECT id FROM passages WHERE article = ?)",
            (row,),
        )
        connection.execute("DELETE FROM passages WHERE article = ?", (row,))
    return rows


def read_entry(connection: sqlite3.Connection, row: tuple[Any, ...]) -> Entry:
    """The entry of a row ``ENTRY``.

    Raises ValueError if its title and text are not those that were written.
    """
    number, key, title, published, author, language, source, labels, content = row
    bodies = connection.execute(
        "SELECT body FROM passages WHERE article = ? ORDER BY number", (number,)
    )
    entry = Entry(
        key=key,
        article=Article(
            text="".join(body for (body,) in bodies),
            title=title,
            published=read_date(published),
            author=author,
            language=language,
            source=source,
            labels=read_labels(labels),
        ),
    )
    if entry.hashes.content != content:
        raise ValueError(f"the text of {key!r} is damaged")
    return entry


def read_matches(connection: sqlite3.Connection, found: Iterable[tuple[int, float]]) -> list[Match]:
    """The passages with these numbers, in this order; those that are gone are left out."""
    scores = dict(found)
    rows = connection.execute(
        'SELECT p.id, a.key, a.title, p.number, p."start", p."end", p.body FROM passages p'
        " JOIN articles a ON a.id = p.article WHERE p.id IN (SELECT value FROM json_each(?))",
        (listed(scores),),
    )
    matches = {
        passage: Match(
            passage=passage,
            key=_typed(key, str),
            title=None if title is None else _typed(title, str),
            number=_typed(number, int),
            start=_typed(start, int),
            end=_typed(end, int),
            text=passage_text(_typed(body, str), number, start, end),
            score=scores[passage],
        )
        for passage, key, title, number, start, end, body in rows
    }
    return [matches[passage] for passage in scores if passage in matches]


def _typed(value: Any, kind: type[T]) -> T:
    """The value; a column of SQLite may hold any type."""
    if not isinstance(value, kind):
        raise TypeError(f"the corpus has {type(value).__name__} where {kind.__name__} belongs")
    return value


def metadata_row(article: Article) -> tuple[str | None, ...]:
    """Columns published, author, language, source, labels."""
    return (
        article.published.isoformat() if article.published else None,
        article.author,
        article.language,
        article.source,
        json.dumps(article.labels, ensure_ascii=False),
    )


def read_labels(text: str) -> tuple[str, ...]:
    """The labels of a column."""
    labels = json.loads(text)
    return tuple(_typed(label, str) for label in _typed(labels, list))


def read_date(text: str | None) -> date | None:
    """The date of a column."""
    return date.fromisoformat(text) if text else None


def quantize(vector: Vector) -> Quantized:
    """The vector in int8; its largest component becomes 127."""
    scale = float(np.abs(vector).max(initial=0.0)) / _LEVELS
    numbers = np.rint(vector / scale) if scale > 0 else np.zeros_like(vector)
    codes = numbers.astype(np.int8).tobytes()
    return Quantized(codes, scale, _checksum(codes, scale))


def require_intact(codes: bytes, scale: float, checksum: int, *, dimension: int) -> None:
    """Raises ValueError unless this is what ``quantize`` made of a vector of unit length."""
    if len(codes) != dimension or not 0 <= scale <= 1 or _checksum(codes, scale) != checksum:
        raise ValueError("a vector is damaged")


def _checksum(codes: bytes, scale: float) -> int:
    return zlib.crc32(struct.pack("<d", scale), zlib.crc32(codes))


def dequantize(codes: bytes, scale: float) -> Vector:
    """About the vector that was quantized, scaled to length one."""
    vector = np.frombuffer(codes, dtype=np.int8).astype(np.float32) * np.float32(scale)
    norm = float(np.linalg.norm(vector))
    return vector / np.float32(norm) if norm > 0 else vector


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
