"""``summarizer eval score``: what metrics say of a run; ``selftest``: which notice faults."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from summarizer.cli import console, options
from summarizer.cli.evaluation_judge import JudgeOptions, is_enough, needs, tell_end
from summarizer.evaluation.figures import interval, number

if TYPE_CHECKING or not options.only_help:
    from summarizer.evaluation.metrics import JUDGED, METRICS
    from summarizer.evaluation.run.folder import RunFolder
    from summarizer.evaluation.run.manifest import content_sha256
    from summarizer.evaluation.run.plan import take_gold
    from summarizer.evaluation.scoring import VariantResult, score_run
    from summarizer.evaluation.selftest.detection import JudgeSelfTest, run_selftest
    from summarizer.evaluation.selftest.record import MetricTest, SelfTest
    from summarizer.evaluation.selftest.record import save as put_on_record
    from summarizer.evaluation.suite.file import load_suite
    from summarizer.evaluation.suite.samples import load_samples
    from summarizer.settings import load_settings


def score(
    run: Path,
    every: Annotated[bool, typer.Option("--all")] = False,
    gold: Annotated[str | None, typer.Option(metavar="SUITE")] = None,
    judge: Annotated[str | None, typer.Option(metavar="MODEL")] = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Score the digests of a run by every metric. Sends nothing to a model.

    Writes scores.jsonl and results.json into the run's folder.

    Args:
        run: A run's folder.
        every: Show every metric, not only the suite's.
        gold: Take corrected gold data from this suite.
        judge: Whose answers count; default the last one asked.
        as_json: Write the results as JSON.
    """
    folder = RunFolder.open(run)
    if gold is not None:
        changed = take_gold(folder, load_suite(gold), settings=load_settings())
        console.say(f"the gold of {changed:,} articles changed")
    results = score_run(folder, judge=judge)
    for name, found in results.variants.items():
        for bug in found.bugs:
            console.show_warning(f"{name}: unscored is {bug}")
    always = METRICS if every else folder.manifest.suite.measured
    rows = {name: _rows(found, always) for name, found in results.variants.items()}
    shown = console.filled("score.txt.j2", variants=results.variants, rows=rows)
    console.show_found(results, [shown], as_json=as_json)


def _rows(found: VariantResult, metrics: Iterable[str]) -> Sequence[tuple[str, ...]]:
    """The metrics of a variant, and those of a judge if one was asked."""
    rows = [("metric", "value", "95 % interval", "articles", "unscored")]
    judged = [one for one in JUDGED if found.metrics[one].n]
    for metric in dict.fromkeys((*metrics, *judged)):
        one = found.metrics[metric]
        unscored = f"{one.unscored:,}" if one.unscored else ""
        limits = interval(one.low, one.high)
        rows.append((metric, number(one.value), limits, f"{one.n:,}", unscored))
    return rows


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
    if judge is None and options != JudgeOptions():
        raise typer.BadParameter(
            "--limit, --dry-run and options of how a model is asked need --judge"
        )
    file = load_suite(suite)
    data = load_samples(file, settings=load_settings())
    for refused in data.refused:
        console.show_warning(f"left out: {refused}")
    sha256 = content_sha256(file.folder / file.suite.data.path)
    if judge is None:
        total = len(data.samples)
        with console.progress_line("articles") as line:
            result = run_selftest(
                file.suite, data, data_sha256=sha256, progress=lambda done: line.update(done, total)
            )
        _tell(result, as_json=as_json, save=save)
        return
    again = options.again("selftest", suite, judge=judge, limit=options.limit, save=save)
    with options.opened(judge, again, in_log=False) as asked:
        test = JudgeSelfTest(file.suite, data, asked, limit=options.limit)
        if options.dry_run:
            console.echo(needs(asked, test.inquiries.values()))
            return
        with options.asking() as how:
            result, report = test.run(how, data_sha256=sha256)
    _tell(result, as_json=as_json, save=save and is_enough([report]))
    tell_end([report], again, missing="which leave their outputs unscored")


def _tell(result: SelfTest, *, as_json: bool, save: bool) -> None:
    """Show what was found; put it on record."""
    shown = console.filled("selftest.txt.j2", found=result, rates=_rates)
    console.show_found(_record(result), [shown], as_json=as_json)
    if save:
        console.say(f"on record in {put_on_record(result)}")


def _record(result: SelfTest) -> dict[str, Any]:
    """The result with the rates as shares, their intervals, and the verdict of each metric."""
    record = result.model_dump(mode="json")
    for test, entry in zip(result.metrics, record["metrics"], strict=True):
        entry["may_gate"] = test.refusal is None
        entry["refusal"] = test.refusal
        for kind in ("faults", "controls", "probes"):
            for rate, row in zip(getattr(test, kind), entry[kind], strict=True):
                share = rate.proportion
                row |= {"rate": share.value, "low": share.low, "high": share.high}
    return record


def _rates(test: MetricTest) -> Sequence[tuple[str, ...]]:
    """What the metric sees, most surely first; what it is blind to; what it must not mind."""
    alarm = test.false_alarm.proportion.high if test.false_alarm else 1.0
    seen = sorted(
        (rate for rate in test.faults if rate.proportion.low > alarm),
        key=lambda rate: -rate.proportion.value,
    )
    blind = [rate for rate in test.faults if rate not in seen]
    rows = []
    for kind, rates in (
        ("notices", seen),
        ("hardly", blind),
        ("false alarm", test.controls),
        ("minds", test.probes),
    ):
        for rate in rates:
            share = rate.proportion
            limits = f"{share.low:.0%} to {share.high:.0%}"
            rows.append((rate.perturbation, kind, f"{share.value:.0%}", limits, f"{rate.items:,}"))
    return rows
