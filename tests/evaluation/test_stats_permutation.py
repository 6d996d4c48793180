from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from summarizer.evaluation.stats.interval import paired_difference
from summarizer.evaluation.stats.significance import (
    approximate_randomization,
    sign_flip_permutation,
)

# Heights of crossed less self-fertilized maize, in eighths of an inch; of the 2^15 signs 1726
# reach the sum 314: Fisher, The Design of Experiments (1935), section 21.
MAIZE = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]

tenths = st.integers(-3, 3).map(lambda tenth: tenth / 10)
samples = st.lists(st.tuples(tenths, st.integers(0, 4)), min_size=1, max_size=12)


def micro_f1(counts: NDArray[np.float64]) -> float:
    tp, fp, fn = counts.sum(axis=0)
    return float(2 * tp / (2 * tp + fp + fn)) if tp + fp + fn else 1.0


def by_hand(differences: list[float], clusters: list[int]) -> float:
    """All signs of all clusters, one by one."""
    sums = [
        sum(d for d, c in zip(differences, clusters, strict=True) if c == cluster)
        for cluster in sorted(set(clusters))
    ]
    totals = [
        abs(sum(sign * value for sign, value in zip(signs, sums, strict=True)))
        for signs in itertools.product((1, -1), repeat=len(sums))
    ]
    return sum(total >= abs(sum(sums)) - 1e-9 for total in totals) / len(totals)


def test_fishers_own_example() -> None:
    assert sign_flip_permutation(MAIZE, permutations=2**15, seed=0) == 1726 / 2**15


def test_random_signs_come_near_the_exact_result() -> None:
    drawn = sign_flip_permutation(MAIZE, permutations=2**15 - 1, seed=0)
    assert drawn != 1726 / 2**15
    assert drawn == pytest.approx(1726 / 2**15, abs=0.004)
    assert drawn == sign_flip_permutation(MAIZE, permutations=2**15 - 1, seed=0)
    assert drawn != sign_flip_permutation(MAIZE, permutations=2**15 - 1, seed=1)


def test_it_is_the_permutation_test_of_scipy() -> None:
    values = np.random.default_rng(7).normal(0.3, 1, size=12)
    reference = stats.permutation_test(
        (values, np.zeros(12)),
        lambda x, y: abs(np.mean(x - y)),
        permutation_type="samples",
        alternative="greater",
        n_resamples=2**12,
    )
    assert sign_flip_permutation(values, seed=0) == pytest.approx(reference.pvalue)


@given(samples)
def test_clusters_are_flipped_as_a_whole(sample: list[tuple[float, int]]) -> None:
    differences, clusters = map(list, zip(*sample, strict=True))
    found = sign_flip_permutation(differences, clusters=clusters, seed=0)
    assert found == pytest.approx(by_hand(differences, clusters))


@given(samples, st.sampled_from([3, 10_000]))
def test_p_is_a_probability_and_symmetric(sample: list[tuple[float, int]], draws: int) -> None:
    differences = [value for value, _ in sample]
    p = sign_flip_permutation(differences, permutations=draws, seed=3)
    assert 0 < p <= 1
    assert p == sign_flip_permutation([-d for d in differences], permutations=draws, seed=3)
    assert p == sign_flip_permutation([8 * d for d in differences], permutations=draws, seed=3)


def test_ties_leave_an_exact_test_of_the_rest() -> None:
    assert sign_flip_permutation([0.0] * 500, seed=0) == 1
    assert sign_flip_permutation([0.0] * 500 + [0.1] * 6, seed=0) == 2 / 2**6


def test_many_articles_are_drawn_in_blocks() -> None:
    values = np.random.default_rng(8).normal(0.06, 1, size=3000)
    p = sign_flip_permutation(values, permutations=2000, seed=0)
    assert p == pytest.approx(paired_difference(values).p, abs=0.01)
    assert sign_flip_permutation(values + 1, permutations=2000, seed=0) == 1 / 2001


def test_randomizing_a_mean_is_flipping_signs() -> None:
    a, b = np.random.default_rng(9).normal(size=(2, 8))
    clusters = [0, 0, 1, 2, 3, 4, 4, 5]
    found = approximate_randomization(
        lambda rows: float(rows.mean()), a, baseline=b, clusters=clusters, seed=0
    )
    assert found == pytest.approx(sign_flip_permutation(a - b, clusters=clusters, seed=0))


def test_f1_is_randomized_by_swapping_whole_stories() -> None:
    generator = np.random.default_rng(10)
    a, b = generator.integers(0, 3, size=(2, 7, 3)).astype(float)
    clusters = [0, 1, 1, 2, 3, 4, 4]
    a[3] = b[3]
    observed = abs(micro_f1(a) - micro_f1(b))
    reached = []
    for swaps in itertools.product((False, True), repeat=5):
        rows = np.array([swaps[cluster] for cluster in clusters])[:, np.newaxis]
        difference = micro_f1(np.where(rows, b, a)) - micro_f1(np.where(rows, a, b))
        reached.append(abs(difference) >= observed - 1e-12)

    found = approximate_randomization(micro_f1, a, baseline=b, clusters=clusters, seed=0)

    assert found == pytest.approx(np.mean(reached))


def test_drawn_swaps_come_near_all_swaps() -> None:
    generator = np.random.default_rng(11)
    a = generator.integers(0, 3, size=(10, 3)).astype(float)
    b = generator.integers(0, 3, size=(10, 3)).astype(float)
    exact = approximate_randomization(micro_f1, a, baseline=b, seed=0)
    drawn = approximate_randomization(micro_f1, a, baseline=b, permutations=500, seed=0)
    assert drawn != exact
    assert drawn == pytest.approx(exact, abs=0.05)


def test_equal_systems_are_interchangeable() -> None:
    counts = np.ones((40, 3))
    assert approximate_randomization(micro_f1, counts, baseline=counts, seed=0) == 1


def test_rows_must_pair_up() -> None:
    with pytest.raises(ValueError, match="shape"):
        approximate_randomization(micro_f1, np.ones((4, 3)), baseline=np.ones((5, 3)), seed=0)
