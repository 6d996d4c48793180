"""The two searches in PostgreSQL: by vectors, and by words; filters are part of the statement."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from typing import Any, Final, LiteralString

import numpy as np
from numpy.typing import NDArray

from summarizer.retrieval.postgres_connection import Session
from summarizer.retrieval.postgres_rows import digests, halved
from summarizer.retrieval.postgres_words import Stem, Vocabulary, matching
from summarizer.retrieval.store import Filters, Match
from summarizer.retrieval.stored_passages import passage_text

# A search takes the rarest words first, until they are together in so many passages (4 ms for
# 8,500 of them); should a filter leave too few, many more.
_MOST_POSTINGS: Final = (10_000, 100_000)
# BM25 itself takes 20 us a passage and more, so that it ranks those that are best by the weights
# of their words, four times the limit: 98 of the 100 best by BM25 are among them, and the best 10.
_RANKED: Final = 4
# BM25 (Robertson & Zaragoza 2009, The Probabilistic Relevance Framework): the customary values.
# A passage's length is its number of different stems.
_K1: Final = 1.2
_B: Final = 0.75

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
# OFFSET 0: each stem is looked up by itself, in the index.
_ASKED: Final[LiteralString] = (
    "WITH asked AS"
    " (SELECT * FROM unnest(%(stems)s::text[], %(queries)s::tsquery[], %(weights)s::float8[])"
    " AS q (stem, query, weight)),"
    " candidates AS (SELECT t.passage, sum(q.weight) AS reach"
    " FROM (SELECT * FROM asked LIMIT %(chosen)s) q CROSS JOIN LATERAL"
    " (SELECT passage, article, number FROM {words} w WHERE w.words @@ q.query OFFSET 0) t"
)
_RANKING: Final[LiteralString] = (
    " GROUP BY t.passage ORDER BY reach DESC, t.passage LIMIT %(ranked)s),"  # noqa: S608
    " found AS (SELECT c.passage, sum(asked.weight * cardinality(u.positions) * (%(k)s + 1)"
    " / (cardinality(u.positions) + %(k)s * (1 - %(b)s + %(b)s * length(w.words) / %(mean)s)))"
    " AS score FROM candidates c JOIN {words} w ON w.passage = c.passage"
    " CROSS JOIN LATERAL unnest(w.words) AS u (stem, positions, marks)"
    " JOIN asked ON asked.stem = u.stem"
    " GROUP BY c.passage ORDER BY score DESC, c.passage LIMIT %(limit)s)" + _MATCHES
)
_BEST: Final[LiteralString] = _ASKED + _RANKING
_BEST_FILTERED: Final[LiteralString] = (
    _ASKED + " JOIN {articles} a ON a.id = t.article WHERE " + _PASSES + _RANKING
)


_HELD: Final[LiteralString] = (
    "SELECT w.passage, sum(q.weight) FROM {words} w"
    " JOIN unnest(%(queries)s::tsquery[], %(weights)s::float8[]) AS q (query, weight)"
    " ON w.words @@ q.query WHERE w.passage = ANY(%(passages)s::bigint[]) GROUP BY w.passage"
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
    session: Session,
    words: Sequence[str],
    *,
    vocabulary: Vocabulary,
    limit: int,
    filters: Filters,
) -> list[Match]:
    """The passages of largest BM25 for the words, best first."""
    stems = [stem for stem in vocabulary.weigh(session, words) if stem.passages]
    values = {
        "stems": [stem.text for stem in stems],
        "queries": [matching(stem.text) for stem in stems],
        "weights": [stem.weight for stem in stems],
        "mean": vocabulary.mean_length,
        "limit": limit,
        "ranked": _RANKED * limit,
        "k": _K1,
        "b": _B,
        **_filter_values(filters),
    }
    statement = _BEST if filters == Filters() else _BEST_FILTERED
    rows: list[tuple[Any, ...]] = []
    tried = 0
    for most in _MOST_POSTINGS:
        chosen = _rarest(stems, most)
        if tried < chosen and len(rows) < limit:
            rows = session.rows(statement, {"chosen": chosen, **values})
            tried = chosen
    return [_match(row) for row in rows]


def held_shares(
    session: Session, words: Sequence[str], passages: Collection[int], *, vocabulary: Vocabulary
) -> dict[int, float]:
    """See ``Store.held``."""
    stems = vocabulary.weigh(session, words)
    whole = sum(stem.weight for stem in stems)
    rows = session.rows(
        _HELD,
        {
            "queries": [matching(stem.text) for stem in stems],
            "weights": [stem.weight for stem in stems],
            "passages": list(passages),
        },
    )
    return {passage: weight / whole for passage, weight in rows}


def _rarest(stems: Sequence[Stem], most: int) -> int:
    """How many of the rarest: one at least, and in at most so many passages together."""
    together = itertools.accumulate(stem.passages for stem in stems)
    return max(min(1, len(stems)), sum(passages <= most for passages in together))


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
