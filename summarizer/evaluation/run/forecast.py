"""What a run will need and what it can find, before more is spent.

Digests that were made are the measure: three of a variant are extrapolated to all. Before them,
the tokens of the first request of each digest are counted, through the prompts that are sent.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from summarizer.context import NO_CONTEXT
from summarizer.digest import Digest, Usage
from summarizer.evaluation.compare.paired import ALPHA
from summarizer.evaluation.run.manifest import Generation, Key, Manifest, PlannedVariant
from summarizer.evaluation.stats import minimum_detectable_effect
from summarizer.evaluation.stats.interval import cluster_sizes, least_p, satterthwaite_df
from summarizer.evaluation.suite.definition import summary_request
from summarizer.evaluation.suite.samples import Sample
from summarizer.llm.families import is_small
from summarizer.llm.tokens import count_here
from summarizer.prompts.store import PromptSet
from summarizer.summaries.draft import summary_messages
from summarizer.summaries.one_call import digest_messages
from summarizer.topics.listed import label_lines

if TYPE_CHECKING:
    from pathlib import Path

    from summarizer.articles.article import Article
    from summarizer.digest import Message
    from summarizer.taxonomy import Taxonomy

# Digests that are measured before the others are extrapolated.
MEASURED: Final = 3
# The standard deviation of the differences between articles where nothing was measured: that of
# F1 and recall between two models is mostly 0.15 to 0.3.
ASSUMED_SPREAD: Final = 0.2


class Forecast(NamedTuple):
    """What the missing digests of a variant need.

    Attributes:
        digests: how many are missing.
        measured: how many digests it was extrapolated from; 0: the first requests were counted,
            so requests, tokens and cost are the least that there will be.
        requests: to the model.
        prompt_tokens: that are sent.
        completion_tokens: that are generated; None where nothing was measured.
        cost_usd: US dollars; None where no price is known, 0 for models on this machine.
        seconds: with one article at a time; None where nothing was measured.
    """

    digests: int
    measured: int
    requests: float
    prompt_tokens: float
    completion_tokens: float | None
    cost_usd: float | None
    seconds: float | None


def total(found: Iterable[Forecast]) -> Forecast:
    """What all need together; unknown where one of them is."""
    parts = list(found)
    completion, costs, seconds = (
        sum(value for value in values if value is not None) if None not in values else None
        for values in (
            [part.completion_tokens for part in parts],
            [part.cost_usd for part in parts],
            [part.seconds for part in parts],
        )
    )
    return Forecast(
        digests=sum(part.digests for part in parts),
        measured=min(part.measured for part in parts),
        requests=sum(part.requests for part in parts),
        prompt_tokens=sum(part.prompt_tokens for part in parts),
        completion_tokens=completion,
        cost_usd=costs,
        seconds=seconds,
    )


def extrapolated(usages: Iterable[Usage], *, digests: int) -> Forecast | None:
    """What so many digests need, by those that were made; None for fewer than three of these.

    A digest with an answer from the cache does not show all that it needs, and does not count.
    """
    fresh = [usage for usage in usages if not usage.cached_responses]
    if len(fresh) < MEASURED:
        return None
    total = sum(fresh, Usage())
    factor = digests / len(fresh)
    return Forecast(
        digests=digests,
        measured=len(fresh),
        requests=total.requests * factor,
        prompt_tokens=total.prompt_tokens * factor,
        completion_tokens=total.completion_tokens * factor,
        cost_usd=None if total.cost_usd is None else total.cost_usd * factor,
        seconds=total.seconds * factor,
    )


class FirstRequests:
    """The first request of each digest of a variant, and how many tokens it has.

    Args:
        planned: the variant.
        manifest: the run.
        taxonomy: its labels.
        prompts_dir: prompts of the user's own.
    """

    def __init__(
        self,
        planned: PlannedVariant,
        *,
        manifest: Manifest,
        taxonomy: Taxonomy,
        prompts_dir: Path | None,
    ) -> None:
        self._model = planned.model
        self._price = planned.price
        self._suite = manifest.suite
        self._taxonomy = taxonomy
        self._prompts = PromptSet(prompts_dir, {**manifest.prompts, **planned.variant.prompts})

    def forecast(self, samples: Iterable[Sample]) -> Forecast:
        """The least that the digests of these samples need."""
        counts = [self._tokens(sample.article) for sample in samples]
        tokens = sum(counts)
        requests = 0 if self._model.provider == "extractive" else len(counts)
        return Forecast(len(counts), 0, requests, tokens, None, self.cost(tokens), None)

    def dearest(self, samples: Iterable[Sample]) -> float | None:
        """US dollars for the first request on the longest article; None: no price is known."""
        longest = max(samples, key=lambda sample: sample.article.words)
        return self.cost(self._tokens(longest.article))

    def cost(self, tokens: float) -> float | None:
        """US dollars for so many tokens that are sent."""
        if self._model.provider in ("embedded", "extractive"):
            return 0.0
        return tokens * self._price.prompt / 1e6 if self._price else None

    def _tokens(self, article: Article) -> int:
        if self._model.provider == "extractive":
            return 0
        name = self._model.name if self._model.provider == "openai" else None
        return count_here(self._messages(article), model=name)

    def _messages(self, article: Article) -> tuple[Message, ...]:
        conditions = self._suite.settings
        request = summary_request(self._suite, article)
        small = is_small(self._model) and conditions.topic_strategy == "auto"
        if small or conditions.topic_strategy == "score":
            prompt = self._prompts["summarize"]
            context = NO_CONTEXT.variables(prompt)
            return summary_messages(prompt, article, request=request, context=context)
        prompt = self._prompts["digest"]
        return digest_messages(
            prompt,
            article,
            request=request,
            labels=label_lines(self._taxonomy, self._taxonomy.roots),
            max_topics=conditions.max_topics,
            context=NO_CONTEXT.variables(prompt),
        )


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
        counted = FirstRequests(
            planned, manifest=manifest, taxonomy=taxonomy, prompts_dir=prompts_dir
        )
        found[name] = measured or counted.forecast(left[name])
    return found


def detectable_effect(samples: Iterable[Sample], *, primary: int = 1) -> float:
    """The least difference of two variants that is found 4 times of 5.

    Infinite for fewer than ``least_stories``.

    Args:
        samples: the articles.
        primary: how many primary metrics share the 5 %.
    """
    sizes = _story_sizes(samples)
    if len(sizes) < least_stories(primary):
        return math.inf
    df, alpha = satterthwaite_df(sizes), ALPHA / primary
    return minimum_detectable_effect(ASSUMED_SPREAD, int(sizes.sum()), df=df, alpha=alpha)


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
