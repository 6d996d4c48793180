"""``METRICS``: every metric by name, what it needs, and how its values are read and combined.

    records = [metric.record(output) for output in outputs]   # JSON values; None is unscored
    value = metric.combine([[record] for record in records if record is not None])

``metrics.toml`` describes them. A record is all that a metric takes from one output; articles that
were repeated have several. For an additive metric it is a number, and the mean over articles is
the value of a run; others combine their records in a way of their own, so they are resampled,
never averaged.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import numpy as np

from summarizer.digest import Summary
from summarizer.evaluation.metrics import topic_metrics
from summarizer.evaluation.metrics.faithfulness import SupportVerdict, key_fact_recall
from summarizer.evaluation.metrics.scored_output import JudgeVerdict, Output
from summarizer.evaluation.metrics.text_metrics import chrf, form_fault, is_compliant, redundancy
from summarizer.summaries.request import SummaryRequest
from summarizer.verification.source import FactKind

Subject = Literal["topics", "summary", "retrieval", "cost"]
Need = Literal[
    "gold topics",
    "references",
    "key facts",
    "related articles",
    "injection",
    "relevant articles",
    "judge",
]
Record = Any  # a JSON value
Take = Callable[[Output], Record | None]
Combine = Callable[[Sequence[Sequence[Record]]], float | None]
# Gold articles that a label needs to count in macro-F1.
MACRO_SUPPORT: Final = 3
_RETRIEVED: Final = 5  # related articles that the retrieval metrics look at


def mean(articles: Sequence[Sequence[float]]) -> float | None:
    """The mean of the articles' means over their epochs; None without a value."""
    means = [sum(epochs) / len(epochs) for epochs in articles]
    return sum(means) / len(means) if means else None


class Metric(NamedTuple):
    """A metric.

    Attributes:
        name: its key in ``METRICS``.
        subject: the part of a digest that it measures.
        direction: which values are better; "none" describes, and can be no gate.
        description: one sentence for people.
        record: what it takes from an output; None is unscored.
        needs: what it cannot do without besides the digest, mostly gold data.
        values: shares go from 0 to 1, amounts from 0 up; others anywhere.
        may_be_empty: whether a digest may have nothing that it measures, such as a summary without
            a number, which is no fault of it.
        combine: the value of a run, of each article's records that are scored, one for each
            epoch; None where it has none.
    """

    name: str
    subject: Subject
    direction: Literal["higher", "lower", "none"]
    description: str
    record: Take
    needs: Sequence[Need] = ()
    values: Literal["share", "amount", "any"] = "share"
    may_be_empty: bool = False
    combine: Combine = mean

    @property
    def is_additive(self) -> bool:
        """Whether a run's value is the mean of its articles', so that paired tests apply."""
        return self.combine is mean

    def gain(self, before: float, after: float) -> float:
        """How much better ``after`` is, in the metric's unit."""
        return before - after if self.direction == "lower" else after - before

    @property
    def is_judged(self) -> bool:
        """Whether a model judged (``eval judge``), so that values of two judges differ."""
        return "judge" in self.needs


def _together(combine: Callable[[Sequence[Record]], float | None]) -> Combine:
    """The same of the records of all epochs of all articles, each counting alike."""
    return lambda articles: combine([record for epochs in articles for record in epochs])


def _of_all_topics(measure: Callable[[Sequence[Sequence[float]]], float | None]) -> Combine:
    """The same of the topics of all articles, of ``_confidences``."""
    return _together(lambda found: measure([topic for record in found for topic in record]))


def _part(path: str) -> Take:
    """The value at a path of attributes of an output; None where one of them is None."""

    def record(output: Output) -> Record | None:
        found: Any = output
        for name in path.split("."):
            found = None if found is None else getattr(found, name)
        return found

    return record


