"""Hostile text is read in about linear time and never raises."""

from __future__ import annotations

from datetime import date

import pytest
from growth import assert_linear

from summarizer.articles.article import Article
from summarizer.verification import verify_summary

SIZE = 10_000


@pytest.mark.parametrize(
    "unit",
    [
        "A ", "A", "'a ", "`a ", '"', "“", "«", "9", "1,", "1 ", "1-", "million ", "3 million ",
        "a.", "U.S.", "Mr. ", "[", "\n", " ", "\u0301", "2017-", "ten years ago ", "-a", "a'",
        "said A ", "万", "e\u0301", "about ", "nine hundred ",
    ],
)  # fmt: skip
def test_repetition(unit: str) -> None:
    def check(size: int) -> None:
        text = unit * (size // len(unit))
        verify_summary([text[:2_000], "A said 'a million' on 3 May."], Article(text=text))

    assert_linear(check, SIZE)


@pytest.mark.parametrize("published", [date.min, date.max])
def test_a_day_of_publication_at_the_end_of_the_calendar(published: date) -> None:
    article = Article(text="On Tuesday, 9 years ago, last month.", published=published)
    verify_summary(["Yesterday, last month, 99 years ago, on Monday."], article)


def test_numbers_beyond_all_measure() -> None:
    sentence = f"It cost {'9' * 400} or {'million ' * 60} or 3 {'million ' * 60} euros."
    verify_summary([sentence], Article(text=sentence))
