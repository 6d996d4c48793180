"""``summarizer eval selftest``: which metrics notice faults, and which cry wolf."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from summarizer.cli.console import printable, progress_line, say, show_warning, write_json
from summarizer.cli.evaluation_judge import JudgeOptions, needs, tell_end
from summarizer.cli.evaluation_output import eval_progress

if TYPE_CHECKING:
    from summarizer.evaluation.judge.asking import How
    from summarizer.evaluation.selftest.record import MetricTest, Rate, SelfTest
    from summarizer.evaluation.suite.definition import SuiteFile
    from summarizer.evaluation.suite.samples import SuiteSamples

_WIDTH = 100
_INDENT = "    "
# Stands for a space at which no line ends.
_KEPT = "\u00a0"


def selftest(
    suite: Annotated[str, typer.Argument(metavar="SUITE")] = "news",
    *,
    judge: Annotated[str | None, typer.Option(metavar="MODEL")] = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
    save: bool = False,
    options: JudgeOptions,
) -> None:
    """Put faults into gold summaries and topics, and see which metrics notice them.

    A metric that gets worse where nothing is wrong, or sees no fault, may not gate. Sends nothing
    to a model, except to a judge, whom the options of asking, cost and number are for; takes a
    second for each article.

    Exit code: 0 tested, 12 less than 98 % of a judge's answers are there: not put on record.

    Args:
        suite: Whose gold data is perturbed.
        judge: Test this judge's metrics instead.
        as_json: Write JSON.
        save: Put it on record for gates: evals/selftest.json.
    """
    from summarizer.evaluation.compare.comparison import COMPLETE
    from summarizer.evaluation.selftest.detection import JudgeSelfTest

    if judge is None and options != JudgeOptions():
        raise typer.BadParameter(
            "--limit, --dry-run and options of how a model is asked need --judge"
        )
    file, data = _gold(suite)
    if judge is None:
        _tell(_run(file, data), as_json=as_json, save=save)
        return
    words: list[object] = ["selftest", suite, "--judge", judge]
    words += ["--limit", options.limit] if options.limit else []
    words += ["--save"] if save else []
    again = options.again(*words)
    with options.opened(judge, again, in_log=False) as asked:
        test = JudgeSelfTest(file.suite, data, asked, limit=options.limit)
        if options.dry_run:
            typer.echo(printable(needs(asked, test.inquiries.values())))
            return
        with eval_progress("answers") as progress:
            how: How = {**options.how, "progress": progress}
            result, report = test.run(data_sha256=_sha256(file), **how)
    is_whole = report.made >= COMPLETE * report.total
    _tell(result, as_json=as_json, save=save and is_whole)
    tell_end([report], again, missing="which leave their outputs unscored")


def _tell(result: SelfTest, *, as_json: bool, save: bool) -> None:
    """Show what was found; put it on record."""
    from summarizer.evaluation.selftest.record import save as put_on_record

    if as_json:
        write_json(_record(result))
    else:
        for line in _lines(result):
            typer.echo(printable(line))
    if save:
        say(f"on record in {put_on_record(result)}")


def _gold(name: str) -> tuple[SuiteFile, SuiteSamples]:
    from summarizer.evaluation.suite.file import load_suite
    from summarizer.evaluation.suite.samples import load_samples
    from summarizer.settings import load_settings

    file = load_suite(name)
    data = load_samples(file, settings=load_settings())
    for refused in data.refused:
        show_warning(f"left out: {refused}")
    return file, data


def _run(file: SuiteFile, data: SuiteSamples) -> SelfTest:
    from summarizer.evaluation.selftest.detection import run_selftest

    total = len(data.samples)
    with progress_line("articles") as line:
        return run_selftest(
            file.suite,
            data,
            data_sha256=_sha256(file),
            progress=lambda done: line.update(done, total),
        )


def _sha256(file: SuiteFile) -> str:
    from summarizer.evaluation.run.manifest import content_sha256

    return content_sha256(file.folder / file.suite.data.path)


def _record(result: SelfTest) -> dict[str, Any]:
    """The result with the rates as shares, their intervals, and the verdict of each metric."""
    record = result.model_dump(mode="json")
    for test, entry in zip(result.metrics, record["metrics"], strict=True):
        entry["may_gate"] = test.refusal is None
        entry["refusal"] = test.refusal
        for kind in ("faults", "controls", "probes"):
            for rate, row in zip(getattr(test, kind), entry[kind], strict=True):
                row |= {
                    "rate": rate.proportion.estimate,
                    "low": rate.proportion.low,
                    "high": rate.proportion.high,
                }
    return record


def _lines(result: SelfTest) -> Iterator[str]:
    judge = f", judged by {result.judge}" if result.judge else ""
    yield f"{result.articles:,} articles of {result.suite!r}{judge}; rates with 95 % intervals"
    for test in result.metrics:
        if test.directed:
            yield ""
            verdict = "may gate" if test.refusal is None else f"may not gate: {test.refusal}"
            yield from _wrapped(f"{test.metric}: {verdict}", indent="")
            yield from _rates(test)
    described = ", ".join(test.metric for test in result.metrics if not test.directed)
    if not described:
        return
    yield ""
    yield from _wrapped(f"describe, and gate nothing: {described}", indent="")


def _rates(test: MetricTest) -> Iterator[str]:
    """What the metric sees, most surely first; what it is blind to; what it must not mind."""
    alarm = test.false_alarm.proportion.high if test.false_alarm else 1.0
    seen = sorted(
        (rate for rate in test.faults if rate.proportion.low > alarm),
        key=lambda rate: -rate.proportion.estimate,
    )
    blind = [rate for rate in test.faults if rate not in seen]
    for name, rates in (
        ("notices", seen),
        ("hardly", blind),
        ("false alarms", test.controls),
        ("minds", test.probes),
    ):
        if rates:
            yield from _wrapped(f"{name:<13} {'; '.join(map(_rate, rates))}", indent=_INDENT)


def _rate(rate: Rate) -> str:
    share = rate.proportion
    text = (
        f"{rate.perturbation} {share.estimate:.0%} [{share.low:.0%}-{share.high:.0%}] "
        f"of {rate.items}"
    )
    return text.replace(" ", _KEPT)


def _wrapped(text: str, *, indent: str) -> list[str]:
    hanging = indent + " " * 14 if indent else _INDENT
    lines = textwrap.wrap(text, _WIDTH, initial_indent=indent, subsequent_indent=hanging)
    return [line.replace(_KEPT, " ") for line in lines]