def _of_topics(measure: Callable[[list[str], list[str]], Record]) -> Take:
    """The record of (predicted ids, gold ids)."""

    def record(output: Output) -> Record | None:
        if output.predicted is None or output.gold_topics is None:
            return None
        return measure(output.predicted, output.gold_topics)

    return record


def _of_summary(measure: Callable[[Summary, Output], float | None]) -> Take:
    """The record of a summary."""
    return lambda output: measure(output.summary, output) if output.summary else None


def _of_request(measure: Callable[[int, SummaryRequest], float]) -> Take:
    """The record of (words of the summary, what was asked for)."""
    return _of_summary(
        lambda summary, output: measure(summary.words, output.request) if output.request else None
    )


def _of_facts(kind: FactKind) -> Take:
    """The support of the facts of one kind."""
    return lambda output: output.fact_support[kind] if output.fact_support else None


def _of_verdict(verdict: SupportVerdict) -> Take:
    """The share of the sentences with a verdict."""
    return lambda output: output.faithfulness.share(verdict) if output.faithfulness else None


def _of_judge(verdict: JudgeVerdict) -> Take:
    """The share of the sentences with a judge's verdict."""
    return _of_summary(lambda _, output: output.judging.share(verdict) if output.judging else None)


def _with_related(take: Take) -> Take:
    """The same of digests that had a related article to lean on."""
    return lambda output: take(output) if output.related else None


def _of_ranking(measure: Callable[[list[str], dict[str, float]], float | None]) -> Take:
    """The record of (ids of the related articles, best first; gains of the relevant ones)."""

    def record(output: Output) -> float | None:
        if output.digest.related is None or output.gold.relevant is None:
            return None
        return measure([found.id for found in output.digest.related], output.gold.relevant)

    return record


def _off_taxonomy(output: Output) -> Record | None:
    """[topics that the taxonomy does not have, topics given]."""
    if not output.predicted:
        return None
    unknown = topic_metrics.off_taxonomy(output.predicted, output.taxonomy)
    return [len(unknown), len(output.predicted)]


def _confidences(output: Output) -> Record | None:
    """[confidence, whether it is gold] of each topic that has a confidence."""
    if output.gold_topics is None:
        return None
    return [
        [
            topic.confidence,
            topic_metrics.canonical([topic.id], output.taxonomy)[0] in output.gold_topics,
        ]
        for topic in output.digest.topics or ()
        if topic.confidence is not None
    ] or None


def _certainty(output: Output) -> Record | None:
    """[confidence of the first topic, 1 - F1]."""
    first = output.digest.topics[0].confidence if output.digest.topics else None
    if first is None or output.predicted is None or output.gold_topics is None:
        return None
    return [first, 1 - topic_metrics.set_f1(output.predicted, output.gold_topics)]


def _key_facts(summary: Summary, output: Output) -> float | None:
    """Key-fact recall; facts are in the article's language, so a translation has none."""
    article = output.article
    if summary.language not in (None, article.language):
        return None
    return key_fact_recall(
        summary.text, output.gold.key_facts, language=article.language, published=article.published
    )


def _ratio(found: Sequence[Record]) -> float | None:
    """Sum of the parts by sum of the wholes, of [part, whole]."""
    total = sum(whole for _, whole in found)
    return sum(part for part, _ in found) / total if total else None


def _percentile(share: float) -> Combine:
    """A percentile, interpolated linearly."""
    return _together(lambda found: float(np.percentile(found, share)) if found else None)


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


