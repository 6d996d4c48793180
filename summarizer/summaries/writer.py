"""Summaries from a model: drafted in one go or from notes, verified, mended, looked at again."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from summarizer.context import Context
from summarizer.digest import Check, Message, PromptRef
from summarizer.errors import (
    ContextOverflowError,
    EndpointError,
    ModelOutputError,
    TruncatedOutputError,
)
from summarizer.progress import step
from summarizer.screening import Reading
from summarizer.summaries.checked_draft import (
    CheckedDraft,
    check_draft,
    extracted_summary,
    repaired_checks,
    spoken_language,
    to_summary,
    without_borrowed,
    without_doubtful,
)
from summarizer.summaries.draft import (
    INSTRUCTIONS,
    Draft,
    answer_tokens,
    mend_draft,
    note_reader,
    summary_messages,
    write_draft,
)
from summarizer.summaries.parts import (
    FOCUS_TOKENS,
    Notes,
    focused,
    main_point,
    read_parts,
    telling_parts,
)
from summarizer.summaries.request import Outcome, SummaryRequest, Task, missing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from summarizer.articles.article import Article
    from summarizer.llm.client import ChatClient
    from summarizer.prompts import Prompt
    from summarizer.prompts.store import PromptSet
    from summarizer.verification.support import SupportCheck

_PARTS_AT_A_TIME: Final = 4  # of a long article, where an endpoint tells no limit
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

    def write(self, reading: Reading, task: Task, request: SummaryRequest) -> Outcome:
        """A verified summary of the article, whatever its length."""
        prompt = self._prompts["summarize"]
        messages, task = self.messages(prompt, reading.visible, task, request)
        if not self.fits(messages, request):
            return self._long(reading, task, request)
        try:
            draft = self._draft(messages, task, request)
        except ContextOverflowError as error:
            return self._long(reading, task, request, window=error.context_length)
        return self.finished(draft, reading, task, request, prompts=(prompt.ref,))

    def _focused(
        self, reading: Reading, task: Task, request: SummaryRequest, question: str, window: int
    ) -> Outcome:
        """A summary of those parts of a long article that speak to a question."""
        prompt = self._prompts["summarize"]
        parts = focused(
            reading.visible,
            question,
            max_tokens=min(FOCUS_TOKENS, window // 2),
            count_tokens=self._count,
        )
        messages, task = self.messages(prompt, parts, task, request)
        draft = self._draft(messages, task, request)
        return self.finished(draft, reading, task, request, prompts=(prompt.ref,))

    def finished(
        self,
        draft: Draft,
        reading: Reading,
        task: Task,
        request: SummaryRequest,
        *,
        prompts: tuple[PromptRef, ...],
        notes: tuple[str, ...] = (),
    ) -> Outcome:
        """The draft, made with ``prompts``, as a summary after at most one repair turn."""
        step("checking the summary")
        best = self._check(draft, reading, request, task.context)
        repaired = tuple[Check, ...]()
        # A small model that is told its length is wrong repeats itself (0 of 6 answers changed).
        faults = best.claims if self._small and best.sentences else best.faults
        if faults:
            prompt = self._prompts["repair"]
            step("correcting the summary")
            try:
                mended = mend_draft(self._client, prompt, draft, request=request, violations=faults)
            except (EndpointError, ModelOutputError):
                if not best.sentences:
                    raise
                mended = draft  # its faults stay, and are told
            prompts = (*prompts, prompt.ref)
            second = self._check(
                mended._replace(text=_plain(mended.text)), reading, request, task.context
            )
            if second.penalty < best.penalty:
                repaired = repaired_checks(before=best.checks, after=second.checks)
                best = second
        best = without_borrowed(best)
        if not best.sentences:
            kind = TruncatedOutputError if draft.truncated else ModelOutputError
            raise kind(
                f"{self._client.model.name!r} gave no usable summary, and none after the repair "
                f"turn: {best.faults[0]}",
                hint="try another --model, or --model extractive",
            )
        summary, checks = to_summary(best, reading=reading, request=request, notes=notes)
        return Outcome(None, summary, (*checks, *repaired), prompts)

    def _long(
        self, reading: Reading, task: Task, request: SummaryRequest, *, window: int | None = None
    ) -> Outcome:
        """A summary of what a long article says to a question, or of the parts that tell most.

        A small model loses facts in long texts, and writes one summary of many notes badly: it is
        shown the beginning and what is near to the title, or to the sentences that cover the text.
        """
        window = window or self._client.context_length
        if request.focus:
            return self._focused(reading, task, request, request.focus, window)
        if self._small:
            return self._focused(reading, task, request, main_point(reading), window)
        words = max(30, min(150, window // 60))
        most = (window - answer_tokens(request.words) - INSTRUCTIONS) // answer_tokens(words)
        size = max(_LEAST, min(_PART, window - answer_tokens(words) - INSTRUCTIONS))
        prompt = self._prompts["map"]
        read = note_reader(self._client, prompt, request=request, words=words)
        parts = telling_parts(reading.visible, max(1, most), size, count_tokens=self._count)
        with self._long_article() as at_a_time:
            notes = read_parts(parts, read, at_a_time=at_a_time)
        try:
            if notes.failure is not None:
                raise notes.failure
            return self._reduced(notes, reading, task, request, prompt.ref)
        except (EndpointError, ModelOutputError) as error:
            return _from_the_article(reading, request, notes, error, prompt.ref)

    def _reduced(
        self, notes: Notes, reading: Reading, task: Task, request: SummaryRequest, used: PromptRef
    ) -> Outcome:
        """One summary of the notes on the parts."""
        prompt = self._prompts["reduce"]
        article = reading.visible.model_copy(update={"text": "\n\n".join(notes.notes)})
        messages, task = self.messages(prompt, article, task, request)
        draft = self._draft(messages, task, request)
        prompts = (used, prompt.ref)
        return self.finished(draft, reading, task, request, prompts=prompts, notes=notes.notes)

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
        self,
        prompt: Prompt,
        article: Article,
        task: Task,
        request: SummaryRequest,
        **variables: Any,
    ) -> tuple[tuple[Message, ...], Task]:
        """The request for a summary; where it is too long, the background gives way first.

        ``variables``: more that the prompt has. The task that is returned has what was shown.
        """
        context = task.context.shown_by(prompt)
        told = context.variables(prompt) | variables
        messages = summary_messages(prompt, article, request=request, **told)
        if context.background and not self.fits(messages, request):
            bare = task._replace(context=context.without_background())
            return self.messages(prompt, article, bare, request, **variables)
        return messages, task._replace(context=context)

    def _draft(self, messages: tuple[Message, ...], task: Task, request: SummaryRequest) -> Draft:
        return write_draft(
            self._client, messages, request=request, tight=self._small, on_text=task.on_text
        )

    def _check(
        self, draft: Draft, reading: Reading, request: SummaryRequest, context: Context
    ) -> CheckedDraft:
        return check_draft(
            draft.text,
            truncated=draft.truncated,
            reading=reading,
            request=request,
            related=context.background,
        )


def looked_again(
    outcome: Outcome, support: SupportCheck, *, reading: Reading, request: SummaryRequest
) -> Outcome:
    """The outcome with the support of each sentence; without where the model fails.

    What a calibrated model doubts in a written summary gives way to sentences of the article.
    """
    if outcome.summary is None:
        return outcome
    step("taking a second look at the sentences")
    try:
        sentences, checks = support.look(outcome.summary.sentences)
    except (EndpointError, ModelOutputError) as error:
        failed = missing("second look at the summary", error)
        return outcome._replace(checks=(*outcome.checks, failed))
    summary = outcome.summary.model_copy(update={"sentences": sentences})
    checks = (*outcome.checks, *checks)
    if support.is_calibrated and outcome.prompts:
        summary, checks = without_doubtful(summary, checks, reading=reading, request=request)
    return outcome._replace(
        summary=summary,
        checks=checks,
        prompts=(*outcome.prompts, support.prompt),
    )


def _from_the_article(
    reading: Reading,
    request: SummaryRequest,
    notes: Notes,
    error: EndpointError | ModelOutputError,
    prompt: PromptRef,
) -> Outcome:
    """What is left where a model fails on a long article: its notes, and the article's sentences.

    Raises:
        EndpointError: the error, where nothing can be kept: another language is wanted, or the
            model cannot be used at all.
        ModelOutputError: the same.
    """
    if error.stops_batch or spoken_language(reading, request) != reading.article.language:
        raise error
    summary, checks = extracted_summary(reading, request)
    lost = Check(
        kind="missing",
        status="flagged",
        message=f"the model ended early ({error}): these are sentences of the article, and its "
        f"notes on {len(notes.notes)} parts",
        text="summary by the model",
    )
    kept = summary.model_copy(update={"notes": notes.notes})
    return Outcome(None, kept, (*checks, lost), (prompt,))


def _plain(answer: str) -> str:
    """The summary in an answer that may be JSON because the first one was."""
    try:
        found = json.loads(answer)
    except ValueError:
        return answer
    summary = found.get("summary") if isinstance(found, dict) else None
    return summary if isinstance(summary, str) else answer
