"""Randomization tests: what if the names A and B had been drawn by lot, story by story?"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from summarizer.evaluation.statistics.clusters import cluster_codes
from summarizer.evaluation.statistics.interval import checked

Statistic = Callable[[NDArray[np.float64]], float]
# Orders of summation differ by rounding; equal results must count as equal.
_ROUNDING: Final = 1e-12
_BLOCK_CELLS: Final = 1 << 20


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
    tolerance = _ROUNDING * np.abs(values).sum()
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
) -> float:
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

    Raises:
        ValueError: The shapes differ, a value is not finite, or not one label per article.
    """
    a = checked(candidate)
    b = checked_pair(a, baseline)
    codes = cluster_codes(clusters, len(a))
    differing = np.unique(codes[(a != b).reshape(len(a), -1).any(axis=1)])
    observed = statistic(a), statistic(b)
    tolerance = _ROUNDING * max(abs(observed[0]), abs(observed[1]))
    threshold = abs(observed[0] - observed[1]) - tolerance
    swapped = np.zeros(int(codes.max()) + 1, dtype=np.bool_)
    reached = 0
    for block in _flips(len(differing), permutations=permutations, seed=seed):
        for flips in block:
            swapped[differing] = flips
            rows = swapped[codes].reshape(-1, *[1] * (a.ndim - 1))
            difference = statistic(np.where(rows, b, a)) - statistic(np.where(rows, a, b))
            reached += abs(difference) >= threshold
    return _p_value(reached, clusters=len(differing), permutations=permutations)


def checked_pair(candidate: NDArray[np.float64], baseline: ArrayLike) -> NDArray[np.float64]:
    """The baseline's rows.

    Raises:
        ValueError: They have not the candidate's shape.
    """
    rows = checked(baseline)
    if rows.shape != candidate.shape:
        raise ValueError(f"candidate has shape {candidate.shape}, baseline {rows.shape}")
    return rows


def _is_exact(clusters: int, permutations: int) -> bool:
    return clusters < 63 and 1 << clusters <= permutations


def _flips(clusters: int, *, permutations: int, seed: int) -> Iterator[NDArray[np.bool_]]:
    """Blocks of assignments, shape (block, clusters); True is a flip. All of them, or random."""
    size = max(1, _BLOCK_CELLS // max(1, clusters))
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
