"""Do the statistics of summarizer.evaluation keep their promises? Simulations with known truth.

    python benchmarks/significance.py --repeats 1000

Differences are as summary metrics give them: mostly 0, otherwise lumps. Articles of one story
share their draw with probability 0.5. Prints how often nominal 95 % intervals cover the truth,
how often two runs of one prompt are called different at 5 %, and how often a planted difference
is found that is promised with 80 %. Takes some ten minutes. Intervals from the quantiles of
replicates are those of scipy, to show why the bootstrap here is another.
"""

from __future__ import annotations

import argparse
import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats  # type: ignore[import-untyped]

from summarizer.evaluation.stats.interval import (
    Interval,
    critical_t,
    paired_difference,
    satterthwaite_df,
)
from summarizer.evaluation.stats.power import minimum_detectable_effect
from summarizer.evaluation.stats.significance import (
    approximate_randomization,
    bootstrap_interval,
    holm,
    sign_flip_permutation,
)

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

RHO = 0.5
STORIES = {
    "30 lone": [1] * 30,
    "30 in pairs": [2] * 15,
    "30 in stories of 1-6": [1] * 14 + [2] * 3 + [4, 6],
    "30, 10 on one story": [10] + [1] * 20,
    "100 lone": [1] * 100,
    "100 in pairs": [2] * 50,
    "100 in stories of 1-10": [1] * 40 + [2] * 10 + [5] * 4 + [10] * 2,
}
QUANTILES = ("percentile", "BCa")
RESAMPLES = 300


class Shape(NamedTuple):
    """A distribution of differences."""

    values: Array
    weights: Array

    @property
    def mean(self) -> float:
        """The true mean difference."""
        return float(self.values @ self.weights)

    @property
    def sd(self) -> float:
        """The standard deviation of the differences."""
        return math.sqrt(float(self.values**2 @ self.weights) - self.mean**2)

    def draw(self, generator: np.random.Generator, size: int) -> Array:
        """Independent differences; shape (size,)."""
        return generator.choice(self.values, size=size, p=self.weights)


VALUES = np.array([-0.5, -0.25, -0.1, 0.0, 0.1, 0.25, 0.5])
LUMPY = Shape(VALUES, np.array([0.02, 0.04, 0.06, 0.66, 0.08, 0.08, 0.06]))
NO_DIFFERENCE = Shape(VALUES, (LUMPY.weights + LUMPY.weights[::-1]) / 2)
RARE = Shape(np.array([-1.0, 0.0]), np.array([0.1, 0.9]))


def main() -> None:
    """Print the three tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=500)
    repeats = parser.parse_args().repeats
    print(
        f"{repeats} repeats, {RESAMPLES} resamples; +- {2 * 21.8 / math.sqrt(repeats):.1f} points"
    )
    coverage(repeats)
    same_prompt(repeats)
    power(repeats)


def stories(sizes: Sequence[int]) -> Codes:
    """The story of each article."""
    return np.repeat(np.arange(len(sizes)), sizes)


def within(draw: Callable[[int], Array], codes: Codes, generator: np.random.Generator) -> Array:
    """A row per article, some of them shared by their story."""
    own, shared = draw(len(codes)), draw(int(codes.max()) + 1)[codes]
    take = generator.random(len(codes)) < RHO
    return np.where(take.reshape(-1, *[1] * (own.ndim - 1)), shared, own)


def counts(generator: np.random.Generator, size: int, *, worse: float = 1.0) -> Array:
    """(tp, fp, fn) of two systems per article, B's differing in four of ten; shape (size, 2, 3)."""
    gold = generator.integers(1, 4, size)
    hits = [generator.binomial(gold, 0.7), generator.binomial(gold, 0.7 - 0.08 * worse)]
    false = [generator.binomial(3, 0.25, size), generator.binomial(3, 0.25 + 0.08 * worse, size)]
    changed = generator.random(size) < 0.4
    hits[1] = np.where(changed, hits[1], hits[0])
    false[1] = np.where(changed, false[1], false[0])
    columns = [[hits[i], false[i], gold - hits[i]] for i in range(2)]
    return np.array(columns, dtype=float).transpose(2, 0, 1)


def micro_f1(rows: Array) -> float:
    """F1 of the summed counts."""
    tp, fp, fn = np.add.reduce(rows).tolist()
    return float(2 * tp / (2 * tp + fp + fn))


