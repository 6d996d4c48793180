"""Terms: a text as the sequence of what two texts are compared by, words and quantities alike.

A word is its stem. A number is its value with its unit behind it, a date its month, day and year,
a time its minutes: so "$2bn" and "2 billion dollars", "three" and "3", "May 3" and "the 3rd of
May" are the same terms, in every language whose numbers and dates are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from summarizer.verification.dates import Moment, find_dates
from summarizer.verification.numbers import Number, find_numbers
from summarizer.verification.words import fold, function_words, stem, words

# Long claims (a run-on sentence of a model) would need quadratic time for nothing.
_MAX_CONTENT: Final = 60
_ORDINAL: Final = re.compile(r"(?:st|nd|rd|th|er|[ºª])(?!\w)")


class _Quantity(NamedTuple):
    start: int
    end: int
    terms: tuple[str, ...]


def terms(text: str, language: str | None = None) -> list[str]:
    """The terms of ``text``, in order.

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
    for start, end, quantity in [*_quantities(text, language), _Quantity(len(text), len(text), ())]:
        for word in words(text[place:start]):
            yield stem(word.text), fold(word.text) in grammar
        yield from ((term, False) for term in quantity)
        ordinal = _ORDINAL.match(text, end)
        place = ordinal.end() if ordinal else end


def _quantities(text: str, language: str | None) -> list[_Quantity]:
    """The dates, times and numbers of ``text``, in order; none overlaps another."""
    moments = [
        moment
        for moment in find_dates(text, language)
        if moment.month is not None or moment.minute is not None
    ]
    found = [_Quantity(m.start, m.end, _of_moment(m)) for m in moments]
    found += [_Quantity(n.start, n.end, _of_number(n)) for n in find_numbers(text, language)]
    found.sort(key=lambda q: (q.start, -q.end))
    apart: list[_Quantity] = []
    for quantity in found:
        if not apart or quantity.start >= apart[-1].end:
            apart.append(quantity)
    return apart


def _of_moment(moment: Moment) -> tuple[str, ...]:
    if moment.minute is not None:
        return (f"{moment.minute % 720}min",)
    parts = (moment.day, moment.year)
    return (f"month{moment.month}", *(str(part) for part in parts if part is not None))


def _of_number(number: Number) -> tuple[str, ...]:
    return (f"{number.value:.12g}", *([number.unit] if number.unit else []))
