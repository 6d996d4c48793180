"""What ``eval run --dry-run`` says: needs and power, before anything is spent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from summarizer.cli.console import printable
from summarizer.cli.evaluation_progress import dollars

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from summarizer.evaluation.estimate import Estimate
    from summarizer.evaluation.run.folder import RunFolder
    from summarizer.evaluation.run.manifest import Generation, Key, Manifest
    from summarizer.evaluation.run.plan import Plan
    from summarizer.evaluation.suite.samples import Sample
    from summarizer.settings import Settings
    from summarizer.taxonomy import Taxonomy


def show_forecast(plan: Plan, folder: RunFolder | None, *, settings: Settings) -> None:
    """The forecast of a run that would begin, or grow in ``folder``."""
    from summarizer.taxonomy import default_taxonomy

    samples = {sample.id: sample for sample in plan.data.samples}
    there = folder.generations() if folder and folder.exists else {}
    keys = [key for key in plan.manifest.keys(samples) if key not in there]
    _show(
        plan.manifest,
        samples,
        keys,
        made=there.values(),
        taxonomy=plan.data.taxonomy or default_taxonomy(),
        settings=settings,
    )


def show_forecast_of(folder: RunFolder, *, settings: Settings) -> None:
    """The forecast of going on with a run."""
    _show(
        folder.manifest,
        folder.samples,
        folder.missing(),
        made=folder.generations().values(),
        taxonomy=folder.taxonomy,
        settings=settings,
    )


def _show(
    manifest: Manifest,
    samples: Mapping[str, Sample],
    keys: Iterable[Key],
    *,
    made: Iterable[Generation],
    taxonomy: Taxonomy,
    settings: Settings,
) -> None:
    from summarizer.evaluation.estimate import NOTHING, Estimator, estimate_variants
    from summarizer.evaluation.measured_usage import corrections

    estimators = {
        planned.variant.name: Estimator(
            planned,
            manifest=manifest,
            taxonomy=taxonomy,
            prompts_dir=settings.prompts_dir,
            context_length=settings.context_length,
        )
        for planned in manifest.variants
    }
    measured = corrections(manifest, estimators, made=made, samples=samples)
    total, count = NOTHING, 0
    for name, (digests, estimate) in estimate_variants(estimators, samples, keys=keys).items():
        source = ""
        if name in measured and digests:
            estimate = measured[name].apply(estimate, digests=digests)
            source = f" (by the {measured[name].digests:,} digests that were measured)"
        typer.echo(printable(f"{name}: {_needs(digests, estimate)}{source}"))
        total, count = total.plus(estimate), count + digests
    if len(estimators) > 1:
        typer.echo(f"in all: {_needs(count, total)}")
    typer.echo(_power(manifest, list(samples.values())))


def _needs(digests: int, estimate: Estimate) -> str:
    cost = "price unknown" if estimate.cost_usd is None else dollars(estimate.cost_usd)
    time = "time unknown"
    if estimate.seconds is not None:
        minutes = estimate.seconds / 60
        time = f"{minutes:.1f} minutes" if minutes < 10 else f"{minutes:.0f} minutes"
    return (
        f"{digests:,} digests, about {estimate.requests:,.0f} requests, "
        f"{estimate.prompt_tokens:,.0f} prompt tokens, {estimate.completion_tokens:,.0f} "
        f"completion tokens, {cost}, {time}"
    )


def _power(manifest: Manifest, samples: list[Sample]) -> str:
    from summarizer.evaluation.estimate import (
        ASSUMED_SPREAD,
        detectable_effect,
        least_stories,
        stories,
    )

    told, primary = stories(samples), len(manifest.suite.metrics.primary)
    if told < least_stories(primary):
        several = f" by {primary} primary metrics" if told >= least_stories() else ""
        return (
            f"{told:,} {'story shows' if told == 1 else 'stories show'} no difference{several}, "
            f"however large: it takes {least_stories(primary)}"
        )
    effect = detectable_effect(samples)
    margins = ((gate.metric, gate.margin) for gate in manifest.suite.gates)
    small = ", ".join(
        f"{metric} {margin:g}"
        for metric, margin in margins
        if margin is not None and margin < effect
    )
    note = f"; gates below it will mostly be inconclusive: {small}" if small else ""
    return (
        f"{len(samples):,} articles on {told:,} stories find a difference of {effect:.3f} "
        f"4 times of 5, where differences between articles spread by {ASSUMED_SPREAD}{note}"
    )
