"""The two sides of a comparison: runs, cells of runs, and baselines, as users name them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

from summarizer.errors import ConfigurationError
from summarizer.evaluation.compare.baseline import load_baseline
from summarizer.evaluation.compare.paired import Criteria
from summarizer.evaluation.metrics import JUDGED, METRICS
from summarizer.evaluation.run.folder import RunFolder
from summarizer.evaluation.run.variants import find_cell
from summarizer.evaluation.scores import CellScores
from summarizer.evaluation.scoring import load_scores
from summarizer.evaluation.suite.definition import Suite

Pair = tuple[CellScores, CellScores]


class Side(NamedTuple):
    """What a user named.

    Attributes:
        name: as it was given.
        cells: the scores that it has.
        suite: what the run was asked to compare; None for a baseline.
    """

    name: str
    cells: dict[str, CellScores]
    suite: Suite | None


def load_side(name: str) -> Side:
    """``RUN``, ``RUN:CELL``, ``BASELINE.json`` or ``BASELINE.json:CELL``.

    A part of a cell's name is enough where only one has it.

    Raises:
        ConfigurationError: there is no such run, baseline or cell.
    """
    for source, cell in _readings(name):
        path = Path(source)
        if RunFolder(path).exists:
            folder = RunFolder.open(path)
            return _side(name, load_scores(folder), folder.manifest.suite, cell=cell)
        if path.is_file():
            return _side(name, load_baseline(path).cells, None, cell=cell)
    raise ConfigurationError(
        f"{name!r} is neither a run's folder nor a baseline", hint="summarizer eval list"
    )


def run_folder(name: str) -> RunFolder | None:
    """The folder of the run that ``RUN`` or ``RUN:CELL`` names; None where it is no run."""
    folders = (RunFolder(Path(source)) for source, _ in _readings(name))
    return next((folder for folder in folders if folder.exists), None)


def run_cells(name: str) -> tuple[RunFolder, list[str]]:
    """The run that ``RUN`` or ``RUN:CELL`` names, and the cells of it that are meant.

    Raises:
        ConfigurationError: there is no such run or cell.
    """
    for source, cell in _readings(name):
        folder = RunFolder(Path(source))
        if folder.exists:
            cells = [planned.cell.name for planned in folder.manifest.cells]
            return folder, cells if cell is None else [find_cell(cell, cells)]
    raise ConfigurationError(f"{name!r} is not the folder of a run", hint="summarizer eval list")


def pairs(a: Side, b: Side | None) -> list[Pair]:
    """What is compared with what: A is what was, B what is new.

    One side alone: all pairs of its cells. One cell on each side: these two, whatever their
    names. Else the cells of equal names.

    Raises:
        ConfigurationError: nothing can be compared.
    """
    if b is None:
        if len(a.cells) < 2:
            raise ConfigurationError(
                f"{a.name!r} has one cell, which needs another to be compared with",
                hint="name a second run, or --baseline FILE",
            )
        return list(combinations(a.cells.values(), 2))
    if len(a.cells) == len(b.cells) == 1:
        return [(next(iter(a.cells.values())), next(iter(b.cells.values())))]
    found = [(a.cells[name], b.cells[name]) for name in a.cells if name in b.cells]
    if not found:
        raise ConfigurationError(
            f"{a.name!r} and {b.name!r} have no cell in common",
            hint=f"choose one of each, RUN:CELL; there are {', '.join({**a.cells, **b.cells})}",
        )
    return found


def judged_metrics(cells: Iterable[CellScores]) -> tuple[str, ...]:
    """The judge's metrics that these cells have: to be shown, whether the suite names them or not.

    What a judge was asked is worth seeing.
    """
    found = list(cells)
    return tuple(name for name in JUDGED if any(cell.rows(METRICS[name]) for cell in found))


def criteria_of(suite: Suite, *, more: tuple[str, ...] = ()) -> Criteria:
    """What a suite compares, and the metrics in ``more``.

    Raises:
        ConfigurationError: one of ``more`` is no metric.
    """
    for name in more:
        if name not in METRICS:
            raise ConfigurationError(
                f"there is no metric {name!r}", hint=f"metrics: {', '.join(METRICS)}"
            )
    names = dict.fromkeys((*suite.measured, *more))
    return Criteria(
        metrics=[METRICS[name] for name in names],
        primary=suite.metrics.primary,
        margins={gate.metric: gate.margin for gate in suite.gates if gate.margin is not None},
        seed=suite.seed,
    )


def _readings(name: str) -> Iterator[tuple[str, str | None]]:
    """The name as a path, then with a cell after one of its colons."""
    yield name, None
    for place, character in enumerate(name):
        if character == ":":
            yield name[:place], name[place + 1 :]


def _side(
    name: str, cells: dict[str, CellScores], suite: Suite | None, *, cell: str | None
) -> Side:
    if cell is not None:
        found = find_cell(cell, cells)
        cells = {found: cells[found]}
    return Side(name, cells, suite)
