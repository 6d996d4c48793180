from __future__ import annotations

import itertools
import math
from random import Random

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from summarizer.evaluation.stats.interval import (
    Interval,
    cluster_codes,
    paired_difference,
    satterthwaite_df,
)

# Extra hours of sleep under the second of two drugs, less those under the first: Student,
# "The probable error of a mean", Biometrika 6 (1908), 1-25.
SLEEP = [1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4]
SIZES = [1, 1, 2, 3, 5, 8]

scores = st.integers(-20, 20).map(lambda twentieth: twentieth / 20)
samples = st.lists(st.tuples(scores, st.integers(0, 8)), min_size=2, max_size=40)


def labels(sizes: list[int]) -> list[int]:
    return [cluster for cluster, size in enumerate(sizes) for _ in range(size)]


def numbers(interval: Interval) -> list[float]:
    assert interval.low is not None
    assert interval.high is not None
    assert interval.standard_error is not None
    return [interval.mean, interval.low, interval.high, interval.standard_error]


def test_students_own_example() -> None:
    found = paired_difference(SLEEP)

    assert found.mean == pytest.approx(1.58)
    assert found.standard_error is not None
    assert found.mean / found.standard_error == pytest.approx(4.0621, abs=5e-5)
    assert found.p == pytest.approx(0.00283, abs=5e-6)
    assert (found.low, found.high) == pytest.approx((0.7001, 2.4599), abs=5e-5)
    assert (found.n, found.clusters, found.df) == (10, 10, 9)


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.999])
def test_without_clusters_it_is_the_paired_t_test(confidence: float) -> None:
    a, b = np.random.default_rng(1).normal(size=(2, 25))
    reference = stats.ttest_rel(a, b)
    limits = reference.confidence_interval(confidence)

    found = paired_difference(a - b, confidence=confidence)

    assert found.p == pytest.approx(reference.pvalue, rel=1e-10)
    assert (found.low, found.high) == pytest.approx((limits.low, limits.high), rel=1e-10)


