"""What missing digests could change: the difference at its worst and at its best."""

from __future__ import annotations

from collections.abc import Callable

from summarizer.evaluation.metrics import Metric
from summarizer.evaluation.scores import CellScores


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

    def applies(name: str) -> bool:
        """The metric scores the article; what no side has a digest of, nobody knows."""
        sides = (a.cases[name], b.cases[name])
        scored = any(case.records(metric.name) for case in sides)
        return scored or not any(case.made for case in sides)

    worst, best = (
        _mean(b, metric, missing=for_b, applies=applies)
        - _mean(a, metric, missing=1 - for_b, applies=applies)
        for for_b in (1 - good, good)
    )
    return worst, best


def _mean(
    scores: CellScores, metric: Metric, *, missing: float, applies: Callable[[str], bool]
) -> float:
    """The mean over articles, with a value for each epoch that has no digest."""
    means = []
    for name, case in scores.cases.items():
        absent = len(case.epochs) - case.made if applies(name) else 0
        records = case.records(metric.name) + [missing] * absent
        if records:
            means.append(sum(records) / len(records))
    return sum(means) / len(means) if means else 0.0
