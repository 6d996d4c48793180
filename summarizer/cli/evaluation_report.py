"""``summarizer eval report``: runs as one HTML file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from summarizer.errors import ConfigurationError


def register(app: typer.Typer) -> None:
    """Add the command to the group."""
    app.command()(report)


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
    from summarizer.evaluation.report import render_report
    from summarizer.evaluation.run.folder import replace_file

    if output.is_dir() or not output.parent.is_dir():
        raise ConfigurationError(
            f"the page {str(output)!r} cannot be written there", hint="-o FILE in a folder of yours"
        )
    page = render_report(run, most_articles=articles)
    try:
        replace_file(output, page)
    except OSError as error:
        raise ConfigurationError(
            f"cannot write {str(output)!r}: {error.strerror}", hint="-o FILE in a folder of yours"
        ) from None
    typer.echo(str(output))
