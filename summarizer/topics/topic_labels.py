"""Which of the scored topics an article gets, level by level down a taxonomy, as labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from summarizer.digest import Check, TopicLabel
from summarizer.screening.reading import Reading
from summarizer.taxonomy import Taxonomy, Topic
from summarizer.topics.level_scores import MEASURED

if TYPE_CHECKING:
    from summarizer.topics.similarity import TopicScorer

# A listed topic that no sentence of the article resembles may be an order obeyed.
ABSURD: Final = 0.02


class Candidate(NamedTuple):
    """A topic with the probability that it fits; None where nothing measured it."""

    topic: Topic
    confidence: float | None


AskLevel = Callable[[Sequence[Topic]], Sequence[Candidate]]


def choose_topics(
    taxonomy: Taxonomy, ask: AskLevel, *, max_topics: int, depth: int | None
) -> list[Candidate]:
    """At most ``max_topics`` topics, best first.

    ``ask`` returns those of the topics it is given that fit, best first. A chosen topic gives way
    to the best of its children that fits, and so on down to ``depth`` levels (None: all the way).
    """
    chosen = list(ask(taxonomy.roots))[:max_topics]
    return [_descend(taxonomy, candidate, ask, levels=depth) for candidate in chosen]


def label_topics(
    candidates: Sequence[Candidate],
    *,
    reading: Reading,
    taxonomy: Taxonomy,
    scorer: TopicScorer,
    source: Literal["logprobs", "combined"],
) -> tuple[tuple[TopicLabel, ...], tuple[Check, ...]]:
    """The labels with evidence, and a check for each that the article's words do not bear out."""
    labels = tuple(
        TopicLabel(
            id=topic.id,
            name=topic.name,
            path=taxonomy.path(topic.id),
            confidence=confidence,
            confidence_source=source if confidence is not None else None,
            evidence=scorer.evidence(reading.article, topic, excluded=reading.excluded),
        )
        for topic, confidence in candidates
    )
    checks = tuple(
        Check(
            kind="topic",
            status="flagged",
            message=f"nothing in the article resembles the topic {label.name!r}",
            text=label.name,
        )
        for label in labels
        if max((span.score for span in label.evidence), default=0.0) < ABSURD
    )
    return labels, (*checks, *language_checks(labels, reading.article.language))


def language_checks(labels: Sequence[TopicLabel], language: str | None) -> tuple[Check, ...]:
    """A check where confidence comes from similarity, in a language it was not measured in."""
    if language in (None, *MEASURED) or all(
        label.confidence_source in (None, "logprobs") for label in labels
    ):
        return ()
    message = f"how often topics are right was not measured in this language ({language})"
    return (Check(kind="topic", status="doubtful", message=message, text=language or ""),)


def _descend(
    taxonomy: Taxonomy, candidate: Candidate, ask: AskLevel, *, levels: int | None
) -> Candidate:
    current = candidate
    level = 1
    while levels is None or level < levels:
        children = taxonomy.children(current.topic.id)
        fitting = ask(children) if children else ()
        if not fitting:
            break
        current = fitting[0]
        level += 1
    return current
