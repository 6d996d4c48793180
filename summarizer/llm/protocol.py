"""The chat-completions protocol: requests as JSON bodies, answers and streams as Completions."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple

from summarizer.digest import Message, Usage
from summarizer.errors import RefusalError
from summarizer.llm.abilities import Abilities
from summarizer.llm.endpoint import Provider
from summarizer.llm.failures import BrokenAnswerError, NotAnAnswerError, ReportedError
from summarizer.llm.messages import ChatRequest, TokenAlternative, TokenLogprobs
from summarizer.llm.reasoning import ThoughtFilter, tokens_of, visible

_SCHEMA_NAME: Final = "answer"


class Answer(NamedTuple):
    """One answer as it came, before its cost and time are known; its text without reasoning."""

    text: str
    finish_reason: Literal["stop", "length"]
    logprobs: tuple[TokenLogprobs, ...] | None
    usage: Usage
    unopened: bool = False  # it began inside its reasoning


def request_body(
    request: ChatRequest,
    *,
    model: str,
    provider: Provider,
    abilities: Abilities,
    stream: bool,
    room: int = 0,
    effort: Mapping[str, Any] = MappingProxyType({}),
) -> dict[str, Any]:
    """The JSON body of a request, with nothing in it that the endpoint is known to reject.

    Args:
        request: what is wanted.
        model: its name at the endpoint.
        provider: who it is.
        abilities: what is known of it.
        stream: whether the answer should come in pieces.
        room: tokens for reasoning, beside those of the answer.
        effort: the parameters that say how much to reason.
    """
    # OpenAI's own name for the limit is unknown to many compatible servers, and the other way.
    limit = "max_completion_tokens" if provider == "openai" else "max_tokens"
    if limit in abilities.dropped:
        limit = "max_tokens" if provider == "openai" else "max_completion_tokens"
    most = request.max_tokens + room
    body: dict[str, Any] = {
        "model": model,
        limit: min(most, abilities.longest) if abilities.longest else most,
        "temperature": request.temperature,
        "seed": request.seed,
        **effort,
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
    if not abilities.system_role:
        messages = _without_system(messages)
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
    known = _without_keywords(schema, abilities.dropped)
    named = {"name": _SCHEMA_NAME, "strict": True, "schema": known}
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


def _without_system(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """``messages`` with the system's text in front of the user's first."""
    system = [m.content for m in messages if m.role == "system"]
    others = [m for m in messages if m.role != "system"]
    if not system or not others:
        return messages
    first = "\n\n".join((*system, others[0].content))
    return (Message(role="user", content=first), *others[1:])


def _without_keywords(schema: Any, keywords: Collection[str]) -> Any:
    if isinstance(schema, dict):
        kept = {name: value for name, value in schema.items() if name not in keywords}
        return {name: _without_keywords(value, keywords) for name, value in kept.items()}
    return schema


def read_answer(response: Any, *, unopened: bool = False) -> Answer:
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
        raise NotAnAnswerError(f"expected a chat completion, got {_shown(response)}")
    finish = choices[0].finish_reason
    _check_finish(choices[0])
    _check_refusal(_text(message, "refusal"), finish)
    content, told = _content(message)
    text, thought, ended = visible(content, unopened=unopened)
    return _answer(
        text,
        finish=finish,
        logprobs=_logprobs(getattr(choices[0], "logprobs", None)),
        counts=getattr(response, "usage", None),
        thought=told + thought,
        unopened=ended,
    )


def read_stream(events: Any, on_text: Callable[[str], None], *, unopened: bool = False) -> Answer:
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
    _check_refusal(refusal, finish)
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
) -> Answer:
    return Answer(
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
        reasoning_tokens=_count(details, "reasoning_tokens") or tokens_of(thought),
    )


def _count(holder: object, name: str) -> int:
    value = getattr(holder, name, None)
    return max(0, value) if isinstance(value, int) else 0


def _shown(response: Any) -> str:
    said = response if isinstance(response, str) else type(response).__name__
    return repr(str(said)[:200])
