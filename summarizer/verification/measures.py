"""Measures: "37 miles" is borne out by "60 kilometres", "minus 24 °F" by "minus 31 °C".

Compared are units of one kind (lengths and speeds, areas, weights, temperatures) that differ; a
number with the article's own unit has to be the article's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Final, NamedTuple

from summarizer.verification.numbers import Number
from summarizer.verification.words import load_words

_WRITTEN: Final[dict[str, dict[str, list[float]]]] = load_words("quantities.toml")["measures"]
_NEGATIVE: Final = re.compile(r"(?:(?<!\w)(?:minus|moins|menos) |(?<![\w-])[-−])$", re.IGNORECASE)
_TOLERANCE: Final = 0.03  # converted numbers are rounded
_DEGREES: Final = 1.0


class _Measure(NamedTuple):
    """A quantity in the kind's own unit, and the words of the unit it is written in."""

    kind: str
    unit: str
    value: float


def converts(claim: str, stated: Number, source: str, numbers: Sequence[Number]) -> bool:
    """Whether a number of ``source`` says in another unit what ``stated`` says in ``claim``."""
    mine = _measure(claim, stated)
    if mine is None:
        return False
    found = filter(None, (_measure(source, number) for number in numbers))
    return any(
        other.kind == mine.kind
        and other.unit != mine.unit
        and abs(other.value - mine.value)
        <= (_DEGREES if mine.kind == "temperature" else _TOLERANCE * abs(other.value))
        for other in found
    )


def _measure(text: str, number: Number) -> _Measure | None:
    for kind, unit, factor, zero in _units():
        # "150 pounds" was read as money.
        if unit.match(text, number.end) or unit.search(number.text):
            negative = _NEGATIVE.search(text, max(0, number.start - 6), number.start)
            value = -number.value if negative else number.value
            return _Measure(kind, unit.pattern, (value - zero) * factor)
    return None


@cache
def _units() -> list[tuple[str, re.Pattern[str], float, float]]:
    """Kind, the unit as it stands behind a number, what one is worth, where its scale begins."""
    return [
        (kind, re.compile(rf"[ \u00a0\u202f-]?(?:{words})(?!\w)", re.I), factor, zero)
        for kind, units in _WRITTEN.items()
        for words, (factor, zero) in units.items()
    ]
