"""What evals say on a terminal: needs and power before they spend, progress, and comparisons."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

import typer

from summarizer.cli.console import printable, progress_line, write_json
from summarizer.evaluation.figures import dollars, interval, number, p_value

if TYPE_CHECKING:
    from pydantic import BaseModel

    from summarizer.batch.estimate import Forecast
    from summarizer.evaluation.compare.comparison import Compared, Comparison
    from summarizer.evaluation.run.folder import RunFolder
    from summarizer.evaluation.run.folder import RunProgress as State
    from summarizer.evaluation.run.manifest import Manifest
    from summarizer.evaluation.suite.samples import Sample, SuiteSamples
    from summarizer.settings import Settings

R = TypeVar("R", bound="BaseModel")


@contextmanager
def eval_progress(what: str = "digests") -> Iterator[Callable[[State], None]]:
    """How far a run is; ``what``: is counted."""
    with progress_line(what, stages=False) as line:

        def show(state: State) -> None:
            cost = [dollars(state.cost_usd)] if state.cost_usd else []
            note = ", ".join([state.variant, *cost])
            line.update(state.done, state.total, failed=state.failed, note=note)

        yield show


def show_forecast(
    manifest: Manifest, data: SuiteSamples, folder: RunFolder | None, *, settings: Settings
) -> None:
    """The forecast of a run that would begin, or of what one in ``folder`` lacks."""
    from summarizer.batch.estimate import total
    from summarizer.evaluation.run.folder import unmade
    from summarizer.evaluation.run.plan import forecasts
    from summarizer.taxonomy import default_taxonomy

    samples = {sample.id: sample for sample in data.samples}
    there = folder.generations() if folder and folder.exists else {}
    found = forecasts(
        manifest,
        samples,
        missing=unmade(manifest.keys(samples), there),
        made=there.values(),
        taxonomy=data.taxonomy or default_taxonomy(),
        prompts_dir=settings.prompts_dir,
    )
    for name, forecast in found.items():
        typer.echo(printable(f"{name}: {needs(forecast)}"))
    if len(found) > 1:
        typer.echo(f"in all: {needs(total(found.values()))}")
    typer.echo(_power(manifest, data.samples))


def needs(found: Forecast) -> str:
    """What digests need, for people, and what that rests on."""
    count = f"{found.digests:,} digests"
    sent = f"{found.requests:,.0f} requests, {found.prompt_tokens:,.0f} prompt tokens"
    if not found.measured:
        if not found.requests:
            return f"{count}, no requests"
        cost = "price unknown" if found.cost_usd is None else f"{dollars(found.cost_usd)} for them"
        return (
            f"{count}, at least {sent}, {cost} (the first request of each; after three digests "
            "the run says what all will need)"
        )
    cost = "price unknown" if found.cost_usd is None else dollars(found.cost_usd)
    minutes = (found.seconds or 0) / 60
    time = f"{minutes:.1f} minutes" if minutes < 10 else f"{minutes:.0f} minutes"
    return (
        f"{count}, about {sent}, {found.completion_tokens or 0:,.0f} completion tokens, {cost}, "
        f"{time} one at a time (by the {found.measured:,} that were measured)"
    )


def _power(manifest: Manifest, samples: list[Sample]) -> str:
    from summarizer.evaluation.scores import detectable_effect, least_stories
    from summarizer.evaluation.stats.interval import cluster_sizes
    from summarizer.evaluation.suite.samples import scorable

    names = manifest.suite.metrics.primary
    primary, least = len(names), min(names, key=lambda name: len(scorable(samples, name)))
    scored = [sample.story for sample in scorable(samples, least)]
    if not scored:
        return f"nothing shows a difference by {least}: no article has the gold data for it"
    part = f" of {len(samples):,}, which {least} is scored on," * (len(scored) < len(samples))
    count = len(cluster_sizes(scored, len(scored)))
    if count < least_stories(primary):
        several = f" by {primary} primary metrics" if count >= least_stories() else ""
        return (
            f"{count:,} {'story shows' if count == 1 else 'stories show'} no difference{several}, "
            f"however large: it takes {least_stories(primary)}"
        )
    spread, why = _spread(manifest)
    effect = detectable_effect(scored, primary=primary, spread=spread)
    shared = f" in each of {primary} primary metrics" if primary > 1 else ""
    small = ", ".join(
        f"{gate.metric} {gate.margin:g}"
        for gate in manifest.suite.gates
        if gate.margin is not None and gate.margin < effect
    )
    note = f"; gates below it will mostly be inconclusive: {small}" if small else ""
    return (
        f"{len(scored):,} articles{part} on {count:,} stories find a difference of {effect:.3f} "
        f"4 times of 5{shared}, where differences between articles spread by {spread:.3g}, "
        f"{why}{note}"
    )


def _spread(manifest: Manifest) -> tuple[float, str]:
    """How much differences between articles spread, and where that is from."""
    from summarizer.errors import ConfigurationError
    from summarizer.evaluation.compare.operands import load_baseline
    from summarizer.evaluation.scores import ASSUMED_SPREAD, measured_spread

    try:
        baseline = load_baseline(Path(manifest.suite_path).parent / "baseline.json")
    except ConfigurationError:
        return ASSUMED_SPREAD, "which is assumed"
    variants = list(baseline.variants.values())
    found = measured_spread(variants, manifest.suite.metrics.primary)
    return (found, "as the baseline has it") if found else (ASSUMED_SPREAD, "which is assumed")


_HEAD = (
    "metric",
    "n",
    "A",
    "B",
    "B - A",
    "95 % interval",
    "p",
    "adjusted",
    "+/=/-",
    "finds",
    "B is",
)


class Words(NamedTuple):
    """What is compared is called: as we do, or as other tools do."""

    articles: str = "articles"
    digests: str = "digests"
    content: str = "text or gold"


OURS: Final = Words()
LOG_WORDS: Final = Words(articles="samples", digests="results", content="input or target")


def comparison_text(
    found: Comparison, *, flips: int, words: Words = OURS, decision: bool = True
) -> str:
    """A comparison, as ``comparison.txt.j2`` writes it.

    Args:
        found: the comparison.
        flips: how many articles are named of those that B lost and won.
        words: what is compared is called.
        decision: whether its decision is told, too.
    """
    from summarizer.pages.document import render_text

    return render_text(
        Path(__file__).with_name("comparison.txt.j2"),
        found=found,
        flips=flips,
        words=words,
        decision=decision,
        table=aligned([_HEAD, *map(_row, found.metrics)]),
        number=number,
    ).rstrip("\n")


def show_reports(reports: Sequence[R], text: Callable[[R], str], *, as_json: bool) -> None:
    """Print reports as a JSON list, or the text of each with an empty line between two."""
    if as_json:
        write_json([report.model_dump(mode="json") for report in reports])
        return
    typer.echo(printable("\n\n".join(map(text, reports))))


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