@pytest.mark.parametrize("size", [2, 5])
def test_clusters_of_one_size_give_the_usual_robust_error(size: int) -> None:
    values = np.random.default_rng(2).normal(size=30)
    groups = np.repeat(np.arange(30 // size), size)
    fitted = sm.OLS(values, np.ones(30)).fit(
        cov_type="cluster", cov_kwds={"groups": groups}, use_t=True
    )

    found = paired_difference(values, clusters=groups.tolist())

    assert found.standard_error == pytest.approx(fitted.bse[0], rel=1e-10)
    assert found.p == pytest.approx(fitted.pvalues[0], rel=1e-9)
    assert (found.low, found.high) == pytest.approx(tuple(fitted.conf_int()[0]), rel=1e-9)


def cr2(values: NDArray[np.float64], sizes: list[int]) -> tuple[float, float]:
    """The CR2 error and its degrees of freedom from the matrices of Bell and McCaffrey."""
    n = len(values)
    design = np.ones((n, 1))
    bread = np.linalg.inv(design.T @ design)
    residual_maker = np.eye(n) - design @ bread @ design.T
    residuals = residual_maker @ values
    variance, vectors = 0.0, []
    for cluster in range(len(sizes)):
        rows = np.array(labels(sizes)) == cluster
        eigenvalues, axes = np.linalg.eigh(residual_maker[np.ix_(rows, rows)])
        root = axes @ np.diag(eigenvalues**-0.5) @ axes.T
        weights = bread @ design[rows].T @ root
        variance += float((weights @ residuals[rows]).item() ** 2)
        vectors.append((weights @ residual_maker[rows]).ravel())
    gram = np.array(vectors) @ np.array(vectors).T
    return math.sqrt(variance), float(np.trace(gram) ** 2 / np.sum(gram**2))


def test_clusters_of_several_sizes_give_the_matrix_definition_of_cr2() -> None:
    values = np.random.default_rng(3).normal(size=sum(SIZES))
    error, df = cr2(values, SIZES)

    found = paired_difference(values, clusters=labels(SIZES))

    assert found.standard_error == pytest.approx(error, rel=1e-10)
    assert satterthwaite_df(np.array(SIZES)) == pytest.approx(df, rel=1e-10)
    assert found.p == pytest.approx(2 * stats.t.sf(abs(found.mean / error), df), rel=1e-9)


def test_one_large_story_leaves_fewer_degrees_of_freedom() -> None:
    assert satterthwaite_df(np.array([1] * 20)) == pytest.approx(19)
    assert satterthwaite_df(np.array([5, 1, 1, 1])) == pytest.approx(1.81, abs=0.01)


def test_articles_without_a_story_are_clusters_of_their_own() -> None:
    assert cluster_codes(["war", None, "war", None], 4).tolist() == [0, 1, 0, 2]
    assert paired_difference(SLEEP, clusters=[None] * 10) == paired_difference(SLEEP)


def test_one_article_or_one_story_has_no_interval() -> None:
    for found in (paired_difference([0.4]), paired_difference(SLEEP, clusters=["war"] * 10)):
        assert (found.low, found.high, found.standard_error, found.p) == (None,) * 4
        assert found.clusters == 1


def test_differences_that_are_all_zero_are_no_evidence_of_a_difference() -> None:
    found = paired_difference([0.0] * 30)
    assert (found.mean, found.low, found.high, found.p) == (0, 0, 0, 1)
    assert found.standard_error == 0


def test_equal_differences_are_as_sure_as_their_signs() -> None:
    found = paired_difference([0.1] * 6)
    assert (found.mean, found.low, found.high, found.p) == (0.1, 0.1, 0.1, 2 / 2**6)


def test_equal_differences_of_few_articles_may_be_chance() -> None:
    found = paired_difference([0.1] * 5)
    assert (found.mean, found.low, found.high, found.p) == (0.1, None, None, 2 / 2**5)
    assert paired_difference([0.1] * 5, confidence=0.9).low == 0.1


def test_rounding_is_no_spread() -> None:
    assert paired_difference([0.3 - 0.2, 0.8 - 0.7, 0.5 - 0.4] * 2).standard_error == 0
    found = paired_difference([0.3 - 0.2, 0.7 - 0.8], clusters=None)
    assert found.mean == 0
    assert found.standard_error
    within = paired_difference([0.3 - 0.2, 0.7 - 0.8] * 6, clusters=list("aabbccddeeff"))
    assert within.standard_error == 0
    assert within.p == 1


@pytest.mark.parametrize(
    ("differences", "clusters"),
    [([], None), ([0.1, math.nan], None), ([0.1, math.inf], None), ([0.1, 0.2], ["a"])],
)
def test_misuse_is_refused(differences: list[float], clusters: list[str] | None) -> None:
    with pytest.raises(ValueError, match=r"no values|finite|labels"):
        paired_difference(differences, clusters=clusters)


def usable(sample: list[tuple[float, int]]) -> tuple[list[float], list[int]]:
    """Values and labels with two clusters at least."""
    values, groups = zip(*sample, strict=True)
    return [*values, 0.5, -0.25], [*groups, 98, 99]


@given(samples)
def test_p_is_a_probability_and_agrees_with_the_interval(sample: list[tuple[float, int]]) -> None:
    values, groups = usable(sample)
    found = paired_difference(values, clusters=groups)
    assert found.p is not None
    mean, low, high, error = numbers(found)
    assert 0 < found.p <= 1
    assert low <= mean <= high
    if error and abs(found.p - 0.05) > 1e-9:
        assert (found.p < 0.05) == (low > 0 or high < 0)


@given(samples, st.sampled_from([0.25, 3, 1000]))
def test_scaling_the_differences_scales_the_interval(
    sample: list[tuple[float, int]], factor: float
) -> None:
    values, groups = usable(sample)
    one = paired_difference(values, clusters=groups)
    other = paired_difference([factor * value for value in values], clusters=groups)
    assert numbers(other) == pytest.approx([factor * x for x in numbers(one)], abs=1e-9)
    assert other.p == pytest.approx(one.p, rel=1e-6)


@given(samples, st.integers(-5, 5))
def test_shifting_the_differences_shifts_the_interval(
    sample: list[tuple[float, int]], shift: int
) -> None:
    values, groups = usable(sample)
    mean, low, high, error = numbers(paired_difference(values, clusters=groups))
    other = paired_difference([value + shift for value in values], clusters=groups)
    assert numbers(other) == pytest.approx([mean + shift, low + shift, high + shift, error])


@given(samples)
def test_exchanging_a_and_b_mirrors_the_interval(sample: list[tuple[float, int]]) -> None:
    values, groups = usable(sample)
    one = paired_difference(values, clusters=groups)
    mean, low, high, error = numbers(one)
    other = paired_difference([-value for value in values], clusters=groups)
    assert numbers(other) == pytest.approx([-mean, -high, -low, error])
    assert other.p == pytest.approx(one.p)


@given(samples, st.randoms(use_true_random=False))
def test_the_order_of_articles_does_not_matter(
    sample: list[tuple[float, int]], random: Random
) -> None:
    values, groups = usable(sample)
    shuffled = list(zip(values, groups, strict=True))
    random.shuffle(shuffled)
    other = paired_difference([v for v, _ in shuffled], clusters=[g for _, g in shuffled])
    assert numbers(other) == pytest.approx(numbers(paired_difference(values, clusters=groups)))


def test_copies_of_a_story_add_no_evidence() -> None:
    values = SLEEP + [value for value in SLEEP for _ in range(2)]
    stories = [*range(10), *itertools.chain.from_iterable((i, i) for i in range(10))]
    assert numbers(paired_difference(values, clusters=stories)) == pytest.approx(
        numbers(paired_difference(SLEEP))
    )