def mean(rows: Array) -> float:
    """The mean, faster than numpy's for a few rows."""
    return float(np.add.reduce(rows)) / len(rows)


def covers(interval: Interval, truth: float) -> bool:
    """Whether the truth is within the limits, which rounding does not decide."""
    assert interval.low is not None
    assert interval.high is not None
    return interval.low - 1e-12 <= truth <= interval.high + 1e-12


def usual(interval: Interval, values: Array, codes: Codes) -> Interval:
    """The interval from the usual robust error: G / (G - 1) and G - 1 degrees of freedom."""
    groups = interval.clusters
    sums = np.bincount(codes, weights=values - interval.mean)
    error = math.sqrt(groups / (groups - 1) * float(np.sum(sums**2))) / len(values)
    half = critical_t(0.05, groups - 1) * error
    return interval._replace(low=interval.mean - half, high=interval.mean + half)


def quantile_limits(rows: Array, codes: Codes, *, method: str, seed: int) -> tuple[float, float]:
    """Limits for the difference of two micro-F1 from scipy's bootstrap, drawing whole stories."""
    totals = np.zeros((int(codes.max()) + 1, *rows.shape[1:]))
    np.add.at(totals, codes, rows)

    def difference(*columns: Array, axis: int) -> Array:
        tp_a, fp_a, fn_a, tp_b, fp_b, fn_b = (column.sum(axis=axis) for column in columns)
        first, second = 2 * tp_a, 2 * tp_b
        f1: Array = first / (first + fp_a + fn_a) - second / (second + fp_b + fn_b)
        return f1

    found = stats.bootstrap(
        tuple(totals.reshape(len(totals), -1).T),
        difference,
        paired=True,
        n_resamples=RESAMPLES,
        method=method,
        rng=seed,
    ).confidence_interval
    return float(found.low), float(found.high)


def coverage(repeats: int) -> None:
    """How often each interval covers the truth, in percent."""
    generator = np.random.default_rng(0)
    total = sum(counts(generator, 100_000).sum(axis=0) for _ in range(20))
    truth = micro_f1(total[np.newaxis, 0]) - micro_f1(total[np.newaxis, 1])
    print("\nCoverage of nominal 95 % intervals (%); 'alone' ignores stories, 'G-1' is the usual")
    print("correction; b- is bootstrap, F1 the difference of two micro-F1")
    names = ["alone", "G-1", "t", "b-t", "F1-t", *(f"F1-{method}" for method in QUANTILES)]
    header("articles", names)
    for name, sizes in STORIES.items():
        codes = stories(sizes)
        labels = codes.tolist()
        covered: Counter[str] = Counter()
        for seed in range(repeats):
            values = within(lambda size: LUMPY.draw(generator, size), codes, generator)
            rows = within(lambda size: counts(generator, size), codes, generator)
            found = paired_difference(values, clusters=labels)
            covered["t"] += covers(found, LUMPY.mean)
            covered["alone"] += covers(paired_difference(values), LUMPY.mean)
            covered["G-1"] += covers(usual(found, values, codes), LUMPY.mean)
            resampled = bootstrap_interval(
                mean, values, clusters=labels, resamples=RESAMPLES, seed=seed
            )
            covered["b-t"] += covers(resampled, LUMPY.mean)
            resampled = bootstrap_interval(
                lambda drawn: micro_f1(drawn[:, 0]) - micro_f1(drawn[:, 1]),
                rows,
                clusters=labels,
                resamples=RESAMPLES,
                seed=seed,
            )
            covered["F1-t"] += covers(resampled, truth)
            for method in QUANTILES:
                low, high = quantile_limits(rows, codes, method=method, seed=seed)
                covered[f"F1-{method}"] += low - 1e-12 <= truth <= high + 1e-12
        line(name, [100 * covered[column] / repeats for column in names])
    for n in (30, 100):
        samples = [RARE.draw(generator, n) for _ in range(repeats)]
        hits = [covers(paired_difference(sample), RARE.mean) for sample in samples]
        line(f"{n}, one in ten lost", [math.nan, math.nan, 100 * float(np.mean(hits))])


