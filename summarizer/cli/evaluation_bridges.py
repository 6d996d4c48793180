"""``summarizer eval export``, and the part of ``eval compare`` that reads other tools' results."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from summarizer.cli.evaluation_progress import say
from summarizer.cli.evaluation_table import Words
from summarizer.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from summarizer.evaluation.compare.comparison import Comparison

LOG_WORDS: Final = Words(articles="samples", digests="results", content="input or target")
Lower = Annotated[
    list[str] | None,
    typer.Option(
        "--lower",
        metavar="METRIC",
        help="In logs of other tools: less of this metric is better; repeatable.",
    ),
]
Cluster = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="KEY",
        help="In such logs: samples with one value of this metadata are not independent.",
    ),
]
ById = Annotated[
    bool,
    typer.Option(
        "--by-id",
        help="In Inspect logs: pair samples by id alone, though inputs or targets differ.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command to the group."""
    app.command()(export)


def export(
    run: Annotated[str, typer.Argument(metavar="RUN[:CELL]", help="A run, or one of its cells.")],
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="FILE|DIR", help="FILE.eval; a folder takes every cell."
        ),
    ],
    output_format: Annotated[
        Literal["inspect"], typer.Option("--format", help="The tool that will read it.")
    ] = "inspect",
) -> None:
    """Write a run as logs of Inspect, for its viewer and its data frames. Needs no Inspect.

    A log holds the articles and the digests of one cell.
    """
    from summarizer.evaluation.bridges.inspect_export import export_inspect
    from summarizer.evaluation.compare.operands import load_side, run_folder

    folder = run_folder(run)
    if folder is None:
        raise ConfigurationError(f"{run!r} is not the folder of a run", hint="summarizer eval list")
    cells = load_side(run).cells
    if output.suffix == ".eval":
        if len(cells) > 1:
            raise ConfigurationError(
                f"{run!r} has {len(cells)} cells, and a log has one: {', '.join(cells)}",
                hint="RUN:CELL, or -o DIR for a log of each",
            )
        paths = dict.fromkeys(cells, output)
    else:
        paths = _in_folder(output, list(cells))
    for name, path in paths.items():
        samples = export_inspect(folder, cells[name], path)
        say(f"{path}: {samples:,} samples for {output_format} of {name}")


def _in_folder(folder: Path, cells: Sequence[str]) -> dict[str, Path]:
    """A file for each cell; names of models may hold slashes."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"cannot write into {str(folder)!r}: {error.strerror}", hint="-o DIR, or -o FILE.eval"
        ) from None
    return {name: folder / f"{name.replace('/', '_').lstrip('.')}.eval" for name in cells}


def compare_logs(
    a: str,
    b: str | None,
    *,
    metric: Sequence[str],
    lower: Sequence[str],
    cluster: str | None,
    by_id: bool,
    allow_incomplete: bool,
) -> list[Comparison] | None:
    """The comparisons of other tools' results; None where A and B are none.

    Raises ConfigurationError for what ``bridges.compare_logs`` does, and for options that only
    they have.
    """
    from summarizer.evaluation.bridges.compare_logs import Choices, is_log
    from summarizer.evaluation.bridges.compare_logs import compare_logs as compared

    if not any(is_log(name) for name in (a, b) if name is not None):
        if lower or cluster is not None or by_id:
            raise ConfigurationError(
                "--lower, --cluster and --by-id are for the logs of other tools",
                hint="a run knows its stories and its metrics itself",
            )
        return None
    choices = Choices(
        metrics=tuple(metric),
        lower=tuple(lower),
        cluster=cluster,
        by_id=by_id,
        partly=allow_incomplete,
    )
    return compared(a, b, choices)
