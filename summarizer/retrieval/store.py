"""What keeps a corpus: one SQLite file, or a schema of PostgreSQL with pgvector.

``Store`` has what the two share: nearly all statements, and how rows become values. Both obey the
same rules:

- A call that writes is one transaction: all of it is visible to the next call of every process,
  or nothing is. No call holds a lock while the caller computes vectors.
- Reads never wait for writers and never fail because of them.
- A store may be shared by threads. Texts are clean: ``Entry.of`` sees to it.
- A query's words are data: no query raises a syntax error.

A store is opened with ``Class(where)``, which raises CorpusError where there is no corpus of this
format. With ``embedding`` one is made unless it exists; with ``upgrade`` one of an older format
becomes one of this format, whose vectors are forgotten.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from summarizer.articles.article import Article
from summarizer.closing import Closing
from summarizer.errors import CorpusError
from summarizer.retrieval.database import Database, Session
from summarizer.retrieval.entries import (
    Coverage,
    EmbeddingSpec,
    Entry,
    EntryInfo,
    Filters,
    Hashes,
    Match,
    Pending,
    QueryWord,
    Record,
    Stats,
    bodies,
    covered,
    mismatch,
    passage_text,
    storable,
)

T = TypeVar("T")
Vector: TypeAlias = NDArray[np.float32]
PassageRow: TypeAlias = tuple[int, int, int, int, str, str | None]  # article, Passage, body, title
Scored: TypeAlias = list[tuple[int, float]]  # passages with what ranks them, best first

_ALL: Final = 1 << 62  # a limit that is none
_MOST_FAULTS: Final = 20  # of a kind that are told


class Store(Closing):
    """Keeps a corpus. See the module's docstring for what every method promises."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def embedding(self) -> EmbeddingSpec:
        """The recorded embedding, read anew: another process may have changed it."""
        return self._database.read(self._recorded)

    def hashes(self, keys: Collection[str]) -> dict[str, Hashes]:
        """The recorded hashes of those keys that are present."""
        rows = self._read_rows("hashes", lambda *row: row, keys=self._keys(keys))
        return {key: Hashes(*both) for key, *both in rows}

    def write(self, records: Sequence[Record]) -> None:
        """Inserts entries, or replaces them with all their passages, which wait for vectors."""
        last = {record.entry.key: record for record in records}

        def work(session: Session) -> None:
            session.run("forget_passages", {"keys": self._keys(last)})
            rows: list[PassageRow] = []
            for entry, passages in last.values():
                ((article,),) = session.rows("put", self._row(entry))
                texts = bodies(entry.article.text, passages)
                rows += [
                    (article, *passage, body, entry.article.title)
                    for passage, body in zip(passages, texts, strict=True)
                ]
            self._insert_passages(session, rows)

        self._database.write(work)

    def update_metadata(self, entries: Sequence[Entry]) -> None:
        """Replaces everything but title, text, passages and vectors of entries that exist.

        The hash of the content stays; keys that are gone are skipped.
        """

        def work(session: Session) -> None:
            for entry in entries:
                values = self._row(entry) | {"keys": self._keys([entry.key])}
                session.run("update", values)
                session.run("after_update", values)

        self._database.write(work)

    def pending(self, limit: int) -> list[Pending]:
        """Passages without vector: leads first, then in the order they were written."""
        return self._read_rows(
            "pending",
            lambda passage, title, *body: Pending(passage, title, passage_text(*body)),
            limit=limit,
        )

    def fill(self, vectors: Mapping[int, Vector], *, embedding: EmbeddingSpec) -> int:
        """Gives pending passages (by ``Pending.passage``) their vectors; how many took one.

        Passages that were removed, or filled by another process, are skipped. Raises CorpusError
        if ``embedding`` is no longer the recorded one; nothing is written.
        """

        def work(session: Session) -> int:
            if (recorded := self._recorded(session)) != embedding:
                raise mismatch(recorded, embedding, corpus=self._database.name)
            return self._fill(session, vectors)

        return self._database.write(work)

    def reset(self, embedding: EmbeddingSpec) -> None:
        """Forgets all vectors and records another embedding: every passage is pending again."""
        self._database.write(lambda session: self._reset(session, embedding))

    def remove(self, keys: Collection[str]) -> int:
        """Removes entries with all that belongs to them; how many there were."""

        def work(session: Session) -> int:
            values = {"keys": self._keys(keys)}
            session.run("forget_passages", values)
            removed = session.run("remove", values)
            if removed:
                session.run("after_removal")
            return removed

        return self._database.write(work)

    def dense(self, vector: Vector, *, limit: int, filters: Filters) -> list[Match]:
        """The passages of largest cosine with ``vector`` (unit length, float32), best first."""

        def work(session: Session) -> list[Match]:
            recorded = self._recorded(session)
            if len(vector) != recorded.dimension:
                other = recorded.model_copy(update={"dimension": len(vector)})
                raise mismatch(recorded, other, corpus=self._database.name)
            return self._matches(session, self._nearest(session, vector, limit, filters))

        return self._database.read(work)

    def lexical(self, words: Sequence[str], *, limit: int, filters: Filters) -> list[Match]:
        """The passages that best match any of the words (BM25 or its like), best first."""

        def work(session: Session) -> list[Match]:
            asked = [word for word in self._asked(session, words)[0] if word.passages]
            best = self._best_matching(session, asked, limit, filters) if asked else []
            return self._matches(session, best)

        return self._database.read(work)

    def coverage(self, words: Sequence[str], keys: Collection[str]) -> dict[str, Coverage]:
        """How many of the words each of the articles has; none: it is not named.

        Words weigh by how rare they are; see ``inverse_frequency``.
        """

        def work(session: Session) -> dict[str, Coverage]:
            asked, passages = self._asked(session, words)
            values = {**self._weights(asked), "keys": self._keys(keys)}
            return covered(session.rows("covered", values), asked=asked, passages=passages)

        return self._database.read(work)

    def leads(self, keys: Collection[str]) -> dict[str, Vector]:
        """Vectors of the first passages of those articles that have one already."""

        def work(session: Session) -> dict[str, Vector]:
            dimension = self._recorded(session).dimension
            rows = session.rows("leads", {"keys": self._keys(keys)})
            return {key: self._vector(stored, dimension) for key, *stored in rows}

        return self._database.read(work)

    def fetch(self, keys: Collection[str]) -> dict[str, Entry]:
        """Those entries that are present, whole; CorpusError if a text is not what was written."""

        def work(session: Session) -> dict[str, Entry]:
            rows = session.rows("fetch", {"keys": self._keys(keys)})
            found = (list(parts) for _, parts in itertools.groupby(rows, key=lambda row: row[0]))
            return {
                parts[0][0]: self._entry(parts[0], [part[-1] for part in parts]) for parts in found
            }

        return self._database.read(work)

    def entries(self, *, limit: int | None = None, offset: int = 0) -> list[EntryInfo]:
        """What is present, in the order it was first added."""
        limit = _ALL if limit is None else limit
        return self._read_rows("entries", self._info, limit=limit, offset=offset)

    def stats(self) -> Stats:
        """Counts, as of now."""

        def work(session: Session) -> Stats:
            (counts,) = session.rows("stats")
            named = dict(zip(("articles", "labelled", "passages", "pending"), counts, strict=True))
            return Stats(embedding=self._recorded(session), bytes=self._size(session), **named)

        return self._database.read(work)

    def faults(self) -> list[str]:
        """What is wrong with what is stored, in plain sentences; everything is read."""
        found: list[str] = []
        for faults in self._kinds_of_faults():
            try:
                found += itertools.islice(faults(), _MOST_FAULTS)
            except CorpusError as error:
                found.append(str(error))
        return list(dict.fromkeys(found))

    def close(self) -> None:
        """Gives back files and connections."""
        self._database.close()

    def _read_rows(self, name: str, read: Callable[..., T], **values: Any) -> list[T]:
        """The rows of a statement, each as ``read`` makes of its columns."""
        return self._database.read(lambda its: [read(*row) for row in its.rows(name, values)])

    def _recorded(self, session: Session) -> EmbeddingSpec:
        ((name, dimension),) = session.rows("embedding")
        return EmbeddingSpec(name=name, dimension=dimension)

    def _keys(self, keys: Iterable[str]) -> Any:
        """The value of {chosen}; nothing has a key that cannot be stored."""
        return self._database.listed(key for key in keys if key == storable(key))

    def _filtering(self, filters: Filters) -> dict[str, Any]:
        """The values of {passes}."""
        return filters.model_dump(mode="json") | {"exclude": self._keys(filters.exclude)}

    def _weights(self, asked: Sequence[QueryWord]) -> dict[str, Any]:
        """The values of {asked}."""
        return {
            "queries": self._database.listed(word.query for word in asked),
            "weights": self._database.listed(word.weight * word.worth for word in asked),
        }

    def _row(self, entry: Entry) -> dict[str, Any]:
        """The values of an article's columns."""
        article = entry.article
        return {
            "key": entry.key,
            "title": article.title,
            "published": article.published and article.published.isoformat(),
            "author": article.author,
            "language": article.language,
            "source": article.source,
            "labels": self._database.listed(article.labels),
            "metadata": entry.hashes.metadata,
            "content": entry.hashes.content,
        }

    def _info(
        self, key: str, title: str | None, published: Any, source: str, labels: Any, *counts: int
    ) -> EntryInfo:
        passages, pending = counts
        rest = self._read(published, labels)
        return EntryInfo(
            key=key, title=title, source=source, passages=passages, pending=pending, **rest
        )

    def _entry(self, row: tuple[Any, ...], texts: Iterable[str | None]) -> Entry:
        key, title, published, author, language, source, labels, content, _ = row
        article = Article(
            text="".join(text for text in texts if text is not None),
            title=title,
            author=author,
            language=language,
            source=source,
            **self._read(published, labels),
        )
        entry = Entry(key=key, article=article)
        if entry.hashes.content != content:
            raise CorpusError(
                f"the text of {key!r} is damaged",
                hint="summarizer index stats --check tells all that is; add those articles anew",
            )
        return entry

    def _matches(self, session: Session, found: Scored) -> list[Match]:
        """The passages with these numbers, in this order; those that are gone are left out."""
        scores = dict(found)
        rows = session.rows("matches", {"numbers": self._database.listed(scores)})
        matches = {
            passage: Match._make(
                (passage, key, title, language, *place, passage_text(body, *place), scores[passage])
            )
            for passage, key, title, language, *place, body in rows
        }
        return [matches[passage] for passage in scores if passage in matches]

    def _damaged_texts(self) -> Iterator[str]:
        for key in self._read_rows("keys", str):
            try:
                self.fetch([key])
            except CorpusError as error:
                yield str(error)

    # What the two do in ways of their own.

    def _read(self, published: Any, labels: Any) -> dict[str, Any]:
        """The fields ``published`` and ``labels`` of these columns."""
        raise NotImplementedError

    def _vector(self, stored: Sequence[Any], dimension: int) -> Vector:
        """The vector of the columns {vector}."""
        raise NotImplementedError

    def _insert_passages(self, session: Session, rows: Sequence[PassageRow]) -> None:
        raise NotImplementedError

    def _fill(self, session: Session, vectors: Mapping[int, Vector]) -> int:
        raise NotImplementedError

    def _reset(self, session: Session, embedding: EmbeddingSpec) -> None:
        raise NotImplementedError

    def _nearest(self, session: Session, vector: Vector, limit: int, filters: Filters) -> Scored:
        raise NotImplementedError

    def _asked(self, session: Session, words: Sequence[str]) -> tuple[list[QueryWord], int]:
        """The words as they are looked for, and how many passages there are."""
        raise NotImplementedError

    def _best_matching(
        self, session: Session, asked: Sequence[QueryWord], limit: int, filters: Filters
    ) -> Scored:
        raise NotImplementedError

    def _size(self, session: Session) -> int:
        raise NotImplementedError

    def _kinds_of_faults(self) -> list[Callable[[], Iterable[str]]]:
        return [self._damaged_texts]
