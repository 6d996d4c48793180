"""The rule of the gate: no worse than the margin, worse, or not known yet."""

from __future__ import annotations

import math
from typing import Final, Literal, NamedTuple

from summarizer.evaluation.statistics.interval import Interval
from summarizer.evaluation.statistics.power import minimum_detectable_effect, required_n

Outcome = Literal["pass", "regress", "inconclusive"]
# Beyond this no suite will grow; the difference sits on the margin.
_MOST_ARTICLES: Final = 1_000_000


class Verdict(NamedTuple):
    """What an interval says about a margin.

    Attributes:
        outcome: ``pass``, ``regress``, or ``inconclusive``: no evidence is not no regression.
        n_needed: Articles that would settle an inconclusive verdict 4 times of 5, if the true
            difference is the one seen; None where it is settled, where the spread is not
            known, and where more than a million would be needed.
    """

    outcome: Outcome
    n_needed: int | None


def verdict(interval: Interval, margin: float) -> Verdict:
    """Whether the candidate is no worse than the baseline by more than ``margin``.

    pass if low >= -margin, regress if high < -margin, else inconclusive: a non-inferiority test
    by the confidence interval (Piaggio et al. 2012, CONSORT extension,
    https://doi.org/10.1001/jama.2012.87802). Higher must be better: for cost or latency, give
    the negated difference.

    Args:
        interval: Of candidate minus baseline.
        margin: The loss that is still acceptable, in the metric's unit, 0 or more.

    Raises:
        ValueError: The margin is negative or not finite.
    """
    if not 0 <= margin < math.inf:
        raise ValueError(f"margin must be 0 or more, not {margin!r}")
    if interval.low is not None and interval.low >= -margin:
        return Verdict("pass", None)
    if interval.high is not None and interval.high < -margin:
        return Verdict("regress", None)
    return Verdict("inconclusive", _n_needed(interval, distance=abs(interval.mean + margin)))


def _n_needed(interval: Interval, *, distance: float) -> int | None:
    if interval.standard_error is None:
        return None
    # The error holds the design effect of the clusters, so it scales as if there were none.
    sd = interval.standard_error * math.sqrt(interval.n)
    alpha = 1 - interval.confidence
    if minimum_detectable_effect(sd, _MOST_ARTICLES, alpha=alpha) > distance:
        return None
    return max(required_n(distance, sd, alpha=alpha), interval.n + 1)
