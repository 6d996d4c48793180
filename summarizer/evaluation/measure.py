"""The value of a metric for one cell, with its interval."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from pydantic import Field

from summarizer.digest import Value
from summarizer.evaluation.metrics import Metric
from summarizer.evaluation.metrics.records import Record
from summarizer.evaluation.scores import CellScores
from summarizer.evaluation.statistics import Interval, bootstrap_interval, paired_difference

if TYPE_CHECKING:
    from numpy.typing import NDArray

RESAMPLES: Final = 1_000
Rows = Sequence[Sequence[Record]]


class NoValueError(ValueError):
    """A metric has no value for some articles, such as F1 where there is no label at all."""


class Measured(Value):
    """A metric of a cell."""

    value: float | None = Field(description="Null: no article was scored.")
    low: float | None = Field(default=None, description="95 % interval, clustered by story.")
    high: float | None = None
    n: int = Field(description="Articles that were scored.")
    unscored: int = Field(description="Articles with a digest that the metric does not score.")


def measure(scores: CellScores, metric: Metric, *, seed: int, interval: bool = True) -> Measured:
    """The value of a metric over the articles of a cell.

    Args:
        scores: the cell.
        metric: the metric.
        seed: of the bootstrap.
        interval: also compute an interval; for metrics that are no mean it takes time.
    """
    rows = scores.rows(metric)
    made = sum(1 for case in scores.cases.values() if case.made)
    unscored = made - len(rows)
    if not rows:
        return Measured(value=None, n=0, unscored=unscored)
    clusters = scores.clusters(list(rows))
    if metric.is_additive:
        found: Interval | None = paired_difference(
            list(scores.values(metric).values()), clusters=clusters
        )
        value: float | None = found.mean if found else None
    else:
        value = metric.combine(list(rows.values()))
        found = _bootstrap(metric, list(rows.values()), clusters, seed=seed) if interval else None
    return Measured(
        value=value,
        low=found.low if found else None,
        high=found.high if found else None,
        n=len(rows),
        unscored=unscored,
    )


def statistic_of(metric: Metric, rows: Rows) -> Callable[[NDArray[np.float64]], float]:
    """A metric as a function of the places of articles in ``rows``.

    Resampling moves rows of numbers, records are any JSON: so it moves their places.

    Raises:
        NoValueError: (when called) these articles have no value.
    """

    def statistic(places: NDArray[np.float64]) -> float:
        value = metric.combine([rows[int(place)] for place in places])
        if value is None:
            raise NoValueError(metric.name)
        return value

    return statistic


def _bootstrap(
    metric: Metric, rows: Rows, clusters: Sequence[Hashable], *, seed: int
) -> Interval | None:
    """The interval; None where some resample has no value."""
    try:
        return bootstrap_interval(
            statistic_of(metric, rows),
            np.arange(len(rows)),
            clusters=clusters,
            resamples=RESAMPLES,
            seed=seed,
        )
    except NoValueError:
        return None
