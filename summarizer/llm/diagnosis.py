"""What ``summarizer doctor`` finds out: the model in force, whether it answers, what it can do."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from summarizer.digest import ErrorInfo, Message, Value
from summarizer.errors import SummarizerError
from summarizer.llm.abilities import SchemaMode
from summarizer.llm.client import ChatClient, open_client
from summarizer.llm.embedded.model_catalog import find_model
from summarizer.llm.embedded.weights import is_present, weights_path
from summarizer.llm.endpoint import Endpoint, Provider, choose_endpoint
from summarizer.llm.families import is_small
from summarizer.llm.messages import ChatRequest
from summarizer.llm.response_cache import ResponseCache
from summarizer.llm.structured import ask_yes_no, object_schema
from summarizer.settings import Settings

# One request finds out everything: whether an answer comes, with a schema, with log-probabilities.
_QUESTION = ChatRequest(
    messages=(Message(role="user", content='Is snow white? Answer {"white": true} or false.'),),
    json_schema=object_schema({"white": {"type": "boolean"}}),
    max_tokens=64,
    top_logprobs=2,
)


class Weights(Value):
    """The weight file of the embedded engine."""

    path: Path
    present: bool  # whether it is there, with the published sha256
    size_bytes: int | None


class Findings(Value):
    """What the model showed when it was asked."""

    model: str
    seconds: float  # from question to answer, without the engine's start
    schema_mode: SchemaMode
    logprobs: bool
    # P(yes) of the questions whether snow is white, and black; null without log-probabilities.
    yes_white: float | None
    yes_black: float | None
    topics: Literal["similarity", "list"]  # how they will be found
    tokenizer: str
    context_length: int


class Diagnosis(Value):
    """The state of the model side. Keys are never in it."""

    provider: Provider | None = None  # null: the extractive engine, without a model
    model: str | None
    reason: str
    url: str | None = None
    key: str  # whether one is set, and where it comes from
    weights: Weights | None = None
    findings: Findings | None = None  # null where no answer came
    error: ErrorInfo | None = None
    cache: dict[str, Any]  # of stored answers: enabled, path, entries, bytes

    @property
    def exit_code(self) -> int:
        """0 where the model can be used."""
        return self.error.exit_code if self.error else 0


def diagnose(settings: Settings, *, verbose: bool = False) -> Diagnosis:
    """Ask the model in force one short question. Downloads nothing.

    Raises:
        ConfigurationError: no model can be chosen.
    """
    with ResponseCache(settings.cache_dir) as cache:
        kept = cache.info()._asdict()
    del kept["max_bytes"]
    kept["enabled"] = settings.cache
    if settings.model == "extractive":
        reason = "the extractive engine needs no model"
        return Diagnosis(model="extractive", reason=reason, key="not needed", cache=kept)
    endpoint = choose_endpoint(settings)
    findings, error = None, None
    try:
        findings = _ask(settings, verbose=verbose)
    except SummarizerError as failure:
        error = ErrorInfo.of(failure)
    return Diagnosis(
        provider=endpoint.provider,
        model=findings.model if findings else endpoint.model,
        reason=endpoint.reason,
        url=endpoint.display_url if endpoint.base_url else None,
        key=_key(endpoint),
        weights=_weights(endpoint, settings),
        findings=findings,
        error=error,
        cache=kept,
    )


def _ask(settings: Settings, *, verbose: bool) -> Findings:
    # What was found out earlier may be out of date, and a stored answer proves nothing; and
    # whoever asks what is wrong does not want to wait.
    changes = {"cache": False, "max_retries": 1, "retry_seconds": 5.0, "offline": True}
    fresh = settings.model_copy(update=changes)
    with open_client(fresh, verbose=verbose) as client:
        logprobs = client.has_logprobs  # first: the question shows only whether there are any
        completion = client.complete(_QUESTION)
        return Findings(
            model=client.model.name,
            seconds=round(completion.usage.seconds, 3),
            schema_mode=client.schema_mode,
            logprobs=logprobs,
            yes_white=_yes(client, "white") if logprobs else None,
            yes_black=_yes(client, "black") if logprobs else None,
            topics="similarity" if is_small(client.model) else "list",
            tokenizer=client.tokenizer,
            context_length=client.context_length,
        )


def _yes(client: ChatClient, colour: str) -> float:
    question = Message(role="user", content=f"Is snow {colour}? Answer yes or no.")
    return round(ask_yes_no(client, (question,)), 3)


def _weights(endpoint: Endpoint, settings: Settings) -> Weights | None:
    if endpoint.provider != "embedded":
        return None
    model = find_model(str(endpoint.model))
    if model is not None:
        path, is_here = weights_path(model, settings=settings), is_present(model, settings=settings)
        return Weights(path=path, present=is_here, size_bytes=model.size_bytes)
    path = Path(str(endpoint.model)).expanduser()
    size = path.stat().st_size if path.is_file() else None
    return Weights(path=path, present=True, size_bytes=size)


def _key(endpoint: Endpoint) -> str:
    if endpoint.provider == "embedded":
        return "not needed"
    return f"set ({endpoint.key_source})" if endpoint.api_key else "not set"
