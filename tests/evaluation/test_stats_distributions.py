from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from summarizer.evaluation.stats.distributions import (
    critical_t,
    incomplete_beta,
    two_sided_t,
)

DEGREES = [0.5, 1, 1.5, 2, 5.5, 10, 29, 99, 999.5]


@given(
    st.floats(0, 1),
    st.floats(0.1, 500),
    st.floats(0.1, 500),
)
def test_the_incomplete_beta_function_is_that_of_scipy(x: float, a: float, b: float) -> None:
    expected = special.betainc(a, b, x)
    assert incomplete_beta(x, a=a, b=b) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("df", DEGREES)
@pytest.mark.parametrize("t", [0.0, 1e-4, 0.3, 1.0, -2.045, 4.06, 30.0])
def test_tail_probabilities_are_those_of_scipy(t: float, df: float) -> None:
    assert two_sided_t(t, df) == pytest.approx(2 * stats.t.sf(abs(t), df), rel=1e-11)


@pytest.mark.parametrize("df", DEGREES)
@pytest.mark.parametrize("alpha", [0.9, 0.5, 0.05, 0.01, 1e-6])
def test_critical_values_are_those_of_scipy(alpha: float, df: float) -> None:
    assert critical_t(alpha, df) == pytest.approx(stats.t.isf(alpha / 2, df), rel=1e-11)


@pytest.mark.parametrize("df", [1e5, 9e6, 1e9])
def test_many_degrees_of_freedom_cost_no_precision_that_matters(df: float) -> None:
    assert critical_t(0.05, df) == pytest.approx(stats.t.isf(0.025, df), rel=1e-7)
    assert two_sided_t(3, df) == pytest.approx(2 * stats.t.sf(3, df), rel=1e-6)


@pytest.mark.parametrize("df", [1, 99, 1e9])
@pytest.mark.parametrize("t", [1e6, 1e200, math.inf])
def test_no_tail_probability_is_zero(t: float, df: float) -> None:
    assert two_sided_t(t, df) > 0
