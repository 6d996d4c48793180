"""``summarizer eval``: the suites, the runs, what differs between two, and pages about runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from difflib import SequenceMatcher
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from summarizer.cli import console
from summarizer.cli import options as given
from summarizer.cli.evaluation_compare import compare, decide
from summarizer.cli.evaluation_gate import gate
from summarizer.cli.evaluation_judge import judge
from summarizer.cli.evaluation_label import label
from summarizer.cli.evaluation_metrics import score, selftest
from summarizer.cli.evaluation_run import run
from summarizer.errors import ConfigurationError, SummarizerError, system_errors

if TYPE_CHECKING or not given.only_help:
    from summarizer.batch.job_folder import replace_file
    from summarizer.cli.output import checked_output, format_of
    from summarizer.digest import Digest, Failure
    from summarizer.evaluation.metrics import METRICS
    from summarizer.evaluation.report.page import render_report
    from summarizer.evaluation.report.trend import render_trends, row_of, trends_of
    from summarizer.evaluation.report.variants import gain_of, load_variants
    from summarizer.evaluation.run.folder import MANIFEST, RunFolder, prompt_changes
    from summarizer.evaluation.run.manifest import variants_of
    from summarizer.evaluation.suite.definition import Suite, SuiteFile
    from summarizer.evaluation.suite.file import (
        SampleRow,
        load_suite,
        read_source_rows,
        suite_files,
    )

Runs = Annotated[Path, typer.Option("--runs", help="Folder of the runs.")]
_STDOUT = Path("-")
_HEAD = ("run", "begun (UTC)", "model and prompts", "value", "95 % interval", "articles", "")


def list_(runs: Runs = Path("runs"), as_json: given.JsonReport = False) -> None:
    """List the suites (in ./evals and ours) and the runs."""
    suites = list(_readable(suite_files(), _suite_record))
    found = list(_readable(sorted(runs.glob(f"*/{MANIFEST}")), _run_record))
    lines = [f"{suite['name']:<12} {suite['description']}" for suite in suites]
    lines += [
        f"{one['path']}  {one['made']:,} of {one['digests']:,} digests, "
        f"{len(one['cells'])} variant{'s' * (len(one['cells']) != 1)}"
        for one in found
    ]
    console.show_found({"suites": suites, "runs": found}, lines, as_json=as_json)


def show(
    name: Annotated[str, typer.Argument(metavar="SUITE|RUN")], as_json: given.JsonReport = False
) -> None:
    """Show what a suite compares and holds, or what a run is made of.

    Args:
        name: A suite, or a run's folder.
    """
    folder = RunFolder(Path(name))
    if folder.exists:
        console.show_found(folder.manifest, _run_text(folder), as_json=as_json)
    else:
        file = load_suite(name)
        console.show_found(file.suite, _suite_text(file), as_json=as_json)


def schema(kind: Annotated[Literal["suite", "row"], typer.Argument()] = "suite") -> None:
    """Print the JSON Schema of suite.yaml, or of a row of its data.

    Args:
        kind: suite.yaml, or a line of data.jsonl.
    """
    found = (Suite if kind == "suite" else SampleRow).model_json_schema(mode="validation")
    console.write_json({"$schema": "https://json-schema.org/draft/2020-12/schema", **found})


def _readable(paths: Iterable[Path], read: Callable[[Path], dict[str, Any]]) -> Iterator[Any]:
    """What is read of each path; those that cannot be read are told."""
    for path in paths:
        try:
            yield read(path)
        except SummarizerError as error:
            console.show_warning(str(error))


def _suite_record(path: Path) -> dict[str, Any]:
    suite = load_suite(path).suite
    return {"name": suite.name, "path": str(path), "description": suite.description}


def _run_record(manifest: Path) -> dict[str, Any]:
    folder = RunFolder(manifest.parent)
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


def _suite_text(file: SuiteFile) -> Iterator[str]:
    """Read when it is shown: the suite alone needs no data."""
    rows = [source.row for source in read_source_rows(file.suite.data, folder=file.folder)]
    yield console.filled(
        "suite.txt.j2",
        suite=file.suite,
        path=file.path,
        rows=rows,
        stories={row.story_id or f"article {row.id}" for row in rows},
        slices=sorted(Counter(name for row in rows for name in row.slices).items()),
        variants=variants_of(file.suite.matrix),
    )


def _run_text(folder: RunFolder) -> Iterator[str]:
    made = folder.generations()
    failures = [one for one in made.values() if isinstance(one.result, Failure)]
    yield console.filled("run.txt.j2", folder=folder, made=made, failures=failures)


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
        output: The page; - prints it.
        articles: Show so many whole, those that differ most.
    """
    _write(output, lambda: render_report(run, most_articles=articles))
    if output != _STDOUT:
        console.echo(str(output))


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
        output: Write a page, too; - prints it alone.
        as_json: Write JSON, a list of suites.
    """
    found = trends_of(runs, suite=suite, metrics=metric or (), left_out=console.show_warning)
    if output is not None:
        _write(output, lambda: render_trends(found))
    if output == _STDOUT:
        return
    if as_json:
        console.write_json(found)
        return
    for one in found:
        for name in one.metrics:
            rows = [_HEAD, *map(row_of, one.of(name))]
            console.echo(f"{one.suite}: {name}", *console.aligned(rows, indent="  "), "")
    if output is not None:
        console.echo(str(output))


def diff(
    runs: Annotated[list[str], typer.Argument(metavar="RUN[:VARIANT]...")],
    limit: Annotated[int, typer.Option("--limit", "-n", min=1)] = 20,
) -> None:
    """Show what changed in prompts and outputs: words taken out [-so-] and put in {+so+}.

    Articles come by the loss of the first primary metric, the largest first; those that did not
    change are left out.

    Args:
        runs: Two variants of runs, or a run with two; the first is what was.
        limit: So many articles, the worst first.
    """
    variants = load_variants(runs)
    if len(variants) != 2:
        raise ConfigurationError(
            f"two variants can be compared, not {len(variants):,}",
            hint="choose: RUN:VARIANT RUN:VARIANT",
        )
    a, b = variants
    metric = METRICS[b.run.folder.manifest.suite.metrics.primary[0]]
    of_a, of_b = (one.scores.values(metric) if metric.is_additive else {} for one in (a, b))
    both = [name for name in a.run.folder.samples if name in b.run.folder.samples]
    changed = []
    for name in both:
        values = (of_a.get(name), of_b.get(name))
        if parts := list(_changes(a.output(name), b.output(name))):
            changed.append((gain_of(metric, values), name, values, parts))
    shown = console.filled(
        "diff.txt.j2",
        prompts=prompt_changes(*((one.run.folder.manifest, one.variant) for one in (a, b))),
        a=a.name,
        b=b.name,
        articles=len(both),
        changed=sorted(changed, key=itemgetter(0)),
        metric=metric.name,
        limit=limit,
    )
    console.echo(shown)


def _changes(a: Digest | Failure | None, b: Digest | Failure | None) -> Iterator[tuple[str, str]]:
    """The parts that differ, each with what was taken out and put in."""
    for part, before, after in zip(("topics", "summary"), _texts(a), _texts(b), strict=True):
        if before != after:
            yield part, marked(before, after)


def _texts(output: Digest | Failure | None) -> tuple[str, str]:
    """Topics and summary, or why there are none."""
    if output is None:
        return "(not made)", "(not made)"
    if not isinstance(output, Digest):
        return "(failed)", f"(failed: {output.error.message})"
    topics = ", ".join(topic.name for topic in output.topics or ())
    return topics or "(none)", output.summary.text if output.summary else "(none)"


def marked(before: str, after: str) -> str:
    """The words of both, with what was taken out and put in.

    >>> marked("the old bridge", "the new bridge")
    'the [-old-] {+new+} bridge'
    """
    old, new = before.split(), after.split()
    parts: list[str] = []
    for kind, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            parts += old[i:j]
            continue
        if i < j:
            parts.append(f"[-{' '.join(old[i:j])}-]")
        if k < m:
            parts.append(f"{{+{' '.join(new[k:m])}+}}")
    return " ".join(parts)


def _write(output: Path, page: Callable[[], str]) -> None:
    """Write a page; a place where none can be is refused before it is made."""
    if output == _STDOUT:
        console.echo(page())
        return
    format_of(output, {".html": "html", ".htm": "html"}, "html")
    path = checked_output(output, ())
    written = page()
    with system_errors(f"the output {str(output)!r} cannot be written"):
        replace_file(path, written)


eval_commands = given.Commands()
for command in (decide, run, judge, score, compare, diff, gate, report, trend, label, selftest):
    eval_commands.command()(command)
eval_commands.command("list")(list_)
eval_commands.command()(show)
eval_commands.command()(schema)
