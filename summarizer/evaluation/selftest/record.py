"""``SelfTest``: what the self-test found, and which metrics may therefore gate."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import ClassVar, Final, Literal, TypeVar

from pydantic import Field, ValidationError

from summarizer.digest import Value
from summarizer.errors import ConfigurationError, system_errors
from summarizer.evaluation.judge.judge import Panel
from summarizer.evaluation.metrics.registry import Subject
from summarizer.evaluation.run.manifest import content_sha256
from summarizer.evaluation.scores import METRICS_CODE, hash_code
from summarizer.evaluation.stats.significance import Proportion, wilson_interval
from summarizer.evaluation.suite.file import FILE_NAME as SUITE_FILE
from summarizer.evaluation.suite.file import load_suite, suite_roots

# A metric that calls more of its controls worse than this gates noise.
MOST_FALSE_ALARMS: Final = 0.05


class Rate(Value):
    """How often a metric got worse through one perturbation.

    Attributes:
        worse: items on which the metric got worse.
        loss: how much worse it got, on average over the items it scored.
    """

    perturbation: str
    worse: int = Field(ge=0)
    items: int = Field(ge=1)
    loss: float

    @property
    def proportion(self) -> Proportion:
        """The rate with its 95 % Wilson interval."""
        return wilson_interval(self.worse, self.items)


class MetricTest(Value):
    """The self-test of one metric.

    Attributes:
        directed: whether more or less of it is better.
        faults: the detection rates.
        controls: the false alarm rates.
        probes: what it minds that it need not.
        missing: why it could not be computed.
    """

    metric: str
    subject: Subject
    directed: bool
    faults: tuple[Rate, ...]
    controls: tuple[Rate, ...]
    probes: tuple[Rate, ...] = ()
    missing: str | None = None

    @property
    def false_alarm(self) -> Rate | None:
        """The control that it fails most often; None where no control has items."""
        return max(self.controls, key=lambda rate: rate.proportion.value, default=None)

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
        if self.false_alarm.proportion.value > MOST_FALSE_ALARMS:
            return f"it fails its control: worse in {_of(self.false_alarm)}, which are no worse"
        if self.best.proportion.low <= self.false_alarm.proportion.high:
            return f"it sees no fault more often than its controls: at best {_of(self.best)}"
        return None


class OnRecord(Value):
    """What gates look up in the folder of suites: of all metrics, or of one judge.

    Attributes:
        KIND: begins the name of its file.
        WHAT: it is, for people.
        COMMAND: makes that of a judge, whose name follows.
    """

    KIND: ClassVar[str]
    WHAT: ClassVar[str]
    COMMAND: ClassVar[str]

    @property
    def of_judge(self) -> Panel | None:
        """The judge that it is of; None: of no judge."""
        raise NotImplementedError


class SelfTest(OnRecord):
    """The self-test of all metrics on one suite; or of the judge's metrics, by one judge.

    Attributes:
        code_sha256: of the code that the metrics are computed by.
        judge: who judged; null: no judge is tested.
    """

    KIND = "selftest"
    WHAT = "self-test"
    COMMAND = "selftest --judge"

    format: Literal[1] = 1
    suite: str
    articles: int
    data_sha256: str
    code_sha256: str
    judge: Panel | None = None
    metrics: tuple[MetricTest, ...]

    @property
    def of_judge(self) -> Panel | None:
        """The judge that is tested; None: the metrics that code computes are."""
        return self.judge

    def of(self, metric: str) -> MetricTest | None:
        """The self-test of a metric; None where it did not exist then."""
        return next((found for found in self.metrics if found.metric == metric), None)

    def refusal(self, metric: str) -> str | None:
        """Why a metric may not gate; None where it may."""
        test = self.of(metric)
        return test.refusal if test else "it was not tested; run: summarizer eval selftest --save"


def _of(rate: Rate) -> str:
    return f"{rate.worse} of {rate.items} items of {rate.perturbation!r}"


COMMAND: Final = "summarizer eval selftest --save"
R = TypeVar("R", bound=OnRecord)
# What the values of metrics, and the faults that they are shown, depend on. How a record is read
# and kept changes nothing in it.
_CODE: Final = (*METRICS_CODE, "evaluation/selftest/detection.py", "evaluation/selftest/*faults.py")


def may_gate_judged(metric: str, panel: Panel | None) -> str | None:
    """Why a judge's metric may not gate; None where it may.

    What is on record holds for one judge with these prompts and votes, and for no other.

    Args:
        metric: its name.
        panel: who judged the run; None: nobody.
    """
    found = judge_record(SelfTest, panel)
    return found if isinstance(found, str) else found.refusal(metric)


def load_stored() -> SelfTest:
    """The self-test on record, of ./evals, or else ours.

    Raises:
        ConfigurationError: there is none, or it is not one of this version.
    """
    path = _record()
    try:
        return SelfTest.model_validate_json(path.read_bytes())
    except ValidationError:
        raise ConfigurationError(
            f"{str(path)!r} is not a self-test of this version", hint=COMMAND
        ) from None


def judge_record(shape: type[R], panel: Panel | None) -> R | str:
    """What is on record of the judge of a run; or why nothing is that holds for it.

    Args:
        shape: what is looked up.
        panel: who judged; None: nobody.
    """
    if panel is None:
        return "nobody judged the run; summarizer eval judge RUN --model MODEL"
    again = f"run: summarizer eval {shape.COMMAND} {panel.judge.name} --save"
    path = _find(_name(shape, panel))
    if path is None:
        return f"no {shape.WHAT} of the judge {panel.judge.name!r} is on record; {again}"
    try:
        found = shape.model_validate_json(path.read_bytes())
    except ValidationError:
        return f"{str(path)!r} is not of this version; {again}"
    known = found.of_judge
    if known is None or (known.judge, known.prompts) != (panel.judge, panel.prompts):
        return f"the judge or its prompts changed since {str(path)!r}; {again}"
    return found


def save(found: OnRecord) -> Path:
    """Put it on record in ./evals, that of a judge under the judge's name.

    Raises:
        ConfigurationError: there is no such folder, or it cannot be written.
    """
    path = Path("evals") / _name(type(found), found.of_judge)
    with system_errors(f"cannot write {str(path)!r}", hint="run it where the folder evals/ is"):
        path.write_text(found.model_dump_json(indent=1) + "\n", encoding="utf-8")
    return path


def _name(shape: type[OnRecord], panel: Panel | None) -> str:
    """The file of a record: "selftest.json", or "selftest-qwen-qwen2.5-7b.json" of a judge."""
    judge = panel.judge.name.casefold() if panel else ""
    suffix = re.sub(r"[^a-z0-9.]+", "-", judge).strip("-")
    return f"{shape.KIND}-{suffix}.json" if suffix else f"{shape.KIND}.json"


def _find(name: str) -> Path | None:
    """The record of that name in ./evals, or else ours; None where there is none."""
    return next((root / name for root in suite_roots() if (root / name).is_file()), None)


def staleness(stored: SelfTest) -> str | None:
    """Why the self-test on record no longer tells of this code or data; None where it does.

    Data is looked for beside the record; where it is not, such as in a package, it is taken to be
    the same.
    """
    changed = []
    if stored.code_sha256 != code_sha256():
        changed.append("the code of metrics")
    if stored.data_sha256 != (_data_sha256(stored.suite) or stored.data_sha256):
        changed.append(f"the gold data of {stored.suite!r}")
    if not changed:
        return None
    return f"{' and '.join(changed)} changed since the self-test of metrics; run: {COMMAND}"


@cache
def code_sha256() -> str:
    """The hash of the code that the self-test depends on."""
    return hash_code(_CODE)


def _record() -> Path:
    """The file on record, in ./evals or else ours.

    Raises:
        ConfigurationError: there is none.
    """
    path = _find(_name(SelfTest, None))
    if path is None:
        raise ConfigurationError("there is no 'evals/selftest.json'", hint=COMMAND)
    return path


def _data_sha256(suite: str) -> str | None:
    """The hash of the data of a suite beside the record; None where it is not there."""
    try:
        file = load_suite(_record().parent / suite / SUITE_FILE)
    except ConfigurationError:
        return None
    data = file.folder / file.suite.data.path
    return content_sha256(data) if data.exists() else None