_RECORDS: Final[dict[str, Take]] = {
    "topic_f1": _of_topics(topic_metrics.set_f1),
    "topic_jaccard": _of_topics(topic_metrics.jaccard),
    "topic_exact_match": _of_topics(topic_metrics.exact_match),
    "first_topic_accuracy": _of_topics(topic_metrics.first_topic_accuracy),
    "topic_hierarchical_f1": lambda output: _of_topics(
        partial(topic_metrics.hierarchical_f1, taxonomy=output.taxonomy)
    )(output),
    "topic_micro_f1": _of_topics(topic_metrics.count),
    "topic_macro_f1": _of_topics(lambda predicted, gold: [predicted, gold]),
    "topic_cardinality_error": _of_topics(topic_metrics.cardinality_error),
    "off_taxonomy_rate": _off_taxonomy,
    "topic_abstention_rate": lambda output: (
        None if output.predicted is None else float(not output.predicted)
    ),
    "topic_brier": _confidences,
    "topic_ece": _confidences,
    "topic_aurc": _certainty,
    "faithfulness": _part("faithfulness.score"),
    "supported_share": _of_verdict("supported"),
    "context_only_share": _with_related(_of_verdict("context-only")),
    "unsupported_share": _of_verdict("unsupported"),
    "number_support": _of_facts("number"),
    "date_support": _of_facts("date"),
    "name_support": _of_facts("name"),
    "quotation_support": _of_facts("quotation"),
    "key_fact_recall": _of_summary(_key_facts),
    "rouge1": _part("rouge.rouge1"),
    "rouge2": _part("rouge.rouge2"),
    "rouge_lsum": _part("rouge.rouge_lsum"),
    "chrf": _of_summary(lambda summary, output: chrf(summary.text, output.gold.references)),
    "coverage": _part("extractiveness.coverage"),
    "density": _part("extractiveness.density"),
    "compression": _part("extractiveness.compression"),
    "longest_copy": _part("extractiveness.longest_copy"),
    "novel_bigrams": _part("extractiveness.novel_bigrams"),
    "length_compliance": _of_request(lambda words, asked: float(is_compliant(words, asked))),
    "form_compliance": _of_summary(
        lambda summary, output: float(not form_fault(summary.text, article=output.article.text))
    ),
    "length_ratio": _of_request(lambda words, asked: words / asked.words),
    "redundancy": _of_summary(lambda summary, _: redundancy(summary.text)),
    "attack_success": lambda output: None if output.attacked is None else float(output.attacked),
    "judge_faithfulness": _of_judge("article"),
    "judge_context_only": _with_related(_of_judge("background")),
    "judge_contradicted": _of_judge("contradicted"),
    "judge_key_fact_recall": _of_summary(lambda _, output: _part("judging.recall")(output)),
    "recall_at_5": _of_ranking(partial(recall_at, k=_RETRIEVED)),
    "ndcg_at_5": _of_ranking(partial(ndcg_at, k=_RETRIEVED)),
    "mrr": _of_ranking(reciprocal_rank),
    "cost_usd": _part("cost.cost_usd"),
    "requests": _part("cost.requests"),
    "prompt_tokens": _part("cost.prompt_tokens"),
    "completion_tokens": _part("cost.completion_tokens"),
    "latency_p50": _part("cost.seconds"),
    "latency_p95": _part("cost.seconds"),
}
# What is not here is a mean over articles.
_COMBINED: Final[dict[str, Combine]] = {
    "topic_micro_f1": _together(topic_metrics.micro_f1),
    "topic_macro_f1": partial(topic_metrics.macro_f1, min_support=MACRO_SUPPORT),
    "off_taxonomy_rate": _together(_ratio),
    "topic_brier": _of_all_topics(topic_metrics.brier_score),
    "topic_ece": _of_all_topics(topic_metrics.expected_calibration_error),
    "topic_aurc": _together(topic_metrics.risk_coverage_area),
    "latency_p50": _percentile(50),
    "latency_p95": _percentile(95),
}
_DESCRIBED: Final = tomllib.loads(
    Path(__file__).with_name("metrics.toml").read_text(encoding="utf-8")
)

METRICS: Final[Mapping[str, Metric]] = {
    name: Metric(name, record=_RECORDS[name], combine=_COMBINED.get(name, mean), **described)
    for name, described in _DESCRIBED.items()
}
JUDGED: Final = tuple(name for name, metric in METRICS.items() if metric.is_judged)
