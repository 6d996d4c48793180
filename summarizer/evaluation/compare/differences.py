"""The difference of one metric between two variants: interval, p-value, and what is missing."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Sequence
from functools import partial
from statistics import fmean
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from summarizer.evaluation.compare.comparison import SAME, Test
from summarizer.evaluation.metrics import Metric
from summarizer.evaluation.metrics.registry import Record
from summarizer.evaluation.scores import RESAMPLES, SampleScores, VariantScores, statistic_of
from summarizer.evaluation.stats.interval import Interval, paired_difference
from summarizer.evaluation.stats.power import Repeats, split_variance
from summarizer.evaluation.stats.significance import (
    approximate_randomization,
    bootstrap_interval,
    sign_flip_permutation,
    sign_test,
)

_PERMUTATIONS: Final = 1_000  # of metrics that are no mean: each is computed anew


class Difference(NamedTuple):
    """B - A of one metric.

    Attributes:
        a: the value of A.
        b: that of B.
        interval: of B - A; without limits where some resample has no value, or where articles
            differ but cancel within every story.
        p: None where some exchange of A and B has no value.
        test: what gave it.
        same: whether no article differs.
    """

    a: float
    b: float
    interval: Interval
    p: float | None
    test: Test
    same: bool


def difference_of(
    a: VariantScores,
    b: VariantScores,
    metric: Metric,
    names: Sequence[str],
    *,
    seed: int,
    confidence: float = 0.95,
) -> Difference | None:
    """B - A over these articles; None where the metric has no value for them."""
    if not metric.is_additive:
        return _resampled(a, b, metric, names, seed=seed, confidence=confidence)
    clusters, of_a, of_b = a.clusters(names), a.values(metric), b.values(metric)
    before = np.array([of_a[name] for name in names])
    after = np.array([of_b[name] for name in names])
    interval = paired_difference(after - before, clusters=clusters, confidence=confidence)
    p, test = _paired_p(before, after, clusters, seed=seed)
    same = bool(np.abs(after - before).max() <= SAME)
    interval = _known(interval, metric, alike=same)
    return Difference(float(before.mean()), float(after.mean()), interval, p, test, same)


def _known(interval: Interval, metric: Metric, *, alike: bool) -> Interval:
    """The interval, within what the metric can differ by: two shares by no more than 1.

    Without limits where articles differ, but cancel exactly in every story. That is a
    coincidence, while an interval from 0 to 0 would promise that nothing is lost.
    """
    if interval.standard_error == 0 and interval.mean == 0 and not alike:
        return interval._replace(low=None, high=None, standard_error=None)
    if metric.values != "share" or interval.low is None or interval.high is None:
        return interval
    return interval._replace(low=max(-1.0, interval.low), high=min(1.0, interval.high))


def _paired_p(
    before: NDArray[np.float64],
    after: NDArray[np.float64],
    clusters: Sequence[Hashable],
    *,
    seed: int,
) -> tuple[float, Test]:
    """McNemar's test for yes or no of independent articles, else a test by flipping signs."""
    stories = [story for story in clusters if story is not None]
    binary = bool(np.isin(np.concatenate([before, after]), (0.0, 1.0)).all())
    if binary and len(set(stories)) == len(stories):
        gained, lost = int(np.sum(after > before)), int(np.sum(after < before))
        return sign_test(gained, lost), "mcnemar"
    return sign_flip_permutation(after - before, clusters=clusters, seed=seed), "sign-flip"


