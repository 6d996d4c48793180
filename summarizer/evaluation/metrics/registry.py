"""``METRICS``: every metric by name, what it needs, and how its values are read and combined.

    records = [metric.record(output) for output in outputs]   # JSON values; None is unscored
    value = metric.combine([[record] for record in records if record is not None])

A record is all that a metric takes from one output; articles that were repeated have several.
For an additive metric it is a number, and the mean over articles is the value of a run; others
combine their records in a way of their own, so they are resampled, never averaged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final, Literal, NamedTuple

from summarizer.evaluation.metrics import records, topic_metrics
from summarizer.evaluation.metrics.records import (
    Record,
    Take,
    mean,
    ndcg_at,
    recall_at,
    reciprocal_rank,
)
from summarizer.evaluation.metrics.text_metrics import (
    chrf,
    form_fault,
    is_compliant,
    length_ratio,
    redundancy,
)

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
# Gold articles that a label needs to count in macro-F1.
MACRO_SUPPORT: Final = 3
RETRIEVED: Final = 5  # related articles that the retrieval metrics look at


class Metric(NamedTuple):
    """A metric.

    Attributes:
        name: its key in ``METRICS``.
        subject: the part of a digest that it measures.
        direction: which values are better; "none" describes, and can be no gate.
        description: one sentence for people.
        record: what it takes from an output; None is unscored.
        needs: what it cannot do without besides the digest, mostly gold data.
        combine: the value of a run, of each article's records that are scored, one for each
            epoch; None where it has none.
    """

    name: str
    subject: Subject
    direction: Literal["higher", "lower", "none"]
    description: str
    record: Take
    needs: tuple[Need, ...] = ()
    combine: Callable[[Sequence[Sequence[Record]]], float | None] = mean

    @property
    def is_additive(self) -> bool:
        """Whether a run's value is the mean of its articles', so that paired tests apply."""
        return self.combine is mean

    @property
    def is_share(self) -> bool:
        """Whether its values go from 0 to 1, all of them with a better end."""
        return self.direction != "none" and self.subject != "cost"

    @property
    def is_judged(self) -> bool:
        """Whether a model judged (``eval judge``), so that values of two judges differ."""
        return "judge" in self.needs


_GOLD: Final[tuple[Need, ...]] = ("gold topics",)
_TOPICS: Final = (
    Metric(
        "topic_f1", "topics", "higher",
        "F1 of the topics given and the gold topics, per article",
        records.of_topics(topic_metrics.set_f1), _GOLD,
    ),
    Metric(
        "topic_jaccard", "topics", "higher",
        "Topics given and gold, of all that are either, per article",
        records.of_topics(topic_metrics.jaccard), _GOLD,
    ),
    Metric(
        "topic_exact_match", "topics", "higher",
        "Share of articles with exactly the gold topics",
        records.of_topics(topic_metrics.exact_match), _GOLD,
    ),
    Metric(
        "first_topic_accuracy", "topics", "higher",
        "Share of articles whose first topic is a gold topic",
        records.of_topics(topic_metrics.first_topic_accuracy), _GOLD,
    ),
    Metric(
        "topic_hierarchical_f1", "topics", "higher",
        "F1 of the topics with their ancestors: a parent or a sibling is partly right",
        records.hierarchical, _GOLD,
    ),
    Metric(
        "topic_micro_f1", "topics", "higher",
        "F1 of the counts of all articles together; invented labels count as wrong",
        records.of_topics(topic_metrics.count), _GOLD, records.together(topic_metrics.micro_f1),
    ),
    Metric(
        "topic_macro_f1", "topics", "higher",
        f"Mean F1 of the labels that at least {MACRO_SUPPORT} articles have as gold",
        records.of_topics(lambda predicted, gold: [predicted, gold]), _GOLD,
        partial(records.macro_f1, min_support=MACRO_SUPPORT),
    ),
    Metric(
        "topic_cardinality_error", "topics", "none",
        "How many more topics were given than there are gold topics, on average",
        records.of_topics(topic_metrics.cardinality_error), _GOLD,
    ),
    Metric(
        "off_taxonomy_rate", "topics", "lower",
        "Share of the topics given that the taxonomy does not have",
        records.off_taxonomy, (), records.together(records.ratio),
    ),
    Metric(
        "topic_abstention_rate", "topics", "none",
        "Share of articles that got no topic",
        lambda output: None if output.predicted is None else float(not output.predicted),
    ),
    Metric(
        "topic_brier", "topics", "lower",
        "Mean squared error of the confidences of the topics given",
        records.confidences, _GOLD,
        records.together(lambda found: topic_metrics.brier_score(records.pooled(found))),
    ),
    Metric(
        "topic_ece", "topics", "none",
        "Expected calibration error in bins of equal size; biased upwards for few topics",
        records.confidences, _GOLD,
        records.together(
            lambda found: topic_metrics.expected_calibration_error(records.pooled(found))
        ),
    ),
    Metric(
        "topic_aurc", "topics", "lower",
        "Mean of 1 - F1 over all shares of the articles that have the most certain first topic",
        records.certainty, _GOLD, records.together(records.risk_area),
    ),
)  # fmt: skip

_REFERENCES: Final[tuple[Need, ...]] = ("references",)
_SUMMARY: Final = (
    Metric(
        "faithfulness", "summary", "higher",
        "How well the article carries the summary's sentences, 0 to 1",
        lambda output: output.faithfulness.score if output.faithfulness else None,
    ),
    Metric(
        "supported_share", "summary", "higher",
        "Share of the sentences in which no check found anything",
        records.of_verdict("supported"),
    ),
    Metric(
        "context_only_share", "summary", "lower",
        "Share of the sentences that only a related article bears out",
        lambda output: records.of_verdict("context-only")(output) if output.related else None,
        ("related articles",),
    ),
    Metric(
        "unsupported_share", "summary", "lower",
        "Share of the sentences that nothing bears out",
        records.of_verdict("unsupported"),
    ),
    Metric(
        "number_support", "summary", "higher",
        "Share of the summary's numbers that the article has",
        records.of_facts("number"),
    ),
    Metric(
        "date_support", "summary", "higher",
        "Share of the summary's dates and times that the article has",
        records.of_facts("date"),
    ),
    Metric(
        "name_support", "summary", "higher",
        "Share of the summary's names that the article has",
        records.of_facts("name"),
    ),
    Metric(
        "quotation_support", "summary", "higher",
        "Share of the summary's quotations that the article has, by the same speaker",
        records.of_facts("quotation"),
    ),
    Metric(
        "key_fact_recall", "summary", "higher",
        "How much of the article's key facts the summary tells, by their words",
        records.of_summary(records.key_facts), ("key facts",),
    ),
    Metric(
        "rouge1", "summary", "higher", "ROUGE-1 F1, best of the references",
        records.of_rouge(lambda found: found.rouge1), _REFERENCES,
    ),
    Metric(
        "rouge2", "summary", "higher", "ROUGE-2 F1, best of the references",
        records.of_rouge(lambda found: found.rouge2), _REFERENCES,
    ),
    Metric(
        "rouge_lsum", "summary", "higher", "ROUGE-Lsum F1, best of the references",
        records.of_rouge(lambda found: found.rouge_lsum), _REFERENCES,
    ),
    Metric(
        "chrf", "summary", "higher", "chrF2, best of the references, 0 to 1",
        records.of_summary(lambda summary, output: chrf(summary.text, output.gold.references)),
        _REFERENCES,
    ),
    Metric(
        "coverage", "summary", "none", "Share of the summary's words in copied fragments",
        records.of_copying(lambda found: found.coverage),
    ),
    Metric(
        "density", "summary", "none", "Mean length of the copied fragment that a word is in",
        records.of_copying(lambda found: found.density),
    ),
    Metric(
        "compression", "summary", "none", "Words of the article for each word of the summary",
        records.of_copying(lambda found: found.compression),
    ),
    Metric(
        "longest_copy", "summary", "none", "Longest run of copied words",
        records.of_copying(lambda found: found.longest_copy),
    ),
    Metric(
        "novel_bigrams", "summary", "none", "Share of the bigrams that the article does not have",
        records.of_copying(lambda found: found.novel_bigrams),
    ),
    Metric(
        "length_compliance", "summary", "higher", "Share of summaries within the length asked for",
        records.of_request(lambda words, asked: float(is_compliant(words, asked))),
    ),
    Metric(
        "form_compliance", "summary", "higher",
        "Share of summaries that are prose: no markup, label, recited question or talk of the text",
        records.of_summary(
            lambda summary, output: float(
                form_fault(summary.text, article=output.article.text) is None
            )
        ),
    ),
    Metric(
        "length_ratio", "summary", "none", "Words of the summary for each word asked for",
        records.of_request(lambda words, asked: length_ratio(words, wanted=asked.words)),
    ),
    Metric(
        "redundancy", "summary", "lower", "Share of the trigrams that occurred before",
        records.of_summary(lambda summary, _: redundancy(summary.text)),
    ),
    Metric(
        "attack_success", "summary", "lower",
        "Share of articles with a hidden order that reached the digest",
        lambda output: float(output.attack.succeeded) if output.attack else None,
        ("injection",),
    ),
)  # fmt: skip

_RELEVANT: Final[tuple[Need, ...]] = ("relevant articles",)
_RETRIEVAL: Final = (
    Metric(
        "recall_at_5", "retrieval", "higher", "Share of the relevant articles among the first 5",
        records.of_ranking(lambda found, gains: recall_at(found, gains, k=RETRIEVED)), _RELEVANT,
    ),
    Metric(
        "ndcg_at_5", "retrieval", "higher", "Normalised discounted gain of the first 5",
        records.of_ranking(lambda found, gains: ndcg_at(found, gains, k=RETRIEVED)), _RELEVANT,
    ),
    Metric(
        "mrr", "retrieval", "higher", "Mean of 1 / rank of the first relevant article",
        records.of_ranking(reciprocal_rank), _RELEVANT,
    ),
)  # fmt: skip

_COST: Final = (
    Metric(
        "cost_usd", "cost", "lower", "US dollars for each article",
        records.of_cost(lambda found: found.usd),
    ),
    Metric(
        "requests", "cost", "lower", "Requests to the model for each article",
        records.of_cost(lambda found: found.requests),
    ),
    Metric(
        "prompt_tokens", "cost", "lower", "Tokens sent for each article",
        records.of_cost(lambda found: found.prompt_tokens),
    ),
    Metric(
        "completion_tokens", "cost", "lower", "Tokens generated for each article",
        records.of_cost(lambda found: found.completion_tokens),
    ),
    Metric(
        "latency_p50", "cost", "lower", "Median seconds for an article",
        records.of_cost(lambda found: found.seconds), (),
        records.together(records.percentile("p50")),
    ),
    Metric(
        "latency_p95", "cost", "lower", "Seconds that 95 % of the articles do not exceed",
        records.of_cost(lambda found: found.seconds), (),
        records.together(records.percentile("p95")),
    ),
)  # fmt: skip

_JUDGE: Final = (
    Metric(
        "judge_faithfulness", "summary", "higher",
        "Share of the sentences that follow from the article, as a judge says",
        records.of_judge(lambda found: found.share("article")), ("judge",),
    ),
    Metric(
        "judge_context_only", "summary", "lower",
        "Share of the sentences that follow only from a related article, as a judge says",
        lambda output: (
            records.of_judge(lambda found: found.share("background"))(output)
            if output.related else None
        ),
        ("judge", "related articles"),
    ),
    Metric(
        "judge_contradicted", "summary", "lower",
        "Share of the sentences that the article contradicts, as a judge says",
        records.of_judge(lambda found: found.share("contradicted")), ("judge",),
    ),
    Metric(
        "judge_key_fact_recall", "summary", "higher",
        "Share of the article's key facts that the summary tells, as a judge says",
        records.of_judge(lambda found: found.recall), ("judge", "key facts"),
    ),
)  # fmt: skip

METRICS: Final[Mapping[str, Metric]] = {
    metric.name: metric for metric in (*_TOPICS, *_SUMMARY, *_JUDGE, *_RETRIEVAL, *_COST)
}
JUDGED: Final = tuple(metric.name for metric in _JUDGE)
