"""What missing digests could change: the difference at its worst and at its best."""

from __future__ import annotations

from statistics import fmean

from summarizer.evaluation.metrics import Metric
from summarizer.evaluation.scores import CaseScores, CellScores


def bounds(a: CellScores, b: CellScores, metric: Metric) -> tuple[float | None, float | None]:
    """B - A if all that is missing were as bad, and as good, for B as it can be.

    Only for means of values from 0 to 1, which all topic, summary and retrieval metrics with a
    direction are. None where nothing is missing.

    Args:
        a: what was.
        b: what is new, with the same articles.
        metric: what is compared.
    """
    bounded = metric.direction != "none" and metric.subject != "cost" and metric.is_additive
    whole = all(case.made == len(case.epochs) for side in (a, b) for case in side.cases.values())
    if not bounded or whole:
        return None, None
    good = 0.0 if metric.direction == "lower" else 1.0
    pairs = [(a.cases[name], b.cases[name]) for name in a.cases]
    counted = [pair for pair in pairs if _may_count(pair, metric.name)]
    worst, best = (
        fmean(
            _value(new, metric, missing=of_b) - _value(old, metric, missing=1 - of_b)
            for old, new in counted
        )
        if counted
        else 0.0
        for of_b in (1 - good, good)
    )
    return worst, best


def _may_count(pair: tuple[CaseScores, CaseScores], metric: str) -> bool:
    """Whether the difference holds this article, or could if nothing of it were missing.

    What a metric does not score though the digest is there, it never will. What no side has a
    digest of, nobody knows.
    """
    scored = [bool(case.records(metric)) for case in pair]
    made = [case.made > 0 for case in pair]
    return all(scored) or (
        (any(scored) or not any(made))
        and all(
            known or case.made < len(case.epochs) for known, case in zip(scored, pair, strict=True)
        )
    )


def _value(case: CaseScores, metric: Metric, *, missing: float) -> float:
    """The mean over the epochs, with a value for each that has no digest."""
    return fmean(case.records(metric.name) + [missing] * (len(case.epochs) - case.made))
