"""``summarizer eval compare``, also of other tools' files, and comparisons as tables."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from summarizer.cli.console import INCOMPLETE_EXIT, printable, say
from summarizer.cli.evaluation_tables import LOG_WORDS, OURS, Words, comparison_lines
from summarizer.errors import ConfigurationError

if TYPE_CHECKING:
    from summarizer.evaluation.compare.comparison import Comparison
    from summarizer.evaluation.compare.operands import Operand


AllowIncomplete = Annotated[
    bool,
    typer.Option(
        "--allow-incomplete", help="Compare though less than 98 % of the digests are there."
    ),
]

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


Margins = Annotated[
    list[str] | None,
    typer.Option(
        "--margin",
        metavar="METRIC=LOSS",
        help="The loss that is acceptable, instead of the suite's: faithfulness=0.03; repeatable.",
    ),
]


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
    margin: Margins = None,
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
    margins = parse_margins(margin or ())
    logs = _compare_files(
        *names,
        metric=metric or (),
        margins=margins,
        lower=lower or (),
        cluster=cluster,
        by_id=by_id,
        allow_incomplete=allow_incomplete,
    )
    found = _compare_runs(*names, metric=metric or (), margins=margins) if logs is None else logs
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
        raise typer.Exit(INCOMPLETE_EXIT)


def _compare_files(
    a: str,
    b: str | None,
    *,
    metric: Sequence[str],
    margins: Mapping[str, float],
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
        margins=margins,
        lower=tuple(lower),
        cluster=cluster,
        by_id=by_id,
        partly=allow_incomplete,
    )
    return compare_files(a, b, choices)


def _compare_runs(
    a: str, b: str | None, *, metric: Sequence[str], margins: Mapping[str, float]
) -> list[Comparison]:
    from summarizer.evaluation.compare.operands import (
        criteria_of,
        judged_metrics,
        load_operand,
        pairs,
    )
    from summarizer.evaluation.compare.paired import compare_pairs

    operands = [load_operand(name) for name in (a, b) if name]
    suite = next(
        (operand.suite for operand in reversed(operands) if operand.suite is not None), None
    )
    if suite is None:
        raise ConfigurationError(
            "two baselines do not say what to compare", hint="one of the two must be a run"
        )
    judged = judged_metrics(
        variant for operand in operands for variant in operand.variants.values()
    )
    # Of two variants of one run that was decided while it was made, both had its looks.
    looks = {operand.looks for operand in operands}
    criteria = criteria_of(suite, more=(*metric, *judged), margins=margins)
    if len(looks) == 1:
        criteria = criteria._replace(looks=looks.pop())
    found = compare_pairs(pairs(operands[0], _second(operands)), criteria)
    if not any(item.articles for item in found):
        changed = f"; {len(found[0].changed):,} have another text or gold" * bool(found[0].changed)
        raise ConfigurationError(
            f"{a!r} and {b or a!r} have no article in common{changed}",
            hint="runs of one suite, on the same articles, can be compared",
        )
    return found


def parse_margins(given: Sequence[str]) -> dict[str, float]:
    """Margins by metric.

    >>> parse_margins(["topic_f1=0.05"])
    {'topic_f1': 0.05}
    """
    margins = {}
    for text in given:
        name, _, loss = text.partition("=")
        try:
            margins[name] = float(loss)
        except ValueError:
            margins[name] = -1.0
        if not 0 <= margins[name] < math.inf:
            raise typer.BadParameter(f"{text!r} is not METRIC=LOSS, such as topic_f1=0.05")
    return margins


def _second(operands: list[Operand]) -> Operand | None:
    return operands[1] if len(operands) > 1 else None


def _print(found: list[Comparison], *, flips: int, words: Words) -> None:
    for number, item in enumerate(found):
        if number:
            typer.echo()
        for line in comparison_lines(item, flips=flips, words=words):
            typer.echo(printable(line))
