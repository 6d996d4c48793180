"""Scores: what metrics took from each digest, article by article; runs and baselines hold them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

from pydantic import Field

from summarizer.digest import Value
from summarizer.evaluation.judge_records import Panel
from summarizer.evaluation.metrics import Metric
from summarizer.evaluation.metrics.records import Record
from summarizer.evaluation.statistics import average_epochs


class CaseScores(Value):
    """The scores of one article in one cell."""

    fingerprint: str = Field(description="Of article and gold: scores compare where it is equal.")
    story: str | None = None
    slices: tuple[str, ...] = ()
    epochs: tuple[dict[str, Any] | None, ...] = Field(
        description="For each epoch metric -> record, null: unscored; null: there is no digest."
    )

    @property
    def made(self) -> int:
        """Epochs that have a digest."""
        return sum(records is not None for records in self.epochs)

    def records(self, metric: str) -> list[Record]:
        """The records that are scored, of all epochs."""
        found = (records.get(metric) for records in self.epochs if records is not None)
        return [record for record in found if record is not None]


class CellScores(Value):
    """The scores of one cell: one side of a comparison."""

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
    cases: dict[str, CaseScores] = Field(description="By the article's id.")

    @property
    def made(self) -> int:
        """Digests that are there."""
        return sum(case.made for case in self.cases.values())

    @property
    def expected(self) -> int:
        """Digests that there should be."""
        return sum(len(case.epochs) for case in self.cases.values())

    def rows(self, metric: Metric) -> dict[str, list[Record]]:
        """For each article that the metric scored, its records."""
        found = {name: case.records(metric.name) for name, case in self.cases.items()}
        return {name: records for name, records in found.items() if records}

    def values(self, metric: Metric) -> dict[str, float]:
        """For each article that an additive metric scored, the mean over its epochs."""
        return average_epochs(self.rows(metric))

    def of(self, names: Iterable[str]) -> CellScores:
        """The same with only these articles."""
        kept = {name: self.cases[name] for name in names if name in self.cases}
        return self.model_copy(update={"cases": kept})

    def slice_names(self) -> list[str]:
        """The slices of the articles, in order."""
        return sorted({name for case in self.cases.values() for name in case.slices})

    def in_slice(self, name: str) -> CellScores:
        """The same with only the articles of a slice."""
        return self.of(id_ for id_, case in self.cases.items() if name in case.slices)

    def clusters(self, names: Sequence[str]) -> list[Hashable]:
        """The story of each article; None for one that has none."""
        return [self.cases[name].story for name in names]
