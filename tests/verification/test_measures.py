from __future__ import annotations

import pytest

from summarizer.verification.arithmetic import converts
from summarizer.verification.numbers import find_numbers


def borne_out(claim: str, source: str, language: str = "en") -> bool:
    (number,) = find_numbers(claim, language)
    return converts(claim, number, source, find_numbers(source, language))


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("roughly 37 miles away", "60 kilometres away"),
        ("4,300 square feet", "400 square metres"),
        ("36 million miles", "58 million kilometres"),
        ("at 62 mph", "at 100 km/h"),
        ("150 pounds of grain", "68 kg of grain"),
        ("210 minutes", "three and a half hours"),
        ("three years", "36 months"),
        ("minus 24 degrees Fahrenheit", "minus 31 degrees Celsius"),
    ],
)
def test_a_number_in_another_unit_is_borne_out(claim: str, source: str) -> None:
    assert borne_out(claim, source)
    assert borne_out(source, claim)


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("roughly 47 miles away", "60 kilometres away"),
        ("59 kilometres away", "60 kilometres away"),
        ("60 miles away", "60 kilometres away"),
        ("37 miles away", "60 kilograms"),
        ("24 degrees Fahrenheit", "minus 31 degrees Celsius"),
        ("37 people", "60 kilometres"),
        ("three years", "30 months"),
        ("12 years", "12 days"),
    ],
)
def test_a_wrong_one_is_not(claim: str, source: str) -> None:
    assert not borne_out(claim, source)


@pytest.mark.parametrize(
    ("language", "claim", "source"),
    [
        ("es", "a unos 10.200 pies de altitud", "a 3.120 metros"),
        ("de", "rund 5 Meilen", "8 Kilometer"),
        ("fr", "environ 1000 pieds", "300 mètres"),
        ("de", "210 Minuten", "dreieinhalb Stunden"),
        ("fr", "210 minutes", "trois heures et demie"),
        ("es", "veinte años", "dos décadas"),
    ],
)
def test_other_languages_have_units(language: str, claim: str, source: str) -> None:
    assert borne_out(claim, source, language)
