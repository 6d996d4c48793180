"""Calibration: do confidences say how often topics are right, and do they rank articles.

Only the topics that were given have a confidence, so this is the calibration of what a reader
sees, not of every label of the taxonomy. None where no confidence was measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

MAX_BINS: Final = 10
_MIN_IN_BIN: Final = 5


class RatedTopic(NamedTuple):
    """A topic that was given: its confidence, 0 to 1, and whether it is a gold topic."""

    confidence: float
    correct: bool


class RiskCoverage(NamedTuple):
    """The risk-coverage curve.

    Attributes:
        coverage: shares of the articles, those with the highest confidence, ascending to 1.
        risk: mean loss of those articles.
        area: mean risk over all coverages (AURC); lower is better.
    """

    coverage: tuple[float, ...]
    risk: tuple[float, ...]
    area: float


def brier_score(topics: Sequence[RatedTopic]) -> float | None:
    """Mean squared difference of confidence and correctness (Brier 1950); 0 is best, 1 worst."""
    if not topics:
        return None
    confidence, correct = _columns(topics)
    return float(np.mean((confidence - correct) ** 2))


def expected_calibration_error(topics: Sequence[RatedTopic]) -> float | None:
    """Mean distance of confidence and accuracy in bins of equal size; 0 is best.

    Up to ten bins with at least five topics each; topics of one confidence share a bin. The
    estimate is biased upwards, the more the fewer topics there are (Kumar et al. 2019,
    https://arxiv.org/abs/1909.10155): compare it between runs of equal size, never gate on it.
    """
    if not topics:
        return None
    confidence, correct = _columns(sorted(topics))
    bins = max(1, min(MAX_BINS, len(topics) // _MIN_IN_BIN))
    ends = np.linspace(0, len(topics), bins + 1).round().astype(int)
    # A boundary inside a run of equal confidences moves to the end of the run.
    ends[1:] = np.searchsorted(confidence, confidence[ends[1:] - 1], side="right")
    error = 0.0
    for start, end in pairwise(ends):
        if end > start:
            gap = confidence[start:end].mean() - correct[start:end].mean()
            error += abs(gap) * (end - start) / len(topics)
    return float(error)


def risk_coverage(confidences: Sequence[float], losses: Sequence[float]) -> RiskCoverage | None:
    """What the loss would be if only the most confident articles were answered.

    El-Yaniv and Wiener 2010 (https://jmlr.org/papers/v11/el-yaniv10a.html); the area as in
    Geifman et al. 2019. Articles of one confidence have no order: each counts as their mean.

    Args:
        confidences: of each article, such as that of its first topic.
        losses: of each article, such as 1 - F1, 0 to 1.
    """
    if not confidences:
        return None
    certain = np.asarray(confidences, dtype=float)
    _, group, size = np.unique(certain, return_inverse=True, return_counts=True)
    mean = np.bincount(group, weights=np.asarray(losses, dtype=float)) / size
    ordered = mean[group][np.argsort(-certain, kind="stable")]
    answered = np.arange(1, len(ordered) + 1)
    risk = np.cumsum(ordered) / answered
    coverage = answered / len(ordered)
    return RiskCoverage(tuple(coverage.tolist()), tuple(risk.tolist()), float(risk.mean()))


def _columns(topics: Sequence[RatedTopic]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    table = np.asarray(topics, dtype=float)
    return table[:, 0], table[:, 1]
