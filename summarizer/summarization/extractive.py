"""Summaries made of the article's own sentences: no model, deterministic.

Centrality in the graph of sentence similarities (LexRank, Erkan & Radev 2004,
doi:10.1613/jair.1523, here over static sentence embeddings), the sentence's position, and maximal
marginal relevance against redundancy (Carbonell & Goldstein 1998, doi:10.1145/290941.291025).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from summarizer.articles.article import Article
from summarizer.retrieval.embedding import load_embedder
from summarizer.sentences import Sentence, split_sentences
from summarizer.summarization.lengths import sentences_that_fit
from summarizer.summarization.request import SummaryRequest

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Weights of position, title and question against a centrality of 0 to 1, and how redundancy and
# length count. Chosen on half of 100 CNN/DailyMail articles (12 settings); ROUGE-1/2/Lsum on the
# other half 39.6/17.0/35.9, where their first three sentences get 40.9/17.8/37.0.
POSITION: Final = 4.0
TITLE: Final = 0.3
FOCUS: Final = 2.0
REDUNDANCY: Final = 0.7
BY_LENGTH: Final = 1.0
_DAMPING: Final = 0.85
_ROUNDS: Final = 30
_MOST: Final = 60  # sentences that the length is filled from
_LONGEST_GRAPH: Final = 1500  # sentences that are compared with each other
_SHORTEST: Final = 4  # words; less is a caption or a crosshead
_WEAK: Final = re.compile(r"[?:…]['\"”’»]?$|^[\"“«‘'][^\"”»]*[\"”»’']$")
_WEAK_FACTOR: Final = 0.5


def extractive_summary(
    article: Article,
    *,
    words: int,
    focus: str | None = None,
    excluded: Sequence[tuple[int, int]] = (),
) -> tuple[Sentence, ...]:
    """Sentences of ``article``, in its order, of about ``words`` words together.

    Args:
        article: what to summarize; offsets refer to its text.
        words: the target, kept within 15 % where the sentences permit, else not exceeded.
        focus: a question; sentences near to it are preferred.
        excluded: character spans that may not be used.

    Returns:
        At least one sentence, unless all of them are excluded.
    """
    sentences = [
        sentence
        for sentence in split_sentences(article.text, article.language)
        if not any(sentence.start < end and start < sentence.end for start, end in excluded)
    ]
    candidates = [s for s in sentences if len(s.text.split()) >= _SHORTEST] or sentences
    candidates = candidates[:_LONGEST_GRAPH]
    if not candidates:
        return ()
    vectors = load_embedder("wordllama").embed([s.text for s in candidates])
    similarity = np.clip(vectors @ vectors.T, 0.0, 1.0)
    scores = _scores(candidates, vectors, similarity, title=article.title, focus=focus)
    order, worth = _marginal(scores, similarity)
    counts = [len(candidates[i].text.split()) for i in order]
    # By length, or the length would be filled with many short sentences.
    worth = [value * count**BY_LENGTH for value, count in zip(worth, counts, strict=True)]
    request = SummaryRequest(words=words)
    kept = sentences_that_fit(counts, worth, shortest=request.shortest, longest=request.longest)
    if kept is None:
        kept = sentences_that_fit(counts, worth, shortest=1, longest=request.longest)
    if not kept:
        kept = [min(range(len(order)), key=lambda place: counts[place])]
    return tuple(sorted(candidates[order[place]] for place in kept))


def _scores(
    sentences: Sequence[Sentence],
    vectors: NDArray[np.float32],
    similarity: NDArray[np.float32],
    *,
    title: str | None,
    focus: str | None,
) -> NDArray[Any]:
    scores = _centrality(similarity)
    scores = scores + POSITION / (1 + np.arange(len(sentences)))
    embedder = load_embedder("wordllama")
    if title:
        scores += TITLE * (vectors @ embedder.embed([title])[0])
    if focus:
        scores += FOCUS * (vectors @ embedder.embed_queries([focus])[0])
    weak = np.array([_WEAK.search(sentence.text) is not None for sentence in sentences])
    return np.where(weak, scores * _WEAK_FACTOR, scores)


def _centrality(similarity: NDArray[np.float32]) -> NDArray[Any]:
    """Stationary probabilities of a walk over the similarity graph, scaled to at most 1."""
    weights = similarity.astype(np.float64)
    np.fill_diagonal(weights, 0.0)
    totals = weights.sum(axis=1, keepdims=True)
    size = len(weights)
    steps = np.divide(weights, totals, out=np.full_like(weights, 1 / size), where=totals > 0)
    rank = np.full(size, 1 / size)
    for _ in range(_ROUNDS):
        rank = (1 - _DAMPING) / size + _DAMPING * (steps.T @ rank)
    return np.asarray(rank / rank.max())


def _marginal(
    scores: NDArray[Any], similarity: NDArray[np.float32]
) -> tuple[list[int], list[float]]:
    """The best sentences by marginal relevance, and what each adds to those before it."""
    left = list(range(len(scores)))
    nearest = np.zeros(len(scores))
    order: list[int] = []
    worth: list[float] = []
    while left and len(order) < _MOST:
        gains = scores[left] * (1 - REDUNDANCY * nearest[left])
        best = left.pop(int(np.argmax(gains)))
        order.append(best)
        worth.append(float(scores[best] * (1 - REDUNDANCY * nearest[best])))
        nearest = np.maximum(nearest, similarity[best])
    return order, worth
