"""The promises, held against samples whose truth is known.

Differences are as summary metrics give them: two thirds are exactly 0, the rest are lumps of
unequal weight. Articles of one story share a draw with probability ``rho``, so the mean is
known and the correlation within a story is rho squared. All draws are seeded; the larger runs
are in ``benchmarks/significance.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from summarizer.evaluation.stats.interval import paired_difference
from summarizer.evaluation.stats.power import minimum_detectable_effect, verdict
from summarizer.evaluation.stats.significance import bootstrap_interval, holm, sign_flip_permutation

LUMPS = np.array([-0.5, -0.25, -0.1, 0.0, 0.1, 0.25, 0.5])
WEIGHTS = np.array([0.02, 0.04, 0.06, 0.66, 0.08, 0.08, 0.06])
MEAN = float(LUMPS @ WEIGHTS)


class Stories(NamedTuple):
    """How many articles each story has."""

    sizes: Sequence[int]
    rho: float = 0.5

    @property
    def labels(self) -> NDArray[np.intp]:
        return np.repeat(np.arange(len(self.sizes)), self.sizes)

    def draw(
        self, generator: np.random.Generator, *, weights: NDArray[np.float64] = WEIGHTS
    ) -> NDArray[np.float64]:
        labels = self.labels
        shared = generator.choice(LUMPS, size=len(self.sizes), p=weights)[labels]
        own = generator.choice(LUMPS, size=len(labels), p=weights)
        return np.where(generator.random(len(labels)) < self.rho, shared, own)


SAMPLES = {
    "30 lone": Stories([1] * 30),
    "30 in pairs": Stories([2] * 15),
    "30 in stories of 1 to 6": Stories([1] * 14 + [2] * 3 + [4, 6]),
    "30, 10 on one story": Stories([10] + [1] * 20),
    "100 lone": Stories([1] * 100),
    "100 in pairs": Stories([2] * 50),
    "100 in stories of 1 to 10": Stories([1] * 40 + [2] * 10 + [5] * 4 + [10] * 2),
}
each_sample = pytest.mark.parametrize("stories", SAMPLES.values(), ids=SAMPLES.keys())


def tilted(mean: float) -> NDArray[np.float64]:
    """Weights of the lumps with the given mean, nearest to ``WEIGHTS`` (exponential tilting)."""
    low, high = -50.0, 50.0
    weights = WEIGHTS
    for _ in range(80):
        middle = (low + high) / 2
        weights = WEIGHTS * np.exp(middle * LUMPS)
        weights /= weights.sum()
        low, high = (middle, high) if weights @ LUMPS < mean else (low, middle)
    return weights


def spread(weights: NDArray[np.float64]) -> float:
    return float(np.sqrt(LUMPS**2 @ weights - (LUMPS @ weights) ** 2))


@each_sample
def test_the_t_interval_covers_the_truth_as_often_as_it_says(stories: Stories) -> None:
    generator = np.random.default_rng(20)
    labels = stories.labels.tolist()
    covered = []
    for _ in range(4000):
        found = paired_difference(stories.draw(generator), clusters=labels)
        assert found.low is not None
        assert found.high is not None
        covered.append(found.low <= MEAN <= found.high)
    assert 0.93 <= np.mean(covered) <= 0.97


@each_sample
def test_the_bootstrap_interval_covers_the_truth_as_often_as_it_says(stories: Stories) -> None:
    generator = np.random.default_rng(21)
    labels = stories.labels.tolist()
    covered = []
    for seed in range(400):
        found = bootstrap_interval(
            lambda rows: float(np.add.reduce(rows)) / len(rows),
            stories.draw(generator),
            clusters=labels,
            resamples=200,
            seed=seed,
        )
        assert found.low is not None
        assert found.high is not None
        covered.append(found.low <= MEAN <= found.high)
    # The rate of 400 repeats has a standard error of 1.1 points.
    assert 0.93 - 0.011 <= np.mean(covered) <= 0.97 + 0.011


@each_sample
def test_one_prompt_is_seldom_called_different_from_itself(stories: Stories) -> None:
    """A/A: three metrics of one prompt under two seeds, the p-values adjusted by Holm."""
    generator = np.random.default_rng(22)
    labels = stories.labels.tolist()
    repeats = 300
    called = {"t": 0, "sign flips": 0}
    for seed in range(repeats):
        runs = [stories.draw(generator, weights=(WEIGHTS + WEIGHTS[::-1]) / 2) for _ in range(3)]
        intervals = [paired_difference(run, clusters=labels) for run in runs]
        called["t"] += min(holm([found.p or 1.0 for found in intervals])) <= 0.05
        flips = [
            sign_flip_permutation(run, clusters=labels, permutations=500, seed=seed) for run in runs
        ]
        called["sign flips"] += min(holm(flips)) <= 0.05
    # 5 % and twice the standard error of the simulation.
    most = 0.05 + 2 * (0.05 * 0.95 / repeats) ** 0.5
    assert {name: count / repeats for name, count in called.items() if count / repeats > most} == {}


@pytest.mark.parametrize("n", [30, 60, 100])
def test_a_planted_difference_is_found_at_the_promised_power(n: int) -> None:
    effect = minimum_detectable_effect(spread(WEIGHTS), n)
    generator = np.random.default_rng(23)
    samples = [Stories([1] * n).draw(generator) - MEAN + effect for _ in range(1500)]
    found = np.mean([(paired_difference(sample).p or 1.0) <= 0.05 for sample in samples])
    assert found == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize("n", [30, 60, 100])
def test_a_difference_among_mostly_tied_articles_is_found_no_less_often(n: int) -> None:
    weights = WEIGHTS
    for _ in range(20):  # the spread depends on the difference, which depends on the spread
        weights = tilted(minimum_detectable_effect(spread(weights), n))
    generator = np.random.default_rng(26)
    samples = [Stories([1] * n).draw(generator, weights=weights) for _ in range(1500)]
    found = np.mean([(paired_difference(sample).p or 1.0) <= 0.05 for sample in samples])
    assert found >= 0.8 - 0.02


def test_a_planted_regression_is_called_one_and_never_passes() -> None:
    margin = 0.02
    generator = np.random.default_rng(24)
    weights = tilted(-margin - minimum_detectable_effect(spread(tilted(-0.07)), 100))
    outcomes = [
        verdict(
            paired_difference(Stories([1] * 100).draw(generator, weights=weights)), margin
        ).outcome
        for _ in range(400)
    ]
    assert outcomes.count("regress") / 400 == pytest.approx(0.8, abs=0.05)
    assert outcomes.count("pass") == 0


def test_a_loss_at_the_margin_passes_at_most_as_often_as_promised() -> None:
    generator = np.random.default_rng(25)
    weights = tilted(-0.02)
    outcomes = [
        verdict(paired_difference(Stories([1] * 60).draw(generator, weights=weights)), 0.02).outcome
        for _ in range(500)
    ]
    assert outcomes.count("pass") / 500 <= 0.025 + 2 * (0.025 * 0.975 / 500) ** 0.5
