"""From values to rows of the SQLite file, and back."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable
from datetime import date
from typing import Any, Final, TypeVar

from summarizer.articles.article import Article
from summarizer.retrieval.store import EmbeddingSpec, Entry, Match, Record, mismatch
from summarizer.retrieval.stored_passages import bodies, passage_text
from summarizer.retrieval.vector_matrix import quantize

T = TypeVar("T")
# What read_entry takes.
ENTRY: Final = "id, key, title, published, author, language, source, labels, content_hash"


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
