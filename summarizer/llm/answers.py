"""Answers and streams of the chat-completions protocol, read as they come.

Their usage has no cost and no time yet: who sent the request knows these.

Models that reason before they answer send that in a field of its own, or in the text between marks,
which are known here; nobody gets to see it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from summarizer.digest import Usage
from summarizer.errors import RefusalError
from summarizer.llm.failures import BrokenAnswerError, NotAnAnswerError, ReportedError
from summarizer.llm.messages import Completion, TokenAlternative, TokenLogprobs, encodable

_CHARACTERS_PER_TOKEN: Final = 4
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
        said = response if isinstance(response, str) else type(response).__name__
        raise NotAnAnswerError(f"expected a chat completion, got {said[:200]!r}")
    finish = choices[0].finish_reason
    _check_finish(choices[0])
    counts = getattr(response, "usage", None)
    _check_refusal(_text(message, "refusal"), finish, counts)
    content, told = _content(message)
    text, thought, ended = visible(content, unopened=unopened)
    return _answer(
        text,
        finish=finish,
        logprobs=_logprobs(getattr(choices[0], "logprobs", None)),
        counts=counts,
        thought=told + thought,
        unopened=ended,
    )


def read_stream(
    events: Any, on_text: Callable[[str], None], *, unopened: bool = False
) -> Completion:
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
    text, told, refusal, finish, usage = "", "", "", None, None
    tokens: list[TokenLogprobs] = []
    thoughts = ThoughtFilter(unopened=unopened)

    def show(piece: str) -> None:
        nonlocal text
        if piece:
            text += piece
            on_text(piece)

    for event in _decoded(events):
        usage = getattr(event, "usage", None) or usage
        for choice in _choices(event):
            _check_finish(choice)
            finish = getattr(choice, "finish_reason", None) or finish
            delta = getattr(choice, "delta", None)
            refusal += _text(delta, "refusal")
            tokens += _logprobs(getattr(choice, "logprobs", None)) or ()
            content, reasoning = _content(delta)
            told += reasoning
            show(thoughts.feed(content))
    if finish is None:
        raise BrokenAnswerError("the stream ended before the answer did")
    _check_refusal(refusal, finish, usage)
    show(thoughts.finish())
    # An end without a beginning comes too late for what was shown, not for the answer.
    rest, unforeseen, ended = visible(text)
    return _answer(
        rest,
        finish=finish,
        logprobs=tuple(tokens) or None,
        counts=usage,
        thought=told + thoughts.thought + unforeseen,
        unopened=ended or thoughts.ended_unopened,
    )


def _answer(
    text: str,
    *,
    finish: object,
    logprobs: tuple[TokenLogprobs, ...] | None,
    counts: object,
    thought: str,
    unopened: bool,
) -> Completion:
    return Completion(
        text=text,
        finish_reason="length" if finish == "length" else "stop",
        logprobs=_of_text(logprobs, text) if thought else logprobs,
        usage=_usage(counts, thought),
        unopened=unopened,
    )


def _of_text(
    tokens: tuple[TokenLogprobs, ...] | None, text: str
) -> tuple[TokenLogprobs, ...] | None:
    """Those of the tokens that the text is made of, without those of the reasoning before it."""
    if not tokens:
        return None
    start = "".join(token.token for token in tokens).rfind(text)
    position, kept = 0, []
    for token in tokens:
        if start <= position < start + len(text):
            kept.append(token)
        position += len(token.token)
    return tuple(kept) or None


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


def _check_finish(choice: Any) -> None:
    if getattr(choice, "finish_reason", None) == "error":
        _check_error(getattr(choice, "error", None) or "the answer ended with an error")


def _check_refusal(refusal: str | None, finish_reason: str | None, counts: object) -> None:
    if refusal or finish_reason == "content_filter":
        said = f": {refusal[:200]!r}" if refusal else " (content filter)"
        refused = RefusalError(
            f"the model refused to answer{said}", hint="another model may answer: --model NAME"
        )
        refused.usage = _usage(counts, "")
        raise refused


def _logprobs(found: Any) -> tuple[TokenLogprobs, ...] | None:
    content = getattr(found, "content", None)
    if not content:
        return None
    try:
        return tuple(_token(token) for token in content)
    except (AttributeError, TypeError, ValueError):
        return None  # null or NaN where a number should be: as good as none


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
    """Token counts; a server that gives none costs 0 tokens as far as anybody knows."""
    details = getattr(found, "completion_tokens_details", None)
    prompt = _count(found, "prompt_tokens")
    return Usage(
        prompt_tokens=prompt,
        cached_tokens=_count(getattr(found, "prompt_tokens_details", None), "cached_tokens"),
        # Some servers leave the reasoning out of it, and have it in the total only.
        completion_tokens=max(
            _count(found, "completion_tokens"), _count(found, "total_tokens") - prompt
        ),
        # For servers that do not count them: about as many as the text has.
        reasoning_tokens=_count(details, "reasoning_tokens")
        or math.ceil(len(thought) / _CHARACTERS_PER_TOKEN),
    )


def _count(holder: object, name: str) -> int:
    value = getattr(holder, name, None)
    return max(0, value) if isinstance(value, int) else 0


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
        self._held = ""
        self._end: str | None = None  # of the reasoning that is under way
        self._visible = False
        self._ended = False

    def feed(self, piece: str) -> str:
        """What can be shown now that ``piece`` has come."""
        if self._visible:
            return piece
        self._held += piece
        if self._end is None and not self._begin():
            return ""
        if self._end is not None:
            self._think(self._end)
        if not self._visible:
            return ""
        # White space after the marks belongs to them.
        shown, self._held = self._held.lstrip() if self._ended else self._held, ""
        self._visible = bool(shown)
        return shown

    def finish(self) -> str:
        """What was held back until the answer's end, and is none of the reasoning after all."""
        if self._end is None:
            return self._held.lstrip() if self._ended else self._held
        whole, self.thought = self.thought + self._held, ""
        if self._unopened and not self._visible:
            return whole
        self.thought = whole
        return ""

    def _begin(self) -> bool:
        """Whether it is known by now how the answer begins."""
        start = self._held.lstrip().lower()
        for mark, end in _MARKS:
            if start.startswith(mark):
                self._held, self._end = self._held.lstrip()[len(mark) :], end
                self._unopened = False
                return True
            if mark.startswith(start):
                return False
        if self._unopened:
            self._end = _UNOPENED_END
        else:
            self._visible = True
        return True

    def _think(self, end: str) -> None:
        at = self._held.lower().find(end)
        found = at >= 0
        if not found:  # what may be its start stays
            at = max(0, len(self._held) - len(end) + 1)
        self.thought += self._held[:at]
        self._held = self._held[at + len(end) :] if found else self._held[at:]
        if found:
            self.ended_unopened = self._unopened
            self._end, self._unopened = None, False
            self._visible = self._ended = True


def visible(text: str, *, unopened: bool = False) -> tuple[str, str, bool]:
    """(the answer, its reasoning, whether it ended one that it had not begun) of a whole text.

    >>> visible("<think>Hm.</think>Yes.")
    ('Yes.', 'Hm.', False)
    """
    filtered = ThoughtFilter(unopened=unopened or _UNOPENED_END in text)
    shown = filtered.feed(text)
    return shown + filtered.finish(), filtered.thought, filtered.ended_unopened
