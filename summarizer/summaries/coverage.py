"""Choosing items that together cover the most within a length.

Maximum coverage with a worth of each item beside (Lin & Bilmes 2011,
https://aclanthology.org/P11-1052), by a small beam search: the last item has to fit, and the one
that fits beside the greedy choice is often poor. Time and memory are linear in the text.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FEWEST_TERMS: Final = 4  # are added to those of an item, or the shortest would win
_REDUNDANT: Final = 0.35  # of an item's words are new; with less it repeats another
_BEST: Final = 3  # items whose weight is the unit of coverage
_BEAM: Final = 5
_TURN: Final = 1.0  # what each item that a part has already costs its next one


class _Choice(NamedTuple):
    """A set of items while it is filled.

    Attributes:
        value: the sum of its items' scores, each times its size.
        size: words.
        items: which they are.
        new: for each item, the weight of its words that are not in the set.
        unsaid: for each item, how many of its words are not in the set.
        said: its words, and its words in each part.
    """

    value: float
    size: int
    items: frozenset[int]
    new: NDArray[Any]
    unsaid: NDArray[Any]
    said: set[Hashable]


class Pool:
    """The items to choose from; each with the ones that it needs."""

    def __init__(
        self,
        terms: Sequence[frozenset[str]],
        sizes: Sequence[int],
        *,
        worth: NDArray[Any],
        weights: Mapping[str, float],
        parts: NDArray[np.int64],
        needed: Sequence[tuple[int, ...] | None],
    ) -> None:
        self._terms = terms
        self._weights = weights
        self._parts = parts
        # One more item, of no size, stands for "needs no other".
        none = len(terms)
        self._sizes = np.array([*sizes, 0])
        self._worth = np.append(worth, 0.0)
        self._counts = np.array([*map(len, terms), 0])
        self._new = np.array([*(sum(weights[term] for term in one) for one in terms), 0.0])
        most = max(len(one or ()) for one in needed)
        self._groups = np.array(
            [
                [place, *(one or ()), *[none] * (most - len(one or ()))]
                for place, one in enumerate(needed)
            ]
        )
        self._stands = np.array([one is not None for one in needed])
        # Of each word, and of each word in a part: a word counts half again in another part.
        self._places: dict[Hashable, list[int]] = defaultdict(list)
        for place, one in enumerate(terms):
            for term in one:
                self._places[term].append(place)
                self._places[parts[place], term].append(place)
        density = self._new[:-1] / (self._counts[:-1] + _FEWEST_TERMS)
        self._scale = max(float(np.sort(density)[-_BEST:].mean()), 1e-6)

    def _empty(self) -> _Choice:
        return _Choice(0.0, 0, frozenset(), self._new, self._counts, set())

    def fill(self, *, shortest: int, longest: int) -> list[int]:
        """The best items, in order, of at most ``longest`` together.

        Of ``shortest`` at least, if that can be.
        """
        beam, full = [self._empty()], []
        longest_yet = beam[0]
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

    def best(self) -> int:
        """The item that is worth most by itself."""
        return int(np.argmax(self._scores(self._empty())[0]))

    def _extensions(self, choice: _Choice, longest: int) -> Iterator[_Choice]:
        """The choice with each of the few best next items that fit, and what those need."""
        scores, sizes = self._scores(choice)
        fits = (sizes > 0) & (choice.size + sizes <= longest)
        fits &= choice.unsaid[:-1] >= _REDUNDANT * self._counts[:-1]
        fits[list(choice.items)] = False
        allowed = fits & self._stands
        if not choice.items and not allowed.any():
            allowed = fits
        ranks = np.argsort(np.where(allowed, -scores, np.inf), kind="stable")[:_BEAM]
        for place in ranks[allowed[ranks]]:
            group = {int(one) for one in self._groups[place] if one < len(self._terms)}
            new, unsaid, said = choice.new.copy(), choice.unsaid.copy(), set(choice.said)
            for one in group:
                part = self._parts[one]
                for term in self._terms[one]:
                    if term not in said:
                        new[self._places[term]] -= self._weights[term] / 2
                        unsaid[self._places[term]] -= 1
                    if (part, term) not in said:
                        new[self._places[part, term]] -= self._weights[term] / 2
                    said |= {term, (part, term)}
            yield _Choice(
                choice.value + float(scores[place] * sizes[place]),
                choice.size + int(sizes[place]),
                choice.items | group,
                new,
                unsaid,
                said,
            )

    def _scores(self, choice: _Choice) -> tuple[NDArray[Any], NDArray[Any]]:
        """Of each item with what it needs: the score, and what it adds to the length."""
        absent = np.ones(len(self._sizes), dtype=bool)
        absent[[*choice.items, len(self._terms)]] = False
        more = absent[self._groups]
        sizes = (self._sizes[self._groups] * more).sum(axis=1)
        counts = (self._counts[self._groups] * more).sum(axis=1)
        new = (choice.new[self._groups] * more).sum(axis=1)
        worth = (self._worth[self._groups] * more).sum(axis=1) / np.maximum(more.sum(axis=1), 1)
        scores = worth + new / (counts + _FEWEST_TERMS) / self._scale
        if self._parts[-1]:
            used = np.bincount(self._parts[list(choice.items)], minlength=self._parts[-1] + 1)
            scores -= _TURN * used[self._parts]
        return scores, sizes


def _quality(choice: _Choice) -> float:
    """The mean score of a word."""
    return choice.value / choice.size
