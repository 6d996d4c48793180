"""``summarizer eval diff``: what two variants said of each article, where it differs."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Annotated

import typer

from summarizer.cli.console import printable
from summarizer.cli.evaluation_tables import number
from summarizer.errors import ConfigurationError

if TYPE_CHECKING:
    from summarizer.digest import Digest, Failure
    from summarizer.evaluation.report.runs import ReportVariant


def diff(
    runs: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN[:VARIANT]...",
            help="Two variants of runs, or a run with two; the first is what was.",
        ),
    ],
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, help="So many articles, the worst first.")
    ] = 20,
) -> None:
    """Show what changed in prompts and outputs: words taken out [-so-] and put in {+so+}.

    Articles come by the loss of the first primary metric, the largest first; those that did not
    change are left out.
    """
    from summarizer.evaluation.report.runs import load_variants
    from summarizer.evaluation.run.manifest import prompt_changes

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
    sign = -1 if metric.direction == "lower" else 1

    def gain(name: str) -> float:
        return sign * (of_b.get(name, 0.0) - of_a.get(name, 0.0))

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
