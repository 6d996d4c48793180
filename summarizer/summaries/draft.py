"""Drafts: a model's first summary of an article, and the one turn in which it mends it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from summarizer.digest import Message, Style, Usage
from summarizer.errors import PromptRefusedError, RefusalError
from summarizer.llm.messages import ChatRequest
from summarizer.progress import is_watched, step
from summarizer.prompts.prompt import article_variables
from summarizer.summaries.answer_text import join_sentences, summary_sentences
from summarizer.summaries.request import SummaryRequest, language_name

if TYPE_CHECKING:
    from summarizer.articles.article import Article
    from summarizer.llm.client import ChatClient
    from summarizer.prompts import Prompt

OnText = Callable[[str], None]
_TOKENS_PER_WORD = 3  # generous: covers languages with long words and other scripts
_MARGIN = 60
_TIGHT_TOKENS_PER_WORD = 1.8  # English has about 1.35
_TIGHT_MARGIN = 20
_NUMBERED = re.compile(r"\s*\d{1,2}[.)]\s+\S")


class Draft(NamedTuple):
    """A summary as the model wrote it, with the conversation that led to it."""

    text: str
    messages: tuple[Message, ...]
    answer: str
    truncated: bool
    usage: Usage


def answer_tokens(words: int, *, tight: bool = False) -> int:
    """The token limit for an answer of ``words`` words.

    A tight limit stops a model that does not keep to the length it was told; the sentence that it
    cuts is left out.
    """
    if tight:
        return round(words * _TIGHT_TOKENS_PER_WORD) + _TIGHT_MARGIN
    return words * _TOKENS_PER_WORD + _MARGIN


def summary_variables(request: SummaryRequest, article: Article) -> dict[str, Any]:
    """The variables that the digest, summarize and reduce prompts share."""
    return {
        "words": request.words,
        "sentences": request.sentences,
        "style": request.style,
        "language": written_language(request, article),
        "focus": request.focus or "",
    }


def written_language(request: SummaryRequest, article: Article) -> str:
    """The language to write in, by name: small models answer in English unless it is named."""
    return language_name(request.language or article.language)


def summary_messages(
    prompt: Prompt,
    article: Article,
    *,
    request: SummaryRequest,
    context: Mapping[str, Any] = MappingProxyType({}),
) -> tuple[Message, ...]:
    """The request for a summary in plain text; ``context``: more variables of the prompt."""
    return prompt.render(
        **article_variables(article), **summary_variables(request, article), **context
    )


def write_draft(
    client: ChatClient,
    messages: tuple[Message, ...],
    *,
    request: SummaryRequest,
    tight: bool = False,
    on_text: OnText | None = None,
) -> Draft:
    """The answer to ``summary_messages``; ``tight``: see ``answer_tokens``."""
    limit = answer_tokens(request.words, tight=tight)
    try:
        return _ask(client, messages, max_tokens=limit, on_text=on_text)
    except PromptRefusedError:
        raise
    except RefusalError:
        # An empty draft gets the repair turn; a second refusal is the error.
        return Draft("", messages, "(refused)", truncated=False, usage=Usage(requests=1))


def in_final_form(on_text: OnText, *, style: Style, language: str | None) -> OnText:
    """Passes on a summary as it will be, without numbers and talk, while the model writes it.

    It begins with the second sentence, for the first may be a greeting, and a line's number is
    known as one by the next. Once the model's text takes back what was passed on, nothing more is.
    """
    if style == "headline":
        return on_text
    received, passed = "", ""

    def take(piece: str) -> None:
        nonlocal received, passed
        received += piece
        found = summary_sentences(_whole(received), style=style, language=language)
        if found and any(earlier.startswith(found[-1]) for earlier in found[:-1]):
            found.pop()  # it may become the same again
        text = join_sentences(list(dict.fromkeys(found)), style=style)
        if len(found) > 1 and len(text) > len(passed) and text.startswith(passed):
            on_text(text[len(passed) :])
            passed = text

    return take


def _whole(text: str) -> str:
    """A text without a last line of which only the number is there, or of a list's first line."""
    first, _, rest = text.strip().partition("\n")
    if not _NUMBERED.match(first):
        return text
    lines = rest.splitlines()
    if lines and not _NUMBERED.match(lines[-1]):
        lines.pop()
    return "\n".join([first, *lines]) if lines else ""


def mend_draft(
    client: ChatClient,
    prompt: Prompt,
    draft: Draft,
    *,
    request: SummaryRequest,
    violations: Sequence[str],
) -> Draft:
    """The same summary, written again with its faults shown to the model."""
    turn = prompt.render(
        violations=list(violations), request="Answer with the corrected summary only."
    )
    messages = (*draft.messages, Message(role="assistant", content=draft.answer), *turn)
    return _ask(client, messages, max_tokens=answer_tokens(request.words), on_text=None)


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
    client: ChatClient,
    messages: tuple[Message, ...],
    *,
    max_tokens: int,
    on_text: OnText | None,
) -> Draft:
    request = ChatRequest(messages=messages, max_tokens=max_tokens)
    completion = client.complete(request, on_text=announced(client, messages, on_text))
    return Draft(
        text=completion.text,
        messages=messages,
        answer=completion.text,
        truncated=completion.finish_reason == "length",
        usage=completion.usage,
    )
