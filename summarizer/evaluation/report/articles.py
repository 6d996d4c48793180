"""Articles side by side with what was made of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Literal, NamedTuple

from summarizer.digest import Digest, ErrorInfo, Failure
from summarizer.errors import TaxonomyError
from summarizer.evaluation.metrics import METRICS, Metric
from summarizer.evaluation.metrics.scored_output import ClaimVerdict, FactAnswer
from summarizer.evaluation.metrics.topic_metrics import canonical
from summarizer.evaluation.report.runs import ReportVariant
from summarizer.evaluation.scoring import labelled_depth
from summarizer.evaluation.suite.samples import Sample
from summarizer.pages.marked_text import (
    MarkedSentence,
    Piece,
    evidence_marks,
    paragraphs,
    shown_sentences,
)
from summarizer.taxonomy import Taxonomy

Change = Literal["better", "worse", "same"]
_SAME: Final = 1e-9
# Longer texts are cut before they are marked; pages must open in a browser.
_MOST_CHARACTERS: Final = 40_000


class ScoreShown(NamedTuple):
    """A primary metric of one article."""

    metric: str
    a: float | None
    b: float | None
    change: Change | Literal["unscored"]


class TopicShown(NamedTuple):
    """A topic, and how it stands to the gold ones."""

    name: str
    state: Literal["right", "wrong", "missed", "given"]
    confidence: str


class OutputShown(NamedTuple):
    """What one variant made of an article.

    ``verdicts`` are a judge's, vote by vote, for each sentence; ``told`` its first answers about
    key facts. Without a digest, ``failure`` is why, as far as it is known.
    """

    side: str
    variant: str
    failure: ErrorInfo | None = None
    digest: Digest | None = None
    topics: tuple[TopicShown, ...] = ()
    sentences: tuple[MarkedSentence, ...] = ()
    verdicts: tuple[tuple[ClaimVerdict, ...], ...] = ()
    told: tuple[FactAnswer, ...] = ()


class ArticleShown(NamedTuple):
    """An article of the report."""

    sample: Sample
    change: Change
    scores: tuple[ScoreShown, ...]
    paragraphs: tuple[list[Piece], ...]
    cut: int
    outputs: tuple[OutputShown, ...]
    gold_topics: tuple[str, ...] | None


def shown_articles(
    a: ReportVariant, b: ReportVariant | None, primary: Sequence[str], *, most: int
) -> list[ArticleShown]:
    """The articles on which A and B differ most: B's losses first; or A's worst, without B.

    Args:
        a: what was.
        b: what is new; None: the report is about one variant.
        primary: the metrics that decide.
        most: how many articles.
    """
    metrics = [METRICS[name] for name in primary if METRICS[name].is_additive]
    values_a = [a.scores.values(metric) for metric in metrics]
    values_b = [b.scores.values(metric) for metric in metrics] if b else [{} for _ in metrics]
    found = []
    for sample in a.run.samples.values():
        if b and not _same_sample(sample, b):
            continue
        pairs = [
            (va.get(sample.id), vb.get(sample.id))
            for va, vb in zip(values_a, values_b, strict=True)
        ]
        gain = _gain(metrics, pairs, single=b is None)
        found.append((gain, sample, pairs))
    kept = sorted(found, key=lambda item: (-abs(item[0]), item[1].id))[:most] if b else found
    kept.sort(key=lambda item: (item[0], item[1].id))
    return [
        _article(sample, a, b, gain=gain, scores=_scores(metrics, pairs))
        for gain, sample, pairs in kept[:most]
    ]


def _same_sample(sample: Sample, b: ReportVariant) -> bool:
    """Whether B is about this article, too, with the same text and gold."""
    other = b.run.samples.get(sample.id)
    return other is not None and other.fingerprint == sample.fingerprint


def _gain(
    metrics: Sequence[Metric], pairs: Sequence[tuple[float | None, float | None]], *, single: bool
) -> float:
    """How much better B is, over all metrics; of one variant, how good it is."""
    total = 0.0
    for metric, (before, after) in zip(metrics, pairs, strict=True):
        sign = -1 if metric.direction == "lower" else 1
        if single:
            total += sign * (before or 0.0)
        elif before is not None and after is not None:
            total += sign * (after - before)
    return total


def _scores(
    metrics: Sequence[Metric], pairs: Sequence[tuple[float | None, float | None]]
) -> Iterator[ScoreShown]:
    for metric, (before, after) in zip(metrics, pairs, strict=True):
        gain = _gain([metric], [(before, after)], single=False)
        is_scored = before is not None and after is not None
        yield ScoreShown(metric.name, before, after, _change(gain) if is_scored else "unscored")


def _change(gain: float) -> Change:
    return "same" if abs(gain) <= _SAME else "better" if gain > 0 else "worse"


def _article(
    sample: Sample,
    a: ReportVariant,
    b: ReportVariant | None,
    *,
    gain: float,
    scores: Iterator[ScoreShown],
) -> ArticleShown:
    text = sample.article.text[:_MOST_CHARACTERS]
    sides = [("A", a)] + ([("B", b)] if b else [])
    made = [(side, variant, variant.output(sample.id)) for side, variant in sides]
    marks = [
        mark
        for side, _, output in made
        if isinstance(output, Digest)
        for mark in evidence_marks(output, text, side=side)
    ]
    taxonomy, depth = a.run.folder.taxonomy, labelled_depth(a.run.folder)
    gold = None
    if sample.gold.topics is not None:
        gold = canonical(sample.gold.topics, taxonomy, depth=depth)
    digests = [output if isinstance(output, Digest) else None for _, _, output in made]
    return ArticleShown(
        sample=sample,
        change="same" if b is None else _change(gain),
        scores=tuple(scores),
        paragraphs=tuple(paragraphs(text, marks)),
        cut=len(sample.article.text) - len(text),
        outputs=tuple(
            _output(sample, side, variant, output, other=other, gold=gold, taxonomy=taxonomy)
            for (side, variant, output), other in zip(made, reversed(digests), strict=True)
        ),
        gold_topics=None
        if sample.gold.topics is None
        else tuple(_name(topic, taxonomy) for topic in sample.gold.topics),
    )


def _output(
    sample: Sample,
    side: str,
    variant: ReportVariant,
    output: Digest | Failure | None,
    *,
    other: Digest | None,
    gold: Sequence[str] | None,
    taxonomy: Taxonomy,
) -> OutputShown:
    if not isinstance(output, Digest):
        return OutputShown(side, variant.name, failure=output.error if output else None)
    judging = variant.judging(sample.id)
    sentences = shown_sentences(output, None if other is output else other, side=side)
    votes = judging.claims if judging else ()
    return OutputShown(
        side=side,
        variant=variant.name,
        digest=output,
        topics=tuple(_topics(output, gold, taxonomy)),
        sentences=tuple(sentences),
        verdicts=tuple(tuple(vote[place] for vote in votes) for place in range(len(sentences))),
        told=judging.facts[0] if judging and judging.facts else (),
    )


def _topics(output: Digest, gold: Sequence[str] | None, taxonomy: Taxonomy) -> Iterator[TopicShown]:
    """The topics given, and the gold ones (at the depth that is scored) that were not."""
    given = canonical((topic.id for topic in output.topics or ()), taxonomy)
    for topic in output.topics or ():
        state: Literal["right", "wrong", "given"] = "given"
        if gold is not None:
            state = "right" if canonical([topic.id], taxonomy)[0] in gold else "wrong"
        sure = "" if topic.confidence is None else f"{topic.confidence:.0%}"
        yield TopicShown(" › ".join(topic.path or (topic.name,)), state, sure)
    if output.topics is not None:
        for missing in [topic for topic in gold or () if topic not in given]:
            yield TopicShown(_name(missing, taxonomy), "missed", "")


def _name(topic: str, taxonomy: Taxonomy) -> str:
    try:
        return " › ".join(taxonomy.path(topic))
    except TaxonomyError:
        return topic
