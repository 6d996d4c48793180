"""What intervals take from Student's t distribution, and what they say without scipy."""

from __future__ import annotations

import math
import sys

import pytest

from summarizer.errors import MissingExtraError
from summarizer.evaluation.stats.interval import critical_t, scipy_stats, two_sided_t


def test_the_half_width_of_an_interval_is_that_of_the_tables() -> None:
    assert critical_t(0.05, 29) == pytest.approx(2.0452296421)
    assert critical_t(0.01, 5.5) == pytest.approx(3.8499, abs=1e-4)
    assert two_sided_t(-critical_t(0.05, 29), 29) == pytest.approx(0.05)


@pytest.mark.parametrize("df", [1, 99, 1e9])
@pytest.mark.parametrize("t", [1e6, 1e200, math.inf])
def test_no_tail_probability_is_zero(t: float, df: float) -> None:
    assert two_sided_t(t, df) > 0


def test_an_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    scipy_stats.cache_clear()
    monkeypatch.setitem(sys.modules, "scipy", None)
    monkeypatch.setitem(sys.modules, "scipy.stats", None)

    with pytest.raises(MissingExtraError, match="needs the extra 'evals'"):
        scipy_stats()
