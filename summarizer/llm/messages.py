"""What goes to a model and what comes back, independent of any SDK."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from pydantic import ConfigDict, Field

from summarizer.digest import Message, Usage, Value


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
