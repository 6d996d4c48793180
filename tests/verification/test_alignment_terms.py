from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.verification.alignment import content_terms, terms


@pytest.mark.parametrize(
    ("one", "other", "language"),
    [
        ("three votes", "3 votes", "en"),
        ("1,200 people", "1200 people", "en"),
        ("5 percent", "5 %", "en"),
        ("$2bn", "2 billion dollars", "en"),
        ("May 3", "3rd of May", "en"),
        ("at 9.45 pm", "at 21:45", "en"),
        ("zwölf Prozent am 3. Mai", "12 % am 3. Mai", "de"),
        ("deux millions d'euros", "2 millions d'euros", "fr"),
        ("doce por ciento", "12 %", "es"),
    ],
)
def test_two_ways_to_write_a_quantity_are_one(one: str, other: str, language: str) -> None:
    assert terms(one, language) == terms(other, language)


def test_other_quantities_stay_apart() -> None:
    assert len({tuple(terms(text)) for text in ("5 %", "5", "$5", "5 May", "6 %", "5m")}) == 6


def test_words_are_stems_and_function_words_are_no_content() -> None:
    assert content_terms("The three announcements of the council") == ["3", "announ", "counci"]
    assert content_terms("of the") == ["of", "the"]


@given(st.text(max_size=200), st.sampled_from(["en", "de", "fr", "zh", None]))
def test_any_text_has_terms(text: str, language: str | None) -> None:
    assert set(content_terms(text, language)) <= set(terms(text, language))
