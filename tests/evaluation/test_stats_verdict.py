from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.evaluation.stats.interval import Interval, paired_difference
from summarizer.evaluation.stats.power import MarginVerdict, required_n, verdict


def interval(low: float, high: float, *, n: int = 100) -> Interval:
    error = (high - low) / 2 / 1.984
    return Interval((low + high) / 2, low, high, error, n - 1, n, n, 0.5, 0.95)


@pytest.mark.parametrize(
    ("low", "high", "outcome"),
    [
        (0.01, 0.05, "pass"),
        (-0.01, 0.01, "pass"),
        (-0.02, 0.01, "pass"),
        (-0.05, -0.03, "regress"),
        (-0.05, -0.01, "inconclusive"),
        (-0.03, 0.09, "inconclusive"),
    ],
)
def test_the_whole_interval_must_be_on_one_side(low: float, high: float, outcome: str) -> None:
    assert verdict(interval(low, high), 0.02).outcome == outcome


def test_an_inconclusive_verdict_says_how_many_articles_would_settle_it() -> None:
    seen = interval(-0.03, 0.03)
    assert seen.standard_error is not None
    found = verdict(seen, 0.02)
    assert found.n_needed == required_n(0.02, seen.standard_error * 10)
    assert found.n_needed > 100
    assert verdict(interval(0.0, 0.1), 0.02) == MarginVerdict("pass", None)


def test_no_number_of_articles_settles_a_difference_on_the_margin() -> None:
    assert verdict(interval(-0.04, 0.0), 0.02) == MarginVerdict("inconclusive", None)
    assert verdict(interval(-0.05, 0.050001), 0.0) == MarginVerdict("inconclusive", None)


def test_one_article_settles_nothing() -> None:
    assert verdict(paired_difference([0.5]), 0.02) == MarginVerdict("inconclusive", None)


def test_two_articles_that_agree_settle_nothing() -> None:
    for value in (0.5, -0.5):
        assert verdict(paired_difference([value] * 2), 0.02) == MarginVerdict("inconclusive", None)


def test_identical_outputs_pass_without_a_margin() -> None:
    assert verdict(paired_difference([0.0] * 8), 0.0).outcome == "pass"


@given(st.floats(-1, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_a_wider_margin_never_turns_a_pass_away(
    low: float, width: float, margin: float, more: float
) -> None:
    order = ["regress", "inconclusive", "pass"]
    seen = interval(low, low + width)
    strict, lenient = verdict(seen, margin).outcome, verdict(seen, margin + more).outcome
    assert order.index(strict) <= order.index(lenient)


def test_the_number_needed_settles_it_four_times_of_five() -> None:
    generator = np.random.default_rng(15)
    sd, margin = 0.2, 0.05
    n = verdict(Interval(0.0, -0.1, 0.1, sd / 6, 35, 36, 36, 1.0, 0.95), margin).n_needed
    assert n is not None
    settled = [
        verdict(paired_difference(generator.normal(0, sd, size=n)), margin).outcome == "pass"
        for _ in range(1000)
    ]
    assert np.mean(settled) == pytest.approx(0.8, abs=0.03)
