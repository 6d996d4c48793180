"""Answers and streams of the chat-completions protocol, read as they come.

Their usage has no cost and no time yet: who sent the request knows these.

Models that reason before they answer send that in a field of its own, or in the text between marks,
which are known here; nobody gets to see it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from typing import Any, Final

from summarizer.digest import Usage
from summarizer.errors import RefusalError
from summarizer.llm.failures import (
    BrokenAnswerError,
    NotAnAnswerError,
    ReportedError,
    phrases,
    token_count,
)
from summarizer.llm.messages import Completion, TokenAlternative, TokenLogprobs
from summarizer.text import encodable

OnText = Callable[[str], None]
# Marks around reasoning; of gpt-oss, whose servers should not let them through, the last one.
_MARKS: Final = (
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("[think]", "[/think]"),
    ("<|channel|>analysis<|message|>", "<|channel|>final<|message|>"),
)
_UNOPENED_END: Final = "</think>"
_LONGEST_REFUSAL: Final = 300  # characters
_LONGEST_MARK: Final = max(len(mark) for mark, _ in _MARKS)


def read_answer(response: Any, *, unopened: bool = False) -> Completion:
    """The answer in a whole response.

    Args:
        response: what the SDK made of it.
        unopened: whether the model is known to begin inside its reasoning.

    Raises:
        ReportedError: the response reports an error.
        NotAnAnswerError: the response is something else.
        RefusalError: the model refused.
    """
    _check_error(getattr(response, "error", None))
    choices = _choices(response)
    message = getattr(choices[0], "message", None) if choices else None
    if message is None:
        said = repr(response[:200]) if isinstance(response, str) else "something without choices"
        raise NotAnAnswerError(f"expected a chat completion, got {said}")
    answer = _Answer(lambda _: None, unopened=unopened)
    answer.counts = getattr(response, "usage", None)
    answer.add(choices[0], message)
    return answer.completion()


def read_stream(events: Any, on_text: OnText, *, unopened: bool = False) -> Completion:
    """The answer in a stream; each new piece of its text goes to ``on_text``.

    Raises:
        BrokenAnswerError: the stream ended before the answer did.
        ReportedError: the stream reports an error.
        NotAnAnswerError: the response is not a stream of chat completions.
        RefusalError: the model refused.
    """
    media_type = events.response.headers.get("content-type", "")
    if media_type.startswith(("text/html", "application/json")):
        raise NotAnAnswerError(f"expected a stream of events, got {media_type!r}")
    answer = _Answer(on_text, unopened=unopened)
    for event in _decoded(events):
        answer.counts = getattr(event, "usage", None) or answer.counts
        for choice in _choices(event):
            answer.add(choice, getattr(choice, "delta", None))
    if answer.finish is None:
        raise BrokenAnswerError("the stream ended before the answer did")
    return answer.completion()


class _Answer:
    """An answer, put together from its only message or from the pieces of one."""

    def __init__(self, on_text: OnText, *, unopened: bool) -> None:
        self.counts: object = None
        self.finish: object = None
        self._on_text = on_text
        # Of pieces: a long text that grew by each would be copied for each.
        self._text, self._reasoning, self._refusal = (list[str]() for _ in range(3))
        self._tokens: list[TokenLogprobs] = []
        self._thoughts = ThoughtFilter(unopened=unopened)

    def add(self, choice: Any, message: Any) -> None:
        """A message or a piece of it, and what the choice says beside it."""
        self.finish = getattr(choice, "finish_reason", None) or self.finish
        if self.finish == "error":
            _check_error(getattr(choice, "error", None) or "the answer ended with an error")
        self._refusal.append(_text(message, "refusal"))
        self._tokens += _logprobs(getattr(choice, "logprobs", None))
        content, reasoning = _content(message)
        self._reasoning.append(reasoning)
        self._show(self._thoughts.feed(content))

    def completion(self) -> Completion:
        """The whole. Raises RefusalError."""
        self._show(self._thoughts.finish())
        # An end without a beginning comes too late for what was shown, not for the answer.
        text, unforeseen, ended = visible("".join(self._text))
        refusal = "".join(self._refusal) or (text if is_refusal(text) else "")
        if refusal or self.finish == "content_filter":
            said = f": {refusal[:200]!r}" if refusal else " (content filter)"
            hint = "another model may answer: --model NAME"
            refused = RefusalError(f"the model refused to answer{said}", hint=hint)
            refused.usage = _usage(self.counts, "")
            raise refused
        thought = "".join((*self._reasoning, self._thoughts.thought, unforeseen))
        tokens = _of_text(self._tokens, text) if thought else self._tokens
        return Completion(
            text=text,
            finish_reason="length" if self.finish == "length" else "stop",
            logprobs=tuple(tokens) or None,
            usage=_usage(self.counts, thought),
            unopened=ended or self._thoughts.ended_unopened,
        )

    def _show(self, piece: str) -> None:
        if piece:
            self._text.append(piece)
            self._on_text(piece)


def is_refusal(answer: str) -> bool:
    """Whether a model's whole answer is a short refusal in plain words.

    >>> is_refusal("I'm sorry, but I can't help with that.")
    True
    """
    if len(answer) > _LONGEST_REFUSAL:
        return False
    said = " ".join(answer.split()).replace("’", "'")
    # An apology may be a sentence of its own, and an offer may follow.
    ends = re.finditer(r"[.!。！]|$", said)
    return any(phrases("refusal").fullmatch(said, 0, end.start()) for end in ends)


def _of_text(tokens: list[TokenLogprobs], text: str) -> list[TokenLogprobs]:
    """Those of the tokens that the text is made of, without those of the reasoning before it.

    None where they do not make up the text, as where a character is cut into several of them.
    """
    start = "".join(token.token for token in tokens).rfind(text)
    places = accumulate((len(token.token) for token in tokens), initial=0)
    end = start + len(text) if start >= 0 else start
    return [token for token, place in zip(tokens, places, strict=False) if start <= place < end]


def _decoded(events: Iterable[Any]) -> Iterator[Any]:
    """The events, as long as they are UTF-8 and JSON."""
    try:
        yield from events
    except (ValueError, RecursionError):
        raise BrokenAnswerError("the stream is not of JSON events") from None


def _choices(holder: object) -> list[Any]:
    """The field, if it is a list: the SDK passes on what it did not expect."""
    value = getattr(holder, "choices", None)
    return value if isinstance(value, list) else []


def _content(message: object) -> tuple[str, str]:
    """(text, reasoning) of a message or a piece of one, in the ways that servers give them."""
    content = getattr(message, "content", None)
    reasoning = "".join(
        value
        for name in ("reasoning_content", "reasoning")
        if isinstance(value := getattr(message, name, None), str)
    )
    if not isinstance(content, list) or not all(isinstance(part, dict) for part in content):
        return _text(message, "content"), reasoning
    texts = [part for part in content if "text" in str(part.get("type"))]
    others = [part for part in content if part not in texts]
    text = "".join(str(part.get("text") or "") for part in texts)
    return encodable(text), reasoning + "".join(map(str, others))


def _text(holder: object, name: str) -> str:
    """A field that should be text: "" for none, NotAnAnswerError for anything else."""
    value = getattr(holder, name, None)
    if value is not None and not isinstance(value, str):
        raise NotAnAnswerError(f"expected text under {name!r}, got {type(value).__name__!r}")
    return encodable(value or "")


def _check_error(error: object) -> None:
    """Gateways answer 200 for what failed behind them, and say so inside."""
    if error:
        raise ReportedError(error if isinstance(error, dict) else {"message": str(error)})


def _logprobs(found: Any) -> list[TokenLogprobs]:
    try:
        return [_token(token) for token in getattr(found, "content", None) or ()]
    except (AttributeError, TypeError, ValueError):
        return []  # null or NaN where a number should be: as good as none


def _token(found: Any) -> TokenLogprobs:
    alternatives = [
        TokenAlternative(encodable(a.token), _logprob(a.logprob)) for a in found.top_logprobs or ()
    ]
    return TokenLogprobs(
        token=encodable(found.token),
        logprob=_logprob(found.logprob),
        alternatives=tuple(sorted(alternatives, key=lambda a: -a.logprob)),
    )


def _logprob(value: Any) -> float:
    """At most 0, whatever a server's rounding made of it; ValueError where it is no number."""
    if math.isnan(value):
        raise ValueError("a log-probability is NaN")
    return min(0.0, float(value))


