"""What a text states and what another one bears out: numbers, dates, names and quotations.

A ``Source`` is read once and can then be asked about the facts of any number of claims.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from itertools import chain, groupby
from typing import Literal, NamedTuple

from summarizer.articles.article import Article
from summarizer.digest import CheckKind
from summarizer.verification import arithmetic, dates, numbers, quotations
from summarizer.verification.counted import free_numbers, numbers_within
from summarizer.verification.dates import Moment, find_dates
from summarizer.verification.names import Name, NameIndex, find_designations, find_names
from summarizer.verification.numbers import Number, find_magnitudes, find_numbers
from summarizer.verification.quotations import Quotation, QuotationIndex, find_quotations

FactKind = Literal["number", "date", "name", "quotation"]


class Facts(NamedTuple):
    """The facts that a text states; a number that belongs to a date is not among the numbers."""

    text: str
    language: str | None
    numbers: tuple[Number, ...]
    magnitudes: Mapping[str, float]
    dates: tuple[Moment, ...]
    names: tuple[Name, ...]
    designations: tuple[str, ...]
    quotations: tuple[Quotation, ...]


class Finding(NamedTuple):
    """What is wrong with a claim: the kind of check, the words, and one sentence for a person."""

    kind: CheckKind
    text: str
    message: str


def _absent(kind: FactKind, text: str) -> Finding:
    named = "" if kind == "number" else f"the {kind} "
    return Finding(kind, text, f"{named}{text!r} is not in the article")


def facts(text: str, language: str | None = None) -> Facts:
    """The numbers, dates, names and quotations in ``text``."""
    found = find_dates(text, language)
    return Facts(
        text,
        language,
        tuple(free_numbers(text, find_numbers(text, language), found, language)),
        find_magnitudes(text, language),
        tuple(found),
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
        self.text = text
        self._language = language
        self._published = published

    # Each is read when the first claim needs it: most summaries quote nobody and name no date.

    @cached_property
    def _numbers(self) -> list[Number]:
        return find_numbers(self.text, self._language)

    @cached_property
    def _magnitudes(self) -> dict[str, float]:
        return find_magnitudes(self.text, self._language)

    @cached_property
    def _dates(self) -> list[Moment]:
        return find_dates(self.text, self._language)

    @cached_property
    def _names(self) -> NameIndex:
        return NameIndex(self.text, self._language)

    @cached_property
    def _quotations(self) -> QuotationIndex:
        return QuotationIndex(self.text)

    def free_numbers(self) -> list[Number]:
        """The numbers that count something."""
        return free_numbers(self.text, self._numbers, self._dates, self._language)

    def unsupported(self, stated: Facts, passages: Sequence[tuple[int, int]] = ()) -> list[Finding]:
        """What a claim states and the source does not, in the order of the kinds.

        In another language than the source's, only numbers and dates are compared. From the numbers
        of its ``passages``, as spans of the source, those of the claim may be calculated.
        """
        absent = [
            n for n in stated.numbers if not (self.has_number(n) or self._follows(stated.text, n))
        ]
        if 0 < len(absent) <= arithmetic.MOST_OPERANDS:
            near = list(chain(*numbers_within(self._numbers, passages)))[: arithmetic.MOST_OPERANDS]
            told = " ".join(self.text[start:end] for start, end in passages)
            absent = [
                n
                for n in absent
                if not arithmetic.computes(
                    stated.text, n, near, self._language, source=self.text, told=told
                )
            ]
        found = [_absent("number", number.text) for number in absent]
        for (_, _, text), readings in groupby(stated.dates, key=lambda moment: moment[:3]):
            if not any(map(self._has_date, readings)):
                found.append(_absent("date", text))
        if stated.language == self._language:
            found += [*self._wrong_words(stated), *self._wrong_quotations(stated)]
        return found

    def looked_up(self, stated: Facts) -> dict[FactKind, int]:
        """How many facts of each kind ``unsupported`` looks for."""
        comparable = stated.language == self._language
        magnitude = comparable and bool(stated.magnitudes and self._magnitudes)
        names = len(stated.names) + len(stated.designations)
        quoted = sum(map(quotations.is_checkable, stated.quotations))
        return {
            "number": len(stated.numbers) + magnitude,
            # One text can be read as several moments ("3/4/2020").
            "date": len({moment[:3] for moment in stated.dates}),
            "name": names if comparable else 0,
            "quotation": quoted if comparable else 0,
        }

    def has_number(self, number: Number) -> bool:
        """Whether the source tells a number itself."""
        return numbers.supports(number, self._numbers)

    def _follows(self, claim: str, number: Number) -> bool:
        """Whether a number follows from the numbers of the source wherever they stand."""
        added = arithmetic.adds_up(claim, number, self._numbers, self._language)
        return added or arithmetic.converts(claim, number, self.text, self._numbers)

    def _has_date(self, moment: Moment) -> bool:
        if dates.supports(moment, self._dates, published=self._published):
            return True
        if moment.year is None or moment.month is not None or moment.decade:
            return False
        as_number = Number(moment.start, moment.end, moment.text, moment.year)
        return numbers.supports(as_number, self._numbers)

    def _wrong_words(self, stated: Facts) -> Iterator[Finding]:
        if stated.magnitudes:
            wrong = numbers.wrong_magnitude(stated.magnitudes, self._magnitudes, self._numbers)
            yield from [_absent("number", wrong)] if wrong else []
        for name in stated.names:
            if missing := self._names.missing(name):
                yield _absent("name", " ".join(missing))
        for text in stated.designations:
            if not self._names.knows_designation(text):
                yield _absent("name", text)

    def _wrong_quotations(self, stated: Facts) -> Iterator[Finding]:
        for quotation in stated.quotations:
            if not quotations.is_checkable(quotation):
                continue
            text = quotation.text
            if not self._quotations.has(quotation):
                yield _absent("quotation", text)
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
