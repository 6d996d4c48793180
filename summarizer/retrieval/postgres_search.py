"""The two searches in PostgreSQL: by vectors, and by words; filters are part of the statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, LiteralString

import numpy as np
from numpy.typing import NDArray

from summarizer.retrieval.postgres_connection import Session
from summarizer.retrieval.postgres_rows import digests, halved
from summarizer.retrieval.postgres_words import Lexeme, any_of, weigh
from summarizer.retrieval.sqlite_rows import passage_text
from summarizer.retrieval.store import Filters, Match

# Ranking takes about 20 us for a passage that holds a word: a search takes the rarest words
# first, until they are in so many passages together. Should a filter leave too few, many more.
_MOST_CANDIDATES: Final = (3_000, 30_000)
# BM25 (Robertson & Zaragoza 2009, The Probabilistic Relevance Framework): the customary values.
# A passage's length is its number of different stems.
_K1: Final = 1.2
_B: Final = 0.75
_SAMPLED: Final = 1_000  # passages, for the mean length

_PASSES: Final[LiteralString] = (
    "(a.published IS NOT NULL OR %(undated)s)"
    " AND (a.published <= %(until)s::date OR a.published IS NULL OR %(until)s::date IS NULL)"
    " AND (cardinality(a.labels) > 0 OR NOT %(labelled)s) AND (t.number = 0 OR NOT %(leads)s)"
    " AND NOT a.digest = ANY(%(exclude)s::bytea[])"
)
_MATCHES: Final[LiteralString] = (
    ' SELECT p.id, a.key, a.title, p.number, p."start", p."end", p.body, f.score FROM found f'
    " JOIN {passages} p ON p.id = f.passage JOIN {articles} a ON a.id = p.article"
    " ORDER BY f.score DESC, f.passage"
)
# <#> is the negative inner product: of unit vectors the cosine, and zero where there is no word.
_NEAREST: Final[LiteralString] = (
    "WITH found AS MATERIALIZED (SELECT t.passage,"  # noqa: S608 - the parts are constants
    " -(t.value OPERATOR({pgvector}.<#>) %(vector)s) AS score"
    " FROM {vectors} t JOIN {articles} a ON a.id = t.article WHERE "
    + _PASSES
    + " ORDER BY t.value OPERATOR({pgvector}.<#>) %(vector)s LIMIT %(limit)s)"
    + _MATCHES
)
_BEST_MATCHING: Final[LiteralString] = (
    "WITH asked AS"  # noqa: S608 - the parts are constants
    " (SELECT * FROM unnest(%(stems)s::text[], %(weights)s::float8[])"
    " AS q (stem, weight)),"
    " candidates AS (SELECT t.passage, t.words FROM {words} t"
    " JOIN {articles} a ON a.id = t.article WHERE t.words @@ %(query)s::tsquery AND "
    + _PASSES
    + "), found AS (SELECT c.passage, sum(asked.weight * cardinality(u.positions) * (%(k)s + 1)"
    " / (cardinality(u.positions) + %(k)s * (1 - %(b)s + %(b)s * length(c.words) / %(mean)s)))"
    " AS score FROM candidates c CROSS JOIN LATERAL unnest(c.words) AS u (stem, positions, marks)"
    " JOIN asked ON asked.stem = u.stem"
    " GROUP BY c.passage ORDER BY score DESC, c.passage LIMIT %(limit)s)" + _MATCHES
)


def nearest(
    session: Session, vector: NDArray[np.float32], *, limit: int, filters: Filters
) -> list[Match]:
    """The passages of largest inner product with ``vector``, best first.

    Call it inside a transaction. The index may tire before a strict filter has let enough
    pass; then every vector is read.
    """
    values = {"vector": halved(vector), "limit": limit, **_filter_values(filters)}
    rows = session.rows(_NEAREST, values)
    if len(rows) < limit:
        session.run("SET LOCAL enable_indexscan = off")
        rows = session.rows(_NEAREST, values)
    return [_match(row) for row in rows]


def best_matching(
    session: Session, words: Sequence[str], *, limit: int, filters: Filters
) -> list[Match]:
    """The passages of largest BM25 for the words, best first."""
    lexemes = weigh(session, words)
    if not lexemes:
        return []
    ((mean,),) = session.rows(
        "SELECT avg(length(words))::float8 FROM (SELECT words FROM {words} LIMIT %s) AS sample",
        (_SAMPLED,),
    )
    rows: list[tuple[Any, ...]] = []
    tried = 0
    for most in _MOST_CANDIDATES:
        chosen = _rarest(lexemes, most)
        if tried < len(chosen) and len(rows) < limit:
            tried = len(chosen)
            rows = session.rows(
                _BEST_MATCHING,
                {
                    "stems": [lexeme.text for lexeme in lexemes],
                    "weights": [lexeme.weight for lexeme in lexemes],
                    "query": any_of([lexeme.text for lexeme in chosen]),
                    "mean": mean,
                    "limit": limit,
                    "k": _K1,
                    "b": _B,
                    **_filter_values(filters),
                },
            )
    return [_match(row) for row in rows]


def _rarest(lexemes: list[Lexeme], most: int) -> list[Lexeme]:
    """The first one, and those after it while all together are in at most so many passages."""
    chosen, passages = lexemes[:1], lexemes[0].passages
    for lexeme in lexemes[1:]:
        passages += lexeme.passages
        if passages > most:
            break
        chosen.append(lexeme)
    return chosen


def _filter_values(filters: Filters) -> dict[str, Any]:
    return {
        "undated": filters.undated,
        "until": filters.until,
        "labelled": filters.labelled,
        "leads": filters.leads,
        "exclude": digests(filters.exclude),
    }


def _match(row: tuple[Any, ...]) -> Match:
    passage, key, title, number, start, end, body, score = row
    text = passage_text(body, number, start, end)
    return Match(passage, key, title, number, start, end, text, float(score))
