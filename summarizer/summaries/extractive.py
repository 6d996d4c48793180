"""Summaries made of the article's own sentences: no model, deterministic, in linear time.

Sentences are chosen one after the other, each for the repeated words of the article that those
chosen before do not have yet (maximum coverage: Lin & Bilmes 2011,
https://aclanthology.org/P11-1052), and, in a report, for standing near its beginning. A small beam
search chooses them: the last one has to fit, and the one that fits beside the greedy choice is
often poor. A sentence comes with the ones that it leans on, or not at all.

A long text has more to tell than fits: see ``long_text``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from summarizer.articles.article import Article
from summarizer.summaries.antecedents import antecedents, standing_anywhere
from summarizer.summaries.candidates import (
    FEWEST_TERMS,
    Candidate,
    Candidates,
    find_candidates,
    terms,
    without_teaser,
    word_weights,
)
from summarizer.summaries.long_text import (
    REDUNDANT,
    TELLING,
    densities,
    most_telling,
    signs,
    standing,
)
from summarizer.summaries.parts import question_cosines
from summarizer.summaries.request import LENGTHS, SummaryRequest
from summarizer.text import Sentence, count_words, first_words

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Chosen on the even rows of REALSumm, XSum and QAGS, and of BBC articles, whose titles should be
# found in the summary; values nearby do as well (benchmarks/extractive.py). LEAD: how far a
# report's beginning reaches, in sentences.
POSITION: Final = 1.0
LEAD: Final = 4.0
FOCUS: Final = 5.0
_FEW: Final = 5  # sentences of a text whose first one is always told
_NEW: Final = 0.5  # the share of new words of what completes a summary
_BEST: Final = 3  # items whose weight is the unit of coverage
_BEAM: Final = 5


def extractive_summary(
    article: Article,
    *,
    words: int,
    focus: str | None = None,
    excluded: tuple[tuple[int, int], ...] = (),
    told: Collection[tuple[int, int]] | None = None,
) -> tuple[Sentence, ...]:
    """Sentences of ``article``, in its order, of about ``words`` words together.

    Args:
        article: what to summarize; offsets refer to its text.
        words: the target, kept within 15 % where the sentences permit, and never exceeded by
            more: a lone sentence that is too long is cut. Whole are one of 50 words at most that
            says what a report reports, and that of a text of 50 words.
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
    size, long = found.words, found.is_long
    if few := len(found.sentences) <= _FEW:
        found = without_teaser(found, article.language)
    request = SummaryRequest(words=words)
    sentences = [candidate.sentence for candidate in found.sentences]
    weights = word_weights(found.sentences, article)
    worth = _worth(found, weights, focus, long=long)
    needed = antecedents([sentence.text for sentence in sentences], article.language)
    places = list(range(len(sentences)))
    if told is not None:
        places = _completing(found.sentences, needed, article, told)
    elif long:
        places = standing(sentences, needed, article.language)
    if not places:
        return ()
    if len(places) < len(sentences):
        found = found._replace(sentences=tuple(found.sentences[place] for place in places))
        sentences = [sentences[place] for place in places]
        worth, needed = worth[places], [()] * len(places)
    if long:
        best = sentences[int(np.argmax(worth))]
        return most_telling(found.sentences, worth, request) or (_cut(best, request.longest),)
    pool = _Pool(found.sentences, worth=worth, weights=weights, needed=needed)
    # Without its news a report is not told: not by what firemen did after an earthquake.
    is_news = found.is_report and not focus and not told
    if is_news and request.longest < found.sentences[0].words <= LENGTHS["short"]:
        return (sentences[0],)
    whole = size <= LENGTHS["short"]  # of a text shorter than a short summary, one stays whole
    opening = (few and not told and not focus) or (is_news and _says_the_title(found, article))
    opening &= whole or found.sentences[0].words <= request.longest
    kept = pool.fill(shortest=request.shortest, longest=request.longest, opening=opening)
    if kept:
        return tuple(sentences[place] for place in kept)
    best = sentences[0 if opening else pool.best]
    return (best if whole else _cut(best, request.longest),)


def condensed(article: Article, *, words: int) -> Article:
    """The sentences of a long article that tell most of it, in order, of about so many words."""
    told = extractive_summary(article, words=words)
    return article.model_copy(update={"text": " ".join(sentence.text for sentence in told)})


def _worth(
    found: Candidates, weights: Mapping[str, float], focus: str | None, *, long: bool
) -> NDArray[Any]:
    """What each candidate is worth, whichever others are chosen."""
    worth = -np.array([candidate.cost for candidate in found.sentences])
    if long:
        worth += signs(found.sentences, weights) @ TELLING
    if found.is_report:
        worth += POSITION * np.exp(-np.arange(len(worth)) / LEAD)
    if focus:
        worth += FOCUS * _nearness(focus, [candidate.sentence for candidate in found.sentences])
    return worth


def _says_the_title(found: Candidates, article: Article) -> bool:
    """Whether the first sentence has more of the title's words than any other."""
    title = frozenset(terms(article.title or "", article.language))
    shared = [len(candidate.terms & title) for candidate in found.sentences]
    return shared[0] > max([1, *shared[1:]])


def _completing(
    candidates: Sequence[Candidate],
    needed: Sequence[tuple[int, ...] | None],
    article: Article,
    told: Collection[tuple[int, int]],
) -> list[int]:
    """Those that can stand anywhere and tell more."""
    language = article.language
    said = {term for start, end in told for term in terms(article.text[start:end], language)}
    return [
        place
        for place in standing_anywhere(candidates, needed, language)
        for sentence, _, words, *_ in [candidates[place]]
        if len(words - said) >= _NEW * len(words) and not sentence.meets(told)
    ]


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
    text = first_words(sentence.text, longest)
    clauses = [found.start() for found in re.finditer(r"[,;:–—](?=\s)|[，；：、]", text)]
    if clauses and clauses[-1] > len(text) // 2:
        text = text[: clauses[-1]]
    text = text.rstrip()
    return Sentence(sentence.start, sentence.start + len(text), text)


