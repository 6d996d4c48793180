"""Arithmetic: what a claim may calculate from the numbers of a text.

A sum or a difference of two numbers side by side; and from the passages that a claim rests on, what
one step gives: "half" for 45 of 90, "a fall of 30 %" for 590 and 412. No rise where only a fall is
told, in the clause of the two numbers or, if that has neither, in all passages.

"37 miles" is borne out by "60 kilometres", "minus 24 °F" by "minus 31 °C": compared are units of
one kind (lengths and speeds, areas, weights, times, temperatures) that differ; a number with the
article's own unit has to be the article's. Left out: the time between two dates.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import cache
from itertools import pairwise, permutations
from typing import Final

from summarizer.verification.numbers import PATTERNS, WRITTEN, Number, agrees
from summarizer.verification.words import fold, opposites, word_set, words

MOST_OPERANDS: Final = 30  # numbers; in a table any two give anything
_NEIGHBOURS: Final = 60  # characters between two numbers that may be added
_VERB_REACH: Final = 4  # words before a percentage that tell whether it is a rise
_BREAK: Final = re.compile(r"[.,;:!?]\s")  # between clauses
_CLAUSE: Final = 200  # characters before, between and behind two numbers
_LEAST_SUM: Final = 5  # less is a sum by chance
_MEASURES: Final[dict[str, dict[str, list[float]]]] = WRITTEN["measures"]


def adds_up(
    claim: str, stated: Number, source: Sequence[Number], language: str | None = None
) -> bool:
    """Whether neighbours in ``source`` make ``stated``: 400 for 250 and 150, 8 fewer for 50 and 42.

    Percentages are of different wholes, and do not add up. A rise or a fall is looked for in the
    passages.
    """
    changes = _direction(claim[: stated.start], language, reach=_VERB_REACH) != 0
    return (
        stated.unit != "%"
        and stated.value >= _LEAST_SUM
        and any(
            first.unit == second.unit == stated.unit
            and 0 <= second.start - first.end < _NEIGHBOURS
            and (
                stated.value == first.value + second.value
                or (stated.value == abs(first.value - second.value) and not changes)
            )
            for first, second in pairwise(source)
        )
    )


def computes(
    claim: str,
    stated: Number,
    passages: Sequence[Number],
    language: str | None = None,
    *,
    source: str = "",
    told: str = "",
) -> bool:
    """Whether two numbers of its ``passages`` give what ``stated`` says in ``claim``.

    They are taken for a part and its whole, a change, a multiple, a sum or a difference.
    ``source``: the text that has the numbers; ``told``: the words of the passages. Both may tell of
    a rise or of a fall.
    """
    direction = _direction(claim[: stated.start], language, reach=_VERB_REACH)

    def is_turned(*operands: Number) -> bool:
        near = direction and _direction(_clause(source, operands), language)
        return direction != 0 and (near or _direction(told, language)) == -direction

    pairs = [
        pair
        for pair in permutations(passages, 2)
        if _may_count_alike(*pair) and all(one.value > 0 for one in pair)
    ]
    parts: list[tuple[float, tuple[Number, ...]]]
    parts = [(100 * pair[0].value / pair[1].value, pair) for pair in pairs]
    parts += [(share.value, (share,)) for share in passages if share.unit == "%"]
    shares = [share for share, _ in parts]
    if stated.unit == "%":
        changes = [direction * (share - 100) for share, of in parts if not is_turned(*of)]
        results = changes if direction else [*shares, *(abs(100 - share) for share in shares)]
    elif PATTERNS["multiple"].match(claim, stated.end):
        results = [100 / share for share in shares if share]
    elif stated.value >= _LEAST_SUM or stated.unit:
        # "Two hours more" for 37 instead of 35 hours: small numbers have many sums.
        reach = math.inf if stated.value >= _LEAST_SUM else _NEIGHBOURS
        same = [
            (a, b)
            for a, b in pairs
            if stated.unit in (a.unit, b.unit) and abs(a.start - b.start) < reach
        ]
        results = [a.value + b.value for a, b in same]
        results += [a.value - b.value for a, b in same if not is_turned(a, b)]
        # "A fifth of the 240 shops"
        results += [
            a.value * b.value / 100
            for a, b in pairwise(passages)
            if (a.unit == "%") != (b.unit == "%") and 0 <= b.start - a.end < _NEIGHBOURS
        ]
    else:
        results = []
    return any(result > 0 and agrees(stated, result) for result in results)


def _direction(text: str, language: str | None, *, reach: int | None = None) -> int:
    """1 for "rose", -1 for "fell"; 0 where both or nothing is told, and for "rose to".

    ``reach``: how many words from the end of the text are looked at.
    """
    rises, falls = next(iter(opposites(language or "en")), (frozenset(), frozenset()))
    found = [fold(word.text) for word in words(text)]
    if reach is not None:
        found = found[-reach:]
        if not word_set(language or "en", "range_to").isdisjoint(found):
            return 0
    return (not rises.isdisjoint(found)) - (not falls.isdisjoint(found))


def _clause(text: str, operands: Sequence[Number]) -> str:
    """From the begin of the clause with the first number to the end of the last one's, if near."""
    first, last = min(operands).start, max(operands).end
    if last - first > _CLAUSE:
        return ""
    before = _BREAK.split(text[max(0, first - _CLAUSE) : first])[-1]
    return before + text[first:last] + _BREAK.split(text[last : last + _CLAUSE], maxsplit=1)[0]


def _may_count_alike(first: Number, second: Number) -> bool:
    """Whether two numbers may be of one kind: "rose from €61 million to 74 million"."""
    return first.unit == second.unit or "" in (first.unit, second.unit)


# Converted numbers are rounded.
_TOLERANCE: Final = 0.03  # of the value
_DEGREES: Final = 1.0


def converts(claim: str, stated: Number, source: str, numbers: Sequence[Number]) -> bool:
    """Whether a number of ``source`` says in another unit what ``stated`` says in ``claim``."""
    mine = _measure(claim, stated)
    if mine is None:
        return False
    kind, unit, value = mine

    def is_same(found: float) -> bool:
        if kind == "temperature":
            return abs(found - value) <= _DEGREES
        near = abs(found - value) <= _TOLERANCE * abs(found)
        # "More than two days" is 52 hours.
        return near or bool(value and agrees(stated, found / value * stated.value))

    return any(
        other == kind and written != unit and is_same(found)
        for other, written, found in filter(None, (_measure(source, one) for one in numbers))
    )


def _measure(text: str, number: Number) -> tuple[str, str, float] | None:
    """The kind of a quantity, the unit it is written in, its value in the kind's own unit."""
    for kind, unit, factor, zero in _units():
        # "150 pounds" was read as money.
        if unit.match(text, number.end) or unit.search(number.text):
            negative = PATTERNS["negative"].search(text, max(0, number.start - 6), number.start)
            value = -number.value if negative else number.value
            return kind, unit.pattern, (value - zero) * factor
    return None


@cache
def _units() -> list[tuple[str, re.Pattern[str], float, float]]:
    """Kind, the unit as it stands behind a number, what one is worth, where its scale begins."""
    return [
        (kind, re.compile(rf"[ \u00a0\u202f-]?(?<![^\W\d_])(?:{words})(?!\w)", re.I), factor, zero)
        for kind, units in _MEASURES.items()
        for words, (factor, zero) in units.items()
    ]
