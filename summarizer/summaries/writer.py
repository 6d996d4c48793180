"""Summaries from a model: drafted in one go or from notes, verified, mended, looked at again."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from summarizer.digest import Check, Message, PromptRef
from summarizer.errors import (
    ContextOverflowError,
    EndpointError,
    ModelOutputError,
    TruncatedOutputError,
)
from summarizer.llm.structured import parse_json
from summarizer.progress import step
from summarizer.summaries.candidates import find_candidates
from summarizer.summaries.checked_draft import (
    check_draft,
    extracted_summary,
    repaired_checks,
    to_summary,
    without_borrowed,
)
from summarizer.summaries.draft import (
    INSTRUCTIONS,
    Draft,
    answer_tokens,
    mend_draft,
    read_parts,
    summary_messages,
    write_draft,
)
from summarizer.summaries.extractive import condensed
from summarizer.summaries.parts import FOCUS_TOKENS, focused, telling_parts
from summarizer.summaries.request import TOLERANCE, Outcome, SummaryRequest, Task

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from summarizer.articles.article import Article
    from summarizer.llm.client import ChatClient
    from summarizer.prompts import Prompt
    from summarizer.prompts.store import PromptSet

_PARTS_AT_A_TIME: Final = 4  # of a long article, where an endpoint tells no limit
# Of a long text, a small model is shown this share. Of whole speeches and essays of 600 words it
# told that somebody speaks and whom he thanks, or of "the narrator".
_SHOWN: Final = 0.35
_LEAST_SHOWN: Final = 150  # words, so that it can choose
_PART, _LEAST = 2500, 150  # tokens of a part of a long article: models lose facts in longer ones


class SummaryWriter:
    """Writes and mends summaries with one model.

    Args:
        client: the model.
        prompts: what it is told.
        small: the model is small: it does not keep to a length it is told.
    """

    def __init__(self, client: ChatClient, prompts: PromptSet, *, small: bool) -> None:
        self._client = client
        self._prompts = prompts
        self._small = small
        self._lock = threading.Lock()
        self._long_articles = 0

    def fits(self, messages: Sequence[Message], request: SummaryRequest) -> bool:
        """Whether the model can read ``messages``, answer, and mend its answer."""
        # A repair turn repeats the answer: leave room for it twice, and for what is wrong with it.
        needed = self._client.count_tokens(messages) + 2 * answer_tokens(request.words) + 200
        return needed <= self._client.context_length

    def write(self, task: Task) -> Outcome:
        """A verified summary of the article, whatever its length."""
        prompt, article = self._prompts["summarize"], task.reading.visible
        if self._small and find_candidates(article).is_long:
            return self._long(task)
        messages, task = self.messages(prompt, article, task)
        if not self.fits(messages, task.request):
            return self._long(task)
        try:
            draft = write_draft(self._client, messages, task, tight=self._small)
        except ContextOverflowError:  # the client has learnt the window from it
            return self._long(task)
        return self.finished(draft, task, prompts=(prompt.ref,))

    def finished(
        self,
        draft: Draft,
        task: Task,
        *,
        prompts: tuple[PromptRef, ...],
        notes: tuple[str, ...] = (),
    ) -> Outcome:
        """The draft, made with ``prompts``, as a summary after at most one repair turn."""
        step("checking the summary")
        best = check_draft(draft.text, task, truncated=draft.truncated)
        repaired = tuple[Check, ...]()
        # A small model that is told its length is wrong repeats itself (0 of 6 answers changed).
        faults = best.claims if self._small and best.sentences else best.faults
        if faults:
            prompt, words = self._prompts["repair"], task.request.words
            step("correcting the summary")
            try:
                mended = mend_draft(self._client, prompt, draft, words=words, violations=faults)
            except (EndpointError, ModelOutputError):
                if not best.sentences:
                    raise
                mended = draft  # its faults stay, and are told
            prompts = (*prompts, prompt.ref)
            second = check_draft(_plain(mended.text), task, truncated=mended.truncated)
            if second.penalty < best.penalty:
                repaired = repaired_checks(before=best.checks, after=second.checks)
                best = second
        best = without_borrowed(best)
        if not best.sentences and not best.is_open:
            kind = TruncatedOutputError if draft.truncated else ModelOutputError
            raise kind(
                f"{self._client.model.name!r} gave no usable summary, and none after the repair "
                f"turn: {best.faults[0]}",
                hint="try another --model, or --model extractive",
            )
        summary, checks = to_summary(best, task, notes)
        return Outcome(None, summary, (*checks, *repaired), prompts)

    def _long(self, task: Task) -> Outcome:
        """A summary of what a long article says to a question, or of the parts that tell most.

        A small model loses facts in long texts, and writes one summary of many notes badly: it is
        shown the sentences that tell most.
        """
        window = self._client.context_length
        article, request = task.reading.visible, task.request
        room = min(FOCUS_TOKENS, window // 2)
        if request.focus is not None:
            parts = focused(article, request.focus, max_tokens=room, count_tokens=self._count)
            return self._summary_of(parts, "summarize", task)
        if self._small:
            share = min(1, room / self._count(article.text) / (1 + TOLERANCE))
            most = max(_LEAST_SHOWN, 3 * request.words, article.words * _SHOWN)
            parts = condensed(article, words=int(min(most, article.words * share)))
            if share == 1 and parts.words < 2 * request.words:
                parts = article  # few of its sentences can be understood by themselves
            return self._summary_of(parts, "summarize", task)
        words = max(30, min(150, window // 60))
        most = (window - answer_tokens(request.words) - INSTRUCTIONS) // answer_tokens(words)
        size = max(_LEAST, min(_PART, window - answer_tokens(words) - INSTRUCTIONS))
        told = telling_parts(article, max(1, most), size, count_tokens=self._count)
        prompt = self._prompts["map"]
        with self._long_article() as at_a_time:
            notes = read_parts(
                self._client, prompt, told, request=request, words=words, at_a_time=at_a_time
            )
        try:
            if notes.failure is not None:
                raise notes.failure
            joined = article.model_copy(update={"text": "\n\n".join(notes.notes)})
            return self._summary_of(joined, "reduce", task, used=(prompt.ref,), notes=notes.notes)
        except (EndpointError, ModelOutputError) as error:
            return _from_the_article(task, notes.notes, error, prompt.ref)

    def _summary_of(
        self,
        article: Article,
        name: str,
        task: Task,
        *,
        used: tuple[PromptRef, ...] = (),
        notes: tuple[str, ...] = (),
    ) -> Outcome:
        """A summary of what stands for a long article, after other prompts were ``used``."""
        prompt = self._prompts[name]
        messages, task = self.messages(prompt, article, task)
        draft = write_draft(self._client, messages, task, tight=self._small)
        return self.finished(draft, task, prompts=(*used, prompt.ref), notes=notes)

    def _count(self, text: str) -> int:
        """Tokens of a text as the content of one message."""
        return self._client.count_tokens((Message(role="user", content=text),))

    @contextmanager
    def _long_article(self) -> Iterator[int]:
        """How many of its parts may be read at a time: long articles share what there is."""
        with self._lock:
            self._long_articles += 1
            share = (self._client.slots or _PARTS_AT_A_TIME) // self._long_articles
        try:
            yield max(1, share)
        finally:
            with self._lock:
                self._long_articles -= 1

    def messages(
        self, prompt: Prompt, article: Article, task: Task, **variables: Any
    ) -> tuple[tuple[Message, ...], Task]:
        """The request for a summary; where it is too long, the background gives way first.

        ``variables``: more that the prompt has. The task that is returned has what was shown.
        """
        context, request = task.context.shown_by(prompt), task.request
        told = context.variables(prompt) | variables
        messages = summary_messages(prompt, article, request=request, **told)
        if context.background and not self.fits(messages, request):
            bare = task._replace(context=context._replace(background=()))
            return self.messages(prompt, article, bare, **variables)
        return messages, task._replace(context=context)


def _from_the_article(
    task: Task, notes: tuple[str, ...], error: EndpointError | ModelOutputError, prompt: PromptRef
) -> Outcome:
    """What is left where a model fails on a long article: its notes, and the article's sentences.

    Raises:
        EndpointError: the error, where nothing can be kept: another language is wanted, or the
            model cannot be used at all.
        ModelOutputError: the same.
    """
    if error.stops_batch or task.is_translated:
        raise error
    summary, checks = extracted_summary(task)
    lost = Check(
        kind="missing",
        status="flagged",
        message=f"the model ended early ({error}): these are sentences of the article, and its "
        f"notes on {len(notes)} parts",
        text="summary by the model",
    )
    kept = summary.model_copy(update={"notes": notes})
    return Outcome(None, kept, (*checks, lost), (prompt,))


def _plain(answer: str) -> str:
    """The summary in an answer that may be JSON because the first one was."""
    try:
        found = parse_json(answer)
    except ValueError:
        return answer
    summary = found.get("summary") if isinstance(found, dict) else None
    return summary if isinstance(summary, str) else answer
