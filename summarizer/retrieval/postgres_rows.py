"""From values to rows in PostgreSQL, and back."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from summarizer.articles.article import Article
from summarizer.errors import CorpusError
from summarizer.retrieval.passages import bodies
from summarizer.retrieval.postgres_connection import Session
from summarizer.retrieval.store import EmbeddingSpec, Entry, Record, mismatch

if TYPE_CHECKING:
    from pgvector import HalfVector

_NOT_A_WORD: Final = re.compile(r"[\W_]+")
_ACCENTS: Final = re.compile("[\u0300-\u036f]")
_SURROGATES: Final = re.compile("[\ud800-\udfff]")
_LONGEST_SEARCHED: Final = 200_000  # characters of a passage; a tsvector holds 1 MB


def digest(key: str) -> bytes:
    """What an entry is found by; any text has one."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()


def digests(keys: Collection[str]) -> list[bytes]:
    """What entries are found by."""
    return [digest(key) for key in keys]


def require_embedding(session: Session, embedding: EmbeddingSpec) -> None:
    """Raises CorpusError unless the vectors are of this embedding.

    Takes the lock that makes writers queue, until the end of the transaction. Readers go on.
    """
    recorded = lock_corpus(session)
    if recorded != embedding:
        raise mismatch(recorded, embedding)


def lock_corpus(session: Session) -> EmbeddingSpec:
    """Waits until this transaction is the only one that writes; the recorded embedding."""
    ((name, dimension),) = session.rows("SELECT embedding, dimension FROM {corpus} FOR UPDATE")
    return EmbeddingSpec(name=name, dimension=dimension)


def replace_records(session: Session, records: Collection[Record]) -> None:
    """Inserts entries with all that belongs to them, instead of what was there."""
    session.run(
        "DELETE FROM {passages} WHERE article IN"
        " (SELECT id FROM {articles} WHERE digest = ANY(%s::bytea[]))",
        (digests([record.entry.key for record in records]),),
    )
    rows: list[_PassageRow] = []
    for record in records:
        article = _put_article(session, record.entry)
        rows += [
            (
                article,
                *passage,
                body,
                record.entry.article.title,
                record.vectors.get(passage.number),
            )
            for passage, body in zip(
                record.passages, bodies(record.entry.article.text, record.passages), strict=True
            )
        ]
    _insert_passages(session, rows)


# article, number, start, end, body, title, vector
_PassageRow = tuple[int, int, int, int, str, str | None, "NDArray[np.float32] | None"]


def _put_article(session: Session, entry: Entry) -> int:
    article, hashes = entry.article, entry.hashes
    rows = session.rows(
        "INSERT INTO {articles} (digest, key, title, content_hash, metadata_hash,"
        " published, author, language, source, labels)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
        " ON CONFLICT (digest) DO UPDATE SET title = excluded.title,"
        " content_hash = excluded.content_hash, metadata_hash = excluded.metadata_hash,"
        " published = excluded.published, author = excluded.author,"
        " language = excluded.language, source = excluded.source, labels = excluded.labels"
        " RETURNING id",
        (
            digest(entry.key),
            entry.key,
            article.title,
            hashes.content,
            hashes.metadata,
            *metadata_row(article),
        ),
    )
    return int(rows[0][0])


def _insert_passages(session: Session, rows: Sequence[_PassageRow]) -> None:
    numbers = session.rows(
        "SELECT nextval({passage_ids}) FROM generate_series(1, %s)", (len(rows),)
    )
    ids = [row[0] for row in numbers]
    if not ids:
        return
    articles, passages, starts, ends, texts, titles, vectors = (
        list(column) for column in zip(*rows, strict=True)
    )
    session.run(
        "INSERT INTO {passages} SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::int[],"
        " %s::int[], %s::int[], %s::text[])",
        (ids, articles, passages, starts, ends, texts),
    )
    searched = [
        searchable(f"{title or ''} {text}"[:_LONGEST_SEARCHED])
        for title, text in zip(titles, texts, strict=True)
    ]
    session.run(
        "INSERT INTO {words} SELECT passage, article, number, to_tsvector({language}, text)"
        " FROM unnest(%s::bigint[], %s::bigint[], %s::int[], %s::text[])"
        " AS t (passage, article, number, text)",
        (ids, articles, passages, searched),
    )
    known = {i: vector for i, vector in enumerate(vectors) if vector is not None}
    session.run(
        "INSERT INTO {vectors} SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::int[],"
        " %b::{halfvec}[])",
        (
            [ids[i] for i in known],
            [articles[i] for i in known],
            [passages[i] for i in known],
            [halved(vector) for vector in known.values()],
        ),
    )
    waiting = [i for i in range(len(ids)) if i not in known]
    session.run(
        "INSERT INTO {pending} SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bool[])",
        (
            [ids[i] for i in waiting],
            [articles[i] for i in waiting],
            [passages[i] > 0 for i in waiting],
        ),
    )


def searchable(text: str) -> str:
    """Words in lower case without accents, and nothing else; the same for passages and queries.

    >>> searchable("O'Neil's 'Zürich'")
    'o neil s zurich'
    """
    plain = _SURROGATES.sub(" ", text.casefold())
    return _NOT_A_WORD.sub(" ", _ACCENTS.sub("", unicodedata.normalize("NFKD", plain))).strip()


def fill_vectors(session: Session, vectors: Mapping[int, NDArray[np.float32]]) -> int:
    """Gives pending passages their vectors; how many took one."""
    return session.count(
        "WITH taken AS (DELETE FROM {pending} WHERE passage = ANY(%(passages)s::bigint[])"
        " RETURNING passage) INSERT INTO {vectors} SELECT p.id, p.article, p.number, v.value"
        " FROM unnest(%(passages)s::bigint[], %(vectors)b::{halfvec}[]) AS v (passage, value)"
        " JOIN taken t ON t.passage = v.passage JOIN {passages} p ON p.id = v.passage",
        {
            "passages": list(vectors),
            "vectors": [halved(vector) for vector in vectors.values()],
        },
    )


def update_article(session: Session, entry: Entry) -> None:
    """Replaces an entry's metadata, if it is there."""
    session.run(
        "UPDATE {articles} SET metadata_hash = %s, published = %s, author = %s, language = %s,"
        " source = %s, labels = %s WHERE digest = %s",
        (entry.hashes.metadata, *metadata_row(entry.article), digest(entry.key)),
    )


def metadata_row(article: Article) -> tuple[Any, ...]:
    """Columns published, author, language, source, labels."""
    return (
        article.published,
        article.author,
        article.language,
        article.source,
        list(article.labels),
    )


def read_entry(row: tuple[Any, ...]) -> Entry:
    """The entry of a row: key, title, published, author, language, source, labels, hash, text.

    Raises CorpusError if its title and text are not those that were written.
    """
    key, title, published, author, language, source, labels, content, text = row
    entry = Entry(
        key=key,
        article=Article(
            text=text,
            title=title,
            published=published,
            author=author,
            language=language,
            source=source,
            labels=tuple(labels),
        ),
    )
    if entry.hashes.content != content:
        raise CorpusError(f"the text of {key!r} is damaged")
    return entry


def halved(vector: NDArray[np.float32]) -> HalfVector:
    """A vector as PostgreSQL keeps it: 16 bits a number."""
    from pgvector import HalfVector

    return HalfVector(vector)
