"""How words weigh in a search in PostgreSQL, which has no BM25 of its own.

PostgreSQL's ranking knows no rare words. With headlines as queries for 800 news articles, nDCG@10
was .82 by ``ts_rank_cd``, .91 by ``ts_rank``, .92 by BM25 as here and by SQLite's FTS5. How rare a
word is comes from the planner's statistics once a corpus is large; in a small one it is counted.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

from summarizer.retrieval.postgres_connection import Session

# Fewer passages are counted: up to here that takes a millisecond or two for each word.
COUNTED: Final = 5_000
_MOST_LEXEMES: Final = 64  # of a query: a tenth more of time each for ever less
_NOT_A_WORD: Final = re.compile(r"[\W_]+")
_ACCENTS: Final = re.compile("[\u0300-\u036f]")
_SURROGATES: Final = re.compile("[\ud800-\udfff]")


class Lexeme(NamedTuple):
    """A stem that a query asks for."""

    text: str
    passages: float  # that hold it: counted, or the planner's estimate
    weight: float  # its inverse document frequency


def searchable(text: str) -> str:
    """Words in lower case without accents, and nothing else; the same for passages and queries.

    >>> searchable("O'Neil's 'Zürich'")
    'o neil s zurich'
    """
    plain = _SURROGATES.sub(" ", text.casefold())
    return _NOT_A_WORD.sub(" ", _ACCENTS.sub("", unicodedata.normalize("NFKD", plain))).strip()


def weigh(session: Session, words: Sequence[str]) -> list[Lexeme]:
    """The stems of a query that may be in the corpus, the rarest first."""
    asked = session.rows(
        "SELECT lexeme FROM unnest(to_tsvector({language}, %s))", (searchable(" ".join(words)),)
    )
    stems = [row[0] for row in asked]
    ((estimate,),) = session.rows("SELECT reltuples FROM pg_class WHERE oid = {words_table}")
    total, found = (
        _estimated(session, stems, estimate) if estimate > COUNTED else _counted(session, stems)
    )
    lexemes = [
        # Robertson and Spärck Jones's weight, above zero for words that are nearly everywhere.
        Lexeme(stem, count, math.log(1 + (total - count + 0.5) / (count + 0.5)))
        for stem, count in found.items()
        if count
    ]
    return sorted(lexemes, key=lambda lexeme: (lexeme.passages, lexeme.text))[:_MOST_LEXEMES]


def any_of(stems: Collection[str]) -> str:
    """A tsquery that matches any of the stems, whatever characters they have."""
    return " | ".join("'" + stem.replace("\\", "\\\\").replace("'", "''") + "'" for stem in stems)


def _counted(session: Session, stems: Sequence[str]) -> tuple[float, dict[str, float]]:
    ((total,),) = session.rows("SELECT count(*) FROM {words}")
    rows = session.rows(
        "SELECT stem, (SELECT count(*) FROM {words} WHERE words @@ query::tsquery)"
        " FROM unnest(%s::text[], %s::text[]) AS t (stem, query)",
        (list(stems), [any_of([stem]) for stem in stems]),
    )
    return total, dict(rows)


def _estimated(
    session: Session, stems: Sequence[str], total: float
) -> tuple[float, dict[str, float]]:
    """As PostgreSQL estimates: a stem that it does not list is rarer than those it lists."""
    rows = session.rows(
        "SELECT most_common_elems::text::text[], most_common_elem_freqs FROM pg_stats"
        " WHERE schemaname = {schema_name} AND tablename = 'words' AND attname = 'words'"
    )
    if not rows or not rows[0][0]:
        return _counted(session, stems)
    listed, shares = rows[0]
    share = dict(zip(listed, shares, strict=False))  # the smallest and largest are added to them
    rare = shares[len(listed) - 1] / 2
    return total, {stem: total * share.get(stem, rare) for stem in stems}