def same_prompt(repeats: int) -> None:
    """A/A: how often a prompt is called different from itself, in percent."""
    generator = np.random.default_rng(1)
    print("\nOne prompt called different from itself at 5 % (%)")
    names = ["t", "sign flips", "F1 swaps", "Holm of 4"]
    header("articles", names)
    for name, sizes in STORIES.items():
        codes = stories(sizes)
        labels = codes.tolist()
        called: Counter[str] = Counter()
        for seed in range(repeats):
            samples = [
                within(lambda size: NO_DIFFERENCE.draw(generator, size), codes, generator)
                for _ in range(4)
            ]
            ps = [paired_difference(sample, clusters=labels).p or 1.0 for sample in samples]
            flips = sign_flip_permutation(samples[0], clusters=labels, permutations=1000, seed=seed)
            called["t"] += ps[0] <= 0.05
            called["sign flips"] += flips <= 0.05
            called["Holm of 4"] += min(holm(ps)) <= 0.05
            rows = within(lambda size: counts(generator, size, worse=0), codes, generator)
            swaps = approximate_randomization(
                micro_f1,
                rows[:, 0],
                baseline=rows[:, 1],
                clusters=labels,
                permutations=200,
                seed=seed,
            )
            called["F1 swaps"] += swaps <= 0.05
        line(name, [100 * called[column] / repeats for column in names])


def shifted(effect: float) -> Shape:
    """Every article changes alike, beside chance."""
    return Shape(NO_DIFFERENCE.values + effect, NO_DIFFERENCE.weights)


def tilted(effect: float) -> Shape:
    """Losses become rarer and gains more frequent (exponential tilting)."""
    low, high = -50.0, 50.0
    shape = NO_DIFFERENCE
    for _ in range(80):
        middle = (low + high) / 2
        weights = NO_DIFFERENCE.weights * np.exp(middle * VALUES)
        shape = Shape(VALUES, weights / weights.sum())
        low, high = (middle, high) if shape.mean < effect else (low, middle)
    return shape


def rare(effect: float) -> Shape:
    """A few articles gain everything, the others nothing."""
    return Shape(np.array([0.0, 1.0]), np.array([1 - effect, effect]))


def backfiring(effect: float) -> Shape:
    """Half of the articles gain a little, one in thirty loses much."""
    return Shape(np.array([-0.5, 0.0, 2 * effect + 1 / 30]), np.array([1 / 30, 14 / 30, 0.5]))


def power(repeats: int) -> None:
    """How often a difference of the minimum detectable size is found, in percent."""
    generator = np.random.default_rng(2)
    print("\nA difference of the minimum detectable size found at 5 % (promised: 80 %)")
    header("planted", ["effect", "t", "sign flips"])
    for n in (30, 60, 100, 200):
        for plant in (shifted, tilted, rare, backfiring):
            shape = plant(0.05)
            for _ in range(60):  # the spread depends on the effect
                shape = plant(minimum_detectable_effect(shape.sd, n))
            report_power(
                f"{n}, {plant.__name__}",
                shape,
                codes=np.arange(n),
                repeats=repeats,
                generator=generator,
            )
    for name, sizes in STORIES.items():
        if max(sizes) > 1:
            codes = stories(sizes)
            n = len(codes)
            design = 1 + RHO**2 * (sum(size**2 for size in sizes) / n - 1)
            effect = minimum_detectable_effect(
                NO_DIFFERENCE.sd * math.sqrt(design), n, df=satterthwaite_df(np.array(sizes))
            )
            report_power(
                f"{name}, shifted",
                shifted(effect),
                codes=codes,
                repeats=repeats,
                generator=generator,
            )


def report_power(
    name: str, shape: Shape, *, codes: Codes, repeats: int, generator: np.random.Generator
) -> None:
    """Print how often the shape's difference is found."""
    labels = codes.tolist()
    found: Counter[str] = Counter()
    for seed in range(repeats):
        sample = within(lambda size: shape.draw(generator, size), codes, generator)
        found["t"] += (paired_difference(sample, clusters=labels).p or 1.0) <= 0.05
        flips = sign_flip_permutation(sample, clusters=labels, permutations=1000, seed=seed)
        found["sign flips"] += flips <= 0.05
    line(name, [shape.mean, *(100 * found[test] / repeats for test in ("t", "sign flips"))])


def header(first: str, names: Sequence[str]) -> None:
    """Print the names of the columns."""
    print(f"{first:32}", *(f"{name:>14}" for name in names))


def line(name: str, numbers: Sequence[float]) -> None:
    """Print one row."""
    cells = ("" if math.isnan(x) else f"{x:.3f}" if abs(x) < 1 else f"{x:.1f}" for x in numbers)
    print(f"{name:32}", *(f"{cell:>14}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
