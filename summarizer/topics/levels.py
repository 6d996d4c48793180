"""Which of the scored topics an article gets, level by level down a taxonomy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from summarizer.taxonomy import Taxonomy, Topic


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
