"""``summarizer eval score`` and ``compare``; the latter also reads the files of other tools."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from summarizer.cli.console import printable
from summarizer.cli.evaluation_progress import say
from summarizer.cli.evaluation_run import INCOMPLETE
from summarizer.cli.evaluation_table import OURS, Words, comparison_lines, score_lines
from summarizer.errors import ConfigurationError

if TYPE_CHECKING:
    from summarizer.evaluation.compare.comparison import Comparison
    from summarizer.evaluation.compare.operands import Operand
    from summarizer.evaluation.run.folder import RunFolder

AllowIncomplete = Annotated[
    bool,
    typer.Option(
        "--allow-incomplete", help="Compare though less than 98 % of the digests are there."
    ),
]

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
    """Add the commands to the group."""
    app.command()(score)
    app.command()(compare)


def score(
    run: Annotated[Path, typer.Argument(help="A run's folder.")],
    every: Annotated[
        bool, typer.Option("--all", help="Show every metric, not only the suite's.")
    ] = False,
    gold: Annotated[
        str | None,
        typer.Option("--gold", metavar="SUITE", help="Take corrected gold data from this suite."),
    ] = None,
    judge: Annotated[
        str | None,
        typer.Option(
            "--judge", metavar="MODEL", help="Whose answers count; default the last one asked."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write the results as JSON.")] = False,
) -> None:
    """Score the digests of a run by every metric. Sends nothing to a model.

    Writes scores.jsonl and results.json into the run's folder.
    """
    from summarizer.evaluation.metrics import JUDGED, METRICS
    from summarizer.evaluation.run.folder import RunFolder
    from summarizer.evaluation.scoring import score_run

    folder = RunFolder.open(run)
    if gold is not None:
        _take_gold(folder, gold)
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
        if result.judge is not None:
            typer.echo(printable(f"  judged by {result.judge}"))
        for line in score_lines(result, names):
            typer.echo(f"  {line}")


def compare(
    a: Annotated[
        str,
        typer.Argument(
            metavar="RUN[:VARIANT]",
            help="What was: a run, one of its variants, a baseline's file; or an Inspect log, "
            "promptfoo's results, or a .jsonl or .csv of scores.",
        ),
    ],
    b: Annotated[
        str | None,
        typer.Argument(
            metavar="[RUN[:VARIANT]]", help="What is new; without it: all pairs of A's variants."
        ),
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option("--baseline", metavar="FILE[:VARIANT]", help="Compare A with this instead."),
    ] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(
            "--metric",
            help="Compare this metric, too; in logs of other tools: let it decide. Repeatable.",
        ),
    ] = None,
    flips: Annotated[
        int, typer.Option("--flips", min=0, help="Articles to name of those that differ most.")
    ] = 4,
    allow_incomplete: AllowIncomplete = False,
    lower: Lower = None,
    cluster: Cluster = None,
    by_id: ById = False,
    as_json: Annotated[bool, typer.Option("--json", help="Write a list of comparisons.")] = False,
) -> None:
    """Compare two variants, paired by article: is B better than A, and how sure is that.

    Two Inspect logs (.eval, .json), two files of promptfoo's results, or two tables of scores
    (.jsonl, .csv: an id and a column for each metric) are compared alike.

    Exit code: 0 compared, 12 less than 98 % of the digests are there.
    """
    if b is not None and baseline is not None:
        raise typer.BadParameter("name either a second run or --baseline")
    names = (a, b) if baseline is None else (baseline, a)
    logs = _compare_files(
        *names,
        metric=metric or (),
        lower=lower or (),
        cluster=cluster,
        by_id=by_id,
        allow_incomplete=allow_incomplete,
    )
    found = _compare_runs(*names, metric=metric or ()) if logs is None else logs
    words = OURS if logs is None else LOG_WORDS
    refused = [] if allow_incomplete else [item for item in found if not item.complete]
    if as_json and not refused:
        records = [item.model_dump(mode="json") for item in found]
        typer.echo(json.dumps(records, indent=2, ensure_ascii=False))
    elif not refused:
        _print(found, flips=flips, words=words)
    for item in refused:
        say(
            f"not compared: {item.a} has {item.made_a:.1%} of its {words.digests}, {item.b} "
            f"{item.made_b:.1%}; 98 % are needed, or --allow-incomplete"
        )
    if refused:
        raise typer.Exit(INCOMPLETE)


def _compare_files(
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

    Raises ConfigurationError for what ``compare_files`` does, and for options that only they have.
    """
    from summarizer.evaluation.interchange.compare_files import Choices, compare_files, is_foreign

    if not any(is_foreign(name) for name in (a, b) if name is not None):
        if lower or cluster is not None or by_id:
            raise ConfigurationError(
                "--lower, --cluster and --by-id are for files of other tools",
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
    return compare_files(a, b, choices)


def _compare_runs(a: str, b: str | None, *, metric: Sequence[str]) -> list[Comparison]:
    from summarizer.evaluation.compare.operands import (
        criteria_of,
        judged_metrics,
        load_operand,
        pairs,
    )
    from summarizer.evaluation.compare.paired import compare as compare_variants

    operands = [load_operand(name) for name in (a, b) if name]
    suite = next(
        (operand.suite for operand in reversed(operands) if operand.suite is not None), None
    )
    if suite is None:
        raise ConfigurationError(
            "two baselines do not say what to compare", hint="one side must be a run"
        )
    judged = judged_metrics(
        variant for operand in operands for variant in operand.variants.values()
    )
    criteria = criteria_of(suite, more=(*metric, *judged))
    found = [compare_variants(*pair, criteria) for pair in pairs(operands[0], _second(operands))]
    if not any(item.articles for item in found):
        changed = f"; {len(found[0].changed):,} have another text or gold" * bool(found[0].changed)
        raise ConfigurationError(
            f"{a!r} and {b or a!r} have no article in common{changed}",
            hint="runs of one suite, on the same articles, can be compared",
        )
    return found


def _second(operands: list[Operand]) -> Operand | None:
    return operands[1] if len(operands) > 1 else None


def _print(found: list[Comparison], *, flips: int, words: Words) -> None:
    for number, item in enumerate(found):
        if number:
            typer.echo()
        for line in comparison_lines(item, flips=flips, words=words):
            typer.echo(printable(line))


def _take_gold(folder: RunFolder, suite: str) -> None:
    """Replace the gold of a run's articles by that of a suite, where the texts are the same."""
    from summarizer.evaluation.run.plan import take_gold
    from summarizer.evaluation.suite.file import load_suite
    from summarizer.settings import load_settings

    changed = take_gold(folder, load_suite(suite), settings=load_settings())
    say(f"the gold of {changed:,} articles changed")
