"""The engine that asks a language model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from summarizer.classification.levels import Candidate
from summarizer.classification.listed import label_lines
from summarizer.digest import Check, ModelRef, PromptRef, Summary, TopicLabel, Usage
from summarizer.errors import ContextOverflowError, ModelOutputError, TruncatedOutputError
from summarizer.messages import Message
from summarizer.pipeline.assess import Assessed, assess, to_summary
from summarizer.pipeline.engine import OnText, Outcome, Task
from summarizer.pipeline.model_size import is_small
from summarizer.pipeline.one_call import digest_draft, digest_messages
from summarizer.pipeline.topics import label_topics, listable, listed_topics, scored_topics
from summarizer.prompts import Prompt, load_prompt
from summarizer.reading import Reading
from summarizer.summarization.draft import (
    Draft,
    answer_tokens,
    mend_draft,
    summary_messages,
    write_draft,
)
from summarizer.summarization.map_reduce import Notes, take_notes
from summarizer.summarization.request import SummaryRequest

if TYPE_CHECKING:
    from summarizer.articles.article import Article
    from summarizer.classification.similarity import TopicScorer
    from summarizer.llm.client import ChatClient
    from summarizer.taxonomy import Taxonomy

Strategy = Literal["score", "list"]
_SPARE: Final = 3  # one more thread for so many jobs
# Of a long article, topics are asked about its central sentences.
_EXCERPT_WORDS: Final = 700
_QUESTION_TOKENS: Final = 600


class LlmEngine:
    """Topics and summaries from the model behind a chat client."""

    def __init__(
        self,
        client: ChatClient,
        scorer: TopicScorer,
        *,
        taxonomy: Taxonomy,
        max_topics: int,
        depth: int | None,
        strategy: Literal["auto", "score", "list"],
        prompts_dir: Path | None,
    ) -> None:
        self._client = client
        self._scorer = scorer
        self._taxonomy = taxonomy
        self._max_topics = max_topics
        self._depth = depth
        self._wanted_strategy = strategy
        self._prompts_dir = prompts_dir
        self._prompts: dict[str, Prompt] = {}

    @property
    def model(self) -> ModelRef:
        """See Engine."""
        return self._client.model

    def workers(self, jobs: int) -> int:
        """See Engine.

        The embedded engine reads one article per slot, or their questions push each other out of
        its cache. An endpoint gets ``jobs`` requests at a time; some more threads prepare and
        check articles meanwhile, so that it never waits for us.
        """
        slots = self._client.slots
        if slots is not None:
            return min(jobs, slots)
        self._client.limit_requests(jobs)
        return jobs + (jobs - 1 + _SPARE) // _SPARE if jobs > 1 else 1

    @cached_property
    def strategy(self) -> Strategy:
        """How topics are asked for: the user's wish, else by the model's size and abilities."""
        if self._wanted_strategy != "auto":
            return self._wanted_strategy
        return "score" if self._is_small and self._client.has_logprobs else "list"

    @cached_property
    def _is_small(self) -> bool:
        return is_small(self.model)

    def run(self, reading: Reading, task: Task) -> Outcome:
        """See Engine."""
        if task.topics and task.summary is not None and self.strategy == "list":
            outcome = self._one_call(reading, task.summary, task.on_text)
            if outcome is not None:
                return outcome
        summary = self._summary(reading, task) if task.summary is not None else None
        topics = self._topics(reading) if task.topics else None
        return _joined(topics, summary)

    def close(self) -> None:
        """See Engine."""
        self._client.close()

    def _prompt(self, task: str) -> Prompt:
        # Read once: parsing a template takes longer than all else that an article costs here.
        if task not in self._prompts:
            self._prompts[task] = load_prompt(task, folder=self._prompts_dir)
        return self._prompts[task]

    def _fits(self, messages: Sequence[Message], request: SummaryRequest) -> bool:
        # A repair turn repeats the answer: leave room for it twice, and for what is wrong with it.
        needed = self._client.count_tokens(messages) + 2 * answer_tokens(request.words) + 200
        return needed <= self._client.context_length

    def _one_call(
        self, reading: Reading, request: SummaryRequest, on_text: OnText | None
    ) -> Outcome | None:
        """Summary and topics in one answer; None where the article is too long for that."""
        prompt, repair = self._prompt("digest"), self._prompt("repair")
        topics = listable(self._scorer, reading.visible, self._taxonomy.roots)
        messages = digest_messages(
            prompt,
            reading.visible,
            request=request,
            labels=label_lines(self._taxonomy, topics),
            max_topics=self._max_topics,
        )
        if not self._fits(messages, request):
            return None
        try:
            draft, candidates = digest_draft(
                self._client,
                messages,
                repair=repair,
                request=request,
                topics=topics,
                max_topics=self._max_topics,
                on_text=on_text,
            )
        except ContextOverflowError:
            return None  # our count was too low
        usage, refs = draft.usage, [prompt.ref]
        if self._depth != 1:
            below = self._listed(reading.visible, first=candidates)
            candidates, usage = below[0], usage + below[1]
            refs.append(self._prompt("classify").ref)
        labels, topic_checks = self._labels(reading, candidates)
        done = self._finished(draft, reading, request)
        return Outcome(
            topics=labels,
            summary=done.summary,
            checks=(*done.checks, *topic_checks),
            prompts=(*refs, *done.prompts),
            usage=usage + done.usage,
        )

    def _listed(
        self, article: Article, *, first: Sequence[Candidate] | None = None
    ) -> tuple[list[Candidate], Usage]:
        return listed_topics(
            self._client,
            self._prompt("classify"),
            article,
            scorer=self._scorer,
            repair=self._prompt("repair"),
            taxonomy=self._taxonomy,
            max_topics=self._max_topics,
            depth=self._depth,
            first=first,
        )

    def _summary(self, reading: Reading, task: Task) -> Outcome:
        request = task.summary
        if request is None:
            return Outcome(None, None)
        prompt = self._prompt("summarize")
        if self._fits(summary_messages(prompt, reading.visible, request=request), request):
            try:
                draft = write_draft(
                    self._client,
                    prompt,
                    reading.visible,
                    request=request,
                    tight=self._is_small,
                    on_text=task.on_text,
                )
                done = self._finished(draft, reading, request)
                usage = draft.usage + done.usage
                return done._replace(prompts=(prompt.ref, *done.prompts), usage=usage)
            except ContextOverflowError as error:
                return self._long(reading, task, request, window=error.context_length)
        return self._long(reading, task, request)

    def _long(
        self, reading: Reading, task: Task, request: SummaryRequest, *, window: int | None = None
    ) -> Outcome:
        map_prompt, reduce_prompt = self._prompt("map"), self._prompt("reduce")
        notes: Notes = take_notes(
            self._client,
            map_prompt,
            reading.visible,
            request=request,
            window=window or self._client.context_length,
        )
        draft = write_draft(
            self._client,
            reduce_prompt,
            notes.article,
            request=request,
            tight=self._is_small,
            on_text=task.on_text,
        )
        done = self._finished(draft, reading, request, notes=notes.notes)
        refs = (map_prompt.ref, reduce_prompt.ref, *done.prompts)
        return done._replace(prompts=refs, usage=notes.usage + draft.usage + done.usage)

    def _finished(
        self,
        draft: Draft,
        reading: Reading,
        request: SummaryRequest,
        *,
        notes: tuple[str, ...] = (),
    ) -> Outcome:
        """The draft as a summary, after at most one repair turn. Usage: of the repair alone."""
        best = assess(draft.text, truncated=draft.truncated, reading=reading, request=request)
        usage, prompts = Usage(), tuple[PromptRef, ...]()
        repaired = tuple[Check, ...]()
        # A small model that is told its length is wrong repeats itself (0 of 6 answers changed).
        faults = best.claims if self._is_small and best.sentences else best.faults
        if faults:
            prompt = self._prompt("repair")
            mended, second = self._mended(prompt, draft, faults, reading=reading, request=request)
            usage, prompts = mended.usage, (prompt.ref,)
            if second.penalty < best.penalty:
                repaired = tuple(
                    check.model_copy(update={"status": "repaired", "sentence": None})
                    for check in best.checks
                )
                best = second
        if not best.sentences:
            kind = TruncatedOutputError if draft.truncated else ModelOutputError
            raise kind(
                f"{self.model.name!r} gave no usable summary, and none after the repair turn: "
                f"{best.faults[0]}",
                hint="try another --model, or --model extractive",
            )
        summary, checks = to_summary(best, reading=reading, request=request, notes=notes)
        return Outcome(None, summary, (*checks, *repaired), prompts, usage)

    def _mended(
        self,
        prompt: Prompt,
        draft: Draft,
        faults: tuple[str, ...],
        *,
        reading: Reading,
        request: SummaryRequest,
    ) -> tuple[Draft, Assessed]:
        mended = mend_draft(self._client, prompt, draft, request=request, violations=faults)
        text = _plain(mended.text)
        second = assess(text, truncated=mended.truncated, reading=reading, request=request)
        return mended, second

    def _topics(self, reading: Reading) -> Outcome:
        article = self._excerpt(reading)
        if self.strategy == "score":
            prompt = self._prompt("score")
            candidates, usage = scored_topics(
                self._client,
                self._scorer,
                prompt,
                article,
                taxonomy=self._taxonomy,
                max_topics=self._max_topics,
                depth=self._depth,
            )
        else:
            prompt = self._prompt("classify")
            candidates, usage = self._listed(article)
        labels, checks = self._labels(reading, candidates)
        return Outcome(labels, None, checks, (prompt.ref,), usage)

    def _excerpt(self, reading: Reading) -> Article:
        """The article, or its central sentences where it is too long to ask about."""
        article = reading.visible
        shortest = SummaryRequest(words=50)
        messages = summary_messages(self._prompt("summarize"), article, request=shortest)
        if self._fits(messages, shortest):
            return article
        from summarizer.summarization.extractive import extractive_summary

        room = self._client.context_length - _QUESTION_TOKENS
        sentences = extractive_summary(article, words=min(_EXCERPT_WORDS, room // 3))
        return article.model_copy(update={"text": " ".join(s.text for s in sentences)})

    def _labels(
        self, reading: Reading, candidates: list[Candidate]
    ) -> tuple[tuple[TopicLabel, ...], tuple[Check, ...]]:
        return label_topics(
            candidates,
            reading=reading,
            taxonomy=self._taxonomy,
            scorer=self._scorer,
            source="combined" if self.strategy == "score" else "logprobs",
        )


def _plain(answer: str) -> str:
    """The summary in an answer that may be JSON because the first one was."""
    try:
        found = json.loads(answer)
    except ValueError:
        return answer
    summary = found.get("summary") if isinstance(found, dict) else None
    return summary if isinstance(summary, str) else answer


def _joined(topics: Outcome | None, summary: Outcome | None) -> Outcome:
    parts = [part for part in (summary, topics) if part is not None]
    found: Summary | None = summary.summary if summary else None
    return Outcome(
        topics=topics.topics if topics else None,
        summary=found,
        checks=tuple(check for part in parts for check in part.checks),
        prompts=tuple(dict.fromkeys(ref for part in parts for ref in part.prompts)),
        usage=sum((part.usage for part in parts), Usage()),
    )
