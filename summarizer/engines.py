"""What makes topics and summaries: a language model, or similarity and the article's sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

from summarizer.digest import ModelRef
from summarizer.progress import step
from summarizer.summaries.checked_draft import extracted_summary
from summarizer.summaries.request import Outcome, Task
from summarizer.topics.similarity import language_checks

if TYPE_CHECKING:
    from summarizer.topics.similarity import TopicScorer


class Engine(Protocol):
    """A way to get topics and summaries."""

    @property
    def model(self) -> ModelRef:
        """What answers."""

    def workers(self, jobs: int) -> int:
        """How many of ``jobs`` articles at a time are worth working on."""

    def run(self, task: Task) -> Outcome:
        """Do the task; safe to call from several threads."""

    def close(self) -> None:
        """Give back what is held."""


def similar_topics(scorer: TopicScorer, task: Task) -> Outcome:
    """The topics that an article resembles, without asking a model."""
    step("choosing topics")
    reading = task.reading
    # The text stays whole, because evidence offsets refer to it; the spans are left out.
    article = reading.article.model_copy(update={"title": reading.visible.title})
    neighbours = task.context.neighbours
    topics = scorer.classify(article, excluded=reading.excluded, neighbours=neighbours)
    return Outcome(topics, None, language_checks(topics, article.language))


@dataclass
class ExtractiveEngine:
    """Sentences that cover the article, topics by similarity: no model, deterministic."""

    scorer: TopicScorer
    model: ClassVar = ModelRef(name="extractive", provider="extractive")

    def run(self, task: Task) -> Outcome:
        """See Engine."""
        found = Outcome(None, None)
        if task.topics:
            found = similar_topics(self.scorer, task)
        if task.summary is None:
            return found
        step("choosing sentences")
        summary, checks = extracted_summary(task)
        return found._replace(summary=summary, checks=(*checks, *found.checks))

    def workers(self, jobs: int) -> int:
        """See Engine."""
        return jobs

    def close(self) -> None:
        """Nothing is held."""
