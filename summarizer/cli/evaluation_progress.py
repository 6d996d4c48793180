"""What an eval tells on the way: its needs and its power before it spends, and its progress."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from summarizer.cli.console import printable
from summarizer.cli.progress import progress_line
from summarizer.evaluation.figures import dollars

if TYPE_CHECKING:
    from summarizer.batch.estimate import Forecast
    from summarizer.batch.pool import RunProgress as State
    from summarizer.evaluation.run.folder import RunFolder
    from summarizer.evaluation.run.manifest import Manifest
    from summarizer.evaluation.suite.samples import Sample, SuiteSamples
    from summarizer.settings import Settings


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
    from summarizer.batch.job_folder import is_transient
    from summarizer.evaluation.run.forecast import forecasts
    from summarizer.taxonomy import default_taxonomy

    samples = {sample.id: sample for sample in data.samples}
    there = folder.generations() if folder and folder.exists else {}
    found = forecasts(
        manifest,
        samples,
        missing=[
            key
            for key in manifest.keys(samples)
            if key not in there or is_transient(there[key].result)
        ],
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
    from summarizer.evaluation.run.forecast import (
        detectable_effect,
        least_stories,
        stories,
    )
    from summarizer.evaluation.suite.samples import scorable

    names = manifest.suite.metrics.primary
    primary, least = len(names), min(names, key=lambda name: len(scorable(samples, name)))
    scored = scorable(samples, least)
    if not scored:
        return f"nothing shows a difference by {least}: no article has the gold data for it"
    part = f" of {len(samples):,}, which {least} is scored on," * (len(scored) < len(samples))
    count = stories(scored)
    if count < least_stories(primary):
        several = f" by {primary} primary metrics" if count >= least_stories() else ""
        return (
            f"{count:,} {'story shows' if count == 1 else 'stories show'} no difference{several}, "
            f"however large: it takes {least_stories(primary)}"
        )
    spread, why = _spread(manifest)
    effect = detectable_effect(scored, primary=primary, spread=spread)
    shared = f" in each of {primary} primary metrics" if primary > 1 else ""
    margins = ((gate.metric, gate.margin) for gate in manifest.suite.gates)
    small = ", ".join(
        f"{metric} {margin:g}"
        for metric, margin in margins
        if margin is not None and margin < effect
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
    from summarizer.evaluation.run.forecast import ASSUMED_SPREAD, measured_spread

    try:
        baseline = load_baseline(Path(manifest.suite_path).parent / "baseline.json")
    except ConfigurationError:
        return ASSUMED_SPREAD, "which is assumed"
    variants = list(baseline.variants.values())
    found = measured_spread(variants, manifest.suite.metrics.primary)
    return (found, "as the baseline has it") if found else (ASSUMED_SPREAD, "which is assumed")
