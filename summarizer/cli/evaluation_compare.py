"""``summarizer eval compare``, also of other tools' files, and ``summarizer eval diff``."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from summarizer.cli.console import INCOMPLETE_EXIT, printable, say
from summarizer.cli.evaluation_output import LOG_WORDS, OURS, comparison_text, show_reports
from summarizer.errors import ConfigurationError
from summarizer.evaluation.figures import number

if TYPE_CHECKING:
    from summarizer.digest import Digest, Failure
    from summarizer.evaluation.compare.comparison import Comparison
    from summarizer.evaluation.report.variants import ReportVariant

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
    from summarizer.evaluation.interchange.compare_files import Choices, compare_files, is_foreign

    if b is not None and baseline is not None:
        raise typer.BadParameter("name either a second run or --baseline")
    first, second = (a, b) if baseline is None else (baseline, a)
    margins, metrics = parse_margins(margin or ()), metric or ()
    words = OURS
    if is_foreign(first) or (second is not None and is_foreign(second)):
        choices = Choices(metrics, lower or (), cluster, by_id, allow_incomplete, margins)
        found, words = compare_files(first, second, choices), LOG_WORDS
    elif lower or cluster is not None or by_id:
        raise ConfigurationError(
            "--lower, --cluster and --by-id are for files of other tools",
            hint="a run knows its stories and its metrics itself",
        )
    else:
        found = _compare_runs(first, second, metric=metrics, margins=margins)
    refused = [] if allow_incomplete else [item for item in found if not item.complete]
    for item in refused:
        say(
            f"not compared: {item.a} has {item.made_a:.1%} of its {words.digests}, {item.b} "
            f"{item.made_b:.1%}; 98 % are needed, or --allow-incomplete"
        )
    if refused:
        raise typer.Exit(INCOMPLETE_EXIT)
    show_reports(found, partial(comparison_text, flips=flips, words=words), as_json=as_json)


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
    from summarizer.evaluation.stats.power import ALPHA

    operands = [load_operand(name) for name in (a, b) if name]
    first, last = operands[0], operands[-1]
    suite = last.suite or first.suite
    if suite is None:
        raise ConfigurationError(
            "two baselines do not say what to compare", hint="one of the two must be a run"
        )
    judged = judged_metrics([*first.variants.values(), *last.variants.values()])
    # A run that grew until something was found was looked at as often, whatever the other is.
    looks = min(first.looks, last.looks, key=lambda one: one.level(ALPHA))
    criteria = criteria_of(suite, more=(*metric, *judged), margins=margins, looks=looks)
    found = compare_pairs(pairs(first, last if b else None), criteria)
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
    from summarizer.evaluation.report.variants import load_variants
    from summarizer.evaluation.run.folder import prompt_changes

    variants = load_variants(runs)
    if len(variants) != 2:
        raise ConfigurationError(
            f"two variants can be compared, not {len(variants):,}",
            hint="choose: RUN:VARIANT RUN:VARIANT",
        )
    a, b = variants
    changes = prompt_changes((a.run.folder.manifest, a.variant), (b.run.folder.manifest, b.variant))
    for change in changes:
        for line in (*change.lines, ""):
            typer.echo(printable(line))
    for line in _lines(a, b, limit=limit):
        typer.echo(printable(line))


def _lines(a: ReportVariant, b: ReportVariant, *, limit: int) -> Iterator[str]:
    from summarizer.evaluation.metrics import METRICS

    metric = METRICS[b.run.folder.manifest.suite.metrics.primary[0]]
    both = [name for name in a.run.samples if name in b.run.samples]
    changed = {}
    for name in both:
        if lines := list(_changes(a.output(name), b.output(name))):
            changed[name] = lines
    of_a, of_b = (one.scores.values(metric) if metric.is_additive else {} for one in (a, b))

    def gain(name: str) -> float:
        return metric.gain(of_a.get(name, 0.0), of_b.get(name, 0.0))

    yield f"A  {a.name}"
    yield f"B  {b.name}"
    yield f"   {len(changed):,} of {len(both):,} articles differ"
    for name in sorted(changed, key=gain)[:limit]:
        values = f"{number(of_a.get(name))} > {number(of_b.get(name))}"
        yield ""
        yield f"{name}  {metric.name} {values}"
        yield from changed[name]
    if len(changed) > limit:
        yield ""
        yield f"and {len(changed) - limit:,} more: --limit {len(changed)}"


def _changes(a: Digest | Failure | None, b: Digest | Failure | None) -> Iterator[str]:
    for label, before, after in zip(("topics", "summary"), _texts(a), _texts(b), strict=True):
        if before != after:
            yield f"  {label:<8} {marked(before, after)}"


def _texts(output: Digest | Failure | None) -> tuple[str, str]:
    """Topics and summary, or why there are none."""
    from summarizer.digest import Digest

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
