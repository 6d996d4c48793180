"""What the digests that a run has really needed: it corrects the estimate of those it lacks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from summarizer.digest import Digest, Usage
from summarizer.evaluation.estimate import NOTHING, Estimate, Estimator
from summarizer.evaluation.run.manifest import Generation, Manifest
from summarizer.evaluation.suite.samples import Sample

# From fewer digests, one long article would say what all need.
_FEWEST: Final = 5


class Correction(NamedTuple):
    """What was needed beside what had been estimated for the same articles.

    Attributes:
        digests: how many were measured.
        needed: by all of them together.
        estimated: for all of them together.
    """

    digests: int
    needed: Usage
    estimated: Estimate

    def apply(self, estimate: Estimate, *, digests: int) -> Estimate:
        """The estimate of that many other digests, scaled by what was measured."""
        needed, estimated = self.needed, self.estimated
        cost = estimate.cost_usd
        if cost is not None and needed.cost_usd is not None and estimated.cost_usd:
            cost *= needed.cost_usd / estimated.cost_usd
        return Estimate(
            estimate.requests * _ratio(needed.requests, estimated.requests),
            estimate.prompt_tokens * _ratio(needed.prompt_tokens, estimated.prompt_tokens),
            estimate.completion_tokens
            * _ratio(needed.completion_tokens, estimated.completion_tokens),
            cost,
            digests * needed.seconds / self.digests,
        )

    def plus(self, other: Correction) -> Correction:
        """Both."""
        return Correction(
            self.digests + other.digests,
            self.needed + other.needed,
            self.estimated.plus(other.estimated),
        )


def corrections(
    manifest: Manifest,
    estimators: Mapping[str, Estimator],
    *,
    made: Iterable[Generation],
    samples: Mapping[str, Sample],
) -> dict[str, Correction]:
    """The correction of each variant that has one, else of other variants of its model.

    A digest with an answer from the cache does not show all that it needs, and a failure does not
    say: both are left out.

    Args:
        manifest: of the run.
        estimators: by the variant's name.
        made: what there is.
        samples: the articles by id.
    """
    by_variant: dict[str, Correction] = {}
    for variant, correction in _measured(estimators, made, samples):
        by_variant[variant] = (
            by_variant[variant].plus(correction) if variant in by_variant else correction
        )
    models = {planned.variant.name: planned.model for planned in manifest.variants}
    found = {}
    for variant in estimators:
        own = by_variant.get(variant)
        if own is None or own.digests < _FEWEST:
            alike = [c for name, c in by_variant.items() if models[name] == models[variant]]
            own = _sum(alike)
        if own is not None and own.digests >= _FEWEST:
            found[variant] = own
    return found


def _measured(
    estimators: Mapping[str, Estimator], made: Iterable[Generation], samples: Mapping[str, Sample]
) -> Iterator[tuple[str, Correction]]:
    for generation in made:
        result = generation.result
        if (
            isinstance(result, Digest)
            and not result.usage.cached_responses
            and generation.variant in estimators
            and generation.sample in samples
        ):
            estimate = estimators[generation.variant].digest(samples[generation.sample].article)
            yield generation.variant, Correction(1, result.usage, estimate)


def _sum(parts: Iterable[Correction]) -> Correction | None:
    total = Correction(0, Usage(), NOTHING)
    for part in parts:
        total = total.plus(part)
    return total if total.digests else None


def _ratio(needed: float, estimated: float) -> float:
    return needed / estimated if estimated else 1.0
