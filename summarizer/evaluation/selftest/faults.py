"""Gold data as digests without a fault, and faults of topics, of the ranking and of the cost."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, Literal, NamedTuple, TypeVar

from summarizer.articles.article import Article
from summarizer.digest import (
    ArticleRef,
    Digest,
    ModelRef,
    RelatedArticle,
    Summary,
    SummarySentence,
    TopicLabel,
    Usage,
)
from summarizer.errors import TaxonomyError
from summarizer.evaluation.metrics import Gold, Output
from summarizer.evaluation.metrics.registry import Subject
from summarizer.evaluation.metrics.topic_metrics import canonical
from summarizer.evaluation.suite.definition import Conditions, summary_request
from summarizer.evaluation.suite.samples import Sample, SuiteSamples
from summarizer.taxonomy import Taxonomy, default_taxonomy
from summarizer.text import count_words, split_sentences

T = TypeVar("T")
_MODEL: Final = ModelRef(name="gold", provider="extractive")
_USAGE: Final = Usage(
    requests=2, prompt_tokens=1000, completion_tokens=100, seconds=2.0, cost_usd=0.001
)
# Articles that a gold digest has as related ones; the retrieval metrics look at the first 5.
_RELATED: Final = 10


class Golden(NamedTuple):
    """A digest made of an article's gold data.

    Attributes:
        sample: what it is made of.
        output: the digest beside its gold; it read the background.
        background: an article on something else, which the digest's model was shown.
        foreign: an article on something else, which it was not shown; None without one.
    """

    sample: Sample
    output: Output
    background: Sample | None
    foreign: Sample | None

    def changed(self, **digest: Any) -> Output:
        """The output with other fields of its digest."""
        return self.output.changed(digest=self.output.digest.model_copy(update=digest))


def golden_outputs(conditions: Conditions, data: SuiteSamples) -> Iterator[Golden]:
    """The gold digest of each sample: its topics, its first reference, its story's articles.

    Args:
        conditions: what a suite asks for: levels that are labelled, and the length of summaries.
        data: articles with gold data; what a sample lacks, its digest lacks.
    """
    samples, taxonomy = data.samples, data.taxonomy or default_taxonomy()
    depth = conditions.labelled_depth(own_taxonomy=data.taxonomy is not None)
    for place, sample in enumerate(samples):
        others = [*samples[place + 1 :], *samples[:place]]
        elsewhere = [
            other
            for other in others
            if (other.story is None or other.story != sample.story)
            and other.article.language == sample.article.language
            and other.gold.references
        ]
        background, foreign = [*elsewhere, None, None][:2]
        gold, topics = _with_relevant(sample, others), None
        if gold.topics is not None:
            ids = canonical(gold.topics, taxonomy, depth=depth)
            topics = tuple(label(one, taxonomy) for one in ids)
        output = Output(
            article=sample.article,
            digest=_digest(sample.article, gold, topics, others),
            gold=gold,
            taxonomy=taxonomy,
            depth=depth,
            request=summary_request(conditions, sample.article),
            related=(background.article,) if background else (),
        )
        yield Golden(sample, output, background, foreign)


def _with_relevant(sample: Sample, others: Sequence[Sample]) -> Gold:
    """The gold data, with the other articles on its story as the relevant ones."""
    story = [other for other in others if sample.story and other.story == sample.story]
    if not story or sample.gold.relevant is not None:
        return sample.gold
    gains = {other.article.id: 1.0 for other in story}
    return sample.gold.model_copy(update={"relevant": gains})


def _digest(
    article: Article, gold: Gold, topics: tuple[TopicLabel, ...] | None, others: Sequence[Sample]
) -> Digest:
    relevant = gold.relevant or {}
    ranked = sorted((other.article for other in others), key=lambda a: a.id not in relevant)
    fields = {"source", "title", "published"}
    related = (
        RelatedArticle(id=one.id, relation="related", score=0.5, **one.model_dump(include=fields))
        for one in ranked[:_RELATED]
    )
    return Digest(
        article=ArticleRef.model_validate(article, from_attributes=True),
        topics=topics,
        summary=summary_of(gold.references[0], article.language) if gold.references else None,
        related=tuple(related),
        model=_MODEL,
        usage=_USAGE,
    )


def summary_of(text: str, language: str | None) -> Summary:
    """A text as the summary of a digest."""
    sentences = split_sentences(text, language)
    return Summary(
        text=text,
        words=count_words(text),
        style="paragraph",
        language=language,
        sentences=tuple(SummarySentence(text=found.text, supported=True) for found in sentences),
    )


def label(topic: str, taxonomy: Taxonomy) -> TopicLabel:
    """A topic as a digest has it; an id that the taxonomy does not have is its own name."""
    path = taxonomy.path(topic) if topic in {known.id for known in taxonomy.topics} else (topic,)
    return TopicLabel(
        id=topic, name=path[-1], path=path, confidence=0.9, confidence_source="similarity"
    )


FaultKind = Literal["fault", "control", "probe"]
# Makes the output; raises NothingToChange where the digest has nothing for it.
Change = Callable[[Golden, random.Random], Output]


class NothingToChange(Exception):  # noqa: N818 - no error: the digest is no item of a perturbation
    """The digest has nothing that a perturbation could change."""


class Perturbation(NamedTuple):
    """A change of a gold digest.

    Attributes:
        name: for tables.
        subject: the part of the digest that changes; other metrics are not asked.
        kind: a fault makes a digest worse; a control leaves it as good as it was, and no metric
            may mind; a probe does so too, but in other words, which metrics by words do mind.
        change: makes it.
    """

    name: str
    subject: Subject
    kind: FaultKind
    change: Change

    def apply(self, golden: Golden) -> Output | None:
        """The perturbed output, the same each time; None where there is nothing to change."""
        lot = hashlib.sha256(f"{self.name}\n{golden.sample.id}".encode()).digest()
        try:
            return self.change(golden, random.Random(lot))  # noqa: S311 - repeatable, not secret
        except NothingToChange:
            return None


def perturbations(
    subject: Subject, *rows: tuple[str, FaultKind, Change]
) -> tuple[Perturbation, ...]:
    """The perturbations of one part of a digest, of (name, kind, change)."""
    return tuple(Perturbation(name, subject, kind, change) for name, kind, change in rows)


def some(value: T | None) -> T:
    """The value, if there is something in it to change."""
    if not value:
        raise NothingToChange
    return value


def pick(lot: random.Random, values: Sequence[T]) -> T:
    """One of the values."""
    return lot.choice(some(values))


def untouched(golden: Golden, _: random.Random) -> Output:
    """The control of every metric: the same digest, measured again."""
    return golden.output.changed()


_INVENTED: Final = "not-a-topic-of-any-taxonomy"
# From a topic id to ids that could wrongly stand for it.
Choices = Callable[[str, Taxonomy], list[str]]


def _topics(golden: Golden) -> tuple[TopicLabel, ...]:
    return some(golden.output.digest.topics)


def _related(golden: Golden) -> tuple[list[RelatedArticle], list[RelatedArticle]]:
    """The related articles that are relevant, and those that are not."""
    found, gains = golden.output.digest.related or (), golden.output.gold.relevant or {}
    relevant = [article for article in found if article.id in gains]
    return some(relevant), [article for article in found if article.id not in gains]


def _levels_around(topic: str, taxonomy: Taxonomy) -> list[str]:
    parent = _parent(topic, taxonomy)
    return [parent] if parent else [child.id for child in taxonomy.children(topic)]


def _siblings(topic: str, taxonomy: Taxonomy) -> list[str]:
    return [found.id for found in taxonomy.children(_parent(topic, taxonomy))]


def _parent(topic: str, taxonomy: Taxonomy) -> str | None:
    try:
        return taxonomy.topic(topic).parent
    except TaxonomyError:
        return None


def _replacing(choices: Choices) -> Change:
    """Replaces one gold topic by one of what ``choices`` has for it."""

    def change(golden: Golden, lot: random.Random) -> Output:
        topics, taxonomy = _topics(golden), golden.output.taxonomy
        place = pick(lot, range(len(topics)))
        taken = {topic.id for topic in topics}
        others = [i for i in choices(topics[place].id, taxonomy) if i not in taken]
        new = label(pick(lot, others), taxonomy)
        return golden.changed(topics=(*topics[:place], new, *topics[place + 1 :]))

    return change


def _dropped(golden: Golden, lot: random.Random) -> Output:
    topics = _topics(golden)
    gone = pick(lot, range(len(topics)))
    return golden.changed(topics=(*topics[:gone], *topics[gone + 1 :]))


def _extra(golden: Golden, lot: random.Random) -> Output:
    topics, taxonomy = _topics(golden), golden.output.taxonomy
    others = [topic.id for topic in taxonomy.roots if topic.id not in {t.id for t in topics}]
    return golden.changed(topics=(*topics, label(pick(lot, others), taxonomy)))


def _reordered(golden: Golden, lot: random.Random) -> Output:
    topics = _topics(golden)
    turn = pick(lot, range(1, len(topics)))
    return golden.changed(topics=(*topics[turn:], *topics[:turn]))


def _same_topics(golden: Golden, lot: random.Random) -> Output:
    if golden.output.digest.topics is None:
        raise NothingToChange
    return untouched(golden, lot)


def _missed_article(golden: Golden, lot: random.Random) -> Output:
    gone = pick(lot, _related(golden)[0])
    kept = (article for article in golden.output.digest.related or () if article != gone)
    return golden.changed(related=tuple(kept))


def _late_article(golden: Golden, _: random.Random) -> Output:
    relevant, others = _related(golden)
    return golden.changed(related=(some(others)[0], *relevant, *others[1:]))


def _same_ranking(golden: Golden, lot: random.Random) -> Output:
    some(golden.output.gold.relevant)
    return untouched(golden, lot)


def _dearer(golden: Golden, _: random.Random) -> Output:
    usage = golden.output.digest.usage
    return golden.changed(usage=usage + usage)


TOPIC_PERTURBATIONS: Final = perturbations(
    "topics",
    ("dropped topic", "fault", _dropped),
    ("other level", "fault", _replacing(_levels_around)),  # the parent, or else a child
    ("sibling topic", "fault", _replacing(_siblings)),
    ("invented topic", "fault", _replacing(lambda *_: [_INVENTED])),
    ("extra topic", "fault", _extra),
    ("untouched", "control", _same_topics),
    ("reordered topics", "control", _reordered),
)
OTHER_PERTURBATIONS: Final = (
    *perturbations(
        "retrieval",
        ("missed article", "fault", _missed_article),
        ("late article", "fault", _late_article),  # the first one is not relevant
        ("untouched", "control", _same_ranking),
    ),
    *perturbations(
        "cost",
        ("dearer", "fault", _dearer),  # twice the requests, tokens, time and money
        ("untouched", "control", untouched),
    ),
)
