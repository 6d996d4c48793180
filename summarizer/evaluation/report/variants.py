"""The variants that a report is about, with their digests and articles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import Final, Literal, NamedTuple

from summarizer.digest import Digest, ErrorInfo, Failure
from summarizer.errors import ConfigurationError, TaxonomyError
from summarizer.evaluation.compare.comparison import SAME
from summarizer.evaluation.compare.operands import run_variants
from summarizer.evaluation.metrics import METRICS, Metric
from summarizer.evaluation.metrics.scored_output import ClaimVerdict, FactAnswer, Judging
from summarizer.evaluation.metrics.topic_metrics import canonical
from summarizer.evaluation.run.manifest import EXTRACTIVE, Generation, Key, Variant
from summarizer.evaluation.scores import VariantScores
from summarizer.evaluation.scoring import ScoredRun, VariantResult
from summarizer.evaluation.suite.samples import Sample
from summarizer.pages.marked_text import (
    MarkedSentence,
    Piece,
    evidence_marks,
    paragraphs,
    shown_sentences,
)
from summarizer.pages.wording import topic_path
from summarizer.taxonomy import Taxonomy

# With more variants, only those pairs are compared that differ in one thing.
_FEW: Final = 3


class ReportVariant(NamedTuple):
    """A variant of a report.

    Attributes:
        name: unlike that of any other variant of the report.
        run: where it is from.
        variant: the point of the matrix.
        scores: article by article.
        result: in all.
    """

    name: str
    run: ScoredRun
    variant: Variant
    scores: VariantScores
    result: VariantResult

    def output(self, sample: str) -> Digest | Failure | None:
        """The first digest of an article that there is; else the failure, or None."""
        made = self._made(sample)
        return made.result if made else None

    def judging(self, sample: str) -> Judging | None:
        """What the judge whose answers were scored says of ``output``; None: nothing."""
        made = self._made(sample)
        output = self.run.outputs.output(made.key) if made else None
        return output.judging if output else None

    def _made(self, sample: str) -> Generation | None:
        epochs = range(self.run.folder.manifest.epochs)
        made = [
            self.run.outputs.made.get(Key(sample, self.variant.name, epoch)) for epoch in epochs
        ]
        return min(made, key=lambda one: (one is None, one and isinstance(one.result, Failure)))


def load_variants(names: Sequence[str]) -> list[ReportVariant]:
    """The variants of ``RUN`` or ``RUN:VARIANT``, in order.

    Raises:
        ConfigurationError: there is no such run or variant, or the runs are of different suites.
    """
    runs: dict[Path, ScoredRun] = {}
    found: list[tuple[ScoredRun, str]] = []
    for folder, chosen in map(run_variants, names):
        if folder.path not in runs:
            runs[folder.path] = ScoredRun(folder)
        found += [(runs[folder.path], variant) for variant in chosen]
    suites = {run.folder.manifest.suite.name for run, _ in found}
    if len(suites) > 1:
        raise ConfigurationError(
            f"the runs are of different suites: {', '.join(sorted(suites))}",
            hint="name runs of one suite",
        )
    plain = [variant for _, variant in found]
    variants: dict[str, ReportVariant] = {}
    for run, name in found:
        shown = name if plain.count(name) == 1 else f"{name} ({run.folder.path})"
        if shown in variants:
            raise ConfigurationError(f"the variant {shown!r} is named twice", hint="leave one out")
        planned = run.folder.manifest.planned[name]
        scores = run.scores[name].model_copy(update={"name": shown})
        variants[shown] = ReportVariant(
            shown, run, planned.variant, scores, run.results.variants[name]
        )
    return list(variants.values())


def compared_pairs(variants: Sequence[ReportVariant]) -> list[tuple[ReportVariant, ReportVariant]]:
    """The pairs (what was, what is new) to compare, the first of which the report is about.

    Of many variants, those pairs that differ in one thing: the model, the prompts, the context, or
    the run.
    """
    every = list(combinations(variants, 2))
    if len(variants) <= _FEW:
        return every
    return [pair for pair in every if _differences(*pair) == 1] or every


def _differences(a: ReportVariant, b: ReportVariant) -> int:
    one, other = a.variant, b.variant
    extractive = EXTRACTIVE in (one.model, other.model)
    return sum(
        (
            one.model != other.model,
            one.prompts != other.prompts and not extractive,
            one.context != other.context,
            a.run.folder.path != b.run.folder.path,
        )
    )


Change = Literal["better", "worse", "same"]
Values = tuple[float | None, float | None]
# The metric, A's value, B's, and the change.
Scored = tuple[str, float | None, float | None, Change | Literal["unscored"]]
# Longer texts are cut before they are marked; pages must open in a browser.
_MOST_CHARACTERS: Final = 40_000


class TopicShown(NamedTuple):
    """A topic, and how it stands to the gold ones."""

    name: str
    state: Literal["right", "wrong", "missed", "given"]
    confidence: str = ""


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
    """An article of the report, with its scores of each primary metric."""

    sample: Sample
    change: Change
    scores: list[Scored]
    paragraphs: list[list[Piece]]
    cut: int
    outputs: list[OutputShown]
    gold_topics: list[str] | None


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
    for name, sample in a.run.folder.samples.items():
        other = b.run.folder.samples.get(name) if b else sample
        if other is None or other.fingerprint != sample.fingerprint:
            continue
        pairs = [(va.get(name), vb.get(name)) for va, vb in zip(values_a, values_b, strict=True)]
        # Of one variant: how good it is.
        compared = pairs if b else [(0.0, before or 0.0) for before, _ in pairs]
        gain = sum(map(gain_of, metrics, compared))
        scores: list[Scored] = [
            (metric.name, *pair, "unscored" if None in pair else _change(gain_of(metric, pair)))
            for metric, pair in zip(metrics, pairs, strict=True)
        ]
        found.append((gain, sample, scores))
    kept = sorted(found, key=lambda item: (-abs(item[0]), item[1].id))[:most] if b else found
    kept.sort(key=lambda item: (item[0], item[1].id))
    return [
        _article(sample, a, b, _change(gain) if b else "same", scores)
        for gain, sample, scores in kept[:most]
    ]


def gain_of(metric: Metric, values: Values) -> float:
    """How much better B is, of (A's value, B's); 0 where one of both is unscored."""
    before, after = values
    return 0.0 if before is None or after is None else metric.gain(before, after)


def _change(gain: float) -> Change:
    return "same" if abs(gain) <= SAME else "better" if gain > 0 else "worse"


def _article(
    sample: Sample, a: ReportVariant, b: ReportVariant | None, change: Change, scores: list[Scored]
) -> ArticleShown:
    text = sample.article.text[:_MOST_CHARACTERS]
    sides = [(letter, one, one.output(sample.id)) for letter, one in (("A", a), ("B", b)) if one]
    digests = {letter: made for letter, _, made in sides if isinstance(made, Digest)}
    marks = [
        mark
        for letter, digest in digests.items()
        for mark in evidence_marks(digest, text, side=letter)
    ]
    taxonomy, topics = a.run.folder.taxonomy, sample.gold.topics
    gold = None
    if topics is not None:
        gold = canonical(topics, taxonomy, depth=a.run.folder.labelled_depth)
    outputs = []
    for letter, one, made in sides:
        if isinstance(made, Digest):
            other = digests.get("A" if letter == "B" else "B")
            outputs.append(_output(letter, one, sample, made, other, gold))
        else:
            outputs.append(OutputShown(letter, one.name, failure=made.error if made else None))
    return ArticleShown(
        sample=sample,
        change=change,
        scores=scores,
        paragraphs=list(paragraphs(text, marks)),
        cut=len(sample.article.text) - len(text),
        outputs=outputs,
        gold_topics=None if topics is None else [_name(topic, taxonomy) for topic in topics],
    )


def _output(
    side: str,
    variant: ReportVariant,
    sample: Sample,
    digest: Digest,
    other: Digest | None,
    gold: Sequence[str] | None,
) -> OutputShown:
    judging = variant.judging(sample.id)
    sentences = shown_sentences(digest, other, side=side)
    votes = judging.claims if judging else ()
    return OutputShown(
        side=side,
        variant=variant.name,
        digest=digest,
        topics=tuple(_topics(digest, gold, variant.run.folder.taxonomy)),
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
        yield TopicShown(" › ".join(topic_path(topic)), state, sure)
    if output.topics is not None:
        for missing in [topic for topic in gold or () if topic not in given]:
            yield TopicShown(_name(missing, taxonomy), "missed")


def _name(topic: str, taxonomy: Taxonomy) -> str:
    try:
        return " › ".join(taxonomy.path(topic))
    except TaxonomyError:
        return topic
