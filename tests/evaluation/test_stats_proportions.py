from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

from summarizer.evaluation.stats.significance import sign_test, wilson_interval

counts = st.integers(0, 300)


@given(counts, counts)
def test_the_sign_test_is_the_binomial_test_of_scipy(wins: int, losses: int) -> None:
    expected = stats.binomtest(wins, wins + losses).pvalue if wins + losses else 1.0
    assert sign_test(wins, losses) == pytest.approx(expected, rel=1e-9)
    assert 0 < sign_test(wins, losses) == sign_test(losses, wins) <= 1


@pytest.mark.parametrize(("b", "c"), [(0, 5), (3, 9), (25, 11), (7, 7)])
def test_mcnemar_is_that_of_statsmodels(b: int, c: int) -> None:
    reference = mcnemar([[40, b], [c, 8]], exact=True)
    assert sign_test(b, c) == pytest.approx(reference.pvalue)


def test_a_landslide_is_not_impossible() -> None:
    assert sign_test(5000, 0) > 0


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        # Newcombe, Statistics in Medicine 17 (1998), 857-872, table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_newcombes_examples(successes: int, n: int, low: float, high: float) -> None:
    found = wilson_interval(successes, n)
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_wilson_interval_is_that_of_statsmodels(sample: tuple[int, int]) -> None:
    successes, n = sample
    low, high = proportion_confint(successes, n, alpha=0.1, method="wilson")
    found = wilson_interval(successes, n, confidence=0.9)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-12)
    assert 0 <= found.low <= found.value <= found.high <= 1
