"""An estimate with its confidence interval: the mean paired difference, clustered by story."""

from __future__ import annotations

import math
import sys
from collections.abc import Hashable, Iterable
from functools import cache, lru_cache
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from summarizer.errors import require_extra

# A p-value is never 0: what underflows becomes the least positive float.
LEAST_P: Final = sys.float_info.min


class Interval(NamedTuple):
    """An estimate and how far it can be trusted.

    Attributes:
        mean: The mean difference; of a non-additive metric, the statistic of the whole sample.
        low: Lower confidence limit; None where the clusters are too few to tell the spread.
        high: Upper confidence limit; None where ``low`` is.
        standard_error: Of ``mean``, in its unit; None where ``low`` is. It is 0 where the
            sample shows no spread at all: "all alike in this sample", not certainty, as an
            effect on fewer than 3 in ``n`` articles is easily missed by ``n`` of them (the rule
            of three).
        df: Degrees of freedom of ``standard_error``; 0 where there is one story.
        n: Number of articles.
        clusters: Number of independent stories.
        p: Two-sided p-value of "the true value is 0", in (0, 1]; None where nothing tells.
        confidence: What the limits promise, such as 0.95.
    """

    mean: float
    low: float | None
    high: float | None
    standard_error: float | None
    df: float
    n: int
    clusters: int
    p: float | None
    confidence: float

    def negated(self) -> Interval:
        """The same of the negative: where less is better, of the gain."""
        low = None if self.high is None else -self.high
        high = None if self.low is None else -self.low
        return self._replace(mean=-self.mean, low=low, high=high)


def t_interval(
    mean: float, standard_error: float | None, *, sizes: NDArray[np.intp], confidence: float
) -> Interval:
    """``mean`` +- t(df) * ``standard_error``, with p = P(|T_df| >= |mean / standard_error|).

    The degrees of freedom follow from the cluster sizes (``satterthwaite_df``).

    An unknown error gives no limits and no p. An error of 0 gives a degenerate interval, whose
    p is 1 if the mean is 0, else 2^(1-G), the least that flipping the signs of G clusters can
    give. Where not even that p would be evidence (5 clusters or fewer, at 95 %), clusters that
    agree, on a difference or on none, may agree by chance, and there are no limits.
    """
    df, n, clusters = satterthwaite_df(sizes), int(sizes.sum()), len(sizes)
    unknown = Interval(mean, None, None, None, df, n, clusters, None, confidence)
    if standard_error is None:
        return unknown
    half = critical_t(1 - confidence, df) * standard_error
    if standard_error == 0:
        p = 1.0 if mean == 0 else least_p(clusters)
        if least_p(clusters) > 1 - confidence:
            return unknown._replace(p=p)
    else:
        p = two_sided_t(mean / standard_error, df)
    return unknown._replace(low=mean - half, high=mean + half, standard_error=standard_error, p=p)


@cache
def scipy_stats() -> Any:
    """scipy.stats, imported when something is first computed with it: that takes a second.

    Raises:
        MissingExtraError: scipy is not installed.
    """
    require_extra("scipy", what="the statistics of evals", extra="evals")
    import scipy.stats

    return scipy.stats


def least_p(clusters: int) -> float:
    """The least two-sided p that exchanging A and B of so many stories gives: 2^(1-G)."""
    return max(math.ldexp(1.0, 1 - clusters), LEAST_P)


def two_sided_t(t: float, df: float) -> float:
    """P(|T| >= |t|) for Student's T with ``df`` > 0 degrees of freedom; never 0."""
    return max(2 * float(scipy_stats().t.sf(abs(t), df)), LEAST_P)


@lru_cache(maxsize=1024)
def critical_t(alpha: float, df: float) -> float:
    """The t with P(|T| >= t) = ``alpha``: the half width of an interval in standard errors.

    ``critical_t(0.05, 29)`` is 2.045.
    """
    return float(scipy_stats().t.isf(alpha / 2, df))


