"""The chat-completions protocol: requests as JSON bodies, answers and streams as Completions."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, Literal, NamedTuple

from summarizer.digest import Message, Usage
from summarizer.errors import RefusalError
from summarizer.llm.abilities import Abilities
from summarizer.llm.endpoint import Provider
from summarizer.llm.failures import BrokenAnswerError, NotAnAnswerError
from summarizer.llm.messages import ChatRequest, TokenAlternative, TokenLogprobs

_SCHEMA_NAME: Final = "answer"


class Answer(NamedTuple):
    """One answer as it came, before its cost and time are known."""

    text: str
    finish_reason: Literal["stop", "length"]
    logprobs: tuple[TokenLogprobs, ...] | None
    usage: Usage


def request_body(
    request: ChatRequest,
    *,
    model: str,
    provider: Provider,
    abilities: Abilities,
    stream: bool,
) -> dict[str, Any]:
    """The JSON body of a request, with nothing in it that the endpoint is known to reject."""
    # OpenAI's own name for the limit is unknown to many compatible servers, and the other way.
    limit = "max_completion_tokens" if provider == "openai" else "max_tokens"
    if limit in abilities.dropped:
        limit = "max_tokens" if provider == "openai" else "max_completion_tokens"
    body: dict[str, Any] = {
        "model": model,
        limit: request.max_tokens,
        "temperature": request.temperature,
        "seed": request.seed,
    }
    if request.top_logprobs and abilities.logprobs is not False:
        body |= {"logprobs": True, "top_logprobs": request.top_logprobs}
    if stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    messages = request.messages
    if request.json_schema is not None:
        if abilities.schema_mode != "json_schema":
            messages = _with_schema(messages, request.json_schema)
        body |= _response_format(request.json_schema, abilities)
    body["messages"] = [{"role": m.role, "content": encodable(m.content)} for m in messages]
    return {name: value for name, value in body.items() if name not in abilities.dropped}


def encodable(text: str) -> str:
    r"""``text`` with a question mark for each lone surrogate, which UTF-8 cannot hold.

    >>> encodable("a\ud800b")
    'a?b'
    """
    return text.encode("utf-8", "replace").decode()


def _response_format(schema: dict[str, Any], abilities: Abilities) -> dict[str, Any]:
    if abilities.schema_mode == "prompt":
        return {}
    if abilities.schema_mode == "json_object":
        return {"response_format": {"type": "json_object"}}
    named = {"name": _SCHEMA_NAME, "strict": True, "schema": schema}
    return {"response_format": {"type": "json_schema", "json_schema": named}}


def _with_schema(messages: tuple[Message, ...], schema: dict[str, Any]) -> tuple[Message, ...]:
    """``messages`` with the schema in the system message, for servers that cannot enforce it."""
    text = (
        "Answer with one JSON value and nothing else. It must be valid under this JSON Schema:\n"
        + json.dumps(schema, ensure_ascii=False, separators=(",", ":"))
    )
    if messages and messages[0].role == "system":
        first = Message(role="system", content=f"{messages[0].content}\n\n{text}")
        return (first, *messages[1:])
    return (Message(role="system", content=text), *messages)


def read_answer(response: Any) -> Answer:
    """The answer in a whole response.

    Raises:
        NotAnAnswerError: the response is something else.
        RefusalError: the model refused.
    """
    choices = _choices(response)
    message = getattr(choices[0], "message", None) if choices else None
    if message is None:
        raise NotAnAnswerError(f"expected a chat completion, got {_shown(response)}")
    finish = choices[0].finish_reason
    _check_refusal(_text(message, "refusal"), finish)
    return Answer(
        text=_text(message, "content"),
        finish_reason="length" if finish == "length" else "stop",
        logprobs=_logprobs(getattr(choices[0], "logprobs", None)),
        usage=_usage(getattr(response, "usage", None)),
    )


def read_stream(events: Any, on_text: Callable[[str], None]) -> Answer:
    """The answer in a stream; each new piece of its text goes to ``on_text``.

    Raises:
        BrokenAnswerError: the stream ended before the answer did.
        NotAnAnswerError: the response is not a stream of chat completions.
        RefusalError: the model refused.
    """
    media_type = events.response.headers.get("content-type", "")
    if media_type.startswith(("text/html", "application/json")):
        raise NotAnAnswerError(f"expected a stream of events, got {media_type!r}")
    text, refusal, finish, usage = "", "", None, None
    tokens: list[TokenLogprobs] = []
    for event in _decoded(events):
        usage = getattr(event, "usage", None) or usage
        for choice in _choices(event):
            finish = getattr(choice, "finish_reason", None) or finish
            delta = getattr(choice, "delta", None)
            refusal += _text(delta, "refusal")
            tokens += _logprobs(getattr(choice, "logprobs", None)) or ()
            if piece := _text(delta, "content"):
                text += piece
                on_text(piece)
    if finish is None:
        raise BrokenAnswerError("the stream ended before the answer did")
    _check_refusal(refusal, finish)
    return Answer(
        text=text,
        finish_reason="length" if finish == "length" else "stop",
        logprobs=tuple(tokens) or None,
        usage=_usage(usage),
    )


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


def _text(holder: object, name: str) -> str:
    """A field that should be text: "" for none, NotAnAnswerError for anything else."""
    value = getattr(holder, name, None)
    if value is not None and not isinstance(value, str):
        raise NotAnAnswerError(f"expected text under {name!r}, got {type(value).__name__!r}")
    return encodable(value or "")


def _check_refusal(refusal: str | None, finish_reason: str | None) -> None:
    if refusal or finish_reason == "content_filter":
        said = f": {refusal[:200]!r}" if refusal else " (content filter)"
        raise RefusalError(
            f"the model refused to answer{said}", hint="another model may answer: --model NAME"
        )


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


def _usage(found: Any) -> Usage:
    """Token counts; a server that gives none costs 0 tokens as far as anybody knows."""
    return Usage(
        prompt_tokens=_count(found, "prompt_tokens"),
        cached_tokens=_count(getattr(found, "prompt_tokens_details", None), "cached_tokens"),
        completion_tokens=_count(found, "completion_tokens"),
    )


def _count(holder: object, name: str) -> int:
    value = getattr(holder, name, None)
    return max(0, value) if isinstance(value, int) else 0


def _shown(response: Any) -> str:
    error = getattr(response, "error", None)  # gateways answer 200 for what failed behind them
    said = error or (response if isinstance(response, str) else type(response).__name__)
    return repr(str(said)[:200])
