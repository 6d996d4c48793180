"""Faults of topics, of the ranking of related articles, and of the cost."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from typing import Final, Literal, NamedTuple

from summarizer.digest import RelatedArticle, TopicLabel
from summarizer.errors import TaxonomyError
from summarizer.evaluation.metrics import Output
from summarizer.evaluation.metrics.registry import Subject
from summarizer.evaluation.selftest.golden import Golden, label
from summarizer.taxonomy import Taxonomy

FaultKind = Literal["fault", "control", "probe"]
# Makes the output; None where the digest has nothing to change.
Change = Callable[[Golden, random.Random], Output | None]


class Perturbation(NamedTuple):
    """A change of a gold digest.

    Attributes:
        name: for tables.
        subject: the part of the digest that changes; other metrics are not asked.
        kind: a fault makes a digest worse; a control leaves it as good as it was, and no metric
            may mind; a probe does so too, but in other words, which metrics by words do mind.
        description: one sentence for people.
        change: makes it.
    """

    name: str
    subject: Subject
    kind: FaultKind
    description: str
    change: Change

    def apply(self, golden: Golden) -> Output | None:
        """The perturbed output, the same each time; None where there is nothing to change."""
        lot = hashlib.sha256(f"{self.name}\n{golden.sample.id}".encode()).digest()
        return self.change(golden, random.Random(lot))  # noqa: S311 - repeatable, not secret


def untouched(golden: Golden, lot: random.Random) -> Output:
    """The control of every metric: the same digest, measured again."""
    del lot
    return golden.without_sharing()


_INVENTED: Final = "not-a-topic-of-any-taxonomy"
# From a topic id to ids that could wrongly stand for it.
Choices = Callable[[str, Taxonomy], list[str]]


def _dropped(golden: Golden, lot: random.Random) -> Output | None:
    topics = _topics(golden)
    if not topics:
        return None
    gone = lot.randrange(len(topics))
    return golden.changed(topics=(*topics[:gone], *topics[gone + 1 :]))


def _other_level(golden: Golden, lot: random.Random) -> Output | None:
    return _replaced(golden, _levels_around, lot)


def _sibling(golden: Golden, lot: random.Random) -> Output | None:
    return _replaced(golden, _siblings, lot)


def _invented(golden: Golden, lot: random.Random) -> Output | None:
    return _replaced(golden, lambda *_: [_INVENTED], lot)


def _extra(golden: Golden, lot: random.Random) -> Output | None:
    topics = _topics(golden)
    taxonomy = golden.output.taxonomy
    others = [topic.id for topic in taxonomy.roots if topic.id not in {t.id for t in topics}]
    if not topics or not others:
        return None
    return golden.changed(topics=(*topics, label(lot.choice(others), taxonomy)))


def _reordered(golden: Golden, lot: random.Random) -> Output | None:
    topics = _topics(golden)
    if len(topics) < 2:
        return None
    turn = lot.randrange(1, len(topics))
    return golden.changed(topics=(*topics[turn:], *topics[:turn]))


def _same_topics(golden: Golden, lot: random.Random) -> Output | None:
    return untouched(golden, lot) if golden.output.digest.topics is not None else None


def _missed_article(golden: Golden, lot: random.Random) -> Output | None:
    found = _related(golden)
    relevant = [article for article in found if article.id in (golden.output.gold.relevant or {})]
    if not relevant:
        return None
    gone = lot.choice(relevant)
    return golden.changed(related=tuple(article for article in found if article != gone))


def _late_article(golden: Golden, lot: random.Random) -> Output | None:
    del lot
    found, gains = _related(golden), golden.output.gold.relevant or {}
    relevant = [article for article in found if article.id in gains]
    others = [article for article in found if article.id not in gains]
    if not relevant or not others:
        return None
    return golden.changed(related=(others[0], *relevant, *others[1:]))


def _same_ranking(golden: Golden, lot: random.Random) -> Output | None:
    return untouched(golden, lot) if golden.output.gold.relevant else None


def _dearer(golden: Golden, lot: random.Random) -> Output:
    del lot
    usage = golden.output.digest.usage
    return golden.changed(usage=usage + usage)


_CHANGES: Final[tuple[tuple[str, FaultKind, str, Change], ...]] = (
    ("dropped topic", "fault", "One gold topic is missing", _dropped),
    ("other level", "fault", "The parent of a gold topic, or else a child", _other_level),
    ("sibling topic", "fault", "A neighbour of a gold topic instead of it", _sibling),
    ("invented topic", "fault", "A label that the taxonomy does not have", _invented),
    ("extra topic", "fault", "A wrong topic besides the gold ones", _extra),
    ("untouched", "control", "The gold topics, measured again", _same_topics),
    ("reordered topics", "control", "The gold topics in another order", _reordered),
)
TOPIC_PERTURBATIONS: Final = tuple(
    Perturbation(name, "topics", kind, description, change)
    for name, kind, description, change in _CHANGES
)
OTHER_PERTURBATIONS: Final = (
    Perturbation(
        "missed article", "retrieval", "fault", "A relevant article is missing", _missed_article
    ),
    Perturbation(
        "late article", "retrieval", "fault", "The first article is not relevant", _late_article
    ),
    Perturbation(
        "untouched", "retrieval", "control", "The gold ranking, measured again", _same_ranking
    ),
    Perturbation("dearer", "cost", "fault", "Twice the requests, tokens, time and money", _dearer),
    Perturbation("untouched", "cost", "control", "The cost, measured again", untouched),
)


def _topics(golden: Golden) -> tuple[TopicLabel, ...]:
    return golden.output.digest.topics or ()


def _related(golden: Golden) -> tuple[RelatedArticle, ...]:
    return golden.output.digest.related or ()


def _replaced(golden: Golden, choices: Choices, lot: random.Random) -> Output | None:
    """The output with one gold topic replaced by one of what ``choices`` has for it."""
    topics, taxonomy = _topics(golden), golden.output.taxonomy
    if not topics:
        return None
    place = lot.randrange(len(topics))
    taken = {topic.id for topic in topics}
    others = [i for i in choices(topics[place].id, taxonomy) if i not in taken]
    if not others:
        return None
    new = label(lot.choice(others), taxonomy)
    return golden.changed(topics=(*topics[:place], new, *topics[place + 1 :]))


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
