"""Long articles: notes on each part (map), then one summary of the notes (reduce).

The notes of all parts together have one budget: what the reduce step can read. Each round of
notes is at most half as long as what it was made from, by cutting if need be, so the rounds end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

from summarizer.chunking import Chunk, chunk_article
from summarizer.digest import Message, Usage
from summarizer.llm.messages import ChatRequest
from summarizer.summaries.draft import answer_tokens, article_variables, written_language
from summarizer.summaries.request import SummaryRequest

if TYPE_CHECKING:
    from summarizer.articles.article import Article
    from summarizer.llm.client import ChatClient
    from summarizer.prompts import Prompt

_INSTRUCTIONS: Final = 350  # tokens of any prompt around the article, with its title
_SHRINK: Final = 2
_FEWEST_WORDS: Final = 30
_PART_TOKENS: Final = 2500  # small models lose facts in longer parts

Progress = Callable[[int, int], None]


class Notes(NamedTuple):
    """Notes on an article that can be read in one go."""

    article: Article
    notes: tuple[str, ...]
    usage: Usage


def take_notes(
    client: ChatClient,
    prompt: Prompt,
    article: Article,
    *,
    request: SummaryRequest,
    window: int,
    progress: Progress | None = None,
) -> Notes:
    """Notes on ``article`` that fit ``window`` tokens together with the reduce prompt's answer.

    Raises:
        ModelOutputError: see ``ChatClient.complete``.
    """
    usage = Usage()
    all_notes: list[str] = []
    text = article
    budget = max(_INSTRUCTIONS, window - answer_tokens(request.words) - _INSTRUCTIONS)
    while not all_notes or count_text(client, text.text) > budget:
        parts = chunk_article(
            text,
            max_tokens=_part_tokens(window),
            count_tokens=lambda part: count_text(client, part),
        )
        words = max(_FEWEST_WORDS, min(_longest_note(text.words, len(parts)), 150))
        notes = []
        for done, part in enumerate(parts):
            note, cost = _note(
                client, prompt, text, part=part, parts=len(parts), words=words, request=request
            )
            usage += cost
            notes.append(_shortened(note, text=part.text, words=words))
            if progress:
                progress(done + 1, len(parts))
        all_notes.extend(notes)
        joined = "\n\n".join(notes)
        if len(joined) * _SHRINK > len(text.text):
            joined = joined[: len(text.text) // _SHRINK]
        text = text.model_copy(update={"text": joined})
    return Notes(text, tuple(all_notes), usage)


def count_text(client: ChatClient, text: str) -> int:
    """Tokens of a text as the content of one message."""
    return client.count_tokens((Message(role="user", content=text),))


def _part_tokens(window: int) -> int:
    answer = answer_tokens(150)
    return max(_INSTRUCTIONS, min(_PART_TOKENS, window - answer - _INSTRUCTIONS))


def _longest_note(words: int, parts: int) -> int:
    return words // parts // _SHRINK


def _note(
    client: ChatClient,
    prompt: Prompt,
    article: Article,
    *,
    part: Chunk,
    parts: int,
    words: int,
    request: SummaryRequest,
) -> tuple[str, Usage]:
    variables = article_variables(article) | {"article": part.text}
    messages = prompt.render(
        **variables,
        part=part.index + 1,
        parts=parts,
        words=words,
        focus=request.focus or "",
        language=written_language(request, article),
    )
    completion = client.complete(ChatRequest(messages=messages, max_tokens=answer_tokens(words)))
    return completion.text.strip(), completion.usage


def _shortened(note: str, *, text: str, words: int) -> str:
    """The note, cut to twice its budget; an empty one gives way to the part's own beginning."""
    wanted = (note or text).split(" ")
    return " ".join(wanted[: words * 2]).strip()
