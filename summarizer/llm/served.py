"""The model that an endpoint serves: its name, identity and window, its count of tokens, its price.

What it can do is kept in the response cache, by endpoint and model. Whether the server counts
tokens is found out once per connection.

Windows and prices of hosted models come from the dated list of the ``genai-prices`` package, which
is data inside that package and never fetched. An unknown price is None, not 0.
"""

from __future__ import annotations

import contextlib
import json
import logging
import threading
import time
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from summarizer.closing import Closing
from summarizer.digest import Message, ModelRef, Usage
from summarizer.errors import ContextOverflowError, EndpointError
from summarizer.llm.abilities import WEAKER, Abilities, SchemaMode
from summarizer.llm.connection import Connection
from summarizer.llm.failures import Fault, NotAnAnswerError, token_count
from summarizer.llm.families import family_of
from summarizer.llm.messages import count_here, vocabulary
from summarizer.llm.response_cache import ResponseCache, cache_key
from summarizer.text import encodable

if TYPE_CHECKING:
    from genai_prices.types import PriceCalculation

    from summarizer.llm.embedded.model_catalog import CatalogModel
    from summarizer.llm.endpoint import Endpoint

FORMAT: Final = 1  # of what is cached: a change makes old answers unreachable
# Servers are upgraded: what they could not do is tried again after this many seconds.
_MEMORY: Final = 7 * 24 * 3600.0
_UNKNOWN_CONTEXT: Final = 8192  # tokens: a window that almost every served model has
_SMALLEST_CONTEXT: Final = 1024
# Public reports tell of 1,100 to 1,400 tokens of reasoning for an answer of 120.
_ROOM: Final = 4096
_MOST_ROOM: Final = 32_768
_COUNT: Final = "/chat/completions/input_tokens"  # of llama-server, and so the embedded engine
_MOST_TEMPLATE: Final = 4096  # tokens that a chat template may add to those of the messages
# Names under which servers tell their window in /v1/models (vLLM, OpenRouter, Groq).
_WINDOW_NAMES: Final = ("max_model_len", "context_length", "context_window")
_log = logging.getLogger(__name__)


