"""``summarizer eval compare``, also of other tools' files, and ``decide``: is B better than A?"""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated

import typer

from summarizer.cli import console, options
from summarizer.cli.evaluation_run import RunOptions, say_stopped
from summarizer.errors import ConfigurationError
from summarizer.evaluation.figures import interval, number, p_value

if TYPE_CHECKING or not options.only_help:
    from summarizer.evaluation.compare import operands
    from summarizer.evaluation.compare.comparison import Compared, Comparison
    from summarizer.evaluation.compare.paired import compare_pairs
    from summarizer.evaluation.deciding import Decided, decide_run
    from summarizer.evaluation.interchange.compare_files import Choices, compare_files, is_foreign
    from summarizer.evaluation.run.folder import prompt_changes

AllowIncomplete = Annotated[
    bool,
    typer.Option(
        "--allow-incomplete", help="Compare though less than 98 % of the digests are there."
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
    a: Annotated[str, typer.Argument(metavar="RUN[:VARIANT]")],
    b: Annotated[str | None, typer.Argument(metavar="[RUN[:VARIANT]]")] = None,
    baseline: Annotated[str | None, typer.Option(metavar="FILE[:VARIANT]")] = None,
    metric: list[str] | None = None,
    margin: Margins = None,
    flips: Annotated[int, typer.Option(min=0)] = 4,
    allow_incomplete: AllowIncomplete = False,
    lower: Annotated[list[str] | None, typer.Option(metavar="METRIC")] = None,
    cluster: Annotated[str | None, typer.Option(metavar="KEY")] = None,
    by_id: bool = False,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Compare two variants, paired by article: is B better than A, and how sure is that.

    Two Inspect logs (.eval, .json), two files of promptfoo's results, or two tables of scores
    (.jsonl, .csv: an id and a column for each metric) are compared alike.

    Exit code: 0 compared, 12 less than 98 % of the digests are there.

    Args:
        a: What was: a run, one of its variants, a baseline's file; or an Inspect log, promptfoo's
            results, or a .jsonl or .csv of scores.
        b: What is new; without it: all pairs of A's variants.
        baseline: Compare A with this instead.
        metric: Compare this metric, too; in logs of other tools: let it decide. Repeatable.
        flips: Articles to name of those that differ most.
        lower: In logs of other tools: less of this metric is better; repeatable.
        cluster: In such logs: samples with one value of this metadata are not independent.
        by_id: In Inspect logs: pair samples by id alone, though inputs or targets differ.
        as_json: Write a list of comparisons.
    """
    if b is not None and baseline is not None:
        raise typer.BadParameter("name either a second run or --baseline")
    first, second = (a, b) if baseline is None else (baseline, a)
    margins, metrics = parse_margins(margin or ()), metric or ()
    foreign = is_foreign(first) or (second is not None and is_foreign(second))
    if foreign:
        choices = Choices(metrics, lower or (), cluster, by_id, allow_incomplete, margins)
        found = compare_files(first, second, choices)
    elif lower or cluster is not None or by_id:
        raise ConfigurationError(
            "--lower, --cluster and --by-id are for files of other tools",
            hint="a run knows its stories and its metrics itself",
        )
    else:
        found = _compare_runs(first, second, metric=metrics, margins=margins)
    refused = [] if allow_incomplete else [item for item in found if not item.complete]
    made = "results" if foreign else "digests"
    for item in refused:
        console.say(
            f"not compared: {item.a} has {item.made_a:.1%} of its {made}, {item.b} "
            f"{item.made_b:.1%}; 98 % are needed, or --allow-incomplete"
        )
        for note in item.notes:
            console.say(note)
    if refused:
        raise typer.Exit(console.INCOMPLETE_EXIT)
    shown = [comparison_text(item, flips=flips, foreign=foreign) for item in found]
    console.show_found(found, ["\n\n".join(shown)], as_json=as_json)


def _compare_runs(
    a: str, b: str | None, *, metric: Sequence[str], margins: Mapping[str, float]
) -> list[Comparison]:
    named = [operands.load_operand(name) for name in (a, b) if name]
    first, last = named[0], named[-1]
    suite = last.suite or first.suite
    if suite is None:
        raise ConfigurationError(
            "two baselines do not say what to compare", hint="one of the two must be a run"
        )
    variants, looks = [*first.variants.values(), *last.variants.values()], (first.looks, last.looks)
    criteria = operands.criteria_between(suite, variants, looks, more=metric, margins=margins)
    found = compare_pairs(operands.pairs(first, last if b else None), criteria)
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
    for one in given:
        name, _, loss = one.partition("=")
        try:
            margins[name] = float(loss)
        except ValueError:
            margins[name] = -1.0
        if not 0 <= margins[name] < math.inf:
            raise typer.BadParameter(f"{one!r} is not METRIC=LOSS, such as topic_f1=0.05")
    return margins


def decide(
    suite: Annotated[str, typer.Argument(metavar="SUITE")],
    *,
    margin: Margins = None,
    batch: Annotated[int | None, typer.Option(min=2)] = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
    options: RunOptions,
) -> None:
    """Decide whether B replaces A: run, score and compare until it is known.

    The first prompt (or model) is A, what was. B is shipped if it is better on at least one
    primary metric and inside its margin on all others. It stops as soon as that is known.

    Exit code: 0 ship, 10 do not ship, 11 more articles would tell, 12 too little was made.

    Args:
        suite: Name, folder or file of a suite.
        batch: Articles between two looks; default a tenth, or 10.
        as_json: Write the decision as JSON.
    """
    settings = options.settings()
    plan, path = options.plan(suite, settings)
    again = f"the same command with --out {shlex.quote(str(path))}"
    found = decide_run(
        plan,
        path,
        make=lambda folder: options.make_digests(folder, again, settings=settings),
        margins=parse_margins(margin or ()),
        batch=batch,
        looked=lambda one: console.say(f"{_articles(one)}: {one.decision.sentence}"),
    )
    record = found.decision.model_dump(mode="json")
    for name in ("winner", "articles", "planned", "looks", "cost_usd"):
        record[name] = getattr(found, name)
    record |= {"run": str(path), "comparisons": found.comparisons}
    neighbours = pairwise(planned.variant for planned in plan.manifest.variants)
    shown = console.filled(
        "decision.txt.j2",
        changes=[
            change
            for a, b in neighbours
            for change in prompt_changes((plan.manifest, a), (plan.manifest, b))
        ],
        found=found,
        articles=_articles(found),
        comparison_text=comparison_text,
        path=path,
        quoted=shlex.quote(str(path)),
    )
    console.show_found(record, [shown], as_json=as_json)
    say_stopped(found.stopped, again)
    raise typer.Exit(found.decision.exit_code)


def _articles(found: Decided) -> str:
    return f"{found.articles:,} of at most {found.planned:,} articles"


_HEAD = (
    "metric", "n", "A", "B", "B - A", "95 % interval", "p", "adjusted", "+/=/-", "finds", "B is",
)  # fmt: skip


def comparison_text(
    found: Comparison, *, flips: int, foreign: bool = False, decision: bool = True
) -> str:
    """A comparison, as ``comparison.txt.j2`` writes it.

    Args:
        found: the comparison.
        flips: how many articles are named of those that B lost and won.
        foreign: whether it is of another tool's files, whose words it then has.
        decision: whether its decision is told, too.
    """
    rows = [_HEAD, *map(_row, found.metrics)]
    how = {"flips": flips, "foreign": foreign, "decision": decision}
    return console.filled("comparison.txt.j2", found=found, rows=rows, **how)


def _row(row: Compared) -> tuple[str, ...]:
    tally = "-" if row.wins is None else f"{row.wins}/{row.ties}/{row.losses}"
    return (
        f"{row.metric}{'*' if row.primary else ''}",
        f"{row.n:,}",
        number(row.a),
        number(row.b),
        number(row.difference, "+"),
        interval(row.low, row.high, "+"),
        p_value(row.p),
        p_value(row.p_adjusted) if row.primary else "",
        tally,
        number(row.detectable),
        "the same" if row.verdict == "same" else row.verdict,
    )
