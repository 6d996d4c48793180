"""``LlmEngine``: topics and summaries from a language model.

The extractive engine does without all that is imported here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from summarizer.context import NO_CONTEXT, Context
from summarizer.digest import Check, ModelRef, PromptRef, Summary, TopicLabel
from summarizer.engines import similar_topics
from summarizer.errors import (
    ContextOverflowError,
    EndpointError,
    ModelOutputError,
    SummarizerError,
)
from summarizer.llm.abilities import is_small
from summarizer.progress import step
from summarizer.settings import TopicStrategy
from summarizer.summaries.draft import digest_draft, summary_messages
from summarizer.summaries.request import Outcome, SummaryRequest, Task, missing
from summarizer.summaries.writer import SummaryWriter
from summarizer.topics.model_topics import label_lines, listable, listed_topics
from summarizer.topics.similarity import Candidate, label_checks, language_checks

if TYPE_CHECKING:
    from summarizer.articles.article import Article
    from summarizer.llm.client import ChatClient
    from summarizer.prompts.store import PromptSet
    from summarizer.taxonomy import Taxonomy
    from summarizer.topics.similarity import TopicScorer

# Of a long article, topics are asked about its central sentences.
_EXCERPT_WORDS: Final = 700
_QUESTION_TOKENS: Final = 600


@dataclass
class LlmEngine:
    """Topics and summaries from the model behind a chat client."""

    client: ChatClient
    scorer: TopicScorer
    taxonomy: Taxonomy
    max_topics: int
    depth: int | None
    wanted_strategy: TopicStrategy
    prompts: PromptSet

    @property
    def model(self) -> ModelRef:
        """See Engine."""
        return self.client.model

    def workers(self, jobs: int) -> int:
        """See Engine.

        The embedded engine reads one article per slot, or their questions push each other out of
        its cache.
        """
        slots = self.client.slots
        return jobs if slots is None else min(jobs, slots)

    @cached_property
    def strategy(self) -> TopicStrategy:
        """How topics are found: the user's wish, else by the model's size.

        Asked about BBC, AG News and MasakhaNEWS English, 98 rows, IPTC's topics or the set's own,
        the embedded default put the right topic first in 73, the similarity alone in 74.
        """
        if self.wanted_strategy != "auto":
            return self.wanted_strategy
        return "similarity" if self._is_small else "list"

    @cached_property
    def _is_small(self) -> bool:
        return is_small(self.model)

    @cached_property
    def _writer(self) -> SummaryWriter:
        return SummaryWriter(self.client, self.prompts, small=self._is_small)

    def run(self, task: Task) -> Outcome:
        """See Engine.

        A small model does what a text tells it, so it reads nothing that may be an order.
        """
        if self._is_small:
            reading = task.reading
            task = task._replace(reading=reading._replace(visible=reading.trusted))
        if task.topics and task.summary is not None and self.strategy == "list":
            outcome = self._one_call(task)
            if outcome is not None:
                return outcome
        return self._one_by_one(task)

    def close(self) -> None:
        """See Engine."""
        self.client.close()

    def _one_by_one(self, task: Task) -> Outcome:
        """Summary and topics by requests of their own; one that fails leaves the other."""
        summary = topics = None
        failed: dict[str, SummarizerError] = {}
        try:
            if task.summary is not None:
                summary = self._writer.write(task)
        except (ContextOverflowError, ModelOutputError) as error:
            if not task.topics:
                raise
            failed["summary"] = error
        try:
            if task.topics:
                topics = self._topics(task)
        except (EndpointError, ModelOutputError) as error:
            if summary is None:
                raise
            failed["topics"] = error
        checks = tuple(missing(part, error) for part, error in failed.items())
        return _joined(topics, summary, checks)

    def _one_call(self, task: Task) -> Outcome | None:
        """Summary and topics in one answer; None where the article is too long for that."""
        prompt, repair = self.prompts["digest"], self.prompts["repair"]
        roots, neighbours = self.taxonomy.roots, task.context.neighbours
        topics = listable(self.scorer, task.reading.trusted, roots, neighbours)
        messages, task = self._writer.messages(
            prompt,
            task.reading.visible,
            task,
            labels=label_lines(self.taxonomy, topics),
            max_topics=self.max_topics,
        )
        if not self._writer.fits(messages, task.request):
            return None
        try:
            draft, found = digest_draft(
                self.client,
                messages,
                repair=repair,
                request=task.request,
                topics=topics,
                max_topics=self.max_topics,
                tally=self.scorer.tally(neighbours, parent=None),
                on_text=task.on_text,
            )
        except ContextOverflowError:
            return None  # our count was too low
        summary = self._writer.finished(draft, task, prompts=(prompt.ref,))
        if isinstance(found, str):
            return _joined(None, summary, (missing("topics", found),))
        return self._with_levels_below(summary, found, task)

    def _with_levels_below(
        self, summary: Outcome, candidates: list[Candidate], task: Task
    ) -> Outcome:
        """The summary with the listed topics, or with those of the levels below them."""
        refs, lacking = tuple[PromptRef, ...](), tuple[Check, ...]()
        if self.depth != 1:
            try:
                candidates = self._listed(task.reading.trusted, task.context, first=candidates)
                refs = (self.prompts["classify"].ref,)
            except (EndpointError, ModelOutputError) as error:
                lacking = (missing("topics below the first level", error),)
        labels, checks = self._labels(candidates, task)
        return _joined(Outcome(labels, None, checks, refs), summary, lacking)

    def _listed(
        self, article: Article, context: Context, *, first: Sequence[Candidate] | None = None
    ) -> list[Candidate]:
        prompt = self.prompts["classify"]
        return listed_topics(
            self.client,
            prompt,
            article,
            neighbours=context.neighbours,
            variables=context.variables(prompt),
            scorer=self.scorer,
            repair=self.prompts["repair"],
            taxonomy=self.taxonomy,
            max_topics=self.max_topics,
            depth=self.depth,
            first=first,
        )

    def _topics(self, task: Task) -> Outcome:
        if self.strategy == "similarity":
            return similar_topics(self.scorer, task, max_topics=self.max_topics, depth=self.depth)
        article = self._excerpt(task.reading.trusted)
        step("choosing topics")
        labels, checks = self._labels(self._listed(article, task.context), task)
        return Outcome(labels, None, checks, (self.prompts["classify"].ref,))

    def _excerpt(self, article: Article) -> Article:
        """The article, or its central sentences where it is too long to ask about."""
        shortest = SummaryRequest(words=50)
        prompt = self.prompts["summarize"]
        messages = summary_messages(
            prompt, article, request=shortest, **NO_CONTEXT.variables(prompt)
        )
        if self._writer.fits(messages, shortest):
            return article
        from summarizer.summaries.extractive import extractive_summary

        room = self.client.context_length - _QUESTION_TOKENS
        sentences = extractive_summary(article, words=min(_EXCERPT_WORDS, room // 3))
        return article.model_copy(update={"text": " ".join(s.text for s in sentences)})

    def _labels(
        self, candidates: list[Candidate], task: Task
    ) -> tuple[tuple[TopicLabel, ...], tuple[Check, ...]]:
        article = task.reading.article
        labels = self.scorer.labels(
            candidates,
            article,
            source="combined" if task.context.neighbours else "logprobs",
            excluded=task.reading.excluded,
        )
        return labels, (*label_checks(labels), *language_checks(labels, article.language))


def _joined(topics: Outcome | None, summary: Outcome | None, missing: tuple[Check, ...]) -> Outcome:
    parts = [part for part in (summary, topics) if part is not None]
    found: Summary | None = summary.summary if summary else None
    return Outcome(
        topics=topics.topics if topics else None,
        summary=found,
        checks=(*(check for part in parts for check in part.checks), *missing),
        prompts=tuple(dict.fromkeys(ref for part in parts for ref in part.prompts)),
    )
