"""What a run will cost, before anything is spent: requests, tokens, dollars, minutes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from summarizer.articles.article import Article
from summarizer.evaluation.compare.paired import ALPHA
from summarizer.evaluation.digest_needs import DigestNeeds
from summarizer.evaluation.run.manifest import Key, Manifest, PlannedVariant
from summarizer.evaluation.stats import minimum_detectable_effect
from summarizer.evaluation.stats.distributions import least_p
from summarizer.evaluation.stats.interval import cluster_sizes, satterthwaite_df
from summarizer.evaluation.suite.definition import Suite
from summarizer.evaluation.suite.samples import Sample
from summarizer.summaries.request import SummaryRequest, target_words
from summarizer.taxonomy import Taxonomy

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# The spread of the differences between articles that is assumed where nothing was measured:
# that of per-article F1 and recall between two models is mostly 0.15 to 0.3.
ASSUMED_SPREAD: Final = 0.2
# Seconds per article on 2 cores, with a cold cache; endpoints differ too much for a guess.
_SECONDS: Final = {"extractive": 0.4, "embedded": 8.0}
# Tokens of a request to the embedded engine and its answer, where the user sets none.
_EMBEDDED_WINDOW: Final = 4096


class Estimate(NamedTuple):
    """What digests need, on average: repair turns and notes on long articles included.

    What the cache answers need not be asked; a judge's questions come on top.

    Attributes:
        cost_usd: None where a price is not known; 0 for models on this machine.
        seconds: with one article at a time; None for endpoints that nothing was measured of.
    """

    requests: float
    prompt_tokens: float
    completion_tokens: float
    cost_usd: float | None
    seconds: float | None

    def plus(self, other: Estimate) -> Estimate:
        """Both; unknown where one is unknown."""
        return Estimate(
            self.requests + other.requests,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            _sum(self.cost_usd, other.cost_usd),
            _sum(self.seconds, other.seconds),
        )


NOTHING: Final = Estimate(0, 0, 0, 0.0, 0.0)


class Estimator:
    """Estimates digests of one variant.

    Args:
        planned: the variant.
        manifest: the run.
        taxonomy: its labels.
        prompts_dir: prompts of the user's own.
        context_length: of the model, as the user set it.
    """

    def __init__(
        self,
        planned: PlannedVariant,
        *,
        manifest: Manifest,
        taxonomy: Taxonomy,
        prompts_dir: Path | None,
        context_length: int | None = None,
    ) -> None:
        self._planned = planned
        self._suite = manifest.suite
        provider = planned.model.provider
        self._needs = DigestNeeds(
            planned,
            manifest=manifest,
            taxonomy=taxonomy,
            prompts_dir=prompts_dir,
            # The windows of hosted models hold any article.
            window=context_length or (_EMBEDDED_WINDOW if provider == "embedded" else None),
        )

    def digest(self, article: Article) -> Estimate:
        """What one digest needs."""
        provider = self._planned.model.provider
        seconds = _SECONDS.get(provider)
        if provider == "extractive":
            return NOTHING._replace(seconds=seconds)
        needs = self._needs.of(article, summary_request(self._suite, article))
        return Estimate(*needs, self._cost(needs.prompt_tokens, needs.completion_tokens), seconds)

    def _cost(self, sent: float, answered: float) -> float | None:
        if self._planned.model.provider == "embedded":
            return 0.0
        price = self._planned.price
        return (sent * price.prompt + answered * price.completion) / 1e6 if price else None


def estimate_digest(
    planned: PlannedVariant,
    article: Article,
    *,
    manifest: Manifest,
    taxonomy: Taxonomy,
    prompts_dir: Path | None,
) -> Estimate:
    """What one digest needs; arguments as of ``Estimator``."""
    estimator = Estimator(planned, manifest=manifest, taxonomy=taxonomy, prompts_dir=prompts_dir)
    return estimator.digest(article)


def estimate_variants(
    estimators: Mapping[str, Estimator], samples: Mapping[str, Sample], *, keys: Iterable[Key]
) -> dict[str, tuple[int, Estimate]]:
    """For each variant, how many digests are still to be made, and what they need together.

    Args:
        estimators: by the variant's name.
        samples: the articles by id.
        keys: what is to be made.
    """
    found = dict.fromkeys(estimators, (0, NOTHING))
    for key in keys:
        digests, total = found[key.variant]
        one = estimators[key.variant].digest(samples[key.sample].article)
        found[key.variant] = digests + 1, total.plus(one)
    return found


def detectable_effect(samples: Iterable[Sample], *, spread: float = ASSUMED_SPREAD) -> float:
    """The least difference of two variants that is found 4 times of 5.

    Infinite for fewer than ``least_stories``.

    Args:
        samples: the articles.
        spread: standard deviation of the differences between articles.
    """
    sizes = _story_sizes(samples)
    if len(sizes) < least_stories():
        return math.inf
    return minimum_detectable_effect(spread, int(sizes.sum()), df=satterthwaite_df(sizes))


def least_stories(primary: int = 1) -> int:
    """How many stories can show that one of so many primary metrics differs at all.

    Exchanging A and B of G stories gives no p below 2^(1-G), however large the difference.
    """
    return next(number for number in itertools.count(1) if least_p(number) <= ALPHA / primary)


def stories(samples: Iterable[Sample]) -> int:
    """How many stories the articles tell; one without a story is one of its own."""
    return len(_story_sizes(samples))


def _story_sizes(samples: Iterable[Sample]) -> NDArray[np.intp]:
    told = [sample.story for sample in samples]
    return cluster_sizes(told, len(told))


def summary_request(suite: Suite, article: Article) -> SummaryRequest:
    """The summary that a suite asks for."""
    conditions = suite.settings
    return SummaryRequest(
        words=target_words(conditions.length, style=conditions.style, article_words=article.words),
        style=conditions.style,
        language=conditions.language,
    )


def _sum(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other
