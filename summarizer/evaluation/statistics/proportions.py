"""Yes-or-no outcomes: exact tests of paired flips and wins, and an interval for a share."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import NamedTuple

from summarizer.evaluation.statistics.distributions import LEAST_P, incomplete_beta
from summarizer.evaluation.statistics.interval import checked_confidence


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
    # P(X <= k) = I_{1/2}(n - k, k + 1), DLMF 8.17.5.
    return min(1.0, max(2 * incomplete_beta(0.5, a=more, b=less + 1), LEAST_P))


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
    z = NormalDist().inv_cdf((1 + checked_confidence(confidence)) / 2)
    share = successes / n
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    low = 0.0 if successes == 0 else centre - half
    high = 1.0 if successes == n else centre + half
    return Proportion(share, low, high, n)
