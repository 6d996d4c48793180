"""What a run writes: its manifest, and a line for each digest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from pydantic import Field

from summarizer.digest import Digest, Failure, ModelRef, Value
from summarizer.evaluation.cells import Cell
from summarizer.evaluation.suite import Suite


class Key(NamedTuple):
    """What a generation is of."""

    case: str
    cell: str
    epoch: int


class Generation(Value):
    """A digest that was made, or why there is none. Of two with one key the later counts."""

    case: str
    cell: str
    epoch: int = Field(ge=0)
    result: Digest | Failure

    @property
    def key(self) -> Key:
        """What it is of."""
        return Key(self.case, self.cell, self.epoch)

    @property
    def cost_usd(self) -> float | None:
        """US dollars, where they are known."""
        return self.result.usage.cost_usd if isinstance(self.result, Digest) else None


class Revision(Value):
    """The state of a git checkout."""

    sha: str
    dirty: bool = Field(description="Whether files differed from that commit.")


class Price(Value):
    """US dollars for a million tokens."""

    prompt: float
    completion: float


class PlannedCell(Value):
    """A cell, and the model that it turned out to be."""

    cell: Cell
    model: ModelRef
    price: Price | None = Field(description="Null where no price is known, or none is paid.")


class Manifest(Value):
    """What a run is made of: enough to make it again, and to tell whether two runs match."""

    format: Literal[1] = 1
    suite: Suite
    suite_path: str
    suite_sha256: str
    data_sha256: str = Field(description="Of the data file; of a folder: of names and sizes.")
    created: str = Field(description="Date and time, UTC.")
    revision: Revision | None = Field(description="Null outside of a git checkout.")
    packages: dict[str, str] = Field(description="Versions of what the results depend on.")
    python: str
    prompts: dict[str, int] = Field(description="Versions of the tasks that no cell names.")
    prompt_sha256: dict[str, str] = Field(description="Such as digest@v1 -> hash of the file.")
    taxonomy: str = Field(description="Name and version.")
    taxonomy_sha256: str
    cells: tuple[PlannedCell, ...]
    epochs: int

    def keys(self, cases: Iterable[str]) -> Iterator[Key]:
        """Everything that the run consists of, in the order it is made."""
        ids = list(cases)
        for planned in self.cells:
            for epoch in range(self.epochs):
                for case in ids:
                    yield Key(case, planned.cell.name, epoch)
