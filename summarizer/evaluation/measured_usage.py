"""What the digests that a run has really needed: it corrects the estimate of those it lacks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from summarizer.digest import Digest, Usage
from summarizer.evaluation.estimate import NOTHING, Estimate, Estimator
from summarizer.evaluation.run.manifest import Generation, Manifest
from summarizer.evaluation.suite.samples import Case

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
    cases: Mapping[str, Case],
) -> dict[str, Correction]:
    """The correction of each cell that has one, else of other cells of its model.

    A digest with an answer from the cache does not show all that it needs, and a failure does not
    say: both are left out.

    Args:
        manifest: of the run.
        estimators: by the cell's name.
        made: what there is.
        cases: the articles by id.
    """
    by_cell: dict[str, Correction] = {}
    for cell, correction in _measured(estimators, made, cases):
        by_cell[cell] = by_cell[cell].plus(correction) if cell in by_cell else correction
    models = {planned.cell.name: planned.model for planned in manifest.cells}
    found = {}
    for cell in estimators:
        own = by_cell.get(cell)
        if own is None or own.digests < _FEWEST:
            alike = [c for name, c in by_cell.items() if models[name] == models[cell]]
            own = _sum(alike)
        if own is not None and own.digests >= _FEWEST:
            found[cell] = own
    return found


def _measured(
    estimators: Mapping[str, Estimator], made: Iterable[Generation], cases: Mapping[str, Case]
) -> Iterator[tuple[str, Correction]]:
    for generation in made:
        result = generation.result
        if (
            isinstance(result, Digest)
            and not result.usage.cached_responses
            and generation.cell in estimators
            and generation.case in cases
        ):
            estimate = estimators[generation.cell].digest(cases[generation.case].article)
            yield generation.cell, Correction(1, result.usage, estimate)


def _sum(parts: Iterable[Correction]) -> Correction | None:
    total = Correction(0, Usage(), NOTHING)
    for part in parts:
        total = total.plus(part)
    return total if total.digests else None


def _ratio(needed: float, estimated: float) -> float:
    return needed / estimated if estimated else 1.0
