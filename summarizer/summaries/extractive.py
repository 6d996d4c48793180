"""Summaries made of the article's own sentences: no model, deterministic, in linear time.

Sentences are chosen one after the other, each for the repeated words of the article that those
chosen before do not have yet (maximum coverage: Lin & Bilmes 2011,
https://aclanthology.org/P11-1052), and, in a report, for standing near its beginning. A sentence
comes with the ones that it leans on, or not at all. A long text is cut into as many parts as its
summary has sentences, and each part has its turn.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from summarizer.articles.article import Article
from summarizer.summaries.candidates import (
    Candidate,
    Candidates,
    antecedents,
    find_candidates,
    terms,
)
from summarizer.summaries.coverage import Pool
from summarizer.summaries.focus import question_cosines
from summarizer.summaries.request import SummaryRequest
from summarizer.text import Sentence, count_words

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Chosen on the even rows of REALSumm, XSum and QAGS, where values nearby do as well; the odd rows
# are the result (benchmarks/extractive.py). LEAD: how far a report's beginning reaches, in
# sentences. A word counts as often as it is repeated, up to COMMON times.
POSITION: Final = 1.5
LEAD: Final = 12.0
COMMON: Final = 5
FOCUS: Final = 5.0
# A text of more words is cut into parts, one for so many words of the summary.
_LONG: Final = 1500
_WORDS_A_PART: Final = 22
_WINDOW: Final = 6  # sentences on both sides of a cut that are compared
_MOST, _STRETCHES = 2000, 50  # sentences that are compared; of a book, from so many stretches
_CLAUSE: Final = re.compile(r"[,;:–—](?=\s)|[，；：、]")


def extractive_summary(
    article: Article,
    *,
    words: int,
    focus: str | None = None,
    excluded: Sequence[tuple[int, int]] = (),
    told: Collection[tuple[int, int]] = (),
) -> tuple[Sentence, ...]:
    """Sentences of ``article``, in its order, of about ``words`` words together.

    Args:
        article: what to summarize; offsets refer to its text.
        words: the target, kept within 15 % where the sentences permit, and never exceeded by
            more: a lone sentence that is too long is cut.
        focus: a question; sentences near to it are preferred.
        excluded: character spans that may not be used.
        told: spans that another summary has told, which these sentences are to complete: none of
            them is chosen, and none that leans on a sentence which the reader may not have.

    Returns:
        At least one sentence, unless all of them are excluded or told.
    """
    found = find_candidates(article, excluded=excluded)
    if not found.sentences:
        return ()
    request = SummaryRequest(words=words)
    sentences = [candidate.sentence for candidate in found.sentences]
    worth = _position(found) - np.array([candidate.cost for candidate in found.sentences])
    if focus:
        worth += FOCUS * _nearness(focus, sentences)
    needed = antecedents([sentence.text for sentence in sentences], article.language)
    weights = _weights(found.sentences, article)
    places = list(range(len(sentences)))
    long = sum(candidate.words for candidate in found.sentences) > _LONG
    if len(places) > _MOST:
        places = _shortlist(found.sentences, weights, needed)
    elif long:  # there are enough of them, and each part has room for one
        places = [place for place in places if needed[place] == ()]
    if told:
        places = [p for p in places if needed[p] == () and not _touches(sentences[p], told)]
    if not places:
        return ()
    if len(places) < len(sentences):
        found = found._replace(sentences=tuple(found.sentences[place] for place in places))
        sentences = [sentences[place] for place in places]
        worth, needed = worth[places], [()] * len(places)
    parts = _parts(found.sentences, max(2, round(words / _WORDS_A_PART)) if long else 1)
    pool = Pool(
        [candidate.terms for candidate in found.sentences],
        [candidate.words for candidate in found.sentences],
        worth=worth,
        weights=weights,
        parts=parts,
        needed=needed,
    )
    kept = pool.fill(shortest=request.shortest, longest=request.longest)
    if kept:
        return tuple(sentences[place] for place in kept)
    return (_cut(sentences[pool.best()], request.longest),)


def _touches(sentence: Sentence, spans: Collection[tuple[int, int]]) -> bool:
    return any(sentence.start < end and start < sentence.end for start, end in spans)


def _shortlist(
    candidates: Sequence[Candidate],
    weights: dict[str, float],
    needed: Sequence[tuple[int, ...] | None],
) -> list[int]:
    """The best sentences of each stretch of a book, of those that stand by themselves."""
    stretch = len(candidates) // _STRETCHES + 1
    kept: list[int] = []
    for start in range(0, len(candidates), stretch):
        places = [i for i in range(start, min(start + stretch, len(candidates))) if needed[i] == ()]
        places.sort(
            key=lambda i: (
                sum(weights[term] for term in candidates[i].terms)
                / (len(candidates[i].terms) + 4)
                * (1 - candidates[i].cost / 3)
            ),
            reverse=True,
        )
        kept += sorted(places[: _MOST // _STRETCHES])
    return kept or [0]


def _position(found: Candidates) -> NDArray[Any]:
    places = np.arange(len(found.sentences))
    return POSITION * np.exp(-places / LEAD) if found.is_report else np.zeros(len(places))


def _weights(candidates: Sequence[Candidate], article: Article) -> dict[str, float]:
    """What each word is worth: in how many more sentences it is; in the title, as much as any."""
    counts = Counter(term for candidate in candidates for term in candidate.terms)
    # In a book every other word is repeated five times.
    most = max(COMMON, len(candidates) / 16)
    title = set(terms(article.title or "", article.language))
    return {
        term: most if term in title and count > 1 else min(count - 1, most)
        for term, count in counts.items()
    }


def _parts(candidates: Sequence[Candidate], number: int) -> NDArray[np.int64]:
    """Which of ``number`` parts each candidate is in: about equal, cut where the topic changes."""
    size = len(candidates)
    parts = np.zeros(size, dtype=np.int64)
    number = min(number, size)
    ends = np.cumsum([candidate.words for candidate in candidates])
    slack = ends[-1] / number / 3
    cuts = []
    for place in range(1, number):
        ideal = ends[-1] * place / number
        first, last = np.searchsorted(ends, (ideal - slack, ideal + slack))
        near = range(max(1, int(first)), max(2, int(last) + 1))
        cuts.append(min(near, key=lambda cut: _cohesion(candidates, cut)))
    for cut in cuts:
        parts[cut:] += 1
    return parts


def _cohesion(candidates: Sequence[Candidate], cut: int) -> float:
    """How much the sentences before and after a cut share; a heading shares nothing."""
    before, after = candidates[max(0, cut - _WINDOW) : cut], candidates[cut : cut + _WINDOW]
    if not before or not after:
        return 1.0
    if before[-1].section != after[0].section:
        return -1.0
    left = frozenset().union(*(candidate.terms for candidate in before))
    right = frozenset().union(*(candidate.terms for candidate in after))
    return len(left & right) / max(1, len(left | right))


def _nearness(question: str, sentences: Sequence[Sentence]) -> NDArray[Any]:
    """How near each sentence is to a question: 1 for the nearest, 0 for the average and below."""
    found = question_cosines(question, tuple(sentence.text for sentence in sentences))
    cosines = np.array(list(found.values()))
    spread = float(cosines.max() - cosines.mean())
    nearness = np.zeros(len(sentences))
    nearness[list(found)] = np.clip((cosines - cosines.mean()) / max(spread, 1e-6), 0.0, 1.0)
    return nearness


def _cut(sentence: Sentence, longest: int) -> Sentence:
    """The beginning of a sentence that is too long, to the end of a clause where one is near."""
    if count_words(sentence.text) <= longest:
        return sentence
    low, high = 1, len(sentence.text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (
            (middle, high) if count_words(sentence.text[:middle]) <= longest else (low, middle - 1)
        )
    text = sentence.text[:low]
    if low < len(sentence.text) and not sentence.text[low].isspace():
        text = text[: text.rfind(" ") + 1] or text
    clauses = [found.start() for found in _CLAUSE.finditer(text)]
    if clauses and clauses[-1] > len(text) // 2:
        text = text[: clauses[-1]]
    text = text.rstrip()
    return Sentence(sentence.start, sentence.start + len(text), text)
