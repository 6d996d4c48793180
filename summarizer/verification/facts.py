"""Facts: what a sentence states that code can look up, and what a source text lacks of it.

A ``Source`` is read once and can then be asked about any number of claims. Any text can be one;
``article_source`` makes one of an article.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cached_property
from itertools import groupby
from typing import Final, Literal, NamedTuple

from summarizer.articles.article import Article
from summarizer.verification import dates, numbers, quotations
from summarizer.verification.dates import Moment, find_dates
from summarizer.verification.names import Name, NameIndex, find_designations, find_names
from summarizer.verification.numbers import Number, find_numbers
from summarizer.verification.quotations import Quotation, QuotationIndex, find_quotations

# "covid-19", "B-52"
_IN_NAME: Final = re.compile(r"(?<!\w)[^\W\d_]+[-‑]$")
FactKind = Literal["number", "date", "name", "quotation"]


class Facts(NamedTuple):
    """The facts that a text states; a number that belongs to a date is not among the numbers."""

    numbers: tuple[Number, ...]
    dates: tuple[Moment, ...]
    names: tuple[Name, ...]
    designations: tuple[str, ...]
    quotations: tuple[Quotation, ...]


class Finding(NamedTuple):
    """A fact that the source does not bear out: the words, and one sentence for a person."""

    kind: FactKind
    text: str
    message: str


def facts(text: str, language: str | None = None) -> Facts:
    """The numbers, dates, names and quotations in ``text``."""
    moments = find_dates(text, language)
    amounts = [
        number
        for number in find_numbers(text, language)
        if not any(number.start < m.end and m.start < number.end for m in moments)
        and not _IN_NAME.search(text, 0, number.start)
    ]
    return Facts(
        tuple(amounts),
        tuple(moments),
        tuple(find_names(text, language)),
        tuple(find_designations(text)),
        tuple(find_quotations(text)),
    )


class Source:
    """A text that claims are held against.

    Args:
        text: Everything that may bear out a claim.
        language: ISO 639-1 code of ``text``; None counts as English.
        published: Resolves "yesterday" and "on Tuesday".
    """

    def __init__(
        self, text: str, *, language: str | None = None, published: date | None = None
    ) -> None:
        self._text = text
        self._language = language
        self._published = published

    # Each is read when the first claim needs it: most summaries quote nobody and name no date.

    @cached_property
    def _numbers(self) -> list[Number]:
        return find_numbers(self._text, self._language)

    @cached_property
    def _dates(self) -> list[Moment]:
        return find_dates(self._text, self._language)

    @cached_property
    def _names(self) -> NameIndex:
        return NameIndex(self._text, self._language)

    @cached_property
    def _quotations(self) -> QuotationIndex:
        return QuotationIndex(self._text)

    def unsupported(self, claim: str, *, language: str | None = None) -> list[Finding]:
        """What ``claim`` states and the source does not, in the order of the kinds.

        In another ``language`` than the source's, names and quotations are translated: then
        only numbers and dates are compared.
        """
        spoken = language or self._language
        stated = facts(claim, spoken)
        found = [*self._missing_numbers(stated, spoken), *self._missing_dates(stated)]
        if spoken == self._language:
            found += self._wrong_magnitude(claim)
            found += self._missing_names(stated)
            found += self._wrong_quotations(stated)
        return found

    def _missing_numbers(self, stated: Facts, language: str | None) -> Iterator[Finding]:
        for number in stated.numbers:
            if not numbers.is_checkable(number, language):
                continue
            if not numbers.supports(number, self._numbers):
                yield Finding("number", number.text, f"{number.text!r} is not in the article")

    def _wrong_magnitude(self, claim: str) -> Iterator[Finding]:
        if self._language in (None, "en") and (words := numbers.wrong_magnitude(claim, self._text)):
            yield Finding("number", words, f"{words!r} is not in the article")

    def _missing_dates(self, stated: Facts) -> Iterator[Finding]:
        for (_, _, text), readings in groupby(stated.dates, key=lambda moment: moment[:3]):
            if not any(self._has_date(moment) for moment in readings):
                yield Finding("date", text, f"the date {text!r} is not in the article")

    def _has_date(self, moment: Moment) -> bool:
        if dates.supports(moment, self._dates, published=self._published):
            return True
        if moment.year is None or moment.month is not None or moment.decade:
            return False
        as_number = Number(moment.start, moment.end, moment.text, moment.year)
        return numbers.supports(as_number, self._numbers)

    def _missing_names(self, stated: Facts) -> Iterator[Finding]:
        for name in stated.names:
            missing = self._names.missing(name)
            if missing:
                text = " ".join(missing)
                yield Finding("name", text, f"the name {text!r} is not in the article")
        for text in stated.designations:
            if not self._names.knows_designation(text):
                yield Finding("name", text, f"the name {text!r} is not in the article")

    def _wrong_quotations(self, stated: Facts) -> Iterator[Finding]:
        for quotation in stated.quotations:
            if not quotations.is_checkable(quotation):
                continue
            text = quotation.text
            if not self._quotations.has(quotation):
                yield Finding("quotation", text, f"the quotation {text!r} is not in the article")
            elif other := self._quotations.other_speaker(quotation):
                message = f"the article quotes {other!r}, not {quotation.speaker!r}: {text!r}"
                yield Finding("quotation", text, message)


def article_source(article: Article, *, excluded: Sequence[tuple[int, int]] = ()) -> Source:
    """The article as a source of facts; ``excluded``: spans of its text that may support nothing.

    They become blanks, so that nothing on both sides of one is read together.
    """
    text = article.text
    for start, end in excluded:
        text = text[:start] + " " * (end - start) + text[end:]
    return Source(
        "\n\n".join(filter(None, (article.title, article.author, text))),
        language=article.language,
        published=article.published,
    )
