"""The store for teams: articles, passages, vectors and words in PostgreSQL with pgvector.

A passage's score by words is the sum of PostgreSQL's own ``ts_rank`` for each stem, times how rare
the stem is, which ``ts_rank`` alone does not know. The stems of a query are counted for it.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from summarizer.retrieval.database import TABLES, Session
from summarizer.retrieval.entries import (
    Coverage,
    EmbeddingSpec,
    Filters,
    Record,
    covered,
    inverse_frequency,
)
from summarizer.retrieval.postgres_connection import Address, PostgresDatabase
from summarizer.retrieval.postgres_schema import (
    create_corpus,
    keep_index,
    open_extension,
    require_corpus,
    set_embedding,
)
from summarizer.retrieval.store import PassageRow, Scored, Store, Vector

if TYPE_CHECKING:
    from pgvector import HalfVector

_NOT_A_WORD: Final = re.compile(r"[\W_]+")
_ACCENTS: Final = re.compile("[\u0300-\u036f]")
_SURROGATES: Final = re.compile("[\ud800-\udfff]")
_LONGEST_SEARCHED: Final = 200_000  # characters of a passage; a tsvector holds 1 MB
# A search takes the rarest stems first, until they are together in so many passages. A stem is
# counted up to there.
_MOST_POSTINGS: Final = 10_000
_MOST_STEMS: Final = 64  # of a query


class PostgresStore(Store):
    """A store in a schema of a PostgreSQL database; any number of processes may share it."""

    def __init__(
        self, url: str, *, embedding: EmbeddingSpec | None = None, upgrade: bool = False
    ) -> None:
        self._database: PostgresDatabase = PostgresDatabase(Address.of(url))
        try:
            if embedding is not None:
                create_corpus(self._database, embedding)
            require_corpus(self._database, upgrade=upgrade)
            open_extension(self._database)
        except BaseException:
            self.close()
            raise

    @classmethod
    def open(cls, url: str, *, upgrade: bool = False) -> PostgresStore:
        """The store at an address (see postgres_connection.py); ``upgrade`` takes an older format.

        Raises:
            CorpusError: there is none, or of another format, or the server refuses.
            MissingExtraError: psycopg is not installed.
        """
        return cls(url, upgrade=upgrade)

    @classmethod
    def create(cls, url: str, *, embedding: EmbeddingSpec) -> PostgresStore:
        """The store at an address, where it is made unless it exists; errors as of ``open``."""
        return cls(url, embedding=embedding)

    def write(self, records: Sequence[Record]) -> None:
        """See ``Store.write``."""
        super().write(records)
        keep_index(self._database)

    def fill(self, vectors: Mapping[int, Vector], *, embedding: EmbeddingSpec) -> int:
        """See ``Store.fill``."""
        filled = super().fill(vectors, embedding=embedding)
        keep_index(self._database)
        return filled

    def _read(self, published: Any, labels: Any) -> dict[str, Any]:
        return {"published": published, "labels": labels}

    def _vector(self, stored: Sequence[Any], _: int) -> Vector:
        return np.asarray(stored[0].to_numpy(), dtype=np.float32)

    def _insert_passages(self, session: Session, rows: Sequence[PassageRow]) -> None:
        if rows:
            searched = [
                searchable(f"{title or ''} {body}"[:_LONGEST_SEARCHED]) for *_, body, title in rows
            ]
            *columns, _ = (list(column) for column in zip(*rows, strict=True))
            session.run("insert_passages", (*columns, searched))

    def _fill(self, session: Session, vectors: Mapping[int, Vector]) -> int:
        halves = [_halved(vector) for vector in vectors.values()]
        return session.run("fill", {"passages": list(vectors), "vectors": halves})

    def _reset(self, session: Session, embedding: EmbeddingSpec) -> None:
        set_embedding(session, embedding)

    def _nearest(self, session: Session, vector: Vector, limit: int, filters: Filters) -> Scored:
        values = {"vector": _halved(vector), "limit": limit, **self._filtering(filters)}
        found = session.rows("nearest", values)
        if len(found) < limit:
            # The index may tire before a strict filter has let enough pass.
            session.run("read_all_vectors")
            found = session.rows("nearest", values)
        return sorted(((number, score) for number, score in found), key=lambda it: (-it[1], it[0]))

    def _best_matching(
        self, session: Session, words: Sequence[str], limit: int, filters: Filters
    ) -> Scored:
        stems = [stem for stem in _stems(session, words)[0] if stem.passages]
        together = itertools.accumulate(stem.passages for stem in stems)
        chosen = stems[: max(1, sum(passages <= _MOST_POSTINGS for passages in together))]
        values = {**_asked(chosen), "limit": limit, **self._filtering(filters)}
        return [(number, float(score)) for number, score in session.rows("best", values)]

    def _coverage(
        self, session: Session, words: Sequence[str], keys: Collection[str]
    ) -> dict[str, Coverage]:
        stems, total = _stems(session, words)
        rows = session.rows("covered", {**_asked(stems), "keys": self._keys(keys)})
        return covered(
            {key: tuple(both) for key, *both in rows},
            weights=[stem.weight for stem in stems],
            passages=total,
        )

    def _size(self, session: Session) -> int:
        ((size,),) = session.rows("size", (list(TABLES),))
        return int(size)


class _Stem(NamedTuple):
    text: str
    passages: int  # that have it, as far as they are counted
    weight: float  # its inverse document frequency


def _stems(session: Session, words: Sequence[str]) -> tuple[list[_Stem], int]:
    """The stems of a query, the rarest first, and how many passages there are."""
    ((total,),) = session.rows("count_passages")
    rows = session.rows("count_stems", (_MOST_POSTINGS, searchable(" ".join(words))))
    stems = [_Stem(text, count, inverse_frequency(count, of=total)) for text, count in rows]
    return sorted(stems, key=lambda stem: (stem.passages, stem.text))[:_MOST_STEMS], total


def _asked(stems: Sequence[_Stem]) -> dict[str, Any]:
    return {
        "queries": [f"'{stem.text}'" for stem in stems],  # letters and digits only
        "weights": [stem.weight for stem in stems],
    }


def searchable(text: str) -> str:
    """Words in lower case without accents, and nothing else; the same for passages and queries.

    >>> searchable("O'Neil's 'Zürich'")
    'o neil s zurich'
    """
    plain = _SURROGATES.sub(" ", text.casefold())
    return _NOT_A_WORD.sub(" ", _ACCENTS.sub("", unicodedata.normalize("NFKD", plain))).strip()


def _halved(vector: Vector) -> HalfVector:
    """A vector as PostgreSQL keeps it: 16 bits a number."""
    from pgvector import HalfVector

    return HalfVector(vector)
