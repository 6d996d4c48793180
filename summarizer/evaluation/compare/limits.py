"""Limits: values that a metric must keep to, with a baseline or without one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from summarizer.digest import Value
from summarizer.evaluation.metrics import METRICS
from summarizer.evaluation.scores import VariantScores, measure
from summarizer.evaluation.suite.definition import COMPLETENESS


class Limited(Value):
    """A metric of a variant against its limit.

    The value decides, not its interval: a limit says what may be shipped, and what was measured
    is over it or is not. The interval tells how far the next articles may be from it.
    """

    metric: str
    direction: Literal["higher", "lower"] = Field(description="higher: the limit is the least.")
    limit: float
    value: float | None = Field(description="Null: no article is scored.")
    low: float | None = Field(default=None, description="95 % interval of the value.")
    high: float | None = None
    n: int = Field(description="Articles.")
    outcome: Literal["pass", "regress", "inconclusive", "incomplete"]


def check_limits(
    scores: VariantScores, limits: Mapping[str, float], *, seed: int
) -> tuple[Limited, ...]:
    """Each metric of a variant against its limit, the limit itself included.

    Args:
        scores: the variant, with all its articles.
        limits: metric -> the worst value that is acceptable.
        seed: of the bootstrap of the intervals.
    """
    found = []
    for name, limit in limits.items():
        metric = METRICS[name]
        measured = measure(scores, metric, seed=seed)
        direction: Literal["higher", "lower"] = "lower" if metric.direction == "lower" else "higher"
        row = Limited(
            metric=name,
            direction=direction,
            limit=limit,
            value=measured.value,
            low=measured.low,
            high=measured.high,
            n=measured.n,
            outcome="inconclusive",
        )
        if measured.value is not None:
            over = is_beyond(measured.value, limit, direction=direction)
            row = row.model_copy(update={"outcome": "regress" if over else "pass"})
        found.append(row)
    return tuple(found)


def check_completeness(share: float, limit: float, *, articles: int) -> Limited:
    """The share of the digests that are there against the share that must be."""
    return Limited(
        metric=COMPLETENESS,
        direction="higher",
        limit=limit,
        value=share,
        n=articles,
        outcome="incomplete" if is_beyond(share, limit, direction="higher") else "pass",
    )


def is_beyond(value: float, limit: float, *, direction: Literal["higher", "lower"]) -> bool:
    """Whether a value is worse than its limit by more than rounding.

    >>> is_beyond(0.1 + 0.2, 0.3, direction="lower")
    False
    """
    worse = limit - value if direction == "higher" else value - limit
    return worse > 1e-9