class _Choice(NamedTuple):
    """A set of items while it is filled.

    Attributes:
        value: the sum of its items' scores, each times its size.
        size: words.
        items: which they are.
        new: for each item, the weight of its words that are not in the set.
        unsaid: for each item, how many of its words are not in the set.
        said: its words.
    """

    value: float
    size: int
    items: frozenset[int]
    new: NDArray[Any]
    unsaid: NDArray[Any]
    said: set[str]


class _Pool:
    """The items to choose from; each with the ones that it needs."""

    def __init__(
        self,
        candidates: Sequence[Candidate],
        *,
        worth: NDArray[Any],
        weights: Mapping[str, float],
        needed: Sequence[tuple[int, ...] | None],
    ) -> None:
        self._terms = [candidate.terms for candidate in candidates]
        self._weights = weights
        # One more item, of no size, stands for "needs no other".
        none = len(candidates)
        self._sizes = np.array([*(candidate.words for candidate in candidates), 0])
        self._worth = np.append(worth, 0.0)
        self._counts = np.array([*map(len, self._terms), 0])
        self._new = np.array([*(sum(weights[term] for term in one) for one in self._terms), 0.0])
        most = max(len(one or ()) for one in needed)
        self._groups = np.array(
            [
                [place, *(one or ()), *[none] * (most - len(one or ()))]
                for place, one in enumerate(needed)
            ]
        )
        self._stands = np.array([one is not None for one in needed])
        self._places: dict[str, list[int]] = defaultdict(list)
        for place, one in enumerate(self._terms):
            for term in one:
                self._places[term].append(place)
        density = densities(candidates, weights)
        self._scale = max(float(np.sort(density)[-_BEST:].mean()), 1e-6)
        self._nothing = _Choice(0.0, 0, frozenset(), self._new, self._counts, set())
        # The item that is worth most by itself.
        self.best = int(np.argmax(self._scores(self._nothing)[0]))

    def fill(self, *, shortest: int, longest: int, opening: bool) -> list[int]:
        """The best items, in order, of at most ``longest`` together; first the ``opening``.

        Of ``shortest`` at least, if that can be.
        """
        longest_yet = self._nothing
        if opening:
            if self._sizes[0] > longest:
                return []
            scores, sizes = self._scores(longest_yet)
            longest_yet = self._with(longest_yet, 0, scores[0], sizes[0])
            if longest_yet.size >= shortest:
                return [0]
        beam, full = [longest_yet], list[_Choice]()
        while beam:
            found: dict[frozenset[int], _Choice] = {}
            for choice in beam:
                for larger in self._extensions(choice, longest):
                    found.setdefault(larger.items, larger)
            longest_yet = max([longest_yet, *found.values()], key=lambda choice: choice.size)
            full += [choice for choice in found.values() if choice.size >= shortest]
            rest = [choice for choice in found.values() if choice.size < shortest]
            beam = sorted(rest, key=_quality, reverse=True)[:_BEAM]
        return sorted(max(full, key=_quality).items if full else longest_yet.items)

    def _extensions(self, choice: _Choice, longest: int) -> Iterator[_Choice]:
        """The choice with each of the few best next items that fit, and what those need."""
        scores, sizes = self._scores(choice)
        fits = (sizes > 0) & (choice.size + sizes <= longest)
        fits &= choice.unsaid[:-1] >= REDUNDANT * self._counts[:-1]
        fits[list(choice.items)] = False
        allowed = fits & self._stands
        if not choice.items and not allowed.any():
            allowed = fits
        ranks = np.argsort(np.where(allowed, -scores, np.inf), kind="stable")[:_BEAM]
        for place in ranks[allowed[ranks]]:
            yield self._with(choice, int(place), scores[place], sizes[place])

    def _with(self, choice: _Choice, place: int, score: float, size: int) -> _Choice:
        """The choice with an item and what that needs, which add so much to it."""
        group = {int(one) for one in self._groups[place] if one < len(self._terms)}
        new, unsaid, said = choice.new.copy(), choice.unsaid.copy(), set(choice.said)
        for term in frozenset().union(*(self._terms[one] for one in group)) - said:
            new[self._places[term]] -= self._weights[term]
            unsaid[self._places[term]] -= 1
            said.add(term)
        value, items = choice.value + float(score * size), choice.items | group
        return _Choice(value, choice.size + int(size), items, new, unsaid, said)

    def _scores(self, choice: _Choice) -> tuple[NDArray[Any], NDArray[Any]]:
        """Of each item with what it needs: the score, and what it adds to the length."""
        absent = np.ones(len(self._sizes), dtype=bool)
        absent[[*choice.items, len(self._terms)]] = False
        more = absent[self._groups]
        sizes = (self._sizes[self._groups] * more).sum(axis=1)
        counts = (self._counts[self._groups] * more).sum(axis=1)
        new = (choice.new[self._groups] * more).sum(axis=1)
        worth = (self._worth[self._groups] * more).sum(axis=1) / np.maximum(more.sum(axis=1), 1)
        scores = worth + new / (counts + FEWEST_TERMS) / self._scale
        return scores, sizes


def _quality(choice: _Choice) -> float:
    """The mean score of a word."""
    return choice.value / choice.size
