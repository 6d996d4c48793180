"""What makes topics and summaries: a language model, or similarity and the article's sentences."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

from summarizer.digest import ModelRef
from summarizer.progress import step
from summarizer.summaries.checked_draft import extracted_summary
from summarizer.summaries.request import Outcome, Task
from summarizer.topics.similarity import language_checks

if TYPE_CHECKING:
    from summarizer.topics.similarity import TopicScorer


@dataclass
class Engine(ABC):
    """A way to get topics and summaries."""

    scorer: TopicScorer

    @property
    @abstractmethod
    def model(self) -> ModelRef:
        """What answers."""

    @abstractmethod
    def run(self, task: Task) -> Outcome:
        """Do the task; safe to call from several threads."""

    def workers(self, jobs: int) -> int:
        """How many of ``jobs`` articles at a time are worth working on."""
        return jobs

    def close(self) -> None:  # noqa: B027 - not all of them hold anything
        """Give back what is held."""

    def similar_topics(self, task: Task) -> Outcome:
        """The topics that an article resembles, without asking a model."""
        step("choosing topics")
        reading = task.reading
        # The text stays whole, because evidence offsets refer to it; the spans are left out.
        article = reading.article.model_copy(update={"title": reading.visible.title})
        neighbours = task.context.neighbours
        topics = self.scorer.classify(article, excluded=reading.excluded, neighbours=neighbours)
        return Outcome(topics, None, language_checks(topics, article.language))


class ExtractiveEngine(Engine):
    """Sentences that cover the article, topics by similarity: no model, deterministic."""

    model = ModelRef(name="extractive", provider="extractive")

    def run(self, task: Task) -> Outcome:
        """See Engine."""
        found = self.similar_topics(task) if task.topics else Outcome(None, None)
        if task.summary is None:
            return found
        step("choosing sentences")
        summary, checks = extracted_summary(task)
        return found._replace(summary=summary, checks=(*checks, *found.checks))