def _usage(found: Any, thought: str) -> Usage:
    """Token counts; 0 where a server gives none."""
    details = getattr(found, "completion_tokens_details", None)
    prompt = _count(found, "prompt_tokens")
    return Usage(
        prompt_tokens=prompt,
        cached_tokens=_count(getattr(found, "prompt_tokens_details", None), "cached_tokens"),
        # Some servers leave the reasoning out of it, and have it in the total only.
        completion_tokens=max(
            _count(found, "completion_tokens"), _count(found, "total_tokens") - prompt
        ),
        # For servers that do not count them: a token has about four characters.
        reasoning_tokens=_count(details, "reasoning_tokens") or math.ceil(len(thought) / 4),
    )


def _count(holder: object, name: str) -> int:
    return token_count(getattr(holder, name, None)) or 0


class ThoughtFilter:
    """Takes the pieces of an answer, gives those that are not reasoning.

    Args:
        unopened: the answer may begin inside the reasoning. Nothing is given before its end then.

    Attributes:
        thought: the reasoning so far.
        ended_unopened: an end without a beginning was found.
    """

    def __init__(self, *, unopened: bool = False) -> None:
        self.thought = ""
        self.ended_unopened = False
        self._unopened = unopened
        self._held: list[str] = []
        self._end: str | None = None  # of the reasoning that is under way
        self._tail = ""  # of what was looked through: it may be the start of the end
        self._has_ended = False  # the reasoning; what follows is the answer
        self._is_shown = False

    def feed(self, piece: str) -> str:
        """What can be shown now that ``piece`` has come; the time is linear in the text."""
        if self._is_shown:
            return piece
        if self._has_ended:  # white space after the marks belongs to them
            self._is_shown = bool(piece.strip())
            return piece.lstrip()
        self._held.append(piece)
        if self._end is None:
            text = "".join(self._held) if piece.strip() else ""  # white space decides nothing
            start = text.lstrip()[:_LONGEST_MARK].casefold()
            opened = next((marks for marks in _MARKS if start.startswith(marks[0])), None)
            if opened:
                piece, self._end, self._unopened = text.lstrip()[len(opened[0]) :], opened[1], False
            elif any(mark.startswith(start) for mark, _ in _MARKS):
                return ""
            elif self._unopened:
                piece, self._end = text, _UNOPENED_END
            else:
                self._is_shown = True
                return text
            self._held = [piece]
        shown = self._after_thought(self._tail + piece, self._end)
        self._is_shown = bool(shown)
        return shown

    def finish(self) -> str:
        """What was held back until the answer's end, and is none of the reasoning after all."""
        if self._is_shown or self._has_ended:
            return ""
        text = "".join(self._held)
        if self._end is None or self._unopened:
            return text
        self.thought = text
        return ""

    def _after_thought(self, unread: str, end: str) -> str:
        """The text behind the reasoning, which is noted."""
        found = re.search(re.escape(end), unread, re.IGNORECASE)
        self._tail = unread[-len(end) :]
        if found is None:
            return ""
        self.thought = "".join(self._held)[: found.start() - len(unread)]
        self.ended_unopened, self._has_ended = self._unopened, True
        return unread[found.end() :].lstrip()


def visible(text: str) -> tuple[str, str, bool]:
    """(the answer, its reasoning, whether it ended one that it had not begun) of a whole text.

    >>> visible("<think>Hm.</think>Yes.")
    ('Yes.', 'Hm.', False)
    """
    filtered = ThoughtFilter(unopened=_UNOPENED_END in text)
    shown = filtered.feed(text)
    return shown + filtered.finish(), filtered.thought, filtered.ended_unopened
