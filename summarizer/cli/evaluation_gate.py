"""``summarizer eval gate``: fail a build that made digests worse, and say so where it is read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from summarizer.cli.console import printable
from summarizer.cli.evaluation_compare import AllowIncomplete
from summarizer.cli.evaluation_progress import say
from summarizer.cli.evaluation_table import comparison_lines
from summarizer.errors import ConfigurationError

if TYPE_CHECKING:
    from summarizer.evaluation.gate import GateReport
    from summarizer.evaluation.run_folder import RunFolder

_REGRESS = 10


def register(app: typer.Typer) -> None:
    """Add the command to the group."""
    app.command()(gate)


def gate(
    run: Annotated[str, typer.Argument(metavar="RUN[:CELL]", help="The run that may pass.")],
    baseline: Annotated[
        str | None,
        typer.Option(
            "--baseline",
            metavar="FILE[:CELL]",
            help="What it is held against; default baseline.json beside the suite.",
        ),
    ] = None,
    update: Annotated[
        bool, typer.Option("--update", help="Make the run the new baseline, if it is no worse.")
    ] = False,
    allow_regression: Annotated[
        bool, typer.Option("--allow-regression", help="With --update: though it is worse.")
    ] = False,
    allow_incomplete: AllowIncomplete = False,
    junit: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="Write JUnit XML.")
    ] = None,
    markdown: Annotated[
        Path | None,
        typer.Option(
            "--markdown", metavar="FILE", help="Append Markdown: for $GITHUB_STEP_SUMMARY."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write the report as JSON.")] = False,
) -> None:
    """Hold a run against its baseline, by the margins of the suite's gates.

    Exit code: 0 pass, 10 regress, 11 inconclusive, 12 incomplete, 2 wrong configuration.
    """
    baseline = baseline or _beside_the_suite(run)
    if update:
        _update(run, baseline, allow_regression=allow_regression)
        return
    report = _report(run, baseline, allow_incomplete=allow_incomplete)
    _write(report, junit=junit, markdown=markdown)
    if as_json:
        typer.echo(report.model_dump_json(indent=2))
    else:
        _print(report)
    raise typer.Exit(report.exit_code)


def _beside_the_suite(run: str) -> str:
    """The suite's own baseline, where the suite was when the run began."""
    from summarizer.evaluation.sides import run_folder

    folder = run_folder(run)
    if folder is None:
        raise ConfigurationError(f"{run!r} is not the folder of a run", hint="summarizer eval list")
    return str(Path(folder.manifest.suite_path).parent / "baseline.json")


def _report(run: str, baseline: str, *, allow_incomplete: bool) -> GateReport:
    from summarizer.evaluation.gate import check_gates
    from summarizer.evaluation.gate import gate as gate_cells
    from summarizer.evaluation.sides import criteria_of, load_side, pairs

    candidate = load_side(run)
    if candidate.suite is None:
        raise ConfigurationError(f"{run!r} is a baseline, not a run")
    criteria = criteria_of(candidate.suite)
    check_gates(criteria)
    found = pairs(load_side(baseline), candidate)
    without = candidate.cells.keys() - {cell.name for _, cell in found}
    if without:
        raise ConfigurationError(
            f"the baseline has no cell {sorted(without)[0]!r}",
            hint="add it with --update, or choose: RUN:CELL and --baseline FILE:CELL",
        )
    return gate_cells(
        candidate.suite.name,
        found,
        criteria,
        allow_incomplete=allow_incomplete,
    )


def _update(run: str, baseline: str, *, allow_regression: bool) -> None:
    from summarizer.evaluation.baseline import (
        baseline_of,
        load_baseline,
        merged,
        write_baseline,
    )
    from summarizer.evaluation.compare import COMPLETE
    from summarizer.evaluation.run_folder import RunFolder
    from summarizer.evaluation.scoring import load_scores

    folder, path = RunFolder.open(Path(run)), Path(baseline)
    new = baseline_of(folder, load_scores(folder))
    for cell in new.cells.values():
        if cell.made < COMPLETE * cell.expected:
            say(f"{cell.name} has {cell.made:,} of {cell.expected:,} digests: no baseline")
            raise typer.Exit(12)
    if path.exists():
        old = load_baseline(path)
        if not allow_regression:
            _refuse_regression(folder, path)
        new = merged(old, new)
    write_baseline(new, path)
    say(f"{path} is the baseline of {', '.join(new.cells)}")


def _refuse_regression(folder: RunFolder, path: Path) -> None:
    """Exit where a gated metric of a cell that the baseline has is worse, by however little."""
    from summarizer.evaluation.baseline import load_baseline
    from summarizer.evaluation.gate import gate as gate_cells
    from summarizer.evaluation.gate import lowered
    from summarizer.evaluation.scoring import load_scores
    from summarizer.evaluation.sides import criteria_of

    old, suite = load_baseline(path), folder.manifest.suite
    scores = load_scores(folder)
    pairs = [(old.cells[name], scores[name]) for name in scores if name in old.cells]
    if not pairs:
        return
    worse = lowered(gate_cells(suite.name, pairs, criteria_of(suite), allow_incomplete=True))
    for line in worse:
        say(f"worse than the baseline: {line}")
    if worse:
        say("the baseline stays; --allow-regression makes it the new one all the same")
        raise typer.Exit(_REGRESS)


def _write(report: GateReport, *, junit: Path | None, markdown: Path | None) -> None:
    from summarizer.evaluation import outputs

    try:
        if junit is not None:
            junit.write_text(outputs.junit(report), encoding="utf-8")
        if markdown is not None:
            with markdown.open("a", encoding="utf-8") as file:
                file.write(outputs.markdown(report) + "\n")
    except OSError as error:
        raise ConfigurationError(
            f"{error.filename!r} cannot be written: {error.strerror}"
        ) from None


def _print(report: GateReport) -> None:
    for cell in report.cells:
        for line in comparison_lines(cell.comparison, flips=0):
            typer.echo(printable(line))
        for reason in cell.reasons:
            typer.echo(printable(f"{cell.outcome}: {reason}"))
        typer.echo()
    typer.echo(printable(f"{report.suite}: {report.outcome}"))
