"""``ForeignResults``: the scores that another tool wrote, as variants that can be compared."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from summarizer.errors import ConfigurationError
from summarizer.evaluation.scores import VariantScores

T = TypeVar("T")
Direction = Literal["higher", "lower", "none"]
# What answers cost, for every tool alike; a scorer has no name with such a beginning.
SECONDS: Final = "usage.seconds"
TOKENS: Final = "usage.tokens"
COST: Final = "usage.cost_usd"
USAGE: Final = (SECONDS, TOKENS, COST)
# Parsed, a file takes up to twenty times its size.
MAX_BYTES: Final = 128 * 2**20
# The squares of larger values overflow, and nothing measures them.
_LARGEST: Final = 1e100


class ForeignResults(NamedTuple):
    """The results in one file.

    Attributes:
        kind: what such a file is called.
        name: the file, as it was given.
        variants: the scores: one variant in an Inspect log and in a table, and one for each
            column of promptfoo's results.
        directions: its metrics in the order of the file, and which values are better.
        notes: what a reader should know.
    """

    kind: Literal["Inspect log", "promptfoo results", "table of scores"]
    name: str
    variants: dict[str, VariantScores]
    directions: dict[str, Direction]
    notes: tuple[str, ...] = ()


class Foreign(BaseModel):
    """A record of another tool; keys that are not known here are left alone."""

    model_config = ConfigDict(extra="ignore", frozen=True)


def scored(value: float | None) -> float | None:
    """The number; None, which means unscored, for NaN, infinity and what is beyond 1e100."""
    return float(value) if value is not None and abs(value) <= _LARGEST else None


def label(value: object) -> str | None:
    """A value that says which samples belong together, as text; None for what is no label."""
    return str(value) if isinstance(value, str | int | float) else None


def parse(data: bytes, shape: TypeAdapter[T], *, where: str) -> T:
    """JSON from elsewhere, as far as it has the shape that is needed.

    Raises:
        ConfigurationError: it is not JSON, or of another shape; ``where`` names the file.
    """
    try:
        return shape.validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(
            f"{where} is damaged: {f'{place}: ' if place else ''}{first['msg']}"
        ) from None


def read_file(path: Path, *, hint: str | None = None) -> bytes:
    """A file of JSON from elsewhere.

    Raises:
        ConfigurationError: it cannot be read, or is too large; ``hint`` says how it gets smaller.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigurationError(f"cannot read {str(path)!r}: {error.strerror}") from None
    if len(data) > MAX_BYTES:
        raise too_large(repr(str(path)), hint=hint)
    return data


def too_large(where: str, *, hint: str | None = None) -> ConfigurationError:
    """The error for what would not fit into memory."""
    return ConfigurationError(
        f"{where} holds more than {MAX_BYTES // 2**20} MiB of JSON", hint=hint
    )
