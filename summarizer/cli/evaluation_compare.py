"""``summarizer eval compare``, also of other tools' files, and comparisons as tables."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

import typer

from summarizer.cli.console import printable, say
from summarizer.cli.evaluation_run import INCOMPLETE
from summarizer.errors import ConfigurationError

if TYPE_CHECKING:
    from summarizer.evaluation.compare.comparison import Compared, Comparison, Repeats
    from summarizer.evaluation.compare.operands import Operand


_HEAD = ("metric", "A", "B", "B - A", "95 % interval", "p", "adjusted", "+/=/-", "finds", "B is")


class Words(NamedTuple):
    """What is compared is called: as we do, or as other tools do."""

    articles: str = "articles"
    digests: str = "digests"
    content: str = "text or gold"


OURS: Final = Words()
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
            "two baselines do not say what to compare", hint="one of the two must be a run"
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


def comparison_lines(found: Comparison, *, flips: int, words: Words = OURS) -> Iterator[str]:
    """A comparison; ``flips``: how many articles are named of those that B lost and won."""
    yield f"A  {found.a}"
    yield f"B  {found.b}"
    yield _coverage(found, words)
    yield ""
    yield from aligned([_HEAD, *(_row(row) for row in found.metrics)])
    yield ""
    if any(row.primary for row in found.metrics):
        yield "* primary: p is adjusted for their number (Holm). finds: the least true difference"
        yield (
            f"  that so many {words.articles} show 4 times of 5. The others' p is as it is: to "
            "look into."
        )
    for row in found.metrics:
        yield from _details(row, flips=flips)
    for note in found.notes:
        yield f"note: {note}"


def aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows as columns: the first to the left, the others to the right.

    >>> list(aligned([("a", "b"), ("long", "1.5")]))
    ['a       b', 'long  1.5']
    """
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        first, *others = (
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join([first, *others]).rstrip()


def number(value: float | None, sign: str = "") -> str:
    """A value of a metric, with as many digits as it needs; a dash for none."""
    from summarizer.evaluation.figures import decimal

    return "-" if value is None else decimal(value, sign)


def _coverage(found: Comparison, words: Words) -> str:
    articles = words.articles.removesuffix("s") if found.articles == 1 else words.articles
    parts = [f"{found.articles:,} {articles}"]
    if found.made_a < 1 or found.made_b < 1:
        parts.append(
            f"{found.made_a:.1%} of A's {words.digests} and {found.made_b:.1%} of B's are there"
        )
    if found.changed:
        parts.append(f"{len(found.changed):,} left out: {words.content} differ")
    if found.absent:
        parts.append(f"{len(found.absent):,} left out: only one of the two has them")
    return "   " + ", ".join(parts)


def _row(row: Compared) -> tuple[str, ...]:
    tally = "-" if row.wins is None else f"{row.wins}/{row.ties}/{row.losses}"
    return (
        f"{row.metric}{'*' if row.primary else ''}",
        number(row.a),
        number(row.b),
        number(row.difference, "+"),
        interval(row.low, row.high, sign="+"),
        p_value(row.p),
        p_value(row.p_adjusted) if row.primary else "",
        tally,
        number(row.detectable),
        _conclusion(row),
    )


def _conclusion(row: Compared) -> str:
    if row.direction == "none" or row.difference is None:
        return ""
    return "the same" if row.conclusion == "same" else row.conclusion


def _details(row: Compared, *, flips: int) -> Iterator[str]:
    if row.outcome is not None:
        needed = f", about {row.n_needed:,} articles would tell" if row.n_needed else ""
        yield f"{row.metric}: {row.outcome} at a margin of {row.margin:g}{needed}"
    if row.primary and row.conclusion == "unclear" and row.repeats is not None:
        yield f"{row.metric}: {_advice(row.repeats)}"
    if row.worst is not None and row.best is not None:
        yield (
            f"{row.metric}: with all that is missing, B - A is between {number(row.worst, '+')} "
            f"and {number(row.best, '+')}"
        )
    if row.primary and flips:
        better = [flip for flip in row.flips if (flip.b > flip.a) != (row.direction == "lower")]
        worse = [flip for flip in row.flips if flip not in better]
        for name, items in (("worse", worse), ("better", better)):
            if items:
                shown = ", ".join(
                    f"{flip.sample} {number(flip.a)} > {number(flip.b)}" for flip in items[:flips]
                )
                more = f" and {len(items) - flips:,} more" if len(items) > flips else ""
                yield f"{row.metric}, B {name} on: {shown}{more}"


def _advice(repeats: Repeats) -> str:
    """What would make it clearer, of a run with several epochs."""
    if repeats.within == 0:
        return "the epochs of an article do not differ: one is enough, add articles"
    if repeats.advice == "add_articles":
        return "articles differ more than their epochs: add articles"
    enough = "" if repeats.advised is None else f" (to {repeats.advised:,})"
    return f"the epochs of an article differ more than articles: raise epochs{enough}"


def interval(low: float | None, high: float | None, *, sign: str = "") -> str:
    """An interval of a metric's values; a dash for none."""
    return "-" if low is None or high is None else f"{number(low, sign)} to {number(high, sign)}"


def p_value(value: float | None) -> str:
    """A p-value for people; a dash for none."""
    if value is None:
        return "-"
    return "<0.001" if value < 0.001 else f"{value:.3f}"