def _resampled(
    a: VariantScores,
    b: VariantScores,
    metric: Metric,
    names: Sequence[str],
    *,
    seed: int,
    confidence: float,
) -> Difference | None:
    """The difference of a metric that is no mean; None where A or B has no value."""
    clusters, of_a, of_b = a.clusters(names), a.rows(metric), b.rows(metric)
    rows_a, rows_b = [of_a[name] for name in names], [of_b[name] for name in names]
    statistic = statistic_of(metric, [*rows_a, *rows_b])
    places_a = np.arange(len(names), dtype=np.float64)
    # Equal records get one place, so that swapping them is known to change nothing.
    places_b = places_a + len(names) * np.array(
        [one != other for one, other in zip(rows_a, rows_b, strict=True)]
    )
    before, after = statistic(places_a), statistic(places_b)
    if math.isnan(before) or math.isnan(after):
        return None

    def difference(drawn: NDArray[np.float64]) -> float:
        chosen = drawn.astype(np.intp)
        return statistic(places_b[chosen]) - statistic(places_a[chosen])

    interval = bootstrap_interval(
        difference,
        np.arange(len(names)),
        clusters=clusters,
        confidence=confidence,
        resamples=RESAMPLES,
        seed=seed,
    )
    p = approximate_randomization(
        statistic,
        places_b,
        baseline=places_a,
        clusters=clusters,
        permutations=_PERMUTATIONS,
        seed=seed,
    )
    # Other counts may give one value: none of two topics is as invented as none of three.
    alike = all(map(partial(_alike, metric), rows_a, rows_b))
    same = alike and interval.mean == 0 and not interval.standard_error
    interval = _known(interval, metric, alike=alike)
    return Difference(before, after, interval, p, "randomization", same)


def _alike(metric: Metric, one: Sequence[Record], other: Sequence[Record]) -> bool:
    """Whether an article by itself has one value in A and B."""
    value = metric.combine([one])
    return one == other or (value is not None and value == metric.combine([other]))


def bounds(a: VariantScores, b: VariantScores, metric: Metric) -> tuple[float | None, float | None]:
    """B - A if all that is missing were as bad, and as good, for B as it can be.

    Only for means of values from 0 to 1, which all topic, summary and retrieval metrics with a
    direction are. None where nothing is missing.

    Args:
        a: what was.
        b: what is new, with the same articles.
        metric: what is compared.
    """
    pairs = [(a.samples[name], b.samples[name]) for name in a.samples]
    whole = all(sample.made == len(sample.epochs) for pair in pairs for sample in pair)
    has_ends = metric.values == "share" and metric.direction != "none"
    if whole or not (has_ends and metric.is_additive):
        return None, None
    # What a metric does not score though the digest is there, it never will.
    counted = [
        pair
        for pair in pairs
        if all(one.records(metric.name) or one.made < len(one.epochs) for one in pair)
    ]
    bad = 1.0 if metric.direction == "lower" else 0.0
    worst, best = (
        fmean(
            _filled_mean(new, metric, missing=of_b) - _filled_mean(old, metric, missing=1 - of_b)
            for old, new in counted
        )
        if counted
        else 0.0
        for of_b in (bad, 1 - bad)
    )
    return worst, best


def _filled_mean(sample: SampleScores, metric: Metric, *, missing: float) -> float:
    """The mean over the epochs, with a value for each that has no digest."""
    return fmean(sample.records(metric.name) + [missing] * (len(sample.epochs) - sample.made))


def repeats_of(
    a: VariantScores, b: VariantScores, metric: Metric, names: Sequence[str]
) -> Repeats | None:
    """The parts of the variance of B - A, and what follows.

    Args:
        a: what was.
        b: what is new.
        metric: one that is a mean over articles; others give None.
        names: the articles that both score.

    Returns:
        None where no article has two epochs in both, or nothing differs.
    """
    if not metric.is_additive:
        return None
    split = split_variance([*_differences(a.samples[n], b.samples[n], metric)] for n in names)
    return None if split is None or split.between == split.within == 0 else split


def _differences(a: SampleScores, b: SampleScores, metric: Metric) -> Iterator[float]:
    """B - A of each epoch that both score; epochs of one number are independent of the others."""
    for before, after in zip(a.epochs, b.epochs, strict=False):
        x, y = ((records or {}).get(metric.name) for records in (before, after))
        if x is not None and y is not None:
            yield y - x
