"""How words weigh in a search in PostgreSQL, which has no BM25 of its own.

PostgreSQL's ranking knows no rare words. With headlines as queries for 800 news articles, nDCG@10
was .82 by ``ts_rank_cd``, .91 by ``ts_rank``, .92 by BM25 as here and by SQLite's FTS5. How rare a
word is comes from the planner's statistics once a corpus is large; in a small one it is counted.
"""

from __future__ import annotations

import math
import re
import time
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from summarizer.retrieval.postgres_connection import Session
from summarizer.retrieval.query_words import inverse_frequency

# Words of fewer passages are counted: up to here that takes a millisecond or two for each.
_COUNTED: Final = 5_000
_REMEMBERED: Final = 60.0  # seconds
_SAMPLED: Final = 1_000  # passages, for their mean length
_MOST_STEMS: Final = 64  # of a query
_NOT_A_WORD: Final = re.compile(r"[\W_]+")
_ACCENTS: Final = re.compile("[\u0300-\u036f]")
_SURROGATES: Final = re.compile("[\ud800-\udfff]")


class Stem(NamedTuple):
    """A stem that a query asks for."""

    text: str
    passages: float  # that hold it: counted, or the planner's estimate
    weight: float  # its inverse document frequency


class Shares(NamedTuple):
    """What the planner knows: in which share of the passages the frequent stems are."""

    passages: float
    of: Mapping[str, float]
    rare: float  # the share of any other stem, nearly


class Vocabulary:
    """The stems of a corpus; what is known of a large one is remembered for a minute."""

    def __init__(self) -> None:
        self._shares: Shares | None = None
        self._mean = 0.0
        self._read = -math.inf

    def weigh(self, session: Session, words: Sequence[str]) -> list[Stem]:
        """The stems of a query, the rarest first; those that are not in the corpus, too."""
        self._refresh(session)
        asked = session.rows(
            "SELECT lexeme FROM unnest(to_tsvector({language}, %s))",
            (searchable(" ".join(words)),),
        )
        texts = [row[0] for row in asked]
        if self._shares is None:
            total, found = _counted(session, texts)
        else:
            total, shares, rare = self._shares
            found = {text: total * shares.get(text, rare) for text in texts}
        stems = [
            Stem(text, count, inverse_frequency(count, of=total)) for text, count in found.items()
        ]
        return sorted(stems, key=lambda stem: (stem.passages, stem.text))[:_MOST_STEMS]

    @property
    def mean_length(self) -> float:
        """Different stems in a passage, as ``weigh`` found last."""
        return self._mean

    def _refresh(self, session: Session) -> None:
        if self._shares is not None and time.monotonic() < self._read + _REMEMBERED:
            return
        ((passages, mean),) = session.rows(
            "SELECT reltuples, (SELECT coalesce(avg(length(words)), 1)::float8"
            " FROM (SELECT words FROM {words} LIMIT %s) AS sample)"
            " FROM pg_class WHERE oid = {words_table}",
            (_SAMPLED,),
        )
        self._shares = _shares(session, passages) if passages >= _COUNTED else None
        self._mean, self._read = mean, time.monotonic()


def searchable(text: str) -> str:
    """Words in lower case without accents, and nothing else; the same for passages and queries.

    >>> searchable("O'Neil's 'Zürich'")
    'o neil s zurich'
    """
    plain = _SURROGATES.sub(" ", text.casefold())
    return _NOT_A_WORD.sub(" ", _ACCENTS.sub("", unicodedata.normalize("NFKD", plain))).strip()


def matching(stem: str) -> str:
    """A tsquery for one stem, which has letters and digits only (see ``searchable``)."""
    return f"'{stem}'"


def _counted(session: Session, stems: Sequence[str]) -> tuple[float, dict[str, float]]:
    ((total,),) = session.rows("SELECT count(*) FROM {words}")
    rows = session.rows(
        "SELECT stem, (SELECT count(*) FROM {words} WHERE words @@ query)"
        " FROM unnest(%s::text[], %s::tsquery[]) AS t (stem, query)",
        (list(stems), [matching(stem) for stem in stems]),
    )
    return total, dict(rows)


def _shares(session: Session, passages: float) -> Shares | None:
    rows = session.rows(
        "SELECT most_common_elems::text::text[], most_common_elem_freqs FROM pg_stats"
        " WHERE schemaname = {schema_name} AND tablename = 'words' AND attname = 'words'"
    )
    if not rows or not rows[0][0]:
        return None
    stems, shares = rows[0]
    # The smallest and the largest are added to them.
    return Shares(passages, dict(zip(stems, shares, strict=False)), shares[len(stems) - 1] / 2)
