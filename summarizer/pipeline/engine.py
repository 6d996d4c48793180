"""What the pipeline asks of an engine, and the engine that needs no model."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, Protocol

from summarizer.digest import Check, ModelRef, PromptRef, Summary, TopicLabel, Usage
from summarizer.pipeline.context import NO_CONTEXT, Context
from summarizer.screening.reading import Reading
from summarizer.summaries.request import SummaryRequest

if TYPE_CHECKING:
    from summarizer.topics.similarity import TopicScorer

OnText = Callable[[str], None]


class Task(NamedTuple):
    """What is wanted of one article.

    Attributes:
        topics: whether topics are wanted.
        summary: the summary that is wanted, or None.
        context: what a corpus of earlier articles adds.
        on_text: called with the summary's text as the model writes it.
    """

    topics: bool
    summary: SummaryRequest | None
    context: Context = NO_CONTEXT
    on_text: OnText | None = None


class Outcome(NamedTuple):
    """What an engine found."""

    topics: tuple[TopicLabel, ...] | None
    summary: Summary | None
    checks: tuple[Check, ...] = ()
    prompts: tuple[PromptRef, ...] = ()
    usage: Usage = Usage()


class Engine(Protocol):
    """A way to get topics and summaries."""

    @property
    def model(self) -> ModelRef:
        """What answers."""

    def workers(self, jobs: int) -> int:
        """How many of ``jobs`` articles at a time are worth working on."""

    def run(self, reading: Reading, task: Task) -> Outcome:
        """Do the task for one article; safe to call from several threads."""

    def close(self) -> None:
        """Give back what is held."""


class ExtractiveEngine:
    """Sentences of the article by centrality, topics by similarity: no model, deterministic."""

    model = ModelRef(name="extractive", provider="extractive")

    def __init__(self, scorer: TopicScorer, *, max_topics: int, depth: int | None) -> None:
        self._scorer = scorer
        self._max_topics = max_topics
        self._depth = depth

    def run(self, reading: Reading, task: Task) -> Outcome:
        """See Engine."""
        from summarizer.pipeline.assess import extracted_summary

        topics = None
        if task.topics:
            # The text stays whole, because evidence offsets refer to it; the spans are left out.
            title = reading.visible.title
            topics = self._scorer.classify(
                reading.article.model_copy(update={"title": title}),
                max_topics=self._max_topics,
                depth=self._depth,
                excluded=reading.excluded,
                neighbours=task.context.neighbours,
            )
        if task.summary is None:
            return Outcome(topics, None)
        summary, checks = extracted_summary(reading, task.summary)
        return Outcome(topics, summary, checks)

    def workers(self, jobs: int) -> int:
        """See Engine."""
        return jobs

    def close(self) -> None:
        """Nothing is held."""
