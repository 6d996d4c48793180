"""How often each metric notices a fault, and how often it cries wolf; a judge's metrics, too."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, partial
from typing import Any, Final

from summarizer.errors import MissingExtraError
from summarizer.evaluation.judge.asking import UNLIMITED, How, Inquiry, answers_of
from summarizer.evaluation.judge.judge import Judge
from summarizer.evaluation.judge.judge_questions import JudgeTask, judged, questions_of
from summarizer.evaluation.metrics import METRICS, Metric, Output
from summarizer.evaluation.metrics.registry import MACRO_SUPPORT, Record
from summarizer.evaluation.run.folder import Report
from summarizer.evaluation.selftest.faults import (
    OTHER_PERTURBATIONS,
    TOPIC_PERTURBATIONS,
    FaultKind,
    Golden,
    Perturbation,
    golden_outputs,
)
from summarizer.evaluation.selftest.record import MetricTest, Rate, SelfTest, code_sha256
from summarizer.evaluation.selftest.summary_faults import SUMMARY_PERTURBATIONS
from summarizer.evaluation.suite.definition import Suite
from summarizer.evaluation.suite.samples import SuiteSamples, drawn

PERTURBATIONS: Final = (*TOPIC_PERTURBATIONS, *SUMMARY_PERTURBATIONS, *OTHER_PERTURBATIONS)
# Rounding of floats is no change.
_ROUNDING: Final = 1e-9


def run_selftest(
    suite: Suite,
    data: SuiteSamples,
    *,
    data_sha256: str,
    progress: Callable[[int], None] | None = None,
) -> SelfTest:
    """The self-test of every metric but the judge's, on the gold data of a suite.

    Sends nothing to a model.

    An item is an article whose gold digest a perturbation can change and the metric scores. A
    fault is detected where the metric is worse than of the untouched gold; a metric that no
    longer scores the digest did not notice.

    Args:
        suite: the suite.
        data: its articles with their gold data.
        data_sha256: of its data.
        progress: is called with the number of articles done.
    """
    tally = DetectionTally(metric for metric in METRICS.values() if not metric.is_judged)
    for done, found in enumerate(golden_outputs(suite.settings, data), start=1):
        tally.add(found.output, perturbed(found))
        if progress:
            progress(done)
    return SelfTest(
        suite=suite.name,
        articles=len(data.samples),
        data_sha256=data_sha256,
        code_sha256=code_sha256(),
        metrics=tally.results(),
    )


def perturbed(golden: Golden) -> Iterator[tuple[Perturbation, Output]]:
    """The gold digest with every perturbation that it has something for."""
    for perturbation in PERTURBATIONS:
        output = perturbation.apply(golden)
        if output is not None:
            yield perturbation, output


class DetectionTally:
    """What each metric loses on each item of a perturbation.

    Args:
        metrics: those that are tested.
    """

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = {metric.name: metric for metric in metrics}
        self._losses: defaultdict[tuple[str, str], list[float | None]] = defaultdict(list)
        self._missing: dict[str, str] = {}

    def add(self, golden: Output, changed: Iterable[tuple[Perturbation, Output]]) -> None:
        """Measure a gold digest and what perturbations made of it."""
        directed = (metric for metric in self._metrics.values() if metric.direction != "none")
        values = {metric.name: self._value(metric, golden) for metric in directed}
        untouched = {name: value for name, value in values.items() if value is not None}
        for perturbation, output in changed:
            for name, before in untouched.items():
                metric = self._metrics[name]
                if metric.subject == perturbation.subject:
                    after = self._value(metric, output)
                    loss = None if after is None else metric.gain(after, before)
                    self._losses[name, perturbation.name].append(loss)

    def results(self) -> tuple[MetricTest, ...]:
        """The test of each metric."""
        return tuple(self._result(metric) for metric in self._metrics.values())

    def _value(self, metric: Metric, output: Output) -> float | None:
        """The metric of a run of this article alone; None: unscored, or it cannot be computed."""
        try:
            return value_of_one(metric, metric.record(output))
        except MissingExtraError as error:
            self._missing[metric.name] = str(error)
            return None

    def _result(self, metric: Metric) -> MetricTest:
        return MetricTest(
            metric=metric.name,
            subject=metric.subject,
            directed=metric.direction != "none",
            faults=tuple(self._rates(metric, "fault")),
            controls=tuple(self._rates(metric, "control")),
            probes=tuple(self._rates(metric, "probe")),
            missing=self._missing.get(metric.name),
        )

    def _rates(self, metric: Metric, kind: FaultKind) -> Iterator[Rate]:
        for perturbation in PERTURBATIONS:
            losses = self._losses.get((metric.name, perturbation.name))
            if losses and (perturbation.subject, perturbation.kind) == (metric.subject, kind):
                scored = [loss for loss in losses if loss is not None]
                yield Rate(
                    perturbation=perturbation.name,
                    worse=sum(loss > _ROUNDING for loss in scored),
                    items=len(losses),
                    loss=round(sum(scored) / len(scored), 6) if scored else 0.0,
                )


def value_of_one(metric: Metric, record: Record | None) -> float | None:
    """The value of a run that has one article, with this record; None where it is unscored.

    Macro-F1 looks at labels with some support, so the article is there often enough for it.
    """
    return None if record is None else metric.combine([[record]] * MACRO_SUPPORT)


class JudgeSelfTest:
    """Shows a judge the gold digests of a suite, untouched and with faults.

    Args:
        suite: the suite.
        data: its articles with their gold data.
        judge: who is asked, once for each question.
        limit: so many articles, drawn by lot; None: all.
    """

    def __init__(
        self, suite: Suite, data: SuiteSamples, judge: Judge, *, limit: int | None = None
    ) -> None:
        self._suite = suite
        self._judge = judge
        self._outputs: list[Output] = []
        self._articles: list[tuple[int, list[tuple[Perturbation, int]]]] = []
        chosen = set(drawn((sample.id for sample in data.samples), limit=limit, seed=suite.seed))
        for golden in golden_outputs(suite.settings, data):
            if golden.sample.id in chosen and questions_of(golden.output):
                changed = [found for found in perturbed(golden) if found[0].subject == "summary"]
                places = [(perturbation, self._add(output)) for perturbation, output in changed]
                self._articles.append((self._add(golden.output), places))

    @cached_property
    def inquiries(self) -> dict[tuple[int, JudgeTask], Inquiry]:
        """All that is asked, by the place of the output."""
        return {
            (place, task): Inquiry(
                self._suite.name, (question,), partial(self._judge.ask, question)
            )
            for place, output in enumerate(self._outputs)
            for task, question in questions_of(output).items()
        }

    def run(self, how: How = UNLIMITED, *, data_sha256: str) -> tuple[SelfTest, Report]:
        """The detection rates of the judge's metrics, and how many answers they rest on.

        Raises:
            EndpointError: the endpoint is down, or refuses everything.
        """
        answers, report = answers_of(self._judge, self.inquiries, how)
        said: defaultdict[int, dict[JudgeTask, Any]] = defaultdict(dict)
        for (output, task), answer in answers.items():
            said[output][task] = answer
        tally = DetectionTally(metric for metric in METRICS.values() if metric.is_judged)
        for golden, places in self._articles:
            changed = [(one, self._judged(place, said[place])) for one, place in places]
            tally.add(self._judged(golden, said[golden]), changed)
        test = SelfTest(
            suite=self._suite.name,
            articles=len(self._articles),
            data_sha256=data_sha256,
            code_sha256=code_sha256(),
            judge=self._judge.panel(1),
            metrics=tally.results(),
        )
        return test, report

    def _add(self, output: Output) -> int:
        self._outputs.append(output)
        return len(self._outputs) - 1

    def _judged(self, place: int, said: Mapping[JudgeTask, Any]) -> Output:
        votes = {task: (answer,) for task, answer in said.items()}
        return judged(self._outputs[place], votes)
