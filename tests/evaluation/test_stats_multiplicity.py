from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from summarizer.evaluation.stats.significance import benjamini_hochberg, holm

# Benjamini and Hochberg (1995), section 4.1: Bonferroni finds 3 at 5 %, their procedure 4.
THROMBOLYSIS = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459,
    0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0,
]  # fmt: skip

p_lists = st.lists(st.floats(1e-12, 1), min_size=1, max_size=12)


def test_the_example_of_benjamini_and_hochberg() -> None:
    assert sum(p <= 0.05 for p in benjamini_hochberg(THROMBOLYSIS)) == 4
    assert sum(p <= 0.05 for p in holm(THROMBOLYSIS)) == 3


@pytest.mark.parametrize(
    "p_values", [THROMBOLYSIS, THROMBOLYSIS[::-1], [0.01, 0.04, 0.03], [0.5] * 4]
)
def test_both_are_those_of_statsmodels(p_values: list[float]) -> None:
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1])
    assert benjamini_hochberg(p_values) == pytest.approx(
        multipletests(p_values, method="fdr_bh")[1]
    )


@given(p_lists)
def test_the_discovery_rate_is_that_of_scipy(p_values: list[float]) -> None:
    assert benjamini_hochberg(p_values) == pytest.approx(stats.false_discovery_control(p_values))


@given(p_lists)
def test_adjusting_never_lowers_a_p_value_or_changes_the_order(p_values: list[float]) -> None:
    for adjust in (holm, benjamini_hochberg):
        adjusted = adjust(p_values)
        assert all(0 < p <= q <= 1 for p, q in zip(p_values, adjusted, strict=True))
        ranked = [q for _, q in sorted(zip(p_values, adjusted, strict=True))]
        assert ranked == sorted(adjusted)
        assert adjust(p_values[::-1]) == pytest.approx(adjusted[::-1])


@given(p_lists)
def test_the_family_wise_error_is_stricter_than_the_discovery_rate(p_values: list[float]) -> None:
    pairs = zip(benjamini_hochberg(p_values), holm(p_values), strict=True)
    assert all(discovery <= family + 1e-12 for discovery, family in pairs)


def test_one_test_needs_no_adjustment_and_none_gives_none() -> None:
    assert holm([0.04]) == benjamini_hochberg([0.04]) == [0.04]
    assert holm([]) == benjamini_hochberg([]) == []
