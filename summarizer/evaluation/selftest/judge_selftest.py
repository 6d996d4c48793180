"""The self-test of a judge: the same faults, shown to a model that is to notice them.

What is on record holds for one judge with these prompts and votes, and for no other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from pydantic import ValidationError

from summarizer.batch.pool import Report, RunProgress
from summarizer.digest import Failure, Usage
from summarizer.errors import ConfigurationError
from summarizer.evaluation.judge.asking import Inquiry, ask_all
from summarizer.evaluation.judge.claims import panel_of
from summarizer.evaluation.judge.judge import Judge
from summarizer.evaluation.judge.judge_questions import JudgeTask, questions_of
from summarizer.evaluation.judge.verdicts import Panel
from summarizer.evaluation.metrics import METRICS, Output
from summarizer.evaluation.metrics.scored_output import Judging
from summarizer.evaluation.selftest.detection import DetectionTally, golden_of, perturbed
from summarizer.evaluation.selftest.record import SelfTest, code_sha256, find
from summarizer.evaluation.selftest.topic_faults import Perturbation
from summarizer.evaluation.suite.definition import Suite
from summarizer.evaluation.suite.samples import SuiteSamples, drawn


class _Answer(NamedTuple):
    """An answer about one of the outputs."""

    output: int
    task: JudgeTask
    answer: Any
    cost_usd: float | None


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
        for golden in golden_of(suite, data):
            if golden.sample.id in chosen and questions_of(golden.output):
                changed = [found for found in perturbed(golden) if found[0].subject == "summary"]
                places = [(perturbation, self._add(output)) for perturbation, output in changed]
                self._articles.append((self._add(golden.output), places))

    @property
    def inquiries(self) -> list[Inquiry[_Answer]]:
        """All that is asked; the response cache remembers what was asked before."""
        return [
            Inquiry(
                variant=self._suite.name,
                questions=(question,),
                ask=partial(self._judge.ask, question),
                line=partial(_answer, place, task),
            )
            for place, output in enumerate(self._outputs)
            for task, question in questions_of(output).items()
        ]

    def run(
        self,
        *,
        data_sha256: str,
        jobs: int = 1,
        progress: Callable[[RunProgress], None] = lambda _: None,
    ) -> tuple[SelfTest, Report]:
        """The detection rates of the judge's metrics, and how many answers they rest on.

        Raises:
            EndpointError: the endpoint is down, or refuses everything.
        """
        answers: list[_Answer] = []
        report = ask_all(self._judge, self.inquiries, answers.append, jobs=jobs, progress=progress)
        said: defaultdict[int, dict[JudgeTask, Any]] = defaultdict(dict)
        for found in answers:
            if not isinstance(found.answer, Failure):
                said[found.output][found.task] = found.answer
        tally = DetectionTally(metric for metric in METRICS.values() if metric.is_judged)
        for golden, places in self._articles:
            changed = [(one, self._judged(place, said[place])) for one, place in places]
            tally.add(self._judged(golden, said[golden]), changed)
        test = SelfTest(
            suite=self._suite.name,
            articles=len(self._articles),
            data_sha256=data_sha256,
            code_sha256=code_sha256(),
            judge=panel_of(self._judge, votes=1),
            metrics=tally.results(),
        )
        return test, report

    def _add(self, output: Output) -> int:
        self._outputs.append(output)
        return len(self._outputs) - 1

    def _judged(self, place: int, said: Mapping[JudgeTask, Any]) -> Output:
        votes = {task: (answer,) for task, answer in said.items()}
        judging = Judging(claims=votes.get("judge", ()), facts=votes.get("judge-facts", ()))
        return self._outputs[place].judged(judging)


def may_gate_judged(metric: str, panel: Panel | None) -> str | None:
    """Why a judge's metric may not gate; None where it may.

    Args:
        metric: its name.
        panel: who judged the run; None: nobody.
    """
    if panel is None:
        return "nobody judged the run; summarizer eval judge RUN --model MODEL"
    command = f"summarizer eval selftest --judge {panel.judge.name} --save"
    found = load_judged(panel.judge.name)
    if found is None or found.judge is None:
        return f"no self-test of the judge {panel.judge.name!r} is on record; run: {command}"
    if (found.judge.judge, found.judge.prompts) != (panel.judge, panel.prompts):
        return f"the judge or its prompts changed since their self-test; run: {command}"
    test = found.of(metric)
    return f"it was not tested; run: {command}" if test is None else test.refusal


def load_judged(judge: str) -> SelfTest | None:
    """The self-test of a judge on record, of ./evals, or else ours; None where there is none.

    Raises:
        ConfigurationError: it is not one of this version.
    """
    path = find(judge)
    if path is None:
        return None
    try:
        return SelfTest.model_validate_json(path.read_bytes())
    except ValidationError:
        raise ConfigurationError(
            f"{str(path)!r} is not a self-test of this version",
            hint=f"summarizer eval selftest --judge {judge} --save",
        ) from None


def _answer(output: int, task: JudgeTask, answer: Any, usage: Usage) -> _Answer:
    return _Answer(output, task, answer, usage.cost_usd)
