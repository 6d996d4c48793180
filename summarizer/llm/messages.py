"""What goes to a model and what comes back: as values, and as the JSON body of a request."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple

from pydantic import ConfigDict, Field

from summarizer.digest import Message, Usage, Value
from summarizer.llm.abilities import Abilities
from summarizer.llm.endpoint import Provider

_SCHEMA_NAME: Final = "answer"


class ChatRequest(Value):
    """A request: everything that the answer depends on, so it is also the cache key."""

    messages: tuple[Message, ...]
    json_schema: dict[str, Any] | None = Field(
        default=None, description="The answer's JSON Schema."
    )
    max_tokens: int = Field(gt=0)
    temperature: float = 0.0
    seed: int = 0
    top_logprobs: int = Field(
        default=0, ge=0, le=20, description="Alternatives wanted per generated token; 0: none."
    )


class TokenAlternative(NamedTuple):
    """A token the model could have generated, with its natural log-probability."""

    token: str
    logprob: float


class TokenLogprobs(Value):
    """A generated token and its alternatives, best first."""

    token: str
    logprob: float
    alternatives: tuple[TokenAlternative, ...] = ()


class Completion(Value):
    """A model's answer."""

    model_config = ConfigDict(extra="ignore")  # answers that older versions stored have more

    text: str
    finish_reason: Literal["stop", "length"]
    logprobs: tuple[TokenLogprobs, ...] | None = Field(
        default=None, description="Null where they were not asked for, or the endpoint has none."
    )
    usage: Usage


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
