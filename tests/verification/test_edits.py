"""Small edits that turn a true sentence into a false one, and rewordings that do not."""

from __future__ import annotations

import pytest

from summarizer.articles.article import Article
from summarizer.verification import verify_summary

REST = (
    " The mayor spoke to reporters at the town hall and thanked all who helped."
    " A report is due in the spring."
)
FALSE = [
    ("The rate rose by 0.5% in May.", "The rate rose by 1% in May."),
    ("The rate rose by 1.5% in May.", "The rate rose by 2% in May."),
    ("The hall was built 35 years ago by monks.", "The hall was built 50 years ago by monks."),
    ("The trial lasted 12 days.", "The trial lasted 12 years."),
    ("The flight took three hours.", "The flight took three minutes."),
    ("The deal is worth 3 billion euros.", "The deal is worth 3 million euros."),
    ("Billions of euros were lost.", "Millions of euros were lost."),
    ("Hundreds marched through the city.", "Tens of thousands marched through the city."),
    ("SARS-CoV-2 spread in the city.", "SARS-CoV-4 spread in the city."),
    ("The council met today to vote.", "The council met on Thursday to vote."),
    ("The council approved the bridge plan.", "The council failed to approve the bridge plan."),
    ("Lunch is included in the tour's price.", "Lunch is excluded from the tour's price."),
    ("The crowd waited inside the court.", "The crowd waited outside the court."),
    ("Shares of the bank tumbled on Monday.", "Shares of the bank surged on Monday."),
    ("Police arrested the man on Monday.", "Police released the man on Monday."),
]
TRUE = [
    ("Smith lost the final to Jones on Sunday.", "Jones won the final."),
    ("The shop sold its house to the council.", "The council bought the house from the shop."),
    ("A 46m well was drilled near the village.", "A 46-metre well was drilled."),
    ("A 46-metre well was drilled near the village.", "A well of 46m was drilled."),
    ("The show drew 1.2m people in May.", "The show drew 1.2 million people."),
    ("There was no reason to close. The price was reasonable.", "The price was reasonable."),
    ("Thirteen of the 22 players were ill.", "13 out of the 22 players were ill."),
    ("33 percent of voters stayed at home.", "A third of voters stayed at home."),
    ("Manchester United beat Arsenal 2-1 on Sunday.", "Man Utd beat Arsenal 2-1."),
    ("Wolverhampton Wanderers beat Arsenal on Sunday.", "Wolves beat Arsenal."),
    ("Tottenham Hotspur beat Arsenal on Sunday.", "Spurs beat Arsenal."),
    ("Inflation was 4.96 percent.", "Inflation was 5 percent."),
    ("The boy, aged 12, won the race.", "The 12-year-old boy won the race."),
    ("The 12-day strike is over.", "The strike of 12 days is over."),
    ("Some 4,300 people marched. Hundreds wore masks.", "Thousands marched."),
    ("COVID 19 spread in the city.", "Covid-19 spread in the city."),
]


def flags(article: str, sentence: str) -> list[str]:
    """What the checks say of a sentence about an article."""
    found = verify_summary([sentence], Article(text=article + REST, language="en", source="x"))
    return [f"{check.kind}: {check.message}" for check in found.checks]


@pytest.mark.parametrize(("article", "sentence"), FALSE)
def test_an_edit_that_changes_what_is_said_is_flagged(article: str, sentence: str) -> None:
    assert flags(article, sentence)


@pytest.mark.parametrize(("article", "sentence"), TRUE)
def test_a_rewording_that_keeps_what_is_said_is_not_flagged(article: str, sentence: str) -> None:
    assert flags(article, sentence) == []
