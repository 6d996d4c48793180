from __future__ import annotations

import pytest

from summarizer.articles.article import Article
from summarizer.verification import verify_summary

TEXT = """Norland and Sudia signed a pact on border crossings. Ministers praised Norland and Sudia.

"The two sides are installing concrete walls and barriers along the river," Mr Hale added.

Halvorsen scored twice before the interval in the final at Tarn. Bruno was sent off for arguing with
the referee in the second half. The crowd sang for Halvorsen and booed Bruno.

President Oksana Relling called up six thousand reservists. Critics of Torvia and Relling met.
"""


def messages(claim: str, text: str = TEXT) -> list[str]:
    article = Article(text=text, language="en")
    return [check.message for check in verify_summary([claim], article).checks]


@pytest.mark.parametrize(
    ("claim", "whom"),
    [
        ("Norland is installing concrete walls and barriers along the river.", "The two sides"),
        ("Bruno scored twice before the interval in the final.", "Halvorsen"),
        ("Halvorsen was sent off for arguing with the referee.", "Bruno"),
    ],
)
def test_a_deed_that_is_another_s_is_told(claim: str, whom: str) -> None:
    name = claim.split()[0]
    assert messages(claim) == [f"the article says this of {whom!r}, not of {name!r}"]


@pytest.mark.parametrize(
    ("claim", "whom"),
    [
        ("Halvorsen scored twice and was sent off for arguing with the referee.", "Bruno"),
        ("Bruno was sent off, but scored twice before the interval.", "Halvorsen"),
    ],
)
def test_the_deed_of_another_joined_to_a_right_one_is_told(claim: str, whom: str) -> None:
    name = claim.split()[0]
    assert messages(claim) == [f"the article says this of {whom!r}, not of {name!r}"]


@pytest.mark.parametrize(
    "claim",
    [
        "Halvorsen scored twice and the crowd sang for Halvorsen.",
        "Bruno was sent off for arguing and booed by the crowd.",
        "The two sides are installing concrete walls and barriers along the river.",
        "Norland and Sudia are installing concrete walls and barriers along the river.",
        "Norland said the two sides are installing concrete walls along the river.",
        "Halvorsen scored twice before the interval.",
        "Torvia called up six thousand reservists.",
    ],
)
def test_the_same_subject_and_one_that_acts_for_it_are_right(claim: str) -> None:
    assert messages(claim) == []


def test_another_spelling_is_the_same_name() -> None:
    text = (
        "Zolfaghari agreed to meet four times a year. Officials praised Zolfaghari. So did Relling."
    )
    assert messages("Zolfaqari agreed to meet four times a year.", text) == []


def test_names_side_by_side_may_be_one_s() -> None:
    text = TEXT + " Halvorsen Bruno is a firm."
    assert messages("Bruno scored twice before the interval in the final.", text) == []


def test_other_languages_are_not_judged() -> None:
    article = Article(text=TEXT, language="nl")
    claim = "Bruno scored twice before the interval in the final."
    assert verify_summary([claim], article).checks == ()
