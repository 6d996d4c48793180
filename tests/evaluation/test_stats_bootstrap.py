from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from summarizer.evaluation.stats.interval import paired_difference
from summarizer.evaluation.stats.significance import bootstrap_interval

SKEWED = np.random.default_rng(12).exponential(size=40)
COUNTS = np.random.default_rng(13).integers(0, 4, size=(2, 30, 3)).astype(float)


def mean(rows: NDArray[np.float64]) -> float:
    return float(rows.mean())


def micro_f1(counts: NDArray[np.float64]) -> float:
    tp, fp, fn = counts.sum(axis=0)
    return float(2 * tp / (2 * tp + fp + fn)) if tp + fp + fn else 1.0


def test_the_t_limits_of_a_mean_are_those_of_the_t_interval() -> None:
    exact = paired_difference(SKEWED)
    found = bootstrap_interval(mean, SKEWED, resamples=20_000, seed=1)
    assert found.mean == pytest.approx(exact.mean)
    assert (found.low, found.high) == pytest.approx((exact.low, exact.high), rel=0.01)
    assert found.standard_error == pytest.approx(exact.standard_error, rel=0.02)


def test_a_handful_of_articles_has_no_narrower_an_error() -> None:
    exact = paired_difference(SKEWED[:5])
    found = bootstrap_interval(mean, SKEWED[:5], resamples=20_000, seed=1)
    assert found.standard_error == pytest.approx(exact.standard_error, rel=0.02)


def test_a_story_is_drawn_with_all_its_articles() -> None:
    def only_whole_stories(rows: NDArray[np.float64]) -> float:
        stories, articles = np.unique(rows, return_counts=True)
        assert all(count % (2 + story) == 0 for story, count in zip(stories, articles, strict=True))
        return mean(rows)

    rows = np.repeat([0.0, 1.0, 2.0, 3.0], [2, 3, 4, 5])
    found = bootstrap_interval(
        only_whole_stories, rows, clusters=rows.tolist(), resamples=50, seed=1
    )
    assert (found.n, found.clusters) == (14, 4)


def test_stories_count_not_articles() -> None:
    stories = [index // 3 for index in range(60)]
    values = np.repeat(np.random.default_rng(14).normal(size=20), 3)
    exact = paired_difference(values, clusters=stories)
    found = bootstrap_interval(mean, values, clusters=stories, resamples=5_000, seed=1)
    assert found.clusters == 20
    assert found.standard_error == pytest.approx(exact.standard_error, rel=0.04)
    assert found.p == pytest.approx(exact.p, abs=0.03)


def of_both(rows: NDArray[np.float64]) -> float:
    """The difference of two systems whose rows are side by side."""
    return micro_f1(rows[:, 0]) - micro_f1(rows[:, 1])


def test_a_difference_is_that_of_both_systems() -> None:
    candidate, baseline = COUNTS
    found = bootstrap_interval(of_both, np.stack([candidate, baseline], axis=1), seed=2)

    assert found.mean == pytest.approx(micro_f1(candidate) - micro_f1(baseline))


def test_a_shift_moves_the_limits_and_a_factor_widens_them() -> None:
    one = bootstrap_interval(mean, SKEWED, seed=3)
    other = bootstrap_interval(mean, 2 * SKEWED + 5, seed=3)
    assert one.low is not None
    assert one.high is not None
    assert (other.low, other.high) == pytest.approx((2 * one.low + 5, 2 * one.high + 5))


def test_the_seed_decides() -> None:
    intervals = [bootstrap_interval(mean, SKEWED, resamples=50, seed=seed) for seed in (1, 1, 2)]
    assert intervals[0] == intervals[1] != intervals[2]


def test_systems_that_do_not_differ_have_a_degenerate_interval() -> None:
    found = bootstrap_interval(of_both, np.stack([COUNTS[0], COUNTS[0]], axis=1), seed=1)
    assert (found.mean, found.low, found.high, found.p) == (0, 0, 0, 1)


def test_one_story_has_no_interval() -> None:
    found = bootstrap_interval(mean, SKEWED, clusters=["war"] * 40, seed=1)
    assert (found.low, found.high, found.standard_error, found.p) == (None,) * 4


def test_a_metric_without_a_value_for_some_articles_has_no_limits() -> None:
    found = bootstrap_interval(lambda rows: np.nan if rows.min() else 1.0, [0, 1, 2], seed=0)

    assert (found.mean, found.low, found.p) == (1.0, None, None)
