"""``SelfTest``: what the self-test found, and which metrics may therefore gate."""

from __future__ import annotations

import re
from typing import Final, Literal

from pydantic import Field

from summarizer.digest import Value
from summarizer.evaluation.judge_records import Panel
from summarizer.evaluation.metrics.registry import Subject
from summarizer.evaluation.statistics import Proportion, wilson_interval

# A metric that calls more of its controls worse than this gates noise.
MOST_FALSE_ALARMS: Final = 0.05


class Rate(Value):
    """How often a metric got worse through one perturbation."""

    perturbation: str
    worse: int = Field(ge=0, description="Items on which the metric got worse.")
    items: int = Field(ge=1)
    loss: float = Field(description="How much worse it got, on average over the items it scored.")

    @property
    def proportion(self) -> Proportion:
        """The rate with its 95 % Wilson interval."""
        return wilson_interval(self.worse, self.items)


class MetricTest(Value):
    """The self-test of one metric."""

    metric: str
    subject: Subject
    directed: bool = Field(description="Whether more or less of it is better.")
    faults: tuple[Rate, ...] = Field(description="The detection rates.")
    controls: tuple[Rate, ...] = Field(description="The false alarm rates.")
    probes: tuple[Rate, ...] = Field(default=(), description="What it minds that it need not.")
    missing: str | None = Field(default=None, description="Why it could not be computed.")

    @property
    def false_alarm(self) -> Rate | None:
        """The control that it fails most often; None where no control has items."""
        return max(self.controls, key=lambda rate: rate.proportion.estimate, default=None)

    @property
    def best(self) -> Rate | None:
        """The fault that it sees most surely; None where no fault has items."""
        return max(self.faults, key=lambda rate: rate.proportion.low, default=None)

    @property
    def refusal(self) -> str | None:
        """Why this metric may not gate; None where it may."""
        if not self.directed:
            return "it describes: neither more nor less of it is better"
        if self.missing:
            return self.missing
        if self.best is None or self.false_alarm is None:
            return "no gold data of the self-test has what it measures"
        if self.false_alarm.proportion.estimate > MOST_FALSE_ALARMS:
            return f"it fails its control: worse in {_of(self.false_alarm)}, which are no worse"
        if self.best.proportion.low <= self.false_alarm.proportion.high:
            return f"it sees no fault more often than its controls: at best {_of(self.best)}"
        return None


class SelfTest(Value):
    """The self-test of all metrics on one suite; or of the judge's metrics, by one judge."""

    format: Literal[1] = 1
    suite: str
    articles: int
    data_sha256: str
    code_sha256: str = Field(description="Of the code that the metrics are computed by.")
    judge: Panel | None = Field(default=None, description="Who judged; null: no judge is tested.")
    metrics: tuple[MetricTest, ...]

    def of(self, metric: str) -> MetricTest | None:
        """The self-test of a metric; None where it did not exist then."""
        return next((found for found in self.metrics if found.metric == metric), None)


def record_name(judge: str | None) -> str:
    """The file of a self-test in the folder of suites: ours, or that of a judge.

    >>> record_name(None), record_name("Qwen/Qwen2.5-7B")
    ('selftest.json', 'selftest-qwen-qwen2.5-7b.json')
    """
    if judge is None:
        return "selftest.json"
    return f"selftest-{re.sub(r'[^a-z0-9.]+', '-', judge.casefold()).strip('-')}.json"


def _of(rate: Rate) -> str:
    return f"{rate.worse} of {rate.items} items of {rate.perturbation!r}"
