"""``LlmEngine``: topics and summaries from a language model.

The extractive engine does without all that is imported here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from summarizer.articles.article import Article
from summarizer.context import NO_CONTEXT, Context
from summarizer.digest import Check, Message, ModelRef, PromptRef, TopicLabel
from summarizer.engines import Engine
from summarizer.errors import (
    ContextOverflowError,
    EndpointError,
    ModelOutputError,
    SummarizerError,
)
from summarizer.llm import ChatClient
from summarizer.llm.families import is_small
from summarizer.llm.messages import ChatRequest
from summarizer.llm.structured import complete_json, parse_json
from summarizer.progress import step
from summarizer.prompts.prompt import article_variables
from summarizer.prompts.store import PromptSet
from summarizer.settings import TopicStrategy
from summarizer.summaries.draft import (
    Draft,
    announced,
    answer_tokens,
    answered,
    summary_messages,
    summary_pieces,
)
from summarizer.summaries.extractive import condensed
from summarizer.summaries.request import Outcome, SummaryRequest, Task, missing
from summarizer.summaries.writer import SummaryWriter
from summarizer.taxonomy import Topic
from summarizer.topics.model_topics import (
    label_lines,
    parse_topics,
    repair_text,
    topics_schema,
    with_confidence,
)
from summarizer.topics.similarity import Candidate, label_checks, language_checks
from summarizer.topics.votes import count_votes

# Of a long article, topics are asked about its central sentences.
_EXCERPT_WORDS: Final = 700
_QUESTION_TOKENS: Final = 600
_TOPIC_TOKENS: Final = 60
_MOST_LISTED: Final = 40  # labels in one prompt


@dataclass
class LlmEngine(Engine):
    """Topics and summaries from the model behind a chat client."""

    client: ChatClient
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
        return min(jobs, self.client.slots or jobs)

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
        prompt = self.prompts["digest"]
        topics = self._listable(task.reading.trusted, self.scorer.taxonomy.roots, task.context)
        messages, task = self._writer.messages(
            prompt,
            task.reading.visible,
            task,
            labels=label_lines(self.scorer.taxonomy, topics),
            max_topics=self.scorer.max_topics,
        )
        if not self._writer.fits(messages, task.request):
            return None
        try:
            draft, found = self._digest_draft(messages, topics, task)
        except ContextOverflowError:
            return None  # our count was too low
        summary = self._writer.finished(draft, task, prompts=(prompt.ref,))
        if isinstance(found, str):
            return _joined(None, summary, (missing("topics", found),))
        return self._with_levels_below(summary, found, task)

    def _digest_draft(
        self, messages: tuple[Message, ...], topics: Sequence[Topic], task: Task
    ) -> tuple[Draft, list[Candidate] | str]:
        """A draft, and those of ``topics`` that the model listed, or why there are none."""
        faults: list[str] = []
        most = self.scorer.max_topics

        def parse(text: str) -> tuple[str, list[Topic] | None]:
            answer = parse_json(text)
            if not isinstance(answer, dict) or not isinstance(answer.get("summary"), str):
                raise ValueError('the answer must be an object with "summary" and "topics"')
            if not answer["summary"].strip():
                raise ValueError('"summary" is empty')
            try:
                return answer["summary"], parse_topics(answer, topics, max_topics=most)
            except ValueError as violation:
                if not faults:
                    raise
                faults.append(str(violation))
                return answer["summary"], None  # the summary is good, after the repair turn, too

        def repair(before: str, violation: str) -> str:
            faults.append(violation)
            return self._repair(before, violation)

        asked = ChatRequest(
            messages=messages,
            json_schema=topics_schema(
                topics, max_topics=most, before={"summary": {"type": "string"}}
            ),
            max_tokens=answer_tokens(task.request.words) + _TOPIC_TOKENS,
            top_logprobs=1,
        )
        on_text = announced(self.client, messages, task.on_text)
        pieces = summary_pieces(on_text) if on_text else None
        answer = complete_json(self.client, asked, parse=parse, repair=repair, on_text=pieces)
        summary, found = answer.value
        # The repair turns that follow are about the summary alone, so they go on in plain text.
        draft = Draft(summary, answered(messages, answer.completion.text))
        if found is None:
            self.client.forget(asked)  # a later run may be luckier
            return draft, faults[-1]
        tally = count_votes(self.scorer.taxonomy, task.context.neighbours, parent=None)
        return draft, with_confidence(found, answer.completion.logprobs, tally=tally)

    def _repair(self, _: str, violation: str) -> str:
        return repair_text(self.prompts["repair"], violation)

    def _listable(
        self, article: Article, topics: Sequence[Topic], context: Context
    ) -> Sequence[Topic]:
        """``topics`` in their order; of a great many, those that the article resembles most."""
        if len(topics) <= _MOST_LISTED:
            return topics
        ranked = self.scorer.scores(article, topics, neighbours=context.neighbours)
        nearest = {scored.topic.id for scored in ranked[:_MOST_LISTED]}
        return [topic for topic in topics if topic.id in nearest]

    def _with_levels_below(
        self, summary: Outcome, candidates: list[Candidate], task: Task
    ) -> Outcome:
        """The summary with the listed topics, or with those of the levels below them."""
        refs, lacking = tuple[PromptRef, ...](), tuple[Check, ...]()
        if self.scorer.depth != 1:
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
        """Topics as the model lists them; ``first`` are those of the first level, where known."""
        prompt, most = self.prompts["classify"], self.scorer.max_topics

        def ask(topics: Sequence[Topic], above: Candidate | None) -> Sequence[Candidate]:
            if above is None and first is not None:
                return first
            topics = self._listable(article, topics, context)
            messages = prompt.render(
                **article_variables(article),
                labels=label_lines(self.scorer.taxonomy, topics),
                max_topics=most,
                **context.variables(prompt),
            )
            asked = ChatRequest(
                messages=messages,
                json_schema=topics_schema(topics, max_topics=most),
                max_tokens=prompt.parameters.max_tokens or 2 * _TOPIC_TOKENS,
                top_logprobs=1,
            )
            answer = complete_json(
                self.client,
                asked,
                parse=lambda text: parse_topics(parse_json(text), topics, max_topics=most),
                repair=self._repair,
            )
            parent, taxonomy = topics[0].parent, self.scorer.taxonomy
            tally = count_votes(taxonomy, context.neighbours, parent=parent)
            return with_confidence(answer.value, answer.completion.logprobs, tally=tally)

        return self.scorer.choose(ask)

    def _topics(self, task: Task) -> Outcome:
        if self.strategy == "similarity":
            return self.similar_topics(task)
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
        room = self.client.context_length - _QUESTION_TOKENS
        return condensed(article, words=min(_EXCERPT_WORDS, room // 3))

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
    return Outcome(
        topics=topics.topics if topics else None,
        summary=summary.summary if summary else None,
        checks=(*(check for part in parts for check in part.checks), *missing),
        prompts=tuple(ref for part in parts for ref in part.prompts),
    )
