"""Scores: what metrics took from each digest, article by article, and the value of a variant."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Sequence
from statistics import fmean
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from pydantic import Field

from summarizer.digest import Value
from summarizer.evaluation.judge.judge import Panel
from summarizer.evaluation.metrics import Metric
from summarizer.evaluation.metrics.registry import Record
from summarizer.evaluation.run.manifest import Stored
from summarizer.evaluation.stats.interval import Interval, paired_difference
from summarizer.evaluation.stats.significance import bootstrap_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray


class SampleScores(Stored):
    """The scores of one article in one variant."""

    fingerprint: str = Field(description="Of article and gold: scores compare where it is equal.")
    story: str | None = None
    slices: tuple[str, ...] = ()
    epochs: tuple[dict[str, Any] | None, ...] = Field(
        description="For each epoch metric -> record, null: unscored; null: there is no digest."
    )

    sessions: tuple[str | None, ...] = Field(
        default=(), description="The process that made each epoch; null: none, or not known."
    )

    @property
    def made(self) -> int:
        """Epochs that have a digest."""
        return sum(records is not None for records in self.epochs)

    def records(self, metric: str) -> list[Record]:
        """The records that are scored, of all epochs."""
        found = (records.get(metric) for records in self.epochs if records is not None)
        return [record for record in found if record is not None]


class VariantScores(Stored):
    """The scores of one variant: one side of a comparison."""

    name: str
    model: str
    prompts: tuple[str, ...] = Field(
        default=(), description="Prompts that its digests used, such as digest@v1."
    )
    judge: Panel | None = Field(
        default=None, description="Whose answers the judge's metrics are of; null: nobody's."
    )
    code_sha256: str | None = Field(
        default=None,
        description="Version of the metrics that scored it; null: it is not known, or not ours.",
    )
    samples: dict[str, SampleScores] = Field(description="By the article's id.")

    @property
    def results(self) -> list[dict[str, Any]]:
        """The records of each digest that is there."""
        epochs = (records for sample in self.samples.values() for records in sample.epochs)
        return [records for records in epochs if records is not None]

    @property
    def made(self) -> int:
        """Digests that are there."""
        return len(self.results)

    @property
    def expected(self) -> int:
        """Digests that there should be."""
        return sum(len(sample.epochs) for sample in self.samples.values())

    @property
    def share(self) -> float:
        """The share of the digests that are there, 0 to 1."""
        return self.made / self.expected if self.expected else 0.0

    def rows(self, metric: Metric) -> dict[str, list[Record]]:
        """For each article that the metric scored, its records."""
        found = {name: sample.records(metric.name) for name, sample in self.samples.items()}
        return {name: records for name, records in found.items() if records}

    def values(self, metric: Metric) -> dict[str, float]:
        """For each article that an additive metric scored, the mean over its epochs."""
        return {name: fmean(records) for name, records in self.rows(metric).items()}

    def of(self, names: Iterable[str]) -> VariantScores:
        """The same with only these articles."""
        kept = {name: self.samples[name] for name in names if name in self.samples}
        return self.model_copy(update={"samples": kept})

    def slice_names(self) -> list[str]:
        """The slices of the articles, in order."""
        return sorted({name for sample in self.samples.values() for name in sample.slices})

    def in_slice(self, name: str) -> VariantScores:
        """The same with only the articles of a slice."""
        return self.of(id_ for id_, sample in self.samples.items() if name in sample.slices)

    def clusters(self, names: Sequence[str]) -> list[Hashable]:
        """The story of each article; None for one that has none."""
        return [self.samples[name].story for name in names]


# Two processes meet another machine, or another hour: their times are not compared.
TIMED: Final = ("latency_p50", "latency_p95")
# A digest may have nothing that these measure, such as a summary without a number: no fault of it.
MAY_BE_EMPTY: Final = (
    "number_support", "date_support", "name_support", "quotation_support", "off_taxonomy_rate",
    "topic_brier", "topic_ece", "topic_aurc", "context_only_share", "judge_context_only",
)  # fmt: skip
RESAMPLES: Final = 1_000
Rows = Sequence[Sequence[Record]]


class Measured(Value):
    """A metric of a variant."""

    value: float | None = Field(description="Null: no article was scored.")
    low: float | None = Field(default=None, description="95 % interval, clustered by story.")
    high: float | None = None
    n: int = Field(description="Articles that were scored.")
    unscored: int = Field(description="Articles with a digest that the metric does not score.")


def measure(scores: VariantScores, metric: Metric, *, seed: int, interval: bool = True) -> Measured:
    """The value of a metric over the articles of a variant.

    Args:
        scores: the variant.
        metric: the metric.
        seed: of the bootstrap.
        interval: also compute an interval; for metrics that are no mean it takes time.
    """
    rows = scores.rows(metric)
    made = sum(1 for sample in scores.samples.values() if sample.made)
    unscored = made - len(rows)
    if not rows:
        return Measured(value=None, n=0, unscored=unscored)
    clusters = scores.clusters(list(rows))
    found: Interval | None = None
    if metric.is_additive:
        found = paired_difference(list(scores.values(metric).values()), clusters=clusters)
    elif interval:
        found = bootstrap_interval(
            statistic_of(metric, list(rows.values())),
            np.arange(len(rows)),
            clusters=clusters,
            resamples=RESAMPLES,
            seed=seed,
        )
    value = found.mean if found else metric.combine(list(rows.values()))
    if value is not None and math.isnan(value):
        value = None
    low, high = (found.low, found.high) if found else (None, None)
    if metric.is_share and low is not None and high is not None:
        low, high = max(0.0, low), min(1.0, high)  # no share is beyond, so no truth is left out
    return Measured(
        value=value,
        low=low,
        high=high,
        n=len(rows),
        unscored=unscored,
    )


def statistic_of(metric: Metric, rows: Rows) -> Callable[[NDArray[np.float64]], float]:
    """A metric as a function of the places of articles in ``rows``; NaN where it has no value.

    Resampling moves rows of numbers, records are any JSON: so it moves their places.
    """

    def statistic(places: NDArray[np.float64]) -> float:
        value = metric.combine([rows[int(place)] for place in places])
        return math.nan if value is None else value

    return statistic
