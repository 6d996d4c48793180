"""``summarizer eval report`` and ``trend``: what runs found, as pages that need no network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from summarizer.cli.console import printable, show_warning, write_json
from summarizer.cli.evaluation_output import aligned
from summarizer.errors import ConfigurationError

Runs = Annotated[Path, typer.Option("--runs", help="Folder of the runs.")]
_HEAD = ("run", "begun (UTC)", "model and prompts", "value", "95 % interval", "articles", "")


def report(
    run: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN[:VARIANT]...",
            help="Runs, or variants of runs; the first is what was, A, the second what is new, B.",
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The page.")
    ] = Path("report.html"),
    articles: Annotated[
        int,
        typer.Option("--articles", min=0, help="Show so many whole, those that differ most."),
    ] = 100,
) -> None:
    """Write what runs found as one HTML file, which needs no network.

    Verdict, metrics, slices, topic confusion, cost, and the articles beside what was made of
    them. The file holds the articles: it is as private as they are. Prints its path.
    """
    from summarizer.evaluation.report.page import render_report

    _write(output, lambda: render_report(run, most_articles=articles))
    typer.echo(str(output))


def trend(
    suite: Annotated[
        str | None, typer.Argument(metavar="[SUITE]", help="Name of a suite; default all.")
    ] = None,
    *,
    runs: Runs = Path("runs"),
    metric: Annotated[
        list[str] | None,
        typer.Option("--metric", help="Instead of the primary metrics; repeatable."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write a page, too.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON, a list of suites.")] = False,
) -> None:
    """Show each metric over all runs of a suite, by model and prompt version.

    Runs that other versions of the metrics scored, or with other articles, settings or another
    judge than the newest, are marked: their values do not compare. Scores nothing anew.
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
    try:
        replace_file(output, text)
    except OSError as error:
        raise ConfigurationError(
            f"cannot write {str(output)!r}: {error.strerror}", hint="-o FILE in a folder of yours"
        ) from None