def checked(values: ArrayLike) -> NDArray[np.float64]:
    """The values as an array of numbers, the first axis being the articles.

    Raises:
        ValueError: There are none, or one is not finite. Leave unscored articles out, in pairs.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim == 0 or array.shape[0] == 0:
        raise ValueError("no values")
    if not np.isfinite(array).all():
        raise ValueError("every value must be finite; leave unscored articles out")
    return array


def cluster_codes(clusters: Iterable[Hashable] | None, n: int) -> NDArray[np.intp]:
    """A number 0, 1, ... for the cluster of each of ``n`` articles, in order of appearance.

    An article whose label is None belongs to no story and is a cluster of its own; without
    labels every article is.

        ["war", None, "war", None] -> [0, 1, 0, 2]

    Raises:
        ValueError: There is not one label per article.
    """
    labels = [None] * n if clusters is None else list(clusters)
    if len(labels) != n:
        raise ValueError(f"{len(labels)} cluster labels for {n} articles")
    keys = [object() if label is None else label for label in labels]
    number = {key: index for index, key in enumerate(dict.fromkeys(keys))}
    return np.array([number[key] for key in keys], dtype=np.intp)


def cluster_members(codes: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """The indices of the articles of each cluster."""
    order = np.argsort(codes, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(codes[order])) + 1)


def cluster_sizes(clusters: Iterable[Hashable] | None, n: int) -> NDArray[np.intp]:
    """The number of articles of each cluster; arguments as of ``cluster_codes``."""
    return np.bincount(cluster_codes(clusters, n))


def satterthwaite_df(sizes: NDArray[np.intp]) -> float:
    """Degrees of freedom of the CR2 error of a mean, from the cluster sizes; at most G - 1.

    With h_g = n_g / n, the adjusted residual sums of independent articles of equal variance have
    the covariances P_gg = n_g and P_gh = -n_g n_h / (n sqrt((1 - h_g)(1 - h_h))); df is the
    square of sum_g P_gg by the sum of all squared P_gh. Bell and McCaffrey (2002), as in
    Pustejovsky and Tipton (2018, https://doi.org/10.1080/07350015.2016.1247004).

        [1, 1, 1, 1] -> 3.0        [5, 1, 1, 1] -> 1.8
    """
    if len(sizes) == 1:
        return 0.0
    n = sizes.sum()
    products = sizes**2 / (1 - sizes / n)
    off_diagonal = (products.sum() ** 2 - np.sum(products**2)) / n**2
    return float(n**2 / (np.sum(sizes**2) + off_diagonal))


# Scores are differences of floats; relative to them, less than this is rounding.
_ROUNDING: Final = 1e-13


def paired_difference(
    differences: ArrayLike, *, clusters: Iterable[Hashable] | None = None, confidence: float = 0.95
) -> Interval:
    """The mean of per-article differences (candidate minus baseline), with its t interval.

    With r_g the sum of d_i - mean over the n_g articles of cluster g, and h_g = n_g / n:

        SE^2 = sum_g r_g^2 / (1 - h_g) / n^2
        mean +- t(df) * SE,  p = P(|T_df| >= |mean / SE|)

    This is the CR2 estimator with Satterthwaite degrees of freedom of Bell and McCaffrey (2002,
    Survey Methodology 28(2), 169-181), for an intercept alone. Where all of the G clusters are
    of one size it is the familiar G / (G - 1) correction with df = G - 1, and without clusters
    the plain paired t test. Where one story dominates, G - 1 promises too much: of 30 articles
    with 10 on one story, that interval covered the truth 92 % of the time, this one 95 %
    (``benchmarks/significance.py``). Clustered errors for evals: Miller, arXiv 2411.00640.

    Args:
        differences: One number per article, epochs already averaged; shape (n,).
        clusters: The story of each article; None for an article that has none.
        confidence: Coverage of the interval.

    Returns:
        One cluster alone gives no limits, error or p. Differences without spread give a
        degenerate interval, or none where the clusters are few (see ``t_interval``).

    Raises:
        ValueError: No differences, one that is not finite, or not one label per article.
    """
    values = checked(differences)
    codes = cluster_codes(clusters, len(values))
    mean = _mean(values)
    error = _clustered_error(values, mean=mean, codes=codes)
    return t_interval(mean, error, sizes=np.bincount(codes), confidence=confidence)


def _mean(values: NDArray[np.float64]) -> float:
    """The mean: exact where all values are equal, and 0 where they cancel but for rounding."""
    first = float(values[0])
    if (values == first).all():
        return first
    mean = math.fsum(values.tolist()) / len(values)
    return 0.0 if abs(mean) <= _rounding(values) else mean


def _clustered_error(
    values: NDArray[np.float64], *, mean: float, codes: NDArray[np.intp]
) -> float | None:
    """The CR2 standard error of the mean; 0 where the clusters show no spread, None for one."""
    n = len(values)
    sizes = np.bincount(codes)
    if len(sizes) == 1:
        return None
    sums = np.bincount(codes, weights=values - mean)
    if np.abs(sums).max() <= n * _rounding(values):
        return 0.0
    return math.sqrt(float(np.sum(sums**2 / (1 - sizes / n)))) / n


def _rounding(values: NDArray[np.float64]) -> float:
    """What a sum or difference of such values may be off by."""
    return _ROUNDING * float(np.abs(values).max())
