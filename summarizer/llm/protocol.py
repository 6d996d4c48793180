"""The chat-completions protocol: requests as JSON bodies, answers and streams as Completions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, Final, Literal, NamedTuple

from summarizer.digest import Usage
from summarizer.errors import RefusalError
from summarizer.llm.abilities import Abilities
from summarizer.llm.endpoint import Provider
from summarizer.llm.failures import BrokenAnswerError, NotAnAnswerError
from summarizer.llm.messages import ChatRequest, TokenAlternative, TokenLogprobs
from summarizer.messages import Message

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
    choices = getattr(response, "choices", None)
    if not choices or getattr(choices[0], "message", None) is None:
        raise NotAnAnswerError(f"expected a chat completion, got {_shown(response)}")
    choice = choices[0]
    _check_refusal(getattr(choice.message, "refusal", None), choice.finish_reason)
    return Answer(
        text=encodable(choice.message.content or ""),
        finish_reason="length" if choice.finish_reason == "length" else "stop",
        logprobs=_logprobs(choice.logprobs),
        usage=_usage(response.usage),
    )


def read_stream(events: Iterable[Any], on_text: Callable[[str], None]) -> Answer:
    """The answer in a stream; each new piece of its text goes to ``on_text``.

    Raises:
        BrokenAnswerError: the stream ended before the answer did.
        NotAnAnswerError: the response is not a stream of chat completions.
        RefusalError: the model refused.
    """
    text, refusal, finish, usage = "", "", None, None
    tokens: list[TokenLogprobs] = []
    for event in events:
        usage = getattr(event, "usage", None) or usage
        for choice in getattr(event, "choices", None) or ():
            finish = choice.finish_reason or finish
            refusal += getattr(choice.delta, "refusal", None) or ""
            tokens += _logprobs(getattr(choice, "logprobs", None)) or ()
            if piece := encodable(choice.delta.content or ""):
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
    return tuple(
        TokenLogprobs(
            token=encodable(token.token),
            logprob=token.logprob,
            alternatives=tuple(
                sorted(
                    (
                        TokenAlternative(encodable(a.token), a.logprob)
                        for a in token.top_logprobs or ()
                    ),
                    key=lambda alternative: -alternative.logprob,
                )
            ),
        )
        for token in content
    )


def _usage(found: Any) -> Usage:
    """Token counts; a server that gives none costs 0 tokens as far as anybody knows."""
    details = getattr(found, "prompt_tokens_details", None)
    return Usage(
        prompt_tokens=getattr(found, "prompt_tokens", None) or 0,
        cached_tokens=getattr(details, "cached_tokens", None) or 0,
        completion_tokens=getattr(found, "completion_tokens", None) or 0,
    )


def _shown(response: Any) -> str:
    text = response if isinstance(response, str) else type(response).__name__
    return repr(text[:80])
