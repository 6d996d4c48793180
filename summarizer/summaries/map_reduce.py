"""Long articles: notes on each part (map), then one summary of the notes (reduce).

The notes of all parts together have one budget: what the reduce step can read. Each round of
notes is at most half as long as what it was made from, by cutting if need be, so the rounds end.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from summarizer.chunking import Chunk, chunk_article
from summarizer.digest import Message
from summarizer.errors import EndpointError, ModelOutputError
from summarizer.llm.messages import ChatRequest
from summarizer.progress import step
from summarizer.prompts.prompt import article_variables
from summarizer.summaries.draft import answer_tokens, written_language
from summarizer.summaries.request import SummaryRequest
from summarizer.worker_pool import in_parallel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from summarizer.articles.article import Article
    from summarizer.llm.client import ChatClient
    from summarizer.prompts import Prompt

_INSTRUCTIONS: Final = 350  # tokens of any prompt around the article, with its title
_SHRINK: Final = 2
_FEWEST_WORDS: Final = 30
_PART_TOKENS: Final = 2500  # small models lose facts in longer parts


class Notes(NamedTuple):
    """Notes on an article that can be read in one go.

    Attributes:
        article: the article with the notes as its text.
        notes: all of them.
        failure: what ended the reading early; None: all parts were read.
    """

    article: Article
    notes: tuple[str, ...]
    failure: EndpointError | ModelOutputError | None = None


def take_notes(
    client: ChatClient,
    prompt: Prompt,
    article: Article,
    *,
    request: SummaryRequest,
    window: int,
    at_a_time: int = 1,
) -> Notes:
    """Notes on ``article`` that fit ``window`` tokens together with the reduce prompt's answer.

    Args:
        client: the model.
        prompt: asks for notes on one part.
        article: of any length.
        request: the summary that the notes are for.
        window: tokens of one request, prompt and answer together.
        at_a_time: parts that are read at the same time.

    Returns:
        The notes; those of the parts read before a failure, after which nothing more is asked.

    Raises:
        EndpointError: the first part could not be read, or none may be (a refused key).
        ModelOutputError: the first part could not be read.
    """
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
        read = partial(_note, client, prompt, text, parts=len(parts), words=words, request=request)
        notes, failure = _read_all(parts, read, at_a_time=at_a_time)
        all_notes.extend(notes)
        if failure is not None:
            if not all_notes or failure.stops_batch:
                raise failure
            return Notes(text, tuple(all_notes), failure)
        joined = "\n\n".join(notes)
        if len(joined) * _SHRINK > len(text.text):
            joined = joined[: len(text.text) // _SHRINK]
        text = text.model_copy(update={"text": joined})
    return Notes(text, tuple(all_notes))


def _read_all(
    parts: Sequence[Chunk], read: Callable[[Chunk], str], *, at_a_time: int
) -> tuple[list[str], EndpointError | ModelOutputError | None]:
    """What was read of the parts, in their order, and the failure after which nothing is asked."""
    failures: list[EndpointError | ModelOutputError] = []

    def attempt(part: Chunk) -> str | None:
        try:
            return None if failures else read(part)
        except (EndpointError, ModelOutputError) as error:
            failures.append(error)
            return None

    answers = in_parallel(parts, attempt, jobs=at_a_time)
    return [one for one in answers if one is not None], next(iter(failures), None)


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
    part: Chunk,
    *,
    parts: int,
    words: int,
    request: SummaryRequest,
) -> str:
    step(f"reading part {part.index + 1} of {parts}")
    variables = article_variables(article) | {"article": part.text}
    messages = prompt.render(
        **variables,
        part=part.index + 1,
        parts=parts,
        words=words,
        focus=request.focus or "",
        language=written_language(request, article),
    )
    asked = ChatRequest(messages=messages, max_tokens=answer_tokens(words))
    # Streamed, so that the time limit is one without progress: each word begins it anew.
    completion = client.complete(asked, on_text=lambda _: None)
    return _shortened(completion.text.strip(), text=part.text, words=words)


def _shortened(note: str, *, text: str, words: int) -> str:
    """The note, cut to twice its budget; an empty one gives way to the part's own beginning."""
    wanted = (note or text).split(" ")
    return " ".join(wanted[: words * 2]).strip()
