"""``summarizer eval``: the suites, the runs, what a run scored, and the pages about runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from summarizer.cli import options as given
from summarizer.cli.console import printable, say, show_warning, write_json
from summarizer.cli.evaluation_compare import compare, diff
from summarizer.cli.evaluation_gate import gate
from summarizer.cli.evaluation_judge import judge
from summarizer.cli.evaluation_label import label
from summarizer.cli.evaluation_output import aligned
from summarizer.cli.evaluation_run import decide, run
from summarizer.cli.evaluation_selftest import selftest
from summarizer.errors import ConfigurationError, SummarizerError, system_errors
from summarizer.evaluation.figures import interval, number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from summarizer.evaluation.run.folder import RunFolder
    from summarizer.evaluation.scores import Measured
    from summarizer.evaluation.suite.definition import SuiteFile

Runs = Annotated[Path, typer.Option("--runs", help="Folder of the runs.")]
_HEAD = ("run", "begun (UTC)", "model and prompts", "value", "95 % interval", "articles", "")


def list_(
    runs: Runs = Path("runs"),
    as_json: given.JsonReport = False,
) -> None:
    """List the suites (in ./evals and ours) and the runs."""
    from summarizer.evaluation.run.folder import MANIFEST, RunFolder
    from summarizer.evaluation.suite.file import load_suite, suite_files

    suites, found = [], []
    for file in suite_files():
        try:
            one = load_suite(file).suite
            known = {"name": one.name, "path": str(file), "description": one.description}
            suites.append(known)
        except SummarizerError as error:
            show_warning(str(error))
    for path in sorted(runs.glob(f"*/{MANIFEST}")):
        try:
            found.append(_run_line(RunFolder(path.parent)))
        except SummarizerError as error:
            show_warning(str(error))
    if as_json:
        write_json({"suites": suites, "runs": found})
        return
    for suite in suites:
        typer.echo(printable(f"{suite['name']:<12} {suite['description']}"))
    for line in found:
        typer.echo(
            printable(
                f"{line['path']}  {line['made']:,} of {line['digests']:,} digests, "
                f"{len(line['cells'])} variant{'s' * (len(line['cells']) != 1)}"
            )
        )


def show(
    name: Annotated[str, typer.Argument(metavar="SUITE|RUN")],
    as_json: given.JsonReport = False,
) -> None:
    """Show what a suite compares and holds, or what a run is made of.

    Args:
        name: A suite, or a run's folder.
    """
    from summarizer.evaluation.run.folder import RunFolder
    from summarizer.evaluation.suite.file import load_suite

    folder = RunFolder(Path(name))
    if folder.exists:
        record, lines = folder.manifest.model_dump(mode="json"), _run_lines(folder)
    else:
        file = load_suite(name)
        record, lines = file.suite.model_dump(mode="json"), _suite_lines(file)
    if as_json:
        write_json(record)
        return
    for key, text in lines:
        typer.echo(printable(f"{key:<12} {text}"))


def schema(
    kind: Annotated[Literal["suite", "row"], typer.Argument()] = "suite",
) -> None:
    """Print the JSON Schema of suite.yaml, or of a row of its data.

    Args:
        kind: suite.yaml, or a line of data.jsonl.
    """
    from summarizer.evaluation.suite.definition import Suite
    from summarizer.evaluation.suite.file import SampleRow

    found = (Suite if kind == "suite" else SampleRow).model_json_schema(mode="validation")
    write_json({"$schema": "https://json-schema.org/draft/2020-12/schema", **found})


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
    from summarizer.evaluation.metrics import JUDGED, METRICS
    from summarizer.evaluation.run.folder import RunFolder
    from summarizer.evaluation.run.plan import take_gold
    from summarizer.evaluation.scoring import score_run
    from summarizer.evaluation.suite.file import load_suite
    from summarizer.settings import load_settings

    folder = RunFolder.open(run)
    if gold is not None:
        changed = take_gold(folder, load_suite(gold), settings=load_settings())
        say(f"the gold of {changed:,} articles changed")
    results = score_run(folder, judge=judge)
    if as_json:
        typer.echo(results.model_dump_json(indent=2))
        return
    for name, result in results.variants.items():
        judged = [one for one in JUDGED if result.metrics[one].n]
        shown = METRICS if every else (*folder.manifest.suite.measured, *judged)
        names = tuple(dict.fromkeys(shown))
        failures = "".join(f", {n:,} {kind}" for kind, n in result.failures.items())
        typer.echo(printable(f"{name}: {result.made:,} of {result.expected:,} digests{failures}"))
        for bug in result.bugs:
            show_warning(f"{name}: unscored is {bug}")
        if result.judge is not None:
            typer.echo(printable(f"  judged by {result.judge}"))
        rows = [("metric", "value", "95 % interval", "articles", "unscored")]
        rows += [_score_row(one, result.metrics[one]) for one in names]
        for line in aligned(rows):
            typer.echo(f"  {line}")


def _run_line(folder: RunFolder) -> dict[str, Any]:
    missing = len(folder.missing())
    total = sum(1 for _ in folder.every_key())
    return {
        "path": str(folder.path),
        "suite": folder.manifest.suite.name,
        "created": folder.manifest.created,
        "cells": list(folder.manifest.planned),
        "made": total - missing,
        "digests": total,
    }


def _suite_lines(file: SuiteFile) -> Iterator[tuple[str, str]]:
    from collections import Counter

    from summarizer.evaluation.run.manifest import variants_of
    from summarizer.evaluation.suite.file import read_source_rows

    suite = file.suite
    rows = [source.row for source in read_source_rows(suite.data, folder=file.folder)]
    stories = {row.story_id or f"article {row.id}" for row in rows}
    slices = Counter(name for row in rows for name in row.slices)
    yield "suite", f"{suite.name}: {suite.description}"
    yield "file", str(file.path)
    yield "articles", f"{len(rows):,} on {len(stories):,} stories"
    for name, count in sorted(slices.items()):
        yield "slice", f"{name} ({count})"
    for variant in variants_of(suite.matrix):
        yield "variant", variant.name
    yield "epochs", str(suite.epochs)
    yield "primary", ", ".join(suite.metrics.primary)
    yield "report", ", ".join(suite.metrics.report)
    for rule in suite.gates:
        yield "gate", f"{rule.metric}, {rule.terms}"


def _run_lines(folder: RunFolder) -> Iterator[tuple[str, str]]:
    from summarizer.digest import Failure

    manifest = folder.manifest
    made = folder.generations()
    failures = [g for g in made.values() if isinstance(g.result, Failure)]
    yield "run", str(folder.path)
    yield "suite", f"{manifest.suite.name} ({manifest.suite_path})"
    yield "created", manifest.created
    if manifest.revision:
        dirty = ", with changes" if manifest.revision.dirty else ""
        yield "git", f"{manifest.revision.sha[:12]}{dirty}"
    yield "articles", f"{len(folder.samples):,}"
    for planned in manifest.variants:
        yield "variant", f"{planned.variant.name} ({planned.model.provider})"
    yield "epochs", str(manifest.epochs)
    total = sum(1 for _ in folder.every_key())
    yield "digests", f"{len(made) - len(failures):,} of {total:,}, {len(failures):,} failures"
    for failed in failures[:10]:
        assert isinstance(failed.result, Failure)  # noqa: S101 - for the type checker
        yield "failure", f"{failed.sample} in {failed.variant}: {failed.result.error.message}"


def _score_row(name: str, found: Measured) -> tuple[str, str, str, str, str]:
    unscored = f"{found.unscored:,}" if found.unscored else ""
    limits = interval(found.low, found.high)
    return name, number(found.value), limits, f"{found.n:,}", unscored


def report(
    run: Annotated[list[str], typer.Argument(metavar="RUN[:VARIANT]...")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE")] = Path("report.html"),
    articles: Annotated[int, typer.Option(min=0)] = 100,
) -> None:
    """Write what runs found as one HTML file, which needs no network.

    Verdict, metrics, slices, topic confusion, cost, and the articles beside what was made of
    them. The file holds the articles: it is as private as they are. Prints its path.

    Args:
        run: Runs, or variants of runs; the first is what was, A, the second what is new, B.
        output: The page.
        articles: Show so many whole, those that differ most.
    """
    from summarizer.evaluation.report.page import render_report

    _write(output, lambda: render_report(run, most_articles=articles))
    typer.echo(str(output))


def trend(
    suite: Annotated[str | None, typer.Argument(metavar="[SUITE]")] = None,
    *,
    runs: Runs = Path("runs"),
    metric: list[str] | None = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE")] = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Show each metric over all runs of a suite, by model and prompt version.

    Runs that other versions of the metrics scored, or with other articles, settings or another
    judge than the newest, are marked: their values do not compare. Scores nothing anew.

    Args:
        suite: Name of a suite; default all.
        metric: Instead of the primary metrics; repeatable.
        output: Write a page, too.
        as_json: Write JSON, a list of suites.
    """
    from summarizer.evaluation.report.trend import render_trends, row_of, trends_of

    found = trends_of(runs, suite=suite, metrics=metric or (), left_out=show_warning)
    if output is not None:
        _write(output, lambda: render_trends(found))
    if as_json:
        write_json([one.model_dump(mode="json") for one in found])
        return
    for one in found:
        for name in one.metrics:
            typer.echo(printable(f"{one.suite}: {name}"))
            for line in aligned([_HEAD, *map(row_of, one.of(name))]):
                typer.echo(printable(f"  {line}"))
            typer.echo()
    if output is not None:
        typer.echo(str(output))


def _write(output: Path, page: Callable[[], str]) -> None:
    """Write a page; a place where none can be is refused before it is made."""
    from summarizer.batch.job_folder import replace_file

    if output.is_dir() or not output.parent.is_dir():
        raise ConfigurationError(
            f"the page {str(output)!r} cannot be written there", hint="-o FILE in a folder of yours"
        )
    text = page()
    with system_errors(f"cannot write {str(output)!r}", hint="-o FILE in a folder of yours"):
        replace_file(output, text)


app = given.Commands(
    no_args_is_help=True,
    help="Which model or prompt version is better, and how sure that is.",
)
for command in (decide, run, judge, score, compare, diff, gate, report, trend, label, selftest):
    app.command()(command)
app.command("list")(list_)
app.command()(show)
app.command()(schema)
