"""What a model can do at its endpoint, and the body of the request that it gets.

An endpoint gets the fullest request first. When it rejects that, one thing at a time is
conceded until it accepts; what it accepted is kept in the response cache, by endpoint and model.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Any, Final, Literal

from summarizer.digest import Message, Value
from summarizer.llm.endpoint import Provider
from summarizer.llm.failures import most_tokens, refuses_system_role
from summarizer.llm.families import Effort
from summarizer.llm.messages import ChatRequest, Completion
from summarizer.text import encodable

# A shorter answer is one word whose probability is wanted: there is no use in reasoning first.
SHORTEST: Final = 16
# The efforts below what everybody accepts, each with the next that may be accepted.
_NEXT_EFFORT: Final[dict[str, Effort]] = {"none": "minimal", "minimal": "low"}
SchemaMode = Literal["json_schema", "json_object", "prompt"]
WEAKER: Final[dict[SchemaMode, SchemaMode]] = {
    "json_schema": "json_object",
    "json_object": "prompt",
}
_OPTIONAL: Final = ("stream_options", "seed", "temperature")
# What is given up, in this order, when the server names nothing that it rejects.
_UNNAMED: Final = ("chat_template_kwargs", "reasoning_effort", "logprobs", "response_format")
_LIMITS: Final = ("max_completion_tokens", "max_tokens")
# Servers that do not know a keyword of JSON Schema name it; code checks what it would enforce.
SCHEMA_KEYWORDS: Final = ("maxItems", "minItems", "maxLength", "minLength", "additionalProperties")


class Abilities(Value):
    """What is known of one model at one endpoint."""

    schema_mode: SchemaMode = "json_schema"
    logprobs: bool | None = None  # None: not tried yet
    dropped: tuple[str, ...] = ()  # parameters and keywords of schemas that it rejects
    system_role: bool = True  # else the system's text goes in front of the user's
    longest: int | None = None  # the longest answer that it allows, in tokens
    thinks: bool = False  # whether it reasons
    thought: int = 0  # the most tokens of reasoning that were seen, or did not suffice
    unopened: bool = False  # answers begin inside the reasoning
    effort: Effort = "low"  # the least that it accepts
    # Its window as an overflow told it; of the embedded engine as it was when it last ran, so
    # that stored answers need no engine.
    context_length: int | None = None
    slots: int | None = None

    def conceding(self, body: dict[str, Any], *, said: str) -> Abilities | None:
        """The abilities of an endpoint that rejected ``body``; None when nothing is left.

        Args:
            body: the request as it was sent.
            said: the server's message and the parameter it named, if any.
        """
        most = most_tokens(said)
        if most and any(body.get(name, 0) > most for name in _LIMITS):
            return self.model_copy(update={"longest": most})
        if self.system_role and refuses_system_role(said):
            return self.model_copy(update={"system_role": False})
        for name in (*_LIMITS, *_OPTIONAL, "chat_template_kwargs", "logprobs"):
            if name in body and name in said:
                return self.without(name)
        if "reasoning_effort" in body and re.search("effort|reasoning|think", said):
            effort = _NEXT_EFFORT.get(body["reasoning_effort"])
            more = self.model_copy(update={"effort": effort})
            return more if effort else self.without("reasoning_effort")
        if "response_format" in body and re.search("response_format|schema", said, re.IGNORECASE):
            unknown = (k for k in SCHEMA_KEYWORDS if k in said and k not in self.dropped)
            return self.without(next(unknown, "response_format"))
        # Log-probabilities that came before are not what it rejects.
        kept = {"logprobs"} if self.logprobs else set[str]()
        given_up = (name for name in (*_UNNAMED, *_OPTIONAL) if name in body.keys() - kept)
        first = next(given_up, None)
        return self.without(first) if first else None

    def without(self, name: str) -> Abilities:
        """The abilities without a parameter; of schemas, one rung further down."""
        if name == "logprobs":
            return self.model_copy(update={"logprobs": False})
        if name == "response_format":
            return self.model_copy(update={"schema_mode": WEAKER[self.schema_mode]})
        return self.model_copy(update={"dropped": (*self.dropped, name)})

    def shown_by(self, answer: Completion, request: ChatRequest, *, room: int) -> Abilities:
        """The abilities with what an answer shows of them; ``room`` was left for reasoning."""
        found: dict[str, Any] = {"unopened": self.unopened or answer.unopened}
        if request.top_logprobs and answer.text and self.logprobs is None:
            found["logprobs"] = answer.logprobs is not None
        thought = answer.usage.reasoning_tokens
        if may_have_starved(answer, request):
            thought = max(thought, room, 1)  # all of the room went into it, and more would have
        if thought:
            found |= {"thinks": True, "thought": max(self.thought, thought)}
        return self.model_copy(update=found)


def may_have_starved(answer: Completion, request: ChatRequest) -> bool:
    """Whether an answer was cut by a limit that reasoning may have used up."""
    if answer.finish_reason != "length":
        return False
    visible = answer.usage.completion_tokens - answer.usage.reasoning_tokens
    hidden = bool(answer.usage.reasoning_tokens) and visible < request.max_tokens
    return request.max_tokens >= SHORTEST and (hidden or not answer.text)


def request_body(
    request: ChatRequest,
    *,
    model: str,
    provider: Provider,
    abilities: Abilities,
    stream: bool,
    room: int,
    effort: dict[str, Any],
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


def _response_format(schema: dict[str, Any], abilities: Abilities) -> dict[str, Any]:
    if abilities.schema_mode == "prompt":
        return {}
    if abilities.schema_mode == "json_object":
        return {"response_format": {"type": "json_object"}}
    known = _without_keywords(schema, abilities.dropped)
    named = {"name": "answer", "strict": True, "schema": known}
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
