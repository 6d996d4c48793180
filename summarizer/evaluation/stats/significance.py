"""Exact tests of yes-or-no outcomes, an interval for a share, and adjusted p-values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from summarizer.evaluation.stats.interval import LEAST_P, scipy_stats


def exact_mcnemar(b: int, c: int) -> float:
    """Two-sided p-value for paired yes-or-no results, in (0, 1].

    Under "no difference" the ``b`` articles that only A got right are Binomial(b + c, 1/2);
    p = min(1, 2 P(X <= min(b, c))). Articles on which A and B agree do not count (McNemar 1947,
    https://doi.org/10.1007/BF02295996, with exact probabilities). Articles must be independent;
    with several per story, use ``sign_flip_permutation`` with clusters.

    Args:
        b: Articles that only A got right.
        c: Articles that only B got right.

    Raises:
        ValueError: A count is negative.
    """
    return sign_test(b, c)


def sign_test(wins: int, losses: int) -> float:
    """Two-sided p-value of "a win is as likely as a loss", in (0, 1]; ties are left out.

    p = min(1, 2 P(X <= min(wins, losses))) for X from Binomial(wins + losses, 1/2) (Conover,
    Practical Nonparametric Statistics, section 3.4). Without wins and losses it is 1.

    Raises:
        ValueError: A count is negative.
    """
    if wins < 0 or losses < 0:
        raise ValueError(f"counts must not be negative: {wins!r}, {losses!r}")
    less, more = sorted((wins, losses))
    if less == more:
        return 1.0
    found = scipy_stats().binomtest(less, less + more).pvalue
    return max(float(found), LEAST_P)


class Proportion(NamedTuple):
    """A share with its confidence limits, each from 0 to 1, of ``n`` cases."""

    estimate: float
    low: float
    high: float
    n: int


def wilson_interval(successes: int, n: int, *, confidence: float = 0.95) -> Proportion:
    """The share of successes with Wilson's score interval.

    With z the normal quantile and q the share:

        (q + z^2/2n +- z sqrt(q (1 - q) / n + z^2/4n^2)) / (1 + z^2/n)

    It stays in [0, 1] and has width where no case or every case succeeded (Wilson 1927,
    https://doi.org/10.1080/01621459.1927.10502953).

    Raises:
        ValueError: There are no cases, or more successes than cases, or fewer than 0.
    """
    if not 0 <= successes <= n or n == 0:
        raise ValueError(f"{successes!r} successes of {n!r} cases")
    limits = scipy_stats().binomtest(successes, n).proportion_ci(confidence, method="wilson")
    return Proportion(successes / n, float(limits.low), float(limits.high), n)


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values adjusted for the family-wise error: any false alarm at most alpha of the time.

    In ascending order the i-th of m is multiplied by m - i + 1, made monotone and cut at 1
    (Holm 1979, https://www.jstor.org/stable/4615733). These lines stand for statsmodels, which
    brings pandas. Holds however the tests depend on each
    other; for the declared primary metrics.

        [0.01, 0.04, 0.03] -> [0.03, 0.06, 0.06]

    Raises:
        ValueError: A p-value is not in [0, 1].
    """
    values = np.asarray(p_values, dtype=np.float64)
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError(f"p-values must be in [0, 1]: {list(p_values)!r}")
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