class ServedModel(Closing):
    """One model at one endpoint. Asks the server only for what nothing else tells.

    Attributes:
        endpoint: which endpoint, and why.
    """

    def __init__(self, connection: Connection) -> None:
        settings, self.endpoint = connection.settings, connection.endpoint
        self._settings = settings
        self._is_embedded = self.endpoint.provider == "embedded"
        self._cache = ResponseCache(settings.cache_dir if settings.cache else None)
        self._connection = connection
        self._lock = threading.RLock()
        self._abilities: Abilities | None = None
        # By its own tokenizer; None: whether it does is not found out yet.
        self._counts_tokens: bool | None = False if self.endpoint.provider == "openai" else None

    @cached_property
    def model(self) -> ModelRef:
        """How a digest names it; asks the server for its first model where none was named."""
        return ModelRef(name=self._name, provider=self.endpoint.provider, sha256=self._sha256)

    @property
    def context_length(self) -> int:
        """Tokens of one request, prompt and answer together, without those of reasoning."""
        window = self._window
        return window - self._room(self._known) if window else _UNKNOWN_CONTEXT

    @property
    def slots(self) -> int | None:
        """Requests that the embedded engine serves at a time; None for other endpoints."""
        return self._engine_facts[1] if self._is_embedded else None

    @property
    def schema_mode(self) -> SchemaMode:
        """How JSON answers are asked for, as far as is known by now."""
        return self._known.schema_mode

    @property
    def tokenizer(self) -> str:
        """How tokens are counted, for people."""
        if self._counts_tokens is None:
            self._counted_there((Message(role="user", content="x"),))
        if self._counts_tokens:
            return "the server"
        encoding = vocabulary()
        return f"tiktoken ({encoding.name})" if encoding else "their bytes"

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Tokens of ``messages`` in the model's chat format, by the server or else by us."""
        if self._counts_tokens is not False:
            shown = [(m.role, m.content) for m in messages]
            key = cache_key(count=shown, model=self._identity, format=FORMAT)
            known = self._cache.get(key)
            if known is not None and known.isdecimal():
                return int(known)
            count = self._counted_there(messages)
            if count is not None:
                self._cache.put(key, str(count))
                return count
        openai = self.endpoint.provider == "openai"
        return count_here(messages, model=self._name if openai else None)

    def distrust_schema(self) -> None:
        """An answer shows that the schema is not enforced: go one rung down, if there is one."""
        weaker = WEAKER.get(self.schema_mode)
        if weaker and not self._is_embedded:
            self._learn({"schema_mode": weaker})

    def close(self) -> None:
        """Give connections and files back."""
        self._connection.close()
        self._cache.close()

    @cached_property
    def _name(self) -> str:
        """Its name at the endpoint; the first one that the server lists where none was given."""
        name = self.endpoint.model
        if name is not None:
            return Path(name).stem if name.lower().endswith(".gguf") else name
        names = (str(model["id"]) for model in self._listed() if model.get("id"))
        first = next((name for name in names if "embed" not in name.lower()), None)
        if first is None:
            raise EndpointError(
                f"{self.endpoint.display_url} lists no model",
                hint="name one with --model, or load one into the server",
            )
        return first

    @cached_property
    def _by_name(self) -> Abilities:
        """What its name tells; an embedded model reasons only where the engine lets it."""
        family = family_of(self._name)
        if self._is_embedded and self._settings.reasoning == "least":
            return Abilities(effort=family.effort)
        return Abilities(thinks=family.thinks, effort=family.effort, unopened=family.unopened)

    @cached_property
    def _entry(self) -> CatalogModel | None:
        """What the catalog of embedded models says of it."""
        if not self._is_embedded:
            return None
        from summarizer.llm.embedded.model_catalog import find_model

        return find_model(str(self.endpoint.model))

    @cached_property
    def _sha256(self) -> str | None:
        """Hash of the weights of an embedded model; the engine need not run."""
        if not self._is_embedded:
            return None
        if self._entry:
            return self._entry.sha256  # the weights are checked against it before they are used
        from summarizer.llm.embedded.weights import ensure_weights, file_sha256

        path = ensure_weights(str(self.endpoint.model), settings=self._settings)
        return file_sha256(path, settings=self._settings)

    @cached_property
    def _identity(self) -> dict[str, str | None]:
        """What makes the model this one: its weights, or its name at an address."""
        if self._is_embedded:
            return {"weights": self._sha256}
        return {"url": self.endpoint.base_url, "name": self._name}

    @property
    def _known(self) -> Abilities:
        """What it can do, as far as is known; what was never asked is as its name tells."""
        with self._lock:
            if self._abilities is None:
                self._abilities = self._by_name
                # There may be none, or one by another version.
                with contextlib.suppress(TypeError, KeyError, ValueError):
                    entry = json.loads(self._cache.get(self._place) or "")
                    if 0 <= time.time() - entry["found"] < _MEMORY:
                        known = {**self._by_name.model_dump(), **entry["learnt"]}
                        self._abilities = Abilities.model_validate(known)
            return self._abilities

    def _learn(self, news: dict[str, Any]) -> None:
        """Keep fields of its abilities, for all threads and later runs, beside what is known."""
        with self._lock:
            dropped = tuple(dict.fromkeys((*self._known.dropped, *news.get("dropped", ()))))
            abilities = self._known.model_copy(update={**news, "dropped": dropped})
            if abilities != self._known:
                self._abilities = abilities
                before = self._by_name
                learnt = {name: new for name, new in abilities if new != getattr(before, name)}
                self._cache.put(self._place, json.dumps({"found": time.time(), "learnt": learnt}))

    @property
    def _place(self) -> str:
        if not self._is_embedded:
            return cache_key(abilities=self._identity)
        from summarizer.llm.embedded.server import served_as

        # What the engine can do depends on how it was started, too.
        return cache_key(abilities=self._identity, served=served_as(self._settings))

    @property
    def _window(self) -> int | None:
        """Tokens of one request with all that belongs to it; None where nobody told them."""
        if self._is_embedded:
            return self._engine_facts[0]
        told = (self._settings.context_length or self._told_window, self._known.context_length)
        return min((window for window in told if window), default=None)

    @cached_property
    def _told_window(self) -> int | None:
        if self.endpoint.provider == "openai":
            return known_context_length(self.endpoint, model=self._name)
        model = next((m for m in self._listed() if m.get("id") == self._name), {})
        told = [model.get(name) for name in _WINDOW_NAMES]
        meta = model.get("meta")
        if isinstance(meta, dict):  # llama-server; its n_ctx_train is not what it serves
            told.append(meta.get("n_ctx"))
        return next((n for n in map(token_count, told) if n and n >= _SMALLEST_CONTEXT), None)

    @property
    def _engine_facts(self) -> tuple[int, int]:
        """Window and slots of the engine; those of its last run where it does not run (yet)."""
        known = self._known
        if known.context_length and known.slots and not self._connection.is_open:
            return known.context_length, known.slots
        engine = self._connection.engine
        assert engine is not None  # noqa: S101 - for the type checker
        found = {"context_length": engine.context_length, "slots": engine.slots}
        self._learn(found)
        return engine.context_length, engine.slots

    def _learn_window(self, error: ContextOverflowError) -> None:
        """Keep to the window that an overflow showed; to half of it where it was not told.

        A window in which no article has a place is not believed, and taken out of the error.
        """
        if (error.context_length or _SMALLEST_CONTEXT) < _SMALLEST_CONTEXT:
            error.context_length = None
        if not self._is_embedded:
            window = self._window or _UNKNOWN_CONTEXT
            shown = error.context_length or max(window // 2, _SMALLEST_CONTEXT)
            self._learn({"context_length": min(shown, window)})

    def _room(self, abilities: Abilities) -> int:
        """Tokens of every limit that are for reasoning: at most half of the window, if known."""
        if not abilities.thinks:
            return 0
        wanted = min(max(_ROOM, 2 * abilities.thought), _MOST_ROOM)
        window = self._window  # last: it may ask the server
        return min(wanted, window // 2) if window else wanted

    def _effort(self, abilities: Abilities) -> dict[str, Any]:
        """The parameters that ask for so much reasoning: OpenAI's, and those of chat templates."""
        wanted, parameters = self._settings.reasoning, dict[str, Any]()
        if not abilities.thinks:
            return parameters
        if not self._is_embedded:
            parameters["reasoning_effort"] = abilities.effort if wanted == "least" else wanted
        if self.endpoint.provider != "openai":
            parameters["chat_template_kwargs"] = {"enable_thinking": wanted != "least"}
        return parameters

    def _counted_there(self, messages: Sequence[Message]) -> int | None:
        """Tokens by the server's count; None where it does not count, or not now."""
        shown = [{"role": m.role, "content": encodable(m.content)} for m in messages]
        body = {"model": self._name, "messages": shown}
        try:
            found = self._connection.ask(
                lambda sdk: sdk.post(_COUNT, cast_to=dict[str, Any], body=body)
            )
            count = token_count(found["input_tokens"])
            most = sum(len(m["content"].encode()) for m in shown) + _MOST_TEMPLATE
            if count is None or not len(messages) <= count <= most:
                raise ValueError("a message has a token at least, a token a byte")
        # The others: an answer that is not what the method expects.
        except (Fault, LookupError, TypeError, ValueError) as error:
            # Not what it said: some repeat the key that they were sent.
            _log.info("the server did not count tokens (%s)", type(error).__name__)
            passes = isinstance(error, Fault) and error.retry != "never"
            if self._counts_tokens is None and not passes:
                self._counts_tokens = False
            return None
        self._counts_tokens = True
        return count

    def _listed(self) -> list[dict[str, Any]]:
        """The server's list of models; where the model is named, it need not have one."""
        named = self.endpoint.model
        try:
            return self._connection.listed_models()
        except Fault as fault:
            no_list = fault.status in (404, 405, 501) or isinstance(fault.error, NotAnAnswerError)
            if named and no_list:
                return []
            model = named or "(the first listed)"
            raise self._connection.explained(fault, model=model) from None


def cost_usd(endpoint: Endpoint, *, model: str, usage: Usage) -> float | None:
    """US dollars for the tokens of ``usage``, or None where no price is known.

    Args:
        endpoint: who is paid; the embedded engine has no price.
        model: the model's name at that endpoint.
        usage: what was sent and generated.
    """
    found = _look_up(endpoint, model, usage)
    return (float(found.total_price) or None) if found else None


def known_context_length(endpoint: Endpoint, *, model: str) -> int | None:
    """The window of a hosted model, in tokens, where the list has it."""
    found = _look_up(endpoint, model, Usage())
    return found.model.context_window if found else None


def _look_up(endpoint: Endpoint, model: str, used: Usage) -> PriceCalculation | None:
    if endpoint.base_url is None:
        return None
    from genai_prices import Usage as Tokens
    from genai_prices import calc_price

    tokens = Tokens(
        input_tokens=used.prompt_tokens,
        cache_read_tokens=min(used.cached_tokens, used.prompt_tokens),
        output_tokens=used.completion_tokens,
    )
    try:
        if endpoint.provider == "openai":
            return calc_price(tokens, model, provider_id="openai")
        return calc_price(tokens, model, provider_api_url=endpoint.base_url)
    except (LookupError, ValueError):
        return None
