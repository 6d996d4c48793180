"""``summarizer eval``: suites and runs; the other commands have modules of their own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from summarizer.cli import (
    evaluation_compare,
    evaluation_gate,
    evaluation_judge,
    evaluation_report,
    evaluation_run,
    evaluation_selftest,
)
from summarizer.cli.console import printable, show_warning
from summarizer.errors import SummarizerError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from summarizer.evaluation.run.folder import RunFolder
    from summarizer.evaluation.suite.definition import SuiteFile

app = typer.Typer(
    no_args_is_help=True,
    help="Which model or prompt version is better, and how sure that is.",
)
evaluation_run.register(app)
evaluation_judge.register(app)
evaluation_compare.register(app)
evaluation_gate.register(app)
evaluation_report.register(app)
evaluation_selftest.register(app)

_Json = Annotated[bool, typer.Option("--json", help="Write JSON.")]
_RUNS = Path("runs")


@app.command("list")
def list_(
    runs: Annotated[Path, typer.Option("--runs", help="Folder of the runs.")] = _RUNS,
    as_json: _Json = False,
) -> None:
    """List the suites (in ./evals and ours) and the runs."""
    from summarizer.evaluation.run.folder import MANIFEST, RunFolder
    from summarizer.evaluation.suite.file import load_suite, suite_files

    suites = [_suite_line(load_suite(path)) for path in suite_files()]
    found = []
    for path in sorted(runs.glob(f"*/{MANIFEST}")):
        try:
            found.append(_run_line(RunFolder(path.parent)))
        except SummarizerError as error:
            show_warning(str(error))
    if as_json:
        typer.echo(json.dumps({"suites": suites, "runs": found}, indent=2, ensure_ascii=False))
        return
    for suite in suites:
        typer.echo(printable(f"{suite['name']:<12} {suite['description']}"))
    for run in found:
        typer.echo(
            printable(
                f"{run['path']}  {run['made']:,} of {run['digests']:,} digests, "
                f"{len(run['cells'])} variants"
            )
        )


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="SUITE|RUN", help="A suite, or a run's folder.")],
    as_json: _Json = False,
) -> None:
    """Show what a suite compares and holds, or what a run is made of."""
    from summarizer.evaluation.run.folder import RunFolder
    from summarizer.evaluation.suite.file import load_suite

    folder = RunFolder(Path(name))
    if folder.exists:
        record, lines = folder.manifest.model_dump(mode="json"), _run_lines(folder)
    else:
        file = load_suite(name)
        record, lines = file.suite.model_dump(mode="json"), _suite_lines(file)
    if as_json:
        typer.echo(json.dumps(record, indent=2, ensure_ascii=False))
        return
    for label, text in lines:
        typer.echo(printable(f"{label:<12} {text}"))


@app.command()
def schema(
    kind: Annotated[
        Literal["suite", "row"], typer.Argument(help="suite.yaml, or a line of data.jsonl.")
    ] = "suite",
) -> None:
    """Print the JSON Schema of suite.yaml, or of a row of its data."""
    from summarizer.evaluation.suite.sample_rows import json_schema

    typer.echo(json.dumps(json_schema(kind), indent=2, ensure_ascii=False))


def _suite_line(file: SuiteFile) -> dict[str, Any]:
    return {
        "name": file.suite.name,
        "path": str(file.path),
        "description": file.suite.description,
    }


def _run_line(folder: RunFolder) -> dict[str, Any]:
    missing = len(folder.missing())
    total = sum(1 for _ in folder.every_key())
    return {
        "path": str(folder.path),
        "suite": folder.manifest.suite.name,
        "created": folder.manifest.created,
        "cells": [planned.variant.name for planned in folder.manifest.variants],
        "made": total - missing,
        "digests": total,
    }


def _suite_lines(file: SuiteFile) -> Iterator[tuple[str, str]]:
    from collections import Counter

    from summarizer.evaluation.run.variants import variants_of
    from summarizer.evaluation.suite.sample_rows import read_source_rows

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
    for gate in suite.gates:
        yield "gate", f"{gate.metric}, {gate.terms}"


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
