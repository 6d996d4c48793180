"""The two searches in PostgreSQL: by vectors, and by words; filters are part of the statement.

A passage's score by words is the sum of PostgreSQL's own ``ts_rank`` for each stem, times how rare
the stem is, which ``ts_rank`` alone does not know. The stems of a query are counted for it.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from typing import Any, Final, LiteralString, NamedTuple

import numpy as np
from numpy.typing import NDArray

from summarizer.retrieval.passages import passage_text
from summarizer.retrieval.postgres_connection import Session
from summarizer.retrieval.postgres_rows import digests, halved, searchable
from summarizer.retrieval.store import Coverage, Filters, Match, covered, inverse_frequency

# A search takes the rarest stems first, until they are together in so many passages. A stem is
# counted up to there.
_MOST_POSTINGS: Final = 10_000
_MOST_STEMS: Final = 64  # of a query

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
# OFFSET 0: each stem is looked up by itself, in the index. The 1 of ts_rank: longer passages rank
# lower, by the logarithm of their length.
_ASKED: Final[LiteralString] = (
    "WITH asked AS (SELECT * FROM unnest(%(queries)s::tsquery[], %(weights)s::float8[])"
    " AS q (query, weight))"
)
_BEST: Final[LiteralString] = (
    _ASKED  # noqa: S608 - the parts are constants
    + ", found AS (SELECT t.passage, sum(q.weight * ts_rank(t.words, q.query, 1)) AS score"
    " FROM asked q CROSS JOIN LATERAL"
    " (SELECT * FROM {words} w WHERE w.words @@ q.query OFFSET 0) t"
    " JOIN {articles} a ON a.id = t.article WHERE "
    + _PASSES
    + " GROUP BY t.passage ORDER BY score DESC, t.passage LIMIT %(limit)s)"
    + _MATCHES
)
_COVERED: Final[LiteralString] = (
    _ASKED  # noqa: S608 - the parts are constants
    + " SELECT key, sum(weight) FROM (SELECT DISTINCT a.key, q.query, q.weight"
    " FROM {articles} a JOIN {passages} p ON p.article = a.id"
    " JOIN {words} w ON w.passage = p.id JOIN asked q ON w.words @@ q.query"
    " WHERE a.digest = ANY(%(digests)s::bytea[])) AS had GROUP BY key"
)
_COUNTED: Final[LiteralString] = (
    "SELECT stem, (SELECT count(*) FROM"
    " (SELECT 1 FROM {words} WHERE words @@ query LIMIT %s) AS capped)"
    " FROM (SELECT lexeme AS stem, quote_literal(lexeme)::tsquery AS query"
    " FROM unnest(to_tsvector({language}, %s))) AS asked"
)


class _Stem(NamedTuple):
    text: str
    passages: int  # that have it, as far as they are counted
    weight: float  # its inverse document frequency


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
    """The passages that rank best for the words, best first."""
    stems = [stem for stem in _stems(session, words)[0] if stem.passages]
    together = itertools.accumulate(stem.passages for stem in stems)
    chosen = stems[: max(1, sum(passages <= _MOST_POSTINGS for passages in together))]
    rows = session.rows(_BEST, {**_asked(chosen), "limit": limit, **_filter_values(filters)})
    return [_match(row) for row in rows]


def word_coverage(
    session: Session, words: Sequence[str], keys: Collection[str]
) -> dict[str, Coverage]:
    """See ``Store.coverage``."""
    stems, total = _stems(session, words)
    rows = session.rows(_COVERED, {**_asked(stems), "digests": digests(keys)})
    return covered(dict(rows), weights=[stem.weight for stem in stems], passages=total)


def _stems(session: Session, words: Sequence[str]) -> tuple[list[_Stem], int]:
    """The stems of a query, the rarest first, and how many passages there are."""
    # How many were ever written: near enough, and known without counting.
    ((total,),) = session.rows("SELECT last_value FROM {passage_numbers}")
    rows = session.rows(_COUNTED, (_MOST_POSTINGS, searchable(" ".join(words))))
    stems = [_Stem(text, count, inverse_frequency(count, of=total)) for text, count in rows]
    return sorted(stems, key=lambda stem: (stem.passages, stem.text))[:_MOST_STEMS], total


def _asked(stems: Sequence[_Stem]) -> dict[str, Any]:
    return {
        "queries": [f"'{stem.text}'" for stem in stems],  # letters and digits only
        "weights": [stem.weight for stem in stems],
    }


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
