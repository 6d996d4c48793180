"""Tests of differences, exact, by randomization and by bootstrap, and adjusted p-values."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from summarizer.digest import Value
from summarizer.evaluation.stats.interval import (
    LEAST_P,
    Interval,
    checked,
    cluster_codes,
    cluster_members,
    scipy_stats,
    t_interval,
)

# Replicates that differ by rounding alone are equal.
_ROUNDING: Final = 1e-12


def bootstrap_interval(
    statistic: Statistic,
    samples: ArrayLike,
    *,
    clusters: Iterable[Hashable] | None = None,
    confidence: float = 0.95,
    resamples: int = 2_000,
    seed: int,
) -> Interval:
    """An interval for any metric, or for any difference of two, by resampling clusters.

    Whole clusters are drawn with replacement, and the metric is computed anew each time. From
    the replicates of the metric M over G clusters:

        M +- t(df) * SE

    SE is the replicates' standard deviation times sqrt(G/(G-1)), df that of
    ``paired_difference`` (Hesterberg 2015, "What teachers should know about the bootstrap",
    https://doi.org/10.1080/00031305.2015.1089789). The replicates' own quantiles, also with
    corrections for bias and acceleration (BCa), cover the truth less often: with 30 articles 90
    and 88 % of the time, this interval 94 % (``benchmarks/significance.py``). So few articles do
    not tell bias and skewness from noise.

    Args:
        statistic: From the rows of some articles, shape (m, ...), to the metric; NaN where it has
            no value for them.
        samples: A row per article, such as its counts of (tp, fp, fn); shape (n, ...).
        clusters: The story of each article; None for an article that has none.
        confidence: Coverage of the interval.
        resamples: Number of replicates.
        seed: Of the resampling.

    Returns:
        One cluster alone gives no limits, nor do replicates of which one has no value (NaN);
        replicates without spread give a degenerate interval. Its p is approximate;
        ``approximate_randomization`` is the test.

    Raises:
        ValueError: A value is not finite, or not one label per article.
    """
    rows = checked(samples)
    codes = cluster_codes(clusters, len(rows))
    members = cluster_members(codes)
    replicates = _replicates(statistic, rows, members, resamples=resamples, seed=seed)
    error = _bootstrap_error(replicates, len(members))
    return t_interval(statistic(rows), error, sizes=np.bincount(codes), confidence=confidence)


def _replicates(
    statistic: Statistic,
    rows: NDArray[np.float64],
    members: list[NDArray[np.intp]],
    *,
    resamples: int,
    seed: int,
) -> NDArray[np.float64]:
    """The metric of each resample of whole clusters; shape (resamples,)."""
    generator = np.random.default_rng(seed)
    size = len(members)
    alone = all(len(cluster) == 1 for cluster in members)
    singles = np.concatenate(members)
    found = np.empty(resamples)
    for index in range(resamples):
        drawn = generator.integers(0, size, size)
        chosen = singles[drawn] if alone else np.concatenate([members[code] for code in drawn])
        found[index] = statistic(rows[chosen])
    return found


def _bootstrap_error(replicates: NDArray[np.float64], clusters: int) -> float | None:
    """The standard error; 0 where the replicates do not differ.

    None for one cluster, and where a replicate has no value.

    Resampling G clusters with replacement shrinks the variance by (G - 1) / G, which is undone.
    """
    if clusters == 1 or not np.isfinite(replicates).all():
        return None
    if np.ptp(replicates) <= _ROUNDING * np.abs(replicates).max():
        return 0.0
    return float(np.std(replicates, ddof=1)) * math.sqrt(clusters / (clusters - 1))


Statistic = Callable[[NDArray[np.float64]], float]
# Orders of summation differ by rounding; equal results must count as equal.
_SUM_ROUNDING: Final = 1e-12
_BLOCK_SIZE: Final = 1 << 20


def sign_flip_permutation(
    differences: ArrayLike,
    *,
    clusters: Iterable[Hashable] | None = None,
    permutations: int = 10_000,
    seed: int,
) -> float:
    """Two-sided p-value of "differences are symmetric around 0", by flipping whole clusters.

    The share of sign assignments whose |sum| reaches the observed one (Fisher's randomization
    test). All 2^G of them are tried where that takes no more than ``permutations``; otherwise
    m are drawn and p = (b + 1) / (m + 1), which never promises too much (Phipson and Smyth
    2010, https://doi.org/10.2202/1544-6115.1585). Clusters that sum to 0 do not change the
    sum, so they are not flipped, and mostly tied samples are tested exactly.

    Args:
        differences: One number per article; shape (n,).
        clusters: The story of each article; None for an article that has none.
        permutations: How many assignments to draw, and the limit for trying all.
        seed: Of the random draw; the exact test does not use it.

    Raises:
        ValueError: No differences, one that is not finite, or not one label per article.
    """
    values = checked(differences)
    sums = np.bincount(cluster_codes(clusters, len(values)), weights=values)
    tolerance = _SUM_ROUNDING * np.abs(values).sum()
    sums = sums[np.abs(sums) > tolerance]
    threshold = abs(sums.sum()) - tolerance
    reached = 0
    for flips in _flips(len(sums), permutations=permutations, seed=seed):
        reached += int(np.count_nonzero(np.abs(np.where(flips, -sums, sums).sum(1)) >= threshold))
    return _p_value(reached, clusters=len(sums), permutations=permutations)


def approximate_randomization(
    statistic: Statistic,
    candidate: ArrayLike,
    *,
    baseline: ArrayLike,
    clusters: Iterable[Hashable] | None = None,
    permutations: int = 10_000,
    seed: int,
) -> float | None:
    """Two-sided p-value of "A and B are interchangeable", for any metric such as micro-F1.

    The rows of A and B are swapped, cluster by cluster, and the metric is computed anew; p is
    the share of swaps where |metric(A) - metric(B)| reaches the observed one (Noreen 1989;
    for F1: Yeh 2000, https://aclanthology.org/C00-2137). Exact for few clusters that differ,
    else (b + 1) / (m + 1), as in ``sign_flip_permutation``.

    Args:
        statistic: From the rows of one system, shape (n, ...), to its metric.
        candidate: A's rows, one per article, such as its counts of (tp, fp, fn).
        baseline: B's rows, in the same order and shape.
        clusters: The story of each article; None for an article that has none.
        permutations: How many swaps to draw, and the limit for trying all.
        seed: Of the random draw; the exact test does not use it.

    Returns:
        None where some swap leaves no value (NaN).

    Raises:
        ValueError: The shapes differ, a value is not finite, or not one label per article.
    """
    a = checked(candidate)
    b = checked(baseline)
    if a.shape != b.shape:
        raise ValueError(f"candidate has shape {a.shape}, baseline {b.shape}")
    codes = cluster_codes(clusters, len(a))
    differing = np.unique(codes[(a != b).reshape(len(a), -1).any(axis=1)])
    observed = statistic(a), statistic(b)
    tolerance = _SUM_ROUNDING * max(abs(observed[0]), abs(observed[1]))
    threshold = abs(observed[0] - observed[1]) - tolerance
    swapped = np.zeros(int(codes.max()) + 1, dtype=np.bool_)
    reached = 0
    for block in _flips(len(differing), permutations=permutations, seed=seed):
        for flips in block:
            swapped[differing] = flips
            rows = swapped[codes].reshape(-1, *[1] * (a.ndim - 1))
            difference = statistic(np.where(rows, b, a)) - statistic(np.where(rows, a, b))
            if math.isnan(difference):
                return None
            reached += abs(difference) >= threshold
    return _p_value(reached, clusters=len(differing), permutations=permutations)


def _is_exact(clusters: int, permutations: int) -> bool:
    return clusters < 63 and 1 << clusters <= permutations


def _flips(clusters: int, *, permutations: int, seed: int) -> Iterator[NDArray[np.bool_]]:
    """Blocks of assignments, shape (block, clusters); True is a flip. All of them, or random."""
    size = max(1, _BLOCK_SIZE // max(1, clusters))
    if _is_exact(clusters, permutations):
        for start in range(0, 1 << clusters, size):
            numbers = np.arange(start, min(start + size, 1 << clusters), dtype=np.int64)
            yield (numbers[:, np.newaxis] >> np.arange(clusters)) & 1 == 1
    else:
        generator = np.random.default_rng(seed)
        for start in range(0, permutations, size):
            rows = min(size, permutations - start)
            yield generator.integers(0, 2, size=(rows, clusters), dtype=np.int8) == 1


def _p_value(reached: int, *, clusters: int, permutations: int) -> float:
    if _is_exact(clusters, permutations):
        return reached / (1 << clusters)
    return (reached + 1) / (permutations + 1)


def sign_test(wins: int, losses: int) -> float:
    """Two-sided p-value of "a win is as likely as a loss", in (0, 1]; ties are left out.

    p = min(1, 2 P(X <= min(wins, losses))) for X from Binomial(wins + losses, 1/2) (Conover,
    Practical Nonparametric Statistics, section 3.4). Without wins and losses it is 1. For yes or
    no it is McNemar's test with exact probabilities (McNemar 1947,
    https://doi.org/10.1007/BF02295996). Articles must be independent; with several per story, use
    ``sign_flip_permutation`` with clusters.
    """
    less, more = sorted((wins, losses))
    if less == more:
        return 1.0
    return max(float(scipy_stats().binomtest(less, less + more).pvalue), LEAST_P)


class Proportion(Value):
    """A share with its confidence limits, each from 0 to 1, of ``n`` cases."""

    value: float
    low: float
    high: float
    n: int


def wilson_interval(successes: int, n: int, *, confidence: float = 0.95) -> Proportion:
    """The share of successes with Wilson's score interval.

    With z the normal quantile and q the share:

        (q + z^2/2n +- z sqrt(q (1 - q) / n + z^2/4n^2)) / (1 + z^2/n)

    It stays in [0, 1] and has width where no case or every case succeeded (Wilson 1927,
    https://doi.org/10.1080/01621459.1927.10502953).
    """
    low, high = scipy_stats().binomtest(successes, n).proportion_ci(confidence, method="wilson")
    return Proportion(value=successes / n, low=low, high=high, n=n)


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values adjusted for the family-wise error: any false alarm at most alpha of the time.

    In ascending order the i-th of m is multiplied by m - i + 1, made monotone and cut at 1
    (Holm 1979, https://www.jstor.org/stable/4615733). These lines stand for statsmodels, which
    brings pandas. Holds however the tests depend on each
    other; for the declared primary metrics.

        [0.01, 0.04, 0.03] -> [0.03, 0.06, 0.06]
    """
    values = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    adjusted = np.empty_like(values)
    adjusted[order] = np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1))
    return [float(value) for value in np.minimum(adjusted, 1)]


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """P-values adjusted for the false discovery rate: of what is called, alpha is false.

    In ascending order the i-th of m is multiplied by m / i, made monotone from the largest
    down, and cut at 1 (Benjamini and Hochberg 1995, https://www.jstor.org/stable/2346101).
    Holds for independent or positively dependent tests; for slices, which are looked through
    rather than declared.

    Raises:
        ValueError: A p-value is not in [0, 1].
    """
    return [float(p) for p in scipy_stats().false_discovery_control(list(p_values))]
