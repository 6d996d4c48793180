from __future__ import annotations

import itertools
import math

import pytest
from for_each import for_each
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.power import TTestPower

from summarizer.evaluation.stats.power import minimum_detectable_effect, required_n, t_test_power


@for_each(itertools.product([1, 29, 999], [0.0, 2.8, 5.0], [0.05, 0.001]))
def test_power_is_the_noncentral_t_of_scipy(given: tuple[int, float, float]) -> None:
    df, noncentrality, alpha = given
    critical = stats.t.isf(alpha / 2, df)
    expected = stats.nct.sf(critical, df, noncentrality) + stats.nct.cdf(
        -critical, df, noncentrality
    )
    assert t_test_power(noncentrality, df, alpha=alpha) == pytest.approx(expected, abs=1e-7)


@for_each(itertools.product([3, 30, 1000], [0.5, 0.95]))
def test_the_detectable_effect_is_that_of_statsmodels(given: tuple[int, float]) -> None:
    n, power = given
    expected = 0.2 * TTestPower().solve_power(nobs=n, alpha=0.05, power=power)
    assert minimum_detectable_effect(0.2, n, power=power) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("effect", [0.02, -0.05, 0.3])
def test_the_number_of_articles_is_that_of_statsmodels(effect: float) -> None:
    expected = TTestPower().solve_power(abs(effect) / 0.2, alpha=0.05, power=0.8)
    assert required_n(effect, 0.2) == math.ceil(expected)


@pytest.mark.parametrize(("n", "effect"), [(50, 0.079), (100, 0.056), (200, 0.040), (500, 0.025)])
def test_many_articles_need_the_well_known_factor(n: int, effect: float) -> None:
    assert minimum_detectable_effect(0.2, n) == pytest.approx(2.80 * 0.2 / math.sqrt(n), rel=0.03)
    assert minimum_detectable_effect(0.2, n) == pytest.approx(effect, abs=2e-3)


@given(st.floats(0.01, 1), st.floats(0.05, 1))
def test_the_articles_required_are_the_first_that_detect_the_effect(
    effect: float, sd: float
) -> None:
    n = required_n(effect, sd)
    assert minimum_detectable_effect(sd, n) <= effect
    assert n == 2 or minimum_detectable_effect(sd, n - 1) > effect


def test_fewer_degrees_of_freedom_detect_less() -> None:
    lone = minimum_detectable_effect(0.2, 12)
    assert minimum_detectable_effect(0.2, 12, df=11) == lone
    assert minimum_detectable_effect(0.2, 12, df=3) > 1.2 * lone


def test_one_story_detects_nothing() -> None:
    assert minimum_detectable_effect(0.2, 1) == math.inf
    assert minimum_detectable_effect(0.2, 9, df=0) == math.inf


def test_without_spread_two_articles_suffice() -> None:
    assert minimum_detectable_effect(0.0, 30) == 0
    assert required_n(0.1, 0.0) == 2


def test_a_tiny_effect_needs_very_many_articles() -> None:
    expected = (stats.norm.isf(0.025) + stats.norm.isf(0.2)) ** 2 * (0.2 / 1e-6) ** 2
    assert required_n(1e-6, 0.2) == pytest.approx(expected, rel=1e-5)
