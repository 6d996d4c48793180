"""Records: what metrics take from an output, and how records of many outputs become one value.

Every function here either is a record function (output to a JSON value, None for unscored), or
makes one, or combines records. ``registry`` puts them together.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np

from summarizer.digest import Summary, Usage
from summarizer.evaluation.metrics import topic_metrics
from summarizer.evaluation.metrics.faithfulness import SupportVerdict, key_fact_recall
from summarizer.evaluation.metrics.scored_output import Judging, Output
from summarizer.evaluation.metrics.text_metrics import Extractiveness, Rouge
from summarizer.summaries.request import SummaryRequest
from summarizer.verification.facts import FactKind

Record = Any  # a JSON value
Take = Callable[[Output], Record | None]


def mean(articles: Sequence[Sequence[float]]) -> float | None:
    """The mean of the articles' means over their epochs; None without a value."""
    means = [sum(epochs) / len(epochs) for epochs in articles]
    return sum(means) / len(means) if means else None


def together(
    combine: Callable[[Sequence[Record]], float | None],
) -> Callable[[Sequence[Sequence[Record]]], float | None]:
    """The same of the records of all epochs of all articles, each counting alike."""
    return lambda articles: combine([record for epochs in articles for record in epochs])


def of_topics(measure: Callable[[list[str], list[str]], Record]) -> Take:
    """The record of (predicted ids, gold ids)."""

    def record(output: Output) -> Record | None:
        if output.predicted is None or output.gold_topics is None:
            return None
        return measure(output.predicted, output.gold_topics)

    return record


def of_summary(measure: Callable[[Summary, Output], float | None]) -> Take:
    """The record of a summary."""
    return lambda output: measure(output.summary, output) if output.summary else None


def of_request(measure: Callable[[int, SummaryRequest], float]) -> Take:
    """The record of (words of the summary, what was asked for)."""

    def record(output: Output) -> float | None:
        if output.summary is None or output.request is None:
            return None
        return measure(output.summary.words, output.request)

    return record


def of_rouge(part: Callable[[Rouge], float]) -> Take:
    """One of the ROUGE values."""
    return lambda output: part(output.rouge) if output.rouge else None


def of_copying(part: Callable[[Extractiveness], float | None]) -> Take:
    """One of the measures of extractiveness."""
    return lambda output: part(output.extractiveness) if output.extractiveness else None


def of_facts(kind: FactKind) -> Take:
    """The support of the facts of one kind."""
    return lambda output: output.fact_support[kind].share if output.fact_support else None


def of_verdict(verdict: SupportVerdict) -> Take:
    """The share of the sentences with a verdict."""
    return lambda output: output.faithfulness.share(verdict) if output.faithfulness else None


def of_judge(part: Callable[[Judging], float | None]) -> Take:
    """One of the shares that a judge counts."""
    return lambda output: part(output.judging) if output.summary and output.judging else None


def of_cost(part: Callable[[Cost], float | None]) -> Take:
    """A part of the cost."""

    def record(output: Output) -> float | None:
        found = cost(output.digest.usage)
        return part(found) if found else None

    return record


def hierarchical(output: Output) -> float | None:
    """Hierarchical F1."""
    if output.predicted is None or output.gold_topics is None:
        return None
    return topic_metrics.hierarchical_f1(output.predicted, output.gold_topics, output.taxonomy)


def off_taxonomy(output: Output) -> Record | None:
    """[topics that the taxonomy does not have, topics given]."""
    if not output.predicted:
        return None
    return [
        len(topic_metrics.off_taxonomy(output.predicted, output.taxonomy)),
        len(output.predicted),
    ]


def confidences(output: Output) -> Record | None:
    """[confidence, whether it is gold] of each topic that has a confidence."""
    if output.digest.topics is None or output.gold_topics is None:
        return None
    judged = [
        [
            topic.confidence,
            topic_metrics.canonical([topic.id], output.taxonomy)[0] in output.gold_topics,
        ]
        for topic in output.digest.topics
        if topic.confidence is not None
    ]
    return judged or None


def certainty(output: Output) -> Record | None:
    """[confidence of the first topic, 1 - F1]."""
    first = output.digest.topics[0].confidence if output.digest.topics else None
    if first is None or output.predicted is None or output.gold_topics is None:
        return None
    return [first, 1 - topic_metrics.set_f1(output.predicted, output.gold_topics)]


