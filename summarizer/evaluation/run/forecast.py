"""What a run will need and what it can find, before more is spent."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING, Final

import numpy as np

from summarizer.batch.estimate import FirstRequests, Forecast, extrapolated
from summarizer.digest import Digest, Usage
from summarizer.evaluation.metrics import METRICS
from summarizer.evaluation.run.manifest import Generation, Key, Manifest, PlannedVariant
from summarizer.evaluation.scores import VariantScores
from summarizer.evaluation.stats.interval import cluster_sizes, least_p, satterthwaite_df
from summarizer.evaluation.stats.power import ALPHA, minimum_detectable_effect
from summarizer.evaluation.suite.definition import summary_request
from summarizer.evaluation.suite.samples import Sample
from summarizer.prompts.store import PromptSet

if TYPE_CHECKING:
    from pathlib import Path

    from summarizer.taxonomy import Taxonomy

# The standard deviation of the differences between articles where nothing was measured: that of
# F1 and recall between two models is mostly 0.15 to 0.3.
ASSUMED_SPREAD: Final = 0.2


def forecasts(
    manifest: Manifest,
    samples: Mapping[str, Sample],
    *,
    missing: Iterable[Key],
    made: Iterable[Generation],
    taxonomy: Taxonomy,
    prompts_dir: Path | None,
) -> dict[str, Forecast]:
    """For each variant what its missing digests need, by its own digests where it has three.

    Args:
        manifest: the run.
        samples: by id.
        missing: what is still to be made.
        made: what there is.
        taxonomy: the labels.
        prompts_dir: prompts of the user's own.
    """
    left: defaultdict[str, list[Sample]] = defaultdict(list)
    for key in missing:
        left[key.variant].append(samples[key.sample])
    usages: defaultdict[str, list[Usage]] = defaultdict(list)
    for generation in made:
        if isinstance(generation.result, Digest):
            usages[generation.variant].append(generation.result.usage)
    found = {}
    for planned in manifest.variants:
        name = planned.variant.name
        measured = extrapolated(usages[name], digests=len(left[name]))
        counted = first_requests(planned, manifest, taxonomy=taxonomy, prompts_dir=prompts_dir)
        found[name] = measured or counted.forecast(sample.article for sample in left[name])
    return found


def first_requests(
    planned: PlannedVariant, manifest: Manifest, *, taxonomy: Taxonomy, prompts_dir: Path | None
) -> FirstRequests:
    """The first request of each digest of a variant."""
    conditions = manifest.suite.settings
    return FirstRequests(
        planned.model,
        price=planned.price,
        request=partial(summary_request, manifest.suite),
        strategy=conditions.topic_strategy,
        max_topics=conditions.max_topics,
        taxonomy=taxonomy,
        prompts=PromptSet(prompts_dir, {**manifest.prompts, **planned.variant.prompts}),
    )


def measured_spread(variants: Sequence[VariantScores], metrics: Iterable[str]) -> float | None:
    """The standard deviation of differences between articles, of the metric with the largest.

    Of two variants or more, it is that of the differences between each two. Of one alone, it is
    that of its scores: the differences between two systems whose scores correlate at 1/2, a usual
    value, spread as much as these. None where no article is scored twice.
    """
    found = []
    for metric in (METRICS[name] for name in metrics if METRICS[name].is_additive):
        values = [variant.values(metric) for variant in variants]
        samples = [list(one.values()) for one in values]
        if len(values) > 1:
            samples = [
                [b[name] - a[name] for name in a if name in b] for a, b in combinations(values, 2)
            ]
        found += [float(np.std(sample, ddof=1)) for sample in samples if len(sample) > 1]
    return max(found, default=None)


def detectable_effect(
    samples: Iterable[Sample], *, primary: int = 1, spread: float = ASSUMED_SPREAD
) -> float:
    """The least difference of two variants that is found 4 times of 5.

    Infinite for fewer than ``least_stories``.

    Args:
        samples: the articles.
        primary: how many primary metrics share the 5 %.
        spread: the standard deviation of differences between articles.
    """
    sizes = _story_sizes(samples)
    if len(sizes) < least_stories(primary):
        return math.inf
    df, alpha = satterthwaite_df(sizes), ALPHA / primary
    return minimum_detectable_effect(spread, int(sizes.sum()), df=df, alpha=alpha)


def least_stories(primary: int = 1) -> int:
    """How many stories can show that one of so many primary metrics differs at all.

    Exchanging A and B of G stories gives no p below 2^(1-G), however large the difference.
    """
    return next(number for number in itertools.count(1) if least_p(number) <= ALPHA / primary)


def stories(samples: Iterable[Sample]) -> int:
    """How many stories the articles tell; one without a story is one of its own."""
    return len(_story_sizes(samples))


def _story_sizes(samples: Iterable[Sample]) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    told = [sample.story for sample in samples]
    return cluster_sizes(told, len(told))
