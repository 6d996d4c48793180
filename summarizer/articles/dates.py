"""The calendar day that a label or a line of its own names; never a guess."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from typing import Any

from summarizer.articles.tables import any_of, names_in
from summarizer.text import detect_language

_LONGEST = 60
# Seconds since 1970 in data: 2001 to 2096. A smaller number is something else, such as a year.
_SECONDS = (1_000_000_000, 4_000_000_000)
_NUMBER_OF_SECONDS = re.compile(r"\d{10}(?:\d{3})?(?:\.\d+)?")  # or of milliseconds
_ISO_WEEK_OR_DIGITS = re.compile(r"\d{4}-?W\d\d-?\d|(?:19|20)\d{6}")
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?![\d-])")
# 03/04/2020 is in March for some readers and in April for others. With dots it is day first.
_SLASHES = re.compile(r"(?<!\d)(\d{1,2})[/-](\d{1,2})[/-](?:19|20)\d\d(?!\d)")
# 25.03.12 is of 2012, but of 2025 where the year comes first; so is 25/03/12. 3/25/12 is certain.
_SHORT_YEAR = re.compile(r"(?<![\d.,/])(\d{1,2})([./])(\d{1,2})\2(\d\d)(?![\d./])")
_YEAR_OF_MONTH = re.compile(r"(?<=\d)((?:\. |[ -])[^\W\d_]{3,9}\.?[ -])['’]?(\d\d)$")  # 4 Mar 25
_YEAR_FIRST = ("ja", "zh", "ko", "hu", "lt", "mn")
_YEAR = re.compile(r"(?<!\d)(?:1[6-9]|20|13|14)\d\d(?!\d)")
_NUMBER = re.compile(r"\d+")
_CLOCK_AFTER = re.compile(r"(?:,| -)? (?:[01]?\d|2[0-3]):[0-5]\d$")
_BEFORE_CLOCK = re.compile(any_of("dates", "before_clock") + r"(?=\d{1,2}[:.h]\d\d)", re.I)
_HOURS = re.compile(r"(?<=\d)h(?=\d\d(?!\d))")
# Years that are counted from another one: "令和5年", "民國112年", and those of Buddhists.
_ERAS = {name: int(year) for name, year in map(str.split, names_in("dates")["eras"])}
_OF_ERA = re.compile(rf"({'|'.join(_ERAS)})\s?(\d{{1,3}}|元)(?=年)")
_LEVANTINE = dict(names.rsplit(" ", 1) for names in names_in("dates")["levantine_months"])
_OF_LEVANT = re.compile(rf"(?<=\d )({'|'.join(_LEVANTINE)})(?=،? \d)")
_BUDDHIST = re.compile(r"(?<=[\u0e00-\u0eff\s/])2[45]\d\d(?!\d)")
_WORD = re.compile(r"[^\W\d_]{2,}")
_MOST_WORDS = 6
_PERSIAN_MONTHS = names_in("dates")["persian_months"]
_PERSIAN_NAMES = re.compile(any_of("dates", "persian_day"))
_PERSIAN_NUMBERS = re.compile(r"(?<!\d)(1[34]\d\d)[/-](\d{1,2})[/-](\d{1,2})(?!\d)")
_SECOND_NAME = re.compile(any_of("days", "second_name"))
# Written in one area, or so alike that a short text may pass for the other.
_ALIKE = [group.split() for group in names_in("dates")["alike"]]
_language: ContextVar[Callable[[], str | None]] = ContextVar("_language", default=lambda: None)
_GLUED = re.compile(r"(?<=\d)(?=[^\W\d_]{3})")


@contextmanager
def dates_in(text: str) -> Iterator[None]:
    """Inside, a day is read in the language of ``text`` and its neighbours, and in English.

    To load what dateparser knows of all its languages takes 2 CPU seconds. The language is looked
    for when the first day needs it.
    """
    token = _language.set(cache(lambda: detect_language(text)))
    try:
        yield
    finally:
        _language.reset(token)


def parse_date(text: str) -> date | None:
    """The day that the whole of ``text`` names, in any of about 200 languages, else None.

    A day without a year, a relative date ("yesterday"), and 03/04/2020, which is two dates, are
    None. The clock time and its zone are dropped: the day is the one that the page shows.

    >>> parse_date("20December 2017 - 15:30")
    datetime.date(2017, 12, 20)
    """
    text = text.strip()
    if len(text) > _LONGEST or not any(map(str.isdecimal, text)):
        return None
    if iso := _ISO.match(text):
        with suppress(ValueError):
            return date(*map(int, iso.groups()))
        return None
    # Both names of a month: "4 مارس/ آذار 2025".
    text = _SECOND_NAME.sub(" ", text)
    western = _common_era("".join(str(int(c)) if c.isdecimal() else c for c in text))
    western = _OF_LEVANT.sub(lambda month: _LEVANTINE[month[1]], western)
    western = _with_century(_HOURS.sub(":", _BEFORE_CLOCK.sub(" ", western)))
    # Without a day and a year, or with many words, it is prose: dateparser would take a fifth of
    # a second to find that out in all its languages.
    if not _YEAR.search(western) or len(_NUMBER.findall(western)) < 2:
        return None
    if len(_WORD.findall(western)) > _MOST_WORDS:
        return None
    # "1439/4/2 هـ الموافق 2017/12/20": of the Islamic calendar, and then of the common one.
    western = western.rpartition("الموافق")[2].removesuffix(" م")
    if jalali := _jalali(western):
        # In the Persian calendar an Islamic year is 40 years on.
        return jalali if jalali <= datetime.now(UTC).date() + timedelta(days=366) else None
    numeric = _SLASHES.search(western)
    if numeric and numeric[1] != numeric[2] and max(int(numeric[1]), int(numeric[2])) <= 12:
        return None
    spaced = _GLUED.sub(" ", western)
    # In English, with the whole name of its month: to read it elsewhere takes half a second for
    # what is known of languages, and that of the text.
    english = _in_form(_CLOCK_AFTER.sub("", spaced), "%d %B %Y", "%B %d, %Y")
    return english or _parse(spaced, _languages(_language.get()()))


def first_day(lines: Iterable[str]) -> date | None:
    """The day on the first line that is one, alone."""
    return next(filter(None, map(parse_date, lines)), None)


def _common_era(text: str) -> str:
    text = _OF_ERA.sub(lambda m: str(_ERAS[m[1]] + (1 if m[2] == "元" else int(m[2]))), text)
    if not any("\u0e00" <= letter <= "\u0eff" for letter in text):
        return text
    text = text.replace("มี.ค.", "มีนาคม")  # dateparser takes it for January
    return _BUDDHIST.sub(lambda m: str(int(m[0]) - 543), text)


def _with_century(text: str) -> str:
    """With the century of a year of two digits, where it is certain which number is the year."""
    latest = datetime.now(UTC).year + 1

    def whole(day: re.Match[str]) -> str:
        *_, year = day.groups()
        century = latest // 100 - (latest // 100 * 100 + int(year) > latest)
        return f"{day[0].removesuffix(year).rstrip(chr(39) + '’')}{century}{year}"

    text = _YEAR_OF_MONTH.sub(whole, text)
    if not (found := _SHORT_YEAR.search(text)):
        return text
    month_first = found[2] == "/" and int(found[3]) > 12
    certain = month_first or _language.get()() not in _YEAR_FIRST
    return _SHORT_YEAR.sub(whole, text) if certain else text


def to_date(value: Any) -> date | None:
    """The day of a value from YAML, JSON or CSV: a date, a time, or text."""
    if isinstance(value, dict):  # of MongoDB
        value = value.get("$date")
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = str(value).strip() if isinstance(value, int | float | str) else ""
    if _NUMBER_OF_SECONDS.fullmatch(text):
        seconds = float(text) if float(text) < _SECONDS[1] else float(text) / 1000
        if _SECONDS[0] <= seconds < _SECONDS[1]:
            return datetime.fromtimestamp(seconds, UTC).date()
    if _ISO_WEEK_OR_DIGITS.fullmatch(text):
        with suppress(ValueError):
            return date.fromisoformat(text)
        return None
    # "Tue Mar 04 10:00:00 +0000 2025"
    return _in_form(text, "%a %b %d %H:%M:%S %z %Y") or parse_date(text)


def _in_form(text: str, *forms: str) -> date | None:
    for form in forms:
        with suppress(ValueError):
            return datetime.strptime(text, form).date()
    return None


def _jalali(text: str) -> date | None:
    """A day of the Persian calendar: "12 اسفند 1404", 1404/12/12.

    Of 33 years 8 are leap years, which is right from 1343 to 1472 (1964 to 2093).
    """
    text = text.replace("ي", "ی").replace("ك", "ک")  # as Arabic keyboards write them
    if match := _PERSIAN_NUMBERS.search(text):
        year, month, day = map(int, match.groups())
    elif match := _PERSIAN_NAMES.search(text):
        year, month, day = int(match[3]), _PERSIAN_MONTHS.index(match[2]) + 1, int(match[1])
    else:
        return None
    days = 30 if month > 6 else 31
    if not (1300 <= year < 1500 and 1 <= month <= 12 and 1 <= day <= days):
        return None
    before = min(month - 1, 6) * 31 + max(month - 7, 0) * 30
    # 8/33 of the years are leap years; 21 March 1996 was the first day of 1375.
    leaps = (8 * year + 21) // 33 - (8 * 1375 + 21) // 33
    return date(1996, 3, 20) + timedelta((year - 1375) * 365 + leaps + before + day - 1)


def _languages(language: str | None) -> tuple[str, ...] | None:
    """The languages in which an article in ``language`` may name a day; None: all."""
    from dateparser.data.languages_info import (  # type: ignore[import-untyped]
        language_order,
    )

    if language is None:
        return None
    alike = next((group for group in _ALIKE if language in group), (language,))
    known = tuple(name for name in alike if name in language_order)
    return (*known, "en") if known else None


@lru_cache(maxsize=1024)
def _parse(text: str, languages: tuple[str, ...] | None) -> date | None:
    import dateparser  # type: ignore[import-untyped]

    found = dateparser.parse(
        text,
        languages=languages,
        settings={
            "PARSERS": ["absolute-time"],
            "STRICT_PARSING": True,
            "DATE_ORDER": "DMY",
            "PREFER_LOCALE_DATE_ORDER": False,
        },
    )
    return found.date() if found else None
