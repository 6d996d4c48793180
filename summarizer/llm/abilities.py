"""What a model can do: what its name tells, and what its endpoint showed.

``families.toml`` holds what names tell; an unknown name is a model that does not reason.

An endpoint gets the fullest request first. When it rejects that, one thing at a time is
conceded until it accepts; what it accepted is kept in the response cache, by endpoint and model.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from summarizer.digest import ModelRef, Value
from summarizer.llm.failures import most_tokens, refuses_system_role

if TYPE_CHECKING:
    from summarizer.llm.messages import ChatRequest, Completion

Effort = Literal["none", "minimal", "low", "medium", "high"]
# A shorter answer is one word whose probability is wanted: there is no use in reasoning first.
SHORTEST: Final = 16
# The efforts below what everybody accepts, each with the next that may be accepted.
_NEXT_EFFORT: Final[dict[str, Effort]] = {"none": "minimal", "minimal": "low"}
# Below this many parameters a model is small: topics are found without it.
_LARGE: Final = 8.0  # billions
_SIZE: Final = re.compile(r"(?<![\w.])e?(\d+(?:\.\d+)?)\s*([bm])(?![a-z])", re.IGNORECASE)
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


class Family(Value):
    """Models whose names begin alike; see families.toml for the fields."""

    pattern: str = ""
    billions: float | None = None
    thinks: bool = False
    effort: Effort = "low"
    unopened: bool = False


def family_of(name: str) -> Family:
    """The family of a model, whoever serves it.

    >>> family_of("openai/gpt-5-mini").effort
    'minimal'
    """
    own = name.lower().rpartition("/")[2]
    names = (own, own.partition("_")[2])  # files of weights are named "Qwen_Qwen3.5-4B-Q4_K_M"
    found = (f for name in names for f in _families() if re.match(f.pattern, name))
    return next(found, Family())


def is_small(model: ModelRef) -> bool:
    """Whether a model is too small to list topics; one of unknown size is, if it is embedded."""
    size = billions(model.name)
    return size < _LARGE if size else model.provider == "embedded"


def billions(name: str) -> float | None:
    """Billions of parameters: what the name says, else what it stands for in its family.

    >>> billions("qwen2.5-coder-1.5b"), billions("llama3.2:latest")
    (1.5, 3.0)
    """
    found = _SIZE.search(name.replace("-", " ").replace(":", " ").replace("_", " "))
    if found is None:
        return family_of(name).billions
    return float(found[1]) / (1000 if found[2].lower() == "m" else 1)


@cache
def _families() -> tuple[Family, ...]:
    text = Path(__file__).with_name("families.toml").read_text(encoding="utf-8")
    return tuple(Family.model_validate(entry) for entry in tomllib.loads(text)["family"])


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
