"""The catalog: which models the embedded engine knows by name, and where their weights are."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from pydantic import Field

from summarizer.digest import Value

DEFAULT_MODEL = "qwen2.5-coder-1.5b"

_CATALOG_FILE = Path(__file__).with_name("catalog.yaml")


class Wheels(Value):
    """Wheels of a Python package index that carry a file, cut into parts of equal size."""

    package: str = Field(description="Name with {part} (from 1) where there are several parts.")
    parts: int = Field(ge=1)
    version: str
    part_bytes: int = Field(gt=0, description="Size of every part but the last.")

    @property
    def requirements(self) -> tuple[str, ...]:
        """The exact requirements, in the order of their parts.

        >>> Wheels(package="m-part{part}", parts=2, version="1.0", part_bytes=5).requirements
        ('m-part1==1.0', 'm-part2==1.0')
        """
        return tuple(
            f"{self.package.format(part=part)}=={self.version}" for part in range(1, self.parts + 1)
        )


class CatalogModel(Value):
    """A model: its identity is the sha256 of the publisher's file."""

    name: str
    publisher: str = Field(description="Who made the file, and of whose model.")
    repo: str = Field(description="The publisher's repository on the hub, owner/name.")
    file: str
    size_bytes: int | None = Field(default=None, gt=0, description="Null: the hub tells it.")
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    licence: str = Field(description="SPDX identifier.")
    context_length: int | None = Field(
        default=None, gt=0, description="Tokens the model was trained for; null: the file tells."
    )
    wheels: Wheels | None = Field(default=None, description="Null: the hub alone has the file.")
    memory_gb: float = Field(gt=0, description="With the default window; see `measured`.")
    measured: bool = Field(default=True, description="Whether its figures are our measurements.")
    notes: str


@cache
def catalog() -> tuple[CatalogModel, ...]:
    """All models, the default first."""
    import yaml

    entries = yaml.safe_load(_CATALOG_FILE.read_text(encoding="utf-8"))
    return tuple(CatalogModel.model_validate(entry) for entry in entries)


def find_model(name: str) -> CatalogModel | None:
    """The model of this name, or None."""
    return next((model for model in catalog() if model.name == name), None)


# Called with the bytes that are here and the bytes of the whole file.
Progress = Callable[[int, int], None]


class SourceFailure(Exception):  # noqa: N818 - not an error yet: the next source is tried
    """A source did not deliver; its text says why, for people."""
