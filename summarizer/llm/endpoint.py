"""Which model answers: the choice, made without touching the network.

``model`` > ``base_url`` > ``OPENAI_API_KEY`` or ``OPENAI_BASE_URL`` > the embedded default.
A name of the model catalog or a ``.gguf`` path is always the embedded engine.

Keys do not travel: ``api_key`` goes to ``base_url``, ``OPENAI_API_KEY`` to ``OPENAI_BASE_URL``
(OpenAI itself where that is not set), and neither anywhere else.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlsplit, urlunsplit

from pydantic import SecretStr

from summarizer.errors import ConfigurationError

if TYPE_CHECKING:
    from summarizer.settings import Settings

OPENAI_URL: Final = "https://api.openai.com/v1"
# Answers without hidden reasoning, gives log-probabilities, and enforces JSON Schemas.
OPENAI_DEFAULT_MODEL: Final = "gpt-4.1-mini"

Provider = Literal["openai", "compatible", "embedded"]


@dataclass(frozen=True)
class Endpoint:
    """Where requests go, and why there."""

    provider: Provider
    model: str | None  # None: the first model that the server lists
    base_url: str | None = field(repr=False)  # may hold a password; None: the embedded engine
    reason: str
    api_key: SecretStr | None = None
    key_source: str | None = None

    @property
    def display_url(self) -> str:
        """The address for people: without a user name, password or query in it."""
        return display_url(self.base_url) if self.base_url else "the embedded engine"


def display_url(url: str) -> str:
    """``url`` without credentials.

    >>> display_url("https://me:secret@host:8000/v1?key=1")
    'https://host:8000/v1'
    """
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def is_embedded_name(model: str) -> bool:
    """Whether ``model`` is a name of the catalog or the path of a ``.gguf`` file."""
    return model.lower().endswith(".gguf") or model in _catalog_names()


def choose_endpoint(settings: Settings) -> Endpoint:
    """The endpoint that ``settings`` and the environment ask for.

    Raises:
        ConfigurationError: the model is unknown and no endpoint is set, or an address is not one.
    """
    model = settings.model
    if model == "extractive":
        raise ConfigurationError(
            "the model 'extractive' is not a chat model and cannot be opened as one",
            hint="name a chat model with --model",
        )
    if model and is_embedded_name(model):
        return Endpoint("embedded", model, None, f"{model!r} is a model of the embedded engine")
    if settings.base_url:
        return _from_settings(settings, settings.base_url)
    if _environment("OPENAI_BASE_URL") or _environment("OPENAI_API_KEY"):
        return _from_environment(model)
    if model:
        raise ConfigurationError(
            f"the model {model!r} is not in the catalog ({', '.join(_catalog_names())}), "
            "and no endpoint is set that could serve it",
            hint="set OPENAI_API_KEY for OpenAI, give --base-url for another server, "
            "or name a model of the catalog or a .gguf file",
        )
    default = _default_model()
    return Endpoint(
        "embedded", default, None, "no model, base_url or OPENAI_API_KEY is set: embedded default"
    )


def _from_settings(settings: Settings, url: str) -> Endpoint:
    provider = _provider(url, setting="base_url")
    key, source = settings.api_key, "SUMMARIZER_API_KEY or the user's summarizer.toml"
    environment_url = _environment("OPENAI_BASE_URL") or OPENAI_URL
    if key is None and url.rstrip("/") == environment_url.rstrip("/"):
        found = _environment("OPENAI_API_KEY")
        key, source = (SecretStr(found) if found else None), "OPENAI_API_KEY"
    return Endpoint(
        provider,
        settings.model or (OPENAI_DEFAULT_MODEL if provider == "openai" else None),
        url,
        f"base_url is set to {display_url(url)}",
        key,
        source if key else None,
    )


def _from_environment(model: str | None) -> Endpoint:
    url, key = _environment("OPENAI_BASE_URL"), _environment("OPENAI_API_KEY")
    provider = _provider(url, setting="OPENAI_BASE_URL") if url else "openai"
    return Endpoint(
        provider,
        model or (OPENAI_DEFAULT_MODEL if provider == "openai" else None),
        url or OPENAI_URL,
        f"OPENAI_BASE_URL is set to {display_url(url)}" if url else "OPENAI_API_KEY is set",
        SecretStr(key) if key else None,
        "OPENAI_API_KEY" if key else None,
    )


def _provider(url: str, *, setting: str) -> Provider:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(
            f"{setting} {display_url(url)!r} is not an http(s) address",
            hint="give it with scheme and version, such as http://127.0.0.1:8080/v1",
        )
    host = parts.hostname
    return (
        "openai" if host == "api.openai.com" or host.endswith(".api.openai.com") else "compatible"
    )


def _environment(name: str) -> str | None:
    return os.environ.get(name, "").strip() or None


def _catalog_names() -> tuple[str, ...]:
    from summarizer.llm.embedded import catalog

    return tuple(model.name for model in catalog())


def _default_model() -> str:
    from summarizer.llm.embedded import DEFAULT_MODEL

    return DEFAULT_MODEL
