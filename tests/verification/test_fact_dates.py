from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.verification.dates import find_dates, supports

WEDNESDAY = date(2017, 12, 20)


def supported(
    claim: str, source: str, published: date | None = None, language: str | None = None
) -> bool:
    moments = find_dates(claim, language)
    assert moments, f"no date found in {claim!r}"
    known = find_dates(source, language)
    return all(supports(moment, known, published=published) for moment in moments)


@pytest.mark.parametrize(
    "written",
    [
        "20 December 2017",
        "December 20, 2017",
        "Dec. 20, 2017",
        "20December 2017",
        "the 20th of December 2017",
        "2017-12-20",
        "20.12.2017",
        "12/20/2017",
    ],
)
def test_formats_of_one_day_agree(written: str) -> None:
    assert supported("20 December 2017", written)
    assert not supported("21 December 2017", written)


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("in December", "on Dec. 20"),
        ("in 2017", "on 20 December 2017"),
        ("on Wednesday", "on 20 December 2017"),
        ("in 2012", "the 2010-12 season"),
        ("in the 1980s", "in 1984"),
        ("at 9:45pm", "at 21:45"),
        ("at 9.45pm", "at 9:45 p.m."),
        ("from may 27 to june 7", "between 27 May and 7 June"),
    ],
)
def test_the_less_precise_follows_from_the_more_precise(claim: str, source: str) -> None:
    assert supported(claim, source)


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("on Dec. 20", "in December"),
        ("in June", "in March"),
        ("on Friday", "on Tuesday"),
        ("in 2015", "in 2016"),
        ("in 1984", "in the 1980s"),
        ("20 December 2016", "20 December"),
        ("on Thursday", "on 20 December 2017"),
        ("at 9pm", "at 8pm"),
    ],
)
def test_another_date_is_no_support(claim: str, source: str) -> None:
    assert not supported(claim, source)


@pytest.mark.parametrize(
    ("claim", "source", "expected"),
    [
        ("on Tuesday", "yesterday", True),
        ("on Monday", "yesterday", False),
        ("on 19 December", "on Tuesday", True),
        ("on 18 December", "on Tuesday", False),
        ("in 2016", "last year", True),
        ("in 2015", "two years ago", True),
        ("last month", "in November", True),
        ("last month", "in May", False),
        ("20 December 2017", "nothing", True),
        ("19 December 2017", "on 19 December", True),
    ],
)
def test_relative_dates_are_resolved_from_the_day_of_publication(
    claim: str, source: str, expected: bool
) -> None:
    assert supported(claim, source, WEDNESDAY) is expected


def test_what_cannot_be_resolved_counts_as_right() -> None:
    assert supported("yesterday", "on Tuesday")
    assert not supported("on Tuesday", "yesterday")  # a guess of the summary's author


@pytest.mark.parametrize(
    "text", ["May I go?", "They may leave and march on.", "scored 2-1", "paid $2000", "5,2010"]
)
def test_what_looks_like_a_date_is_none(text: str) -> None:
    assert find_dates(text) == []


@pytest.mark.parametrize(
    ("language", "claim", "source"),
    [
        ("fr", "en décembre", "le 3 décembre 2017"),
        ("de", "am Dienstag", "gestern"),
        ("es", "el martes", "el martes 19 de diciembre"),
        ("pt", "na terça-feira", "na terça-feira"),
    ],
)
def test_other_languages(language: str, claim: str, source: str) -> None:
    assert supported(claim, source, WEDNESDAY, language)


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_dates_have_exact_offsets_in_any_text(text: str) -> None:
    for moment in find_dates(text):
        assert text[moment.start : moment.end] == moment.text


@given(st.dates(), st.dates())
def test_any_two_dates_can_be_compared(day: date, published: date) -> None:
    claim = find_dates(day.isoformat()) + find_dates("yesterday, last month, in ten years")
    for moment in claim:
        supports(moment, find_dates("on Tuesday, 9 years ago, last month"), published=published)


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("12 years ago", "twelve years ago"),
        ("twenty-five years ago", "25 years ago"),
        ("a year ago", "one year ago"),
    ],
)
def test_a_distance_in_words_is_the_one_in_digits(claim: str, source: str) -> None:
    (stated,) = find_dates(claim)
    (known,) = find_dates(source)
    assert stated.offset == known.offset
    assert stated.text == claim
