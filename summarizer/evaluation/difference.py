"""The difference of one metric between two cells, with its interval and its p-value."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from summarizer.evaluation.comparison import Test
from summarizer.evaluation.measure import RESAMPLES, Rows, statistic_of
from summarizer.evaluation.metrics import Metric
from summarizer.evaluation.scores import CellScores
from summarizer.evaluation.statistics import (
    Interval,
    approximate_randomization,
    bootstrap_interval,
    exact_mcnemar,
    paired_difference,
    sign_flip_permutation,
)

_PERMUTATIONS: Final = 1_000  # of metrics that are no mean: each is computed anew


class Difference(NamedTuple):
    """B - A of one metric."""

    a: float
    b: float
    interval: Interval
    p: float
    test: Test


def difference_of(
    a: CellScores, b: CellScores, metric: Metric, names: Sequence[str], *, seed: int
) -> Difference | None:
    """B - A over these articles; None where the metric has no value for them."""
    clusters = a.clusters(names)
    if metric.is_additive:
        of_a, of_b = a.values(metric), b.values(metric)
        before = np.array([of_a[name] for name in names])
        after = np.array([of_b[name] for name in names])
        interval = paired_difference(after - before, clusters=clusters)
        p, test = _paired_p(before, after, clusters, seed=seed)
        return Difference(float(before.mean()), float(after.mean()), interval, p, test)
    rows_a, rows_b = a.rows(metric), b.rows(metric)
    try:
        return _resampled(
            metric,
            [rows_a[name] for name in names],
            [rows_b[name] for name in names],
            clusters,
            seed=seed,
        )
    except ValueError:
        return None


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
        return exact_mcnemar(gained, lost), "mcnemar"
    return sign_flip_permutation(after - before, clusters=clusters, seed=seed), "sign-flip"


def _resampled(
    metric: Metric, rows_a: Rows, rows_b: Rows, clusters: Sequence[Hashable], *, seed: int
) -> Difference:
    """The difference of a metric that is no mean.

    Raises:
        ValueError: it has no value for some resample.
    """
    statistic = statistic_of(metric, [*rows_a, *rows_b])
    places_a = np.arange(len(rows_a))
    # Equal records get one place, so that swapping them is known to change nothing.
    places_b = np.array(
        [
            place if one == other else place + len(rows_a)
            for place, (one, other) in enumerate(zip(rows_a, rows_b, strict=True))
        ]
    )
    interval = bootstrap_interval(
        statistic,
        places_b,
        baseline=places_a,
        clusters=clusters,
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
    a, b = statistic(places_a.astype(float)), statistic(places_b.astype(float))
    return Difference(a, b, interval, p, "randomization")
