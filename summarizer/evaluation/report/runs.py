"""The cells that a report is about, with their digests and articles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import combinations
from pathlib import Path
from typing import Final, NamedTuple

from summarizer.digest import Digest, Failure
from summarizer.errors import ConfigurationError
from summarizer.evaluation.judge.verdicts import Judged, Verdicts
from summarizer.evaluation.metrics.judged import Judging
from summarizer.evaluation.run.folder import RunFolder, read_log
from summarizer.evaluation.run.manifest import Generation, Key
from summarizer.evaluation.run.variants import EXTRACTIVE, Cell, find_cell
from summarizer.evaluation.scores import CellScores
from summarizer.evaluation.scoring import CellResult, RunSamples, load_results, load_scores
from summarizer.evaluation.suite.samples import Case

# With more cells, only those pairs are compared that differ in one thing.
_FEW: Final = 3


class Run:
    """A run, read once."""

    def __init__(self, path: Path) -> None:
        self.folder = RunFolder.open(path)
        self.results = load_results(self.folder)
        self.scores = load_scores(self.folder)
        self.samples = RunSamples(self.folder)

    @property
    def cases(self) -> dict[str, Case]:
        """The articles by id."""
        return self.folder.cases

    @cached_property
    def made(self) -> dict[Key, Generation]:
        """What was made."""
        return self.folder.generations()

    @cached_property
    def verdicts(self) -> Verdicts | None:
        """The judge's answers that were scored; None where there are none."""
        panels = [cell.judge for cell in self.results.cells.values() if cell.judge]
        return Verdicts(read_log(self.folder.judged, Judged), panels[0]) if panels else None


class ReportCell(NamedTuple):
    """A cell of a report.

    Attributes:
        name: unlike that of any other cell of the report.
        run: where it is from.
        cell: the point of the matrix.
        scores: article by article.
        result: in all.
    """

    name: str
    run: Run
    cell: Cell
    scores: CellScores
    result: CellResult

    def output(self, case: str) -> Digest | Failure | None:
        """The first digest of an article that there is; else the failure, or None."""
        made = self._made(case)
        return made.result if made else None

    def judging(self, case: str) -> Judging | None:
        """What the judge whose answers were scored says of ``output``; None: nothing."""
        made = self._made(case)
        sample = self.run.samples.sample(self.run.cases[case], made)
        if made is None or sample is None or self.run.verdicts is None:
            return None
        return self.run.verdicts.judged(sample, made.key).judging

    def _made(self, case: str) -> Generation | None:
        epochs = range(self.run.folder.manifest.epochs)
        made = [self.run.made.get(Key(case, self.cell.name, epoch)) for epoch in epochs]
        made.sort(key=lambda found: (found is None, found and isinstance(found.result, Failure)))
        return made[0]


def load_cells(names: Sequence[str]) -> list[ReportCell]:
    """The cells of ``RUN`` or ``RUN:CELL``, in order.

    Raises:
        ConfigurationError: there is no such run or cell, or the runs are of different suites.
    """
    runs: dict[Path, Run] = {}
    found = [item for name in names for item in _cells(name, runs)]
    suites = {run.folder.manifest.suite.name for run, _ in found}
    if len(suites) > 1:
        raise ConfigurationError(
            f"the runs are of different suites: {', '.join(sorted(suites))}",
            hint="one report for each suite",
        )
    plain = [cell for _, cell in found]
    cells: dict[str, ReportCell] = {}
    for run, name in found:
        shown = name if plain.count(name) == 1 else f"{name} ({run.folder.path})"
        if shown in cells:
            raise ConfigurationError(f"the cell {shown!r} is named twice", hint="leave one out")
        planned = next(p for p in run.folder.manifest.cells if p.cell.name == name)
        scores = run.scores[name].model_copy(update={"name": shown})
        cells[shown] = ReportCell(shown, run, planned.cell, scores, run.results.cells[name])
    return list(cells.values())


def compared_pairs(cells: Sequence[ReportCell]) -> list[tuple[ReportCell, ReportCell]]:
    """The pairs (what was, what is new) to compare, the first of which the report is about.

    Of many cells, those pairs that differ in one thing: the model, the prompts, the context, or
    the run.
    """
    every = list(combinations(cells, 2))
    if len(cells) <= _FEW:
        return every
    return [pair for pair in every if _differences(*pair) == 1] or every


def _cells(name: str, runs: dict[Path, Run]) -> Iterator[tuple[Run, str]]:
    """The cells that a user named; ``runs`` are those that were read before."""
    for source, cell in _readings(name):
        path = Path(source)
        if RunFolder(path).exists:
            run = runs.setdefault(path, runs.get(path) or Run(path))
            names = run.results.cells if cell is None else [find_cell(cell, run.results.cells)]
            yield from ((run, found) for found in names)
            return
    raise ConfigurationError(f"{name!r} is not the folder of a run", hint="summarizer eval list")


def _readings(name: str) -> Iterator[tuple[str, str | None]]:
    """The name as a path, then with a cell after one of its colons."""
    yield name, None
    for place, character in enumerate(name):
        if character == ":":
            yield name[:place], name[place + 1 :]


def _differences(a: ReportCell, b: ReportCell) -> int:
    prompts = a.cell.prompts != b.cell.prompts and EXTRACTIVE not in (a.cell.model, b.cell.model)
    return sum(
        (
            a.cell.model != b.cell.model,
            prompts,
            a.cell.context != b.cell.context,
            a.run.folder.path != b.run.folder.path,
        )
    )
