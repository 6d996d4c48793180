"""Drafts: a model's first summary of an article, its notes on parts, the turn to mend it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from summarizer.digest import Message
from summarizer.errors import EndpointError, ModelOutputError, PromptRefusedError, RefusalError
from summarizer.llm.messages import ChatRequest
from summarizer.progress import is_watched, step
from summarizer.prompts.prompt import article_variables
from summarizer.summaries.request import OnText, SummaryRequest, Task, language_name
from summarizer.text import first_words
from summarizer.worker_pool import in_parallel

if TYPE_CHECKING:
    from summarizer.articles.article import Article
    from summarizer.llm.client import ChatClient
    from summarizer.prompts import Prompt

INSTRUCTIONS = 350  # tokens of any prompt around the article, with its title
_TOKENS_PER_WORD = 3  # generous: covers languages with long words and other scripts
_MARGIN = 60
_TIGHT_TOKENS_PER_WORD = 1.8  # English has about 1.35
_TIGHT_MARGIN = 20


class Draft(NamedTuple):
    """A summary as the model wrote it, with the conversation that ends with it."""

    text: str
    conversation: tuple[Message, ...]
    truncated: bool = False


class Notes(NamedTuple):
    """What was told of the parts, in their order, and the failure that ended the reading early."""

    notes: tuple[str, ...]
    failure: EndpointError | ModelOutputError | None = None


def answer_tokens(words: int, *, tight: bool = False) -> int:
    """The token limit for an answer of ``words`` words.

    A tight limit stops a model that does not keep to the length it was told; the sentence that it
    cuts is left out.
    """
    if tight:
        return round(words * _TIGHT_TOKENS_PER_WORD) + _TIGHT_MARGIN
    return words * _TOKENS_PER_WORD + _MARGIN


def summary_messages(
    prompt: Prompt, article: Article, *, request: SummaryRequest, **variables: Any
) -> tuple[Message, ...]:
    """The request for a summary; ``variables``: more that the prompt has, such as a background."""
    return prompt.render(
        **article_variables(article),
        words=request.words,
        sentences=request.sentences,
        style=request.style,
        # Small models answer in English unless the language is named.
        language=language_name(request.language or article.language),
        focus=request.focus or "",
        **variables,
    )


def write_draft(
    client: ChatClient, messages: tuple[Message, ...], task: Task, *, tight: bool
) -> Draft:
    """The answer to ``summary_messages``; ``tight``: see ``answer_tokens``."""
    limit = answer_tokens(task.request.words, tight=tight)
    try:
        return _ask(client, messages, max_tokens=limit, on_text=task.on_text)
    except PromptRefusedError:
        raise
    except RefusalError:
        # An empty draft gets the repair turn; a second refusal is the error.
        return Draft("", answered(messages, "(refused)"))


def mend_draft(
    client: ChatClient, prompt: Prompt, draft: Draft, *, words: int, violations: Sequence[str]
) -> Draft:
    """The same summary, written again with its faults shown to the model."""
    turn = prompt.render(
        violations=list(violations), request="Answer with the corrected summary only."
    )
    messages = (*draft.conversation, *turn)
    return _ask(client, messages, max_tokens=answer_tokens(words), on_text=None)


def announced(
    client: ChatClient, messages: Sequence[Message], on_text: OnText | None
) -> OnText | None:
    """Tells how much the model reads; the receiver that is returned, when it begins to write."""
    if not is_watched():
        return on_text
    reading = f"reading {client.count_tokens(messages):,} tokens"
    step(reading if on_text else f"{reading} and writing")
    if on_text is None:
        return None
    begun = False

    def receive(piece: str) -> None:
        nonlocal begun
        if not begun:
            begun = True
            step("writing")
        on_text(piece)

    return receive


def _ask(
    client: ChatClient, messages: tuple[Message, ...], *, max_tokens: int, on_text: OnText | None
) -> Draft:
    request = ChatRequest(messages=messages, max_tokens=max_tokens)
    completion = client.complete(request, on_text=announced(client, messages, on_text))
    truncated = completion.finish_reason == "length"
    return Draft(completion.text, answered(messages, completion.text), truncated)


def answered(messages: tuple[Message, ...], answer: str) -> tuple[Message, ...]:
    """A conversation with the model's answer."""
    return (*messages, Message(role="assistant", content=answer))


def read_parts(
    client: ChatClient,
    prompt: Prompt,
    parts: Sequence[Article],
    *,
    request: SummaryRequest,
    words: int,
    at_a_time: int,
) -> Notes:
    """Notes of about ``words`` words on each part; after a failure nothing more is asked.

    Raises:
        EndpointError: no part could be read, or none may be (a refused key).
        ModelOutputError: no part could be read.
    """
    failures: list[EndpointError | ModelOutputError] = []

    def note(number: int, part: Article) -> str:
        messages = prompt.render(
            **article_variables(part),
            part=number,
            parts=len(parts),
            words=words,
            focus=request.focus or "",
            language=language_name(request.language or part.language),
        )
        asked = ChatRequest(messages=messages, max_tokens=answer_tokens(words))
        # Streamed, so that the time limit is one without progress: each word begins it anew.
        told = client.complete(asked, on_text=lambda _: None).text.strip()
        return first_words(told or part.text, words * 2).strip()

    def attempt(numbered: tuple[int, Article]) -> str | None:
        if failures:
            return None
        try:
            step(f"reading part {numbered[0]} of {len(parts)}")
            return note(*numbered)
        except (EndpointError, ModelOutputError) as error:
            failures.append(error)
            return None

    answers = in_parallel(list(enumerate(parts, start=1)), attempt, jobs=at_a_time)
    notes = Notes(tuple(filter(None, answers)), next(iter(failures), None))
    if notes.failure and (not notes.notes or notes.failure.stops_batch):
        raise notes.failure
    return notes


def summary_pieces(on_text: OnText) -> Callable[[str], None]:
    """Passes on the summary's text out of a JSON answer that is still being written."""
    from pydantic_core import from_json

    received: list[str] = []
    passed = 0

    def take(piece: str) -> None:
        nonlocal passed
        received.append(piece)
        try:
            answer = from_json("".join(received), allow_partial="trailing-strings")
        except ValueError:
            return
        summary = answer.get("summary") if isinstance(answer, dict) else None
        if isinstance(summary, str) and len(summary) > passed:
            on_text(summary[passed:])
            passed = len(summary)

    return take
