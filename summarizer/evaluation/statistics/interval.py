"""An estimate with its confidence interval, whichever method gave it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from summarizer.evaluation.statistics.clusters import cluster_sizes, satterthwaite_df
from summarizer.evaluation.statistics.distributions import critical_t, least_p, two_sided_t


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

    def without_limits(self) -> Interval:
        """The same estimate, of which nobody knows how far it can be trusted."""
        return self._replace(low=None, high=None, standard_error=None)


def t_interval(
    mean: float,
    *,
    standard_error: float | None,
    df: float,
    n: int,
    clusters: int,
    confidence: float,
) -> Interval:
    """``mean`` +- t(df) * ``standard_error``, with p = P(|T_df| >= |mean / standard_error|).

    An unknown error gives no limits and no p. An error of 0 gives a degenerate interval, whose
    p is 1 if the mean is 0, else 2^(1-G), the least that flipping the signs of G clusters can
    give. Where not even that p would be evidence (5 clusters or fewer, at 95 %), clusters that
    agree, on a difference or on none, may agree by chance, and there are no limits.
    """
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


def unknown_interval(mean: float, *, clusters: Sequence[Hashable]) -> Interval:
    """An estimate that no method gives limits for; ``clusters`` are the stories of the articles."""
    sizes = cluster_sizes(clusters, len(clusters))
    df, n = satterthwaite_df(sizes), len(clusters)
    return Interval(mean, None, None, None, df, n, len(sizes), None, 0.95)


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


def checked_confidence(confidence: float) -> float:
    """The confidence.

    Raises:
        ValueError: It is not between 0 and 1.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, not {confidence!r}")
    return confidence
