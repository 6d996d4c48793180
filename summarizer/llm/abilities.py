"""What a model can do: what its name tells, and what its endpoint showed.

``families.toml`` holds what names tell; an unknown name is a model that does not reason.

An endpoint gets the fullest request first. When it rejects that, one thing at a time is
conceded until it accepts; what it accepted is kept in the response cache, by endpoint and model.
"""

from __future__ import annotations

import json
import re
import threading
import time
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from summarizer.digest import ModelRef, Value
from summarizer.llm.failures import most_tokens, refuses_system_role
from summarizer.llm.response_cache import ResponseCache, cache_key

if TYPE_CHECKING:
    from summarizer.llm.endpoint import Provider
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
_WEAKER: Final[dict[SchemaMode, SchemaMode | None]] = {
    "json_schema": "json_object",
    "json_object": "prompt",
    "prompt": None,
}
# Servers are upgraded: what they could not do is tried again after this many seconds.
_MEMORY: Final = 7 * 24 * 3600.0
# What a request can do without, in the order in which it is given up when the server names none.
_OPTIONAL: Final = ("stream_options", "seed", "temperature")
# Servers that do not know a keyword of JSON Schema name it; code checks what it would enforce.
_LIMITS: Final = ("max_completion_tokens", "max_tokens")
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
    thinks: bool | None = None  # whether it reasons; None: as its family does
    thought: int = 0  # the most tokens of reasoning that were seen, or did not suffice
    unopened: bool = False  # answers begin inside the reasoning
    effort: Effort | None = None  # the least that it accepts; None: as its family does
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
        for name in (*_LIMITS, *_OPTIONAL, "chat_template_kwargs"):
            if name in body and name in said:
                return self._dropping(name)
        if "logprobs" in body and "logprobs" in said:
            return self.model_copy(update={"logprobs": False})
        if "reasoning_effort" in body and re.search("effort|reasoning|think", said):
            return self._more_effort(body["reasoning_effort"])
        if "response_format" in body and re.search("response_format|schema", said, re.IGNORECASE):
            keyword = next((k for k in SCHEMA_KEYWORDS if k in said and k not in self.dropped), "")
            return self._dropping(keyword) if keyword else self.weaker_schema()
        return self._conceding_unnamed(body)

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

    def _conceding_unnamed(self, body: dict[str, Any]) -> Abilities | None:
        """What to do without where the server does not say what it rejects."""
        for name in ("chat_template_kwargs", "reasoning_effort"):
            if name in body:
                return self._dropping(name)
        if "logprobs" in body and self.logprobs is not True:
            return self.model_copy(update={"logprobs": False})
        if "response_format" in body:
            return self.weaker_schema()
        for name in _OPTIONAL:
            if name in body:
                return self._dropping(name)
        return None

    def _more_effort(self, rejected: str) -> Abilities:
        effort = _NEXT_EFFORT.get(rejected)
        if effort is None:
            return self._dropping("reasoning_effort")
        return self.model_copy(update={"effort": effort})

    def weaker_schema(self) -> Abilities | None:
        """The next rung down: json_schema, json_object, plain prompt; None below that."""
        mode = _WEAKER[self.schema_mode]
        return None if mode is None else self.model_copy(update={"schema_mode": mode})

    def _dropping(self, name: str) -> Abilities:
        return self.model_copy(update={"dropped": (*self.dropped, name)})


class AbilityMemory:
    """The abilities of one model at one endpoint, shared by all threads and later runs.

    Args:
        cache: keeps them, beside the answers.
        key: names the model at the endpoint; called on first need.
    """

    def __init__(self, cache: ResponseCache, *, key: Callable[[], str]) -> None:
        self._cache = cache
        self._key = key
        self._lock = threading.RLock()
        self._known: Abilities | None = None

    @property
    def known(self) -> Abilities:
        """What is known by now; the best is assumed of an endpoint that was never asked."""
        with self._lock:
            if self._known is None:
                self._known = self._remembered()
            return self._known

    def learn(self, before: Abilities, after: Abilities) -> None:
        """Take over what differs between two states, beside what others learned meanwhile."""
        old = before.model_dump()
        news = {name: new for name, new in after.model_dump().items() if new != old[name]}
        with self._lock:
            if "dropped" in news:
                news["dropped"] = tuple(dict.fromkeys((*self.known.dropped, *news["dropped"])))
            abilities = self.known.model_copy(update=news)
            if abilities != self.known:
                self._known = abilities
                entry = {"found": time.time(), "known": abilities.model_dump()}
                self._cache.put(self._place, json.dumps(entry))

    @property
    def _place(self) -> str:
        return cache_key(abilities=self._key())

    def _remembered(self) -> Abilities:
        try:
            entry = json.loads(self._cache.get(self._place) or "")
            if 0 <= time.time() - entry["found"] < _MEMORY:
                return Abilities.model_validate(entry["known"])
        except (TypeError, KeyError, ValueError):
            pass  # never asked, or by another version
        return Abilities()


def may_have_starved(answer: Completion, request: ChatRequest) -> bool:
    """Whether an answer was cut by a limit that reasoning may have used up."""
    if answer.finish_reason != "length":
        return False
    visible = answer.usage.completion_tokens - answer.usage.reasoning_tokens
    hidden = bool(answer.usage.reasoning_tokens) and visible < request.max_tokens
    return request.max_tokens >= SHORTEST and (hidden or not answer.text)


def thinks(abilities: Abilities, family: Family) -> bool:
    """Whether the model reasons, as far as is known."""
    return family.thinks if abilities.thinks is None else abilities.thinks


def effort_parameters(
    abilities: Abilities, family: Family, *, provider: Provider, wanted: str
) -> dict[str, Any]:
    """The parameters that ask for so much reasoning: OpenAI's, and those of chat templates."""
    if not thinks(abilities, family):
        return {}
    parameters: dict[str, Any] = {}
    if provider != "embedded":
        least = abilities.effort or family.effort
        parameters["reasoning_effort"] = least if wanted == "least" else wanted
    if provider != "openai":
        parameters["chat_template_kwargs"] = {"enable_thinking": wanted != "least"}
    return parameters