def key_facts(summary: Summary, output: Output) -> float | None:
    """Key-fact recall; facts are in the article's language, so a translation has none."""
    if summary.language not in (None, output.article.language):
        return None
    found = key_fact_recall(
        summary.text,
        output.gold.key_facts,
        language=output.article.language,
        published=output.article.published,
    )
    return found.recall if found else None


def of_ranking(measure: Callable[[list[str], dict[str, float]], float | None]) -> Take:
    """The record of (ids of the related articles, best first; gains of the relevant ones)."""

    def record(output: Output) -> float | None:
        if output.digest.related is None or output.gold.relevant is None:
            return None
        return measure([found.id for found in output.digest.related], output.gold.relevant)

    return record


def pooled(found: Sequence[Record]) -> list[topic_metrics.RatedTopic]:
    """The topics of all articles, of ``confidences``."""
    return [topic_metrics.RatedTopic(*topic) for record in found for topic in record]


def macro_f1(articles: Sequence[Sequence[Record]], *, min_support: int) -> float | None:
    """Macro-F1 of [predicted ids, gold ids]."""
    pairs = [[(predicted, gold) for predicted, gold in epochs] for epochs in articles]
    return topic_metrics.macro_f1(pairs, min_support=min_support).value


def ratio(found: Sequence[Record]) -> float | None:
    """Sum of the parts by sum of the wholes, of [part, whole]."""
    total = sum(whole for _, whole in found)
    return sum(part for part, _ in found) / total if total else None


def risk_area(found: Sequence[Record]) -> float | None:
    """Area under the risk-coverage curve, of ``certainty``."""
    curve = topic_metrics.risk_coverage([sure for sure, _ in found], [loss for _, loss in found])
    return curve.area if curve else None


def percentile(name: Literal["p50", "p95"]) -> Callable[[Sequence[Record]], float | None]:
    """A percentile of the seconds."""

    def combine(seconds: Sequence[Record]) -> float | None:
        found = latency(seconds)
        return getattr(found, name) if found else None

    return combine


class Cost(NamedTuple):
    """The cost of one digest; ``usd`` is None where no price is known."""

    requests: int
    prompt_tokens: int
    completion_tokens: int
    usd: float | None
    seconds: float


class Latency(NamedTuple):
    """Median and 95th percentile, in seconds."""

    p50: float
    p95: float


def cost(usage: Usage) -> Cost | None:
    """The cost of a digest; None where some of it was paid by an earlier run."""
    if usage.cached_responses:
        return None
    return Cost(
        requests=usage.requests,
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        usd=usage.cost_usd,
        seconds=usage.seconds,
    )


def latency(seconds: Sequence[float]) -> Latency | None:
    """Percentiles, interpolated linearly; None without a value."""
    return Latency(*np.percentile(seconds, (50, 95)).tolist()) if len(seconds) else None


def recall_at(ranking: Sequence[str], relevant: Collection[str], *, k: int) -> float | None:
    """Share of the relevant ids among the first ``k``, 0 to 1."""
    wanted = set(relevant)
    return len(wanted & set(_distinct(ranking)[:k])) / len(wanted) if wanted else None


def ndcg_at(ranking: Sequence[str], gains: Mapping[str, float], *, k: int) -> float | None:
    """Normalised discounted cumulative gain of the first ``k``, 0 to 1.

    Järvelin and Kekäläinen 2002. ``gains`` maps each relevant id to how relevant it is (1 where
    there are no grades); other ids gain nothing.
    """
    ideal = _dcg(sorted((gain for gain in gains.values() if gain > 0), reverse=True)[:k])
    return _dcg([gains.get(id_, 0.0) for id_ in _distinct(ranking)[:k]]) / ideal if ideal else None


def reciprocal_rank(ranking: Sequence[str], relevant: Collection[str]) -> float | None:
    """1 / rank of the first relevant id, 0 where none is found; its mean is MRR."""
    if not relevant:
        return None
    ranks = (rank for rank, id_ in enumerate(_distinct(ranking), start=1) if id_ in relevant)
    first = next(ranks, None)
    return 1 / first if first else 0.0


def _distinct(ranking: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(ranking))


def _dcg(gains: Sequence[float]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, start=1))
