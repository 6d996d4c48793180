"""``Cell``: one way to make digests, a point of the suite's matrix."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import Field

from summarizer.digest import Value
from summarizer.errors import ConfigurationError
from summarizer.evaluation.suite.definition import Conditions, Matrix
from summarizer.prompts import find_prompt, list_prompts

if TYPE_CHECKING:
    from summarizer.settings import Settings

EXTRACTIVE: Final = "extractive"


class Cell(Value):
    """A model, with these versions of prompts, with or without context."""

    name: str
    model: str
    prompts: dict[str, int] = Field(default={}, description="Versions by task, as chosen.")
    context: bool = False


def cells_of(matrix: Matrix) -> tuple[Cell, ...]:
    """The cells of a matrix, those of one model together.

    Names are made of what was chosen: ``gpt-4.1-mini+digest@v2+context``. The extractive engine
    reads no prompts, so it has one cell whatever the prompts.

    Raises:
        ConfigurationError: two cells have one name.
    """
    cells: list[Cell] = []
    for model in dict.fromkeys(matrix.models):
        prompts = [{}] if model == EXTRACTIVE else matrix.prompts
        for versions in prompts:
            for context in matrix.context:
                cell = Cell(
                    name=_name(model, versions, context=context),
                    model=model,
                    prompts=versions,
                    context=context,
                )
                if cell not in cells:
                    cells.append(cell)
    names = [cell.name for cell in cells]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ConfigurationError(
            f"two models of the suite are both called {twice!r}", hint="rename one of the files"
        )
    return tuple(cells)


def find_cell(name: str, names: Iterable[str]) -> str:
    """The one of ``names`` that is ``name``, or the only one that has it as a part.

    Raises:
        ConfigurationError: there is none, or more than one.
    """
    known = list(names)
    if name in known:
        return name
    alike = [other for other in known if name in other]
    if len(alike) == 1:
        return alike[0]
    problem = "more than one cell is called" if alike else "there is no cell"
    raise ConfigurationError(f"{problem} {name!r}", hint=f"cells: {', '.join(alike or known)}")


def check_prompts(cells: Iterable[Cell], folder: Path | None) -> None:
    """Looks the chosen prompts up.

    Raises:
        PromptError: a task or version does not exist.
    """
    for cell in cells:
        for task, version in cell.prompts.items():
            find_prompt(task, version=version, folder=folder)


def newest_prompts(folder: Path | None) -> dict[str, int]:
    """The version of each task's prompt that is in force now."""
    return {file.task: file.version for file in list_prompts(folder=folder)}


def cell_settings(
    user: Settings,
    cell: Cell,
    conditions: Conditions,
    *,
    prompts: Mapping[str, int],
    taxonomy: Path | None,
    corpus: str | None,
    epoch: int,
) -> Settings:
    """The settings of a cell: conditions from the suite; endpoints, keys and limits the user's.

    Args:
        user: the user's settings.
        cell: what is compared.
        conditions: what all cells share.
        prompts: versions of the prompts that the cell does not name.
        taxonomy: file of the run's taxonomy; None: the default.
        corpus: the corpus for context.
        epoch: number of the repeat.
    """
    shared = conditions.model_dump(exclude={"taxonomy", "embedding"})
    return user.model_copy(
        update={
            **shared,
            "model": cell.model,
            "prompt_versions": {**prompts, **cell.prompts},
            "taxonomy": taxonomy,
            "corpus": corpus if cell.context else None,
            "context": cell.context,
            "embedding": conditions.embedding,
            "epoch": epoch,
        }
    )


def _name(model: str, versions: Mapping[str, int], *, context: bool) -> str:
    # A file's name is enough: where it lies differs between machines.
    plain = Path(model).stem if model.lower().endswith(".gguf") else model
    refs = [f"{task}@v{version}" for task, version in sorted(versions.items())]
    return "+".join([plain, *refs, *(["context"] if context else [])])
