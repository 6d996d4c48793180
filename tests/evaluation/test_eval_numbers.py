from __future__ import annotations

import pytest

from summarizer.evaluation.figures import number


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.000"),
        (-1e-12, "0.000"),
        (0.0004, "0.00040"),
        (-0.000_012_3, "-0.000012"),
        (0.009_96, "0.0100"),
        (0.01, "0.010"),
        (0.12345, "0.123"),
        (9.9994, "9.999"),
        (16.61, "16.6"),
        (1234.5, "1,234"),
    ],
)
def test_a_value_has_the_digits_that_it_needs(value: float, text: str) -> None:
    assert number(value) == text


def test_a_difference_has_its_sign() -> None:
    assert [number(value, "+") for value in (0.5, 0.0, -0.0004)] == [
        "+0.500",
        "+0.000",
        "-0.00040",
    ]


def test_what_is_not_known_is_a_dash() -> None:
    assert [number(None), number(0.0004)] == ["-", "0.00040"]
