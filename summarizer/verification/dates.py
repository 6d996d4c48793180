"""Dates: moments named in a text, and whether one supports another.

A moment knows the parts it names: "Dec. 20" a month and a day, "Tuesday" a weekday, "2017" a
year. A claim is supported by a moment of the article that agrees in every part the claim names,
so "December" follows from "Dec. 20", not the other way round. Relative words ("yesterday", "on
Tuesday", "last month") are resolved where the date of publication is known; where it is not,
they count as correct. Left out: weeks, seasons, holidays, and time zones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from summarizer.verification.numerals import find_numerals
from summarizer.verification.words import fold, listed, patterns, word_set

_PATTERNS: Final = patterns("dates")
_LONGEST_COUNT: Final = 20  # characters: "twenty-five years ago"


class Offset(NamedTuple):
    """A distance from the day of publication, in days, months or years: yesterday is -1 "day"."""

    unit: str
    steps: int


class Moment(NamedTuple):
    """A date or time as written; parts that it does not name are None.

    Attributes:
        weekday: 0 is Monday.
        decade: Whether ``year`` stands for the ten years from it ("the 1980s").
        minute: Minutes after midnight; the half of the day may be unknown.
    """

    start: int
    end: int
    text: str
    year: int | None = None
    month: int | None = None
    day: int | None = None
    weekday: int | None = None
    decade: bool = False
    minute: int | None = None
    offset: Offset | None = None


class Calendar(NamedTuple):
    """Folded names and what they mean: months 1-12, weekdays 0-6 (Monday is 0), days from today."""

    months: dict[str, int]
    weekdays: dict[str, int]
    days: dict[str, int]


def find_dates(text: str, language: str | None = None) -> list[Moment]:
    """The dates and times named in ``text``, in order.

    >>> [(m.day, m.month, m.year) for m in find_dates("from Dec. 20, 2017 until March")]
    [(20, 12, 2017), (None, 3, None)]
    """
    named = list(_named(text, language))
    found = [*_numeric(text, language), *_clocks(text), *_relative(text), *_years(text)]
    taken = {place for moment in named for place in range(moment.start, moment.end)}
    free = [m for m in found if taken.isdisjoint(range(m.start, m.end))]
    return sorted(named + free, key=lambda moment: moment[:2])


def supports(claim: Moment, source: Sequence[Moment], *, published: date | None = None) -> bool:
    """Whether the moments of an article, published on a known day or not, bear out ``claim``."""
    if published and not date(1000, 1, 1) < published < date(9000, 1, 1):
        published = None  # a typing error, or an attempt to leave the calendar
    if claim.offset:
        if any(other.offset == claim.offset for other in source):
            return True
        if published is None:
            # "50 years ago" may be a year that the article names; "yesterday" may be any day.
            return abs(claim.offset.steps) < 2 or any(m.year or m.month for m in source)
        return any(supports(day, source, published=published) for day in _resolve(claim, published))
    known = [day for moment in source for day in _resolve(moment, published)]
    years = {moment.year for moment in known}
    if published:
        known.append(_on(Moment(0, 0, ""), published))
        years |= {published.year + step for step in (-1, 0, 1)}
    return any(_agree(claim, moment, years) for moment in known)


def _agree(claim: Moment, other: Moment, years: set[int | None]) -> bool:
    """Whether ``other`` says every part of ``claim``; a missing year is looked up in ``years``."""
    if claim.minute is not None:  # "9.45" may mean the evening
        return other.minute is not None and (claim.minute - other.minute) % 720 == 0
    if other.minute is not None:
        return False
    if claim.year is not None and not _same_year(claim, other, years):
        return False
    if claim.month is not None and claim.month != other.month:
        return False
    if claim.day is not None and claim.day != other.day:
        return False
    return claim.weekday is None or _same_weekday(claim, other)


def _same_year(claim: Moment, other: Moment, years: set[int | None]) -> bool:
    if other.year is None:
        return claim.month is not None and claim.year in years
    if claim.decade and claim.year is not None:
        return claim.year <= other.year < claim.year + 10
    return claim.year == other.year and not other.decade


def _same_weekday(claim: Moment, other: Moment) -> bool:
    if other.weekday is not None:
        return claim.weekday == other.weekday
    if other.year and other.month and other.day:
        return claim.weekday == _weekday(other.year, other.month, other.day)
    return other.day is not None  # a day whose year is not known


def _resolve(moment: Moment, published: date | None) -> list[Moment]:
    """The moment with the parts that follow from the day of publication."""
    if published is None:
        return [moment]
    if moment.offset:
        unit, steps = moment.offset
        if unit == "year":
            return [moment._replace(offset=None, year=published.year + steps)]
        if unit == "month":
            year, month = divmod(published.year * 12 + published.month - 1 + steps, 12)
            return [moment._replace(offset=None, year=year, month=month + 1)]
        return [_on(moment, published + timedelta(days=steps))]
    if moment.weekday is not None and moment.day is None:
        near = (published + timedelta(days=distance) for distance in range(-7, 8))
        return [_on(moment, day) for day in near if day.weekday() == moment.weekday]
    return [moment]


def _on(moment: Moment, day: date) -> Moment:
    return moment._replace(
        offset=None, year=day.year, month=day.month, day=day.day, weekday=day.weekday()
    )


def _weekday(year: int, month: int, day: int) -> int | None:
    try:
        return date(year, month, day).weekday()
    except ValueError:
        return None


def _named(text: str, language: str | None) -> Iterator[Moment]:
    """Moments with a word: months with their day and year, weekdays, "yesterday"."""
    names = calendar(language)
    for match in _PATTERNS["word"].finditer(text):
        word = fold(match.group())
        start, end = match.span()
        if word in names.months:
            if moment := _month(text, start, end, number=names.months[word]):
                yield moment
        elif word in names.weekdays:
            yield Moment(start, end, match.group(), weekday=names.weekdays[word])
        elif word in names.days:
            yield Moment(start, end, match.group(), offset=Offset("day", names.days[word]))


def _month(text: str, start: int, end: int, *, number: int) -> Moment | None:
    written = text[start:end]
    day = year = None
    if before := _PATTERNS["day_before"].search(text, max(0, start - 10), start):
        day, start = int(before["day"]), before.start()
    elif after := _PATTERNS["day_after"].match(text, end):
        day, end = int(after["day"]), after.end()
    if match := _PATTERNS["year_after"].match(text, end):
        year, end = int(match["year"]), match.end()
    alone = day is None and year is None
    if alone and fold(written) in word_set("en", "doubtful_months"):
        inside = not _PATTERNS["sentence_start"].search(text, max(0, start - 4), start)
        placed = _PATTERNS["month_before"].search(text, max(0, start - 6), start)
        if not placed and not (written[0].isupper() and inside):
            return None
    return Moment(start, end, text[start:end], year=year, month=number, day=day)


def _numeric(text: str, language: str | None) -> Iterator[Moment]:
    """Dates in digits; 03/04/2017 in English yields both of its readings."""
    for match in _PATTERNS["numeric"].finditer(text):
        if match["y"]:
            readings = [(int(match["y"]), int(match["m"]), int(match["d"]))]
        else:
            first, second, year = int(match["a"]), int(match["b"]), int(match["c"])
            year += 0 if year > 99 else 2000
            readings = [(year, second, first)]
            if language in (None, "en") and match["mark"] == "/" and first != second:
                readings.append((year, first, second))
        for year, month, day in readings:
            if 1 <= month <= 12 and 1 <= day <= 31:
                yield Moment(*match.span(), match.group(), year=year, month=month, day=day)


def _years(text: str) -> Iterator[Moment]:
    for match in _PATTERNS["year"].finditer(text):
        start, end = match.span()
        if short := match["short"]:
            yield Moment(start, end, match.group(), year=1900 + int(short), decade=True)
            continue
        year = int(match["year"])
        yield Moment(start, end, match.group(), year=year, decade=bool(match["s"]))
        if to := match["to"]:
            yield Moment(
                start, end, match.group(), year=int(to if len(to) == 4 else f"{year // 100}{to}")
            )


def _clocks(text: str) -> Iterator[Moment]:
    for match in _PATTERNS["clock"].finditer(text):
        if match["name"]:
            minute = 0
        elif match["h"]:
            minute = int(match["h"]) % 12 * 60 + int(match["m"] or 0)
            minute += 720 if match["half"].lower() == "p" else 0
        else:
            minute = int(match["h24"]) * 60 + int(match["m24"])
        yield Moment(*match.span(), match.group(), minute=minute)


def _relative(text: str) -> Iterator[Moment]:
    for match in _PATTERNS["relative"].finditer(text):
        start, end = match.span()
        steps = -1
        if which := match["which"]:
            steps = -1 if which.lower() == "last" else 1
        elif not match["one"]:
            begin = max(0, start - _LONGEST_COUNT)
            counts = [one for one in find_numerals(text[begin:start], "en") if one.value < 100]
            if not counts or begin + counts[-1].end < start - 1 or counts[-1].value % 1:
                continue
            start, steps = begin + counts[-1].start, -int(counts[-1].value)
        unit = (match["unit"] or match["units"]).lower()
        yield Moment(start, end, text[start:end], offset=Offset(unit, steps))


@lru_cache
def calendar(language: str | None) -> Calendar:
    """The calendar of ``language``; the English one for a language that is not known."""
    code = language if language and listed(language, "months") else "en"
    months = _numbered(listed(code, "months"), first=1)
    if code == "en":
        months |= _numbered(listed("en", "short_months"), first=1) | {"sep": 9}
    days = {
        word: offset
        for offset, day in enumerate(("yesterday", "today", "tomorrow"), start=-1)
        for word in listed(code, day)
    }
    return Calendar(months, _numbered(listed(code, "weekdays"), first=0), days)


def _numbered(names: Sequence[str], *, first: int) -> dict[str, int]:
    return {name: number for number, name in enumerate(names, start=first)}
