"""Articles side by side with what was made of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Literal, NamedTuple

from summarizer.digest import Digest, Failure
from summarizer.errors import TaxonomyError
from summarizer.evaluation.figures import number
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

_SAME: Final = 1e-9
# Longer texts are cut before they are marked; pages must open in a browser.
_MOST_CHARACTERS: Final = 40_000


class ScoreShown(NamedTuple):
    """A primary metric of one article."""

    metric: str
    a: str
    b: str
    change: Literal["better", "worse", "same", "unscored"]


class TopicShown(NamedTuple):
    """A topic, and how it stands to the gold ones."""

    name: str
    state: Literal["right", "wrong", "missed", "given"]
    confidence: str


class OutputShown(NamedTuple):
    """What one variant made of an article.

    ``verdicts`` are a judge's, vote by vote, for each sentence; ``told`` its first answers about
    key facts.
    """

    side: str
    variant: str
    failure: str | None
    topics: tuple[TopicShown, ...]
    sentences: tuple[MarkedSentence, ...]
    notes: tuple[str, ...]
    facts: str
    verdicts: tuple[tuple[ClaimVerdict, ...], ...] = ()
    told: tuple[FactAnswer, ...] = ()


class ArticleShown(NamedTuple):
    """An article of the report."""

    sample: str
    title: str
    language: str | None
    slices: tuple[str, ...]
    story: str | None
    gain: float
    change: Literal["better", "worse", "same"]
    scores: tuple[ScoreShown, ...]
    paragraphs: tuple[list[Piece], ...]
    cut: int
    outputs: tuple[OutputShown, ...]
    gold_topics: tuple[str, ...] | None
    references: tuple[str, ...]
    key_facts: tuple[str, ...]


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
        change: Literal["better", "worse", "same", "unscored"] = "unscored"
        if before is not None and after is not None:
            gain = (before - after) if metric.direction == "lower" else (after - before)
            change = "same" if abs(gain) <= _SAME else "better" if gain > 0 else "worse"
        yield ScoreShown(metric.name, number(before), number(after), change)


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
        sample=sample.id,
        title=sample.article.title or "(no title)",
        language=sample.article.language,
        slices=sample.slices,
        story=sample.story,
        gain=gain,
        change="same" if abs(gain) <= _SAME or b is None else "better" if gain > 0 else "worse",
        scores=tuple(scores),
        paragraphs=tuple(paragraphs(text, marks)),
        cut=len(sample.article.text) - len(text),
        outputs=tuple(
            _output(sample, side, variant, output, other=other, gold=gold, taxonomy=taxonomy)
            for (side, variant, output), other in zip(made, reversed(digests), strict=True)
        ),
        gold_topics=_names(sample.gold.topics, taxonomy),
        references=sample.gold.references,
        key_facts=sample.gold.key_facts,
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
        problem = "there is no digest"
        if output is not None:
            problem = f"{output.error.type}: {output.error.message}"
        return OutputShown(side, variant.name, problem, (), (), (), "")
    judging = variant.judging(sample.id)
    sentences = shown_sentences(output, None if other is output else other, side=side)
    votes = judging.claims if judging else ()
    notes = tuple(
        f"{check.kind}{' (repaired)' if check.status == 'repaired' else ''}: {check.message}"
        for check in output.checks
        if check.sentence is None or check.status == "repaired"
    )
    return OutputShown(
        side=side,
        variant=variant.name,
        failure=None,
        topics=tuple(_topics(output, gold, taxonomy)),
        sentences=tuple(sentences),
        notes=notes,
        facts=_facts(output),
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


def _facts(output: Digest) -> str:
    words = f"{output.summary.words:,} words" if output.summary else "no summary"
    usage = output.usage
    tokens = f", {usage.prompt_tokens:,} + {usage.completion_tokens:,} tokens"
    return f"{words}, {usage.seconds:.1f} s" + (tokens if usage.requests else "")


def _names(topics: Sequence[str] | None, taxonomy: Taxonomy) -> tuple[str, ...] | None:
    return None if topics is None else tuple(_name(topic, taxonomy) for topic in topics)


def _name(topic: str, taxonomy: Taxonomy) -> str:
    try:
        return " › ".join(taxonomy.path(topic))
    except TaxonomyError:
        return topic
