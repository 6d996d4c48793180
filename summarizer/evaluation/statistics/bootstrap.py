"""Bootstrap intervals for metrics that are no mean over articles, such as micro- and macro-F1."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from summarizer.evaluation.statistics.clusters import (
    cluster_codes,
    cluster_members,
    satterthwaite_df,
)
from summarizer.evaluation.statistics.interval import (
    Interval,
    Method,
    checked,
    checked_confidence,
    t_interval,
)
from summarizer.evaluation.statistics.permutation import Statistic, checked_pair

_NORMAL: Final = NormalDist()
# Replicates that differ by rounding alone are equal.
_ROUNDING: Final = 1e-12

_Metric = Callable[[NDArray[np.intp]], float]


def bootstrap_interval(
    statistic: Statistic,
    samples: ArrayLike,
    *,
    baseline: ArrayLike | None = None,
    clusters: Iterable[Hashable] | None = None,
    confidence: float = 0.95,
    resamples: int = 2_000,
    method: Method = "t",
    seed: int,
) -> Interval:
    """An interval for any metric, or for its difference from a baseline, by resampling clusters.

    Whole clusters are drawn with replacement, and the metric is computed anew each time. From
    the replicates of the metric M over G clusters:

    - ``t``: M +- t(df) * SE, SE being the replicates' standard deviation times sqrt(G/(G-1))
      and df that of ``paired_difference`` (Hesterberg 2015, "What teachers should know about
      the bootstrap", https://doi.org/10.1080/00031305.2015.1089789).
    - ``percentile``: the replicates' own quantiles.
    - ``bca``: quantiles corrected for bias and acceleration (Efron 1987,
      https://doi.org/10.1080/01621459.1987.10478410); ``percentile`` where undefined.

    Of nominal 95 % intervals for micro-F1 differences of 30 mostly tied articles, t covered the
    truth 95 % of the time, percentile 87-92 % and BCa 84-89 %; of 100 articles, 94, 92-93 and
    89-92 % (``benchmarks/significance.py``): so few articles do not tell bias and skewness from
    noise. So t is the default.

    Args:
        statistic: From the rows of some articles, shape (m, ...), to the metric, a finite number.
        samples: A row per article, such as its counts of (tp, fp, fn); shape (n, ...).
        baseline: The baseline's rows in the same order; the interval is then for
            ``statistic(samples) - statistic(baseline)``, both resampled alike.
        clusters: The story of each article; None for an article that has none.
        confidence: Coverage of the interval.
        resamples: Number of replicates.
        method: How the limits come from the replicates; the result says which was used.
        seed: Of the resampling.

    Returns:
        One cluster alone gives no limits, and replicates without spread a degenerate interval,
        both as method ``t``. Only ``t`` gives a p; ``approximate_randomization`` is the test.

    Raises:
        ValueError: The shapes differ, a value or replicate is not finite, or not one label per
            article.
    """
    rows = checked(samples)
    other = None if baseline is None else checked_pair(rows, baseline)

    def metric(indices: NDArray[np.intp]) -> float:
        value = statistic(rows[indices])
        return value if other is None else value - statistic(other[indices])

    codes = cluster_codes(clusters, len(rows))
    members = cluster_members(codes)
    replicates = _replicates(metric, members, resamples=resamples, seed=seed)
    interval = t_interval(
        metric(np.arange(len(rows))),
        standard_error=_bootstrap_error(replicates, len(members)),
        df=satterthwaite_df(np.bincount(codes)),
        n=len(rows),
        clusters=len(members),
        confidence=checked_confidence(confidence),
    )
    if method == "t" or not interval.standard_error:
        return interval
    jackknife = _jackknife(metric, members) if method == "bca" else None
    return _quantile_limits(interval, replicates, jackknife=jackknife)


def _replicates(
    metric: _Metric, members: list[NDArray[np.intp]], *, resamples: int, seed: int
) -> NDArray[np.float64]:
    """The metric of each resample of whole clusters; shape (resamples,)."""
    generator = np.random.default_rng(seed)
    size = len(members)
    alone = all(len(cluster) == 1 for cluster in members)
    singles = np.concatenate(members)
    found = np.empty(resamples)
    for index in range(resamples):
        drawn = generator.integers(0, size, size)
        found[index] = metric(
            singles[drawn] if alone else np.concatenate([members[code] for code in drawn])
        )
    return checked(found)


def _bootstrap_error(replicates: NDArray[np.float64], clusters: int) -> float | None:
    """The standard error; None for one cluster, 0 where the replicates do not differ.

    Resampling G clusters with replacement shrinks the variance by (G - 1) / G, which is undone.
    """
    if clusters == 1:
        return None
    if np.ptp(replicates) <= _ROUNDING * np.abs(replicates).max():
        return 0.0
    return float(np.std(replicates, ddof=1)) * math.sqrt(clusters / (clusters - 1))


def _jackknife(metric: _Metric, members: list[NDArray[np.intp]]) -> NDArray[np.float64]:
    """The metric without each cluster in turn; shape (clusters,)."""
    return np.array(
        [
            metric(np.concatenate([*members[:left_out], *members[left_out + 1 :]]))
            for left_out in range(len(members))
        ]
    )


def _quantile_limits(
    interval: Interval, replicates: NDArray[np.float64], *, jackknife: NDArray[np.float64] | None
) -> Interval:
    """The interval with the replicates' quantiles as limits: BCa's where they are defined."""
    tails = ((1 - interval.confidence) / 2, (1 + interval.confidence) / 2)
    levels = None
    if jackknife is not None:
        levels = _bca_levels(interval.mean, replicates, jackknife, tails=tails)
    low, high = (float(limit) for limit in np.quantile(replicates, levels or tails))
    return interval._replace(low=low, high=high, p=None, method="bca" if levels else "percentile")


def _bca_levels(
    estimate: float,
    replicates: NDArray[np.float64],
    jackknife: NDArray[np.float64],
    *,
    tails: tuple[float, float],
) -> tuple[float, float] | None:
    """The quantiles of the replicates that BCa takes; None where they are undefined.

    z0 is the normal quantile of the share of replicates below the estimate (ties count half),
    a = sum(u^3) / (6 sum(u^2)^(3/2)) with u the jackknife's deviations; each tail's normal
    quantile z becomes z0 + (z0 + z) / (1 - a (z0 + z)).
    """
    tolerance = _ROUNDING * np.abs(replicates).max()
    below = float(np.mean(replicates < estimate - tolerance))
    share = (below + float(np.mean(replicates <= estimate + tolerance))) / 2
    deviations = jackknife.mean() - jackknife
    squares = float(np.sum(deviations**2))
    if not 0 < share < 1 or squares == 0:
        return None
    bias = _NORMAL.inv_cdf(share)
    acceleration = float(np.sum(deviations**3)) / (6 * squares**1.5)
    shifted = [bias + _NORMAL.inv_cdf(tail) for tail in tails]
    if any(1 - acceleration * z <= 0 for z in shifted):
        return None
    low, high = (_NORMAL.cdf(bias + z / (1 - acceleration * z)) for z in shifted)
    return low, high
