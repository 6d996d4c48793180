"""Beginning a run, or letting one grow: everything is looked up before a token is spent."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from summarizer.digest import ModelRef
from summarizer.errors import ConfigurationError
from summarizer.evaluation.run.folder import RunFolder
from summarizer.evaluation.run.manifest import (
    Manifest,
    PlannedCell,
    content_sha256,
    git_revision,
    package_versions,
    price_of,
    python_version,
)
from summarizer.evaluation.run.variants import (
    EXTRACTIVE,
    Cell,
    cell_settings,
    cells_of,
    check_prompts,
    newest_prompts,
)
from summarizer.evaluation.suite.definition import OWN_ARTICLES, Data, Matrix, Suite, SuiteFile
from summarizer.evaluation.suite.samples import Case, SuiteCases, load_cases
from summarizer.prompts import find_prompt
from summarizer.taxonomy import default_taxonomy
from summarizer.taxonomy.yaml_file import dump_taxonomy

if TYPE_CHECKING:
    from summarizer.settings import Settings

_SECONDS: Final = "%Y%m%d-%H%M%S"


class Selection(NamedTuple):
    """What of a suite is run; None and empty: what the suite says."""

    models: Sequence[str] = ()
    prompts: Sequence[Mapping[str, int]] = ()
    context: Sequence[bool] = ()
    epochs: int | None = None
    limit: int | None = None
    slices: Sequence[str] = ()


class Plan(NamedTuple):
    """A run that could begin.

    Attributes:
        manifest: what it is made of.
        data: its articles.
        corpus: what digests with context may see.
    """

    manifest: Manifest
    data: SuiteCases
    corpus: list[Case]


def plan_run(file: SuiteFile, selection: Selection, *, settings: Settings) -> Plan:
    """Looks up all that a run needs; nothing is sent to a model.

    Raises:
        SummarizerError: a model, a prompt, the data or a label is not there or malformed.
    """
    suite = _selected(file.suite, selection)
    cells = cells_of(suite.matrix)
    check_prompts(cells, settings.prompts_dir)
    data = load_cases(
        file.model_copy(update={"suite": suite}),
        settings=settings,
        limit=selection.limit,
        slices=selection.slices,
    )
    taxonomy = data.taxonomy or default_taxonomy()
    prompts = newest_prompts(settings.prompts_dir)
    manifest = Manifest(
        suite=suite,
        suite_path=str(file.path),
        suite_sha256=file.sha256,
        data_sha256=content_sha256(file.folder / suite.data.path),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        revision=git_revision(Path.cwd()),
        packages=package_versions(),
        python=python_version(),
        prompts=prompts,
        prompt_sha256=prompt_hashes(prompts, cells, folder=settings.prompts_dir),
        taxonomy=f"{taxonomy.name} {taxonomy.version}",
        taxonomy_sha256=hashlib.sha256(dump_taxonomy(taxonomy).encode()).hexdigest(),
        cells=tuple(_planned(cell, suite, settings) for cell in cells),
        epochs=suite.epochs,
    )
    return Plan(manifest, data, _corpus(file, suite, settings))


def default_folder(suite: Suite) -> Path:
    """``runs/NAME-TIME``, in the working folder; local time."""
    stamp = datetime.now(UTC).astimezone().strftime(_SECONDS)
    return Path("runs") / f"{suite.name}-{stamp}"


def begin(plan: Plan, path: Path) -> RunFolder:
    """The folder of a new run, or of the run that is there, which the plan is added to.

    Raises:
        ConfigurationError: the run that is there does not match the plan, or the folder holds
            something else.
    """
    folder = RunFolder(path)
    manifest, cases, corpus = plan.manifest, plan.data.cases, plan.corpus
    if folder.exists:
        manifest, cases = _grown(folder, plan)
        corpus = corpus or folder.corpus_cases
    elif path.is_file() or (path.is_dir() and any(path.iterdir())):
        raise ConfigurationError(
            f"{str(path)!r} is not empty, and no run", hint="--out DIR names a new folder"
        )
    folder.write(manifest, cases, taxonomy=plan.data.taxonomy, corpus=corpus)
    return folder


def prompt_hashes(
    prompts: Mapping[str, int], cells: Iterable[Cell], *, folder: Path | None
) -> dict[str, str]:
    """The hash of each prompt that a run may use, by name such as ``digest@v1``."""
    used = set(prompts.items()) | {item for cell in cells for item in cell.prompts.items()}
    return {
        f"{task}@v{version}": find_prompt(task, version=version, folder=folder).load().sha256
        for task, version in sorted(used)
    }


def _selected(suite: Suite, selection: Selection) -> Suite:
    """The suite with the parts of the matrix that were chosen instead."""
    matrix = Matrix(
        models=tuple(selection.models) or suite.matrix.models,
        prompts=tuple(map(dict, selection.prompts)) or suite.matrix.prompts,
        context=tuple(selection.context) or suite.matrix.context,
    )
    return suite.model_copy(update={"matrix": matrix, "epochs": selection.epochs or suite.epochs})


def _planned(cell: Cell, suite: Suite, user: Settings) -> PlannedCell:
    if cell.model == EXTRACTIVE:
        return PlannedCell(
            cell=cell, model=ModelRef(name=EXTRACTIVE, provider="extractive"), price=None
        )
    from summarizer.llm import open_client

    settings = cell_settings(
        user, cell, suite.settings, prompts={}, taxonomy=None, corpus=None, epoch=0
    )
    with open_client(settings) as client:
        return PlannedCell(cell=cell, model=client.model, price=price_of(client))


def _corpus(file: SuiteFile, suite: Suite, settings: Settings) -> list[Case]:
    """The articles of the run's own corpus: all of the suite's, whatever is selected of it."""
    if True not in suite.matrix.context:
        return []
    whole = file.model_copy(update={"suite": suite})
    if suite.corpus.endswith(".jsonl"):
        data = Data(path=suite.corpus)
        suite = suite.model_copy(update={"data": data})
        whole = file.model_copy(update={"suite": suite})
    elif suite.corpus != OWN_ARTICLES:
        return []
    return load_cases(whole, settings=settings).cases


def _grown(folder: RunFolder, plan: Plan) -> tuple[Manifest, list[Case]]:
    """The manifest and the cases of both, the run that is there and the plan."""
    old, new = folder.manifest, plan.manifest
    _check_same(folder, plan)
    cells = {planned.cell.name: planned for planned in old.cells}
    for planned in new.cells:
        cells.setdefault(planned.cell.name, planned)
    cases = {case.id: case for case in (*folder.cases.values(), *plan.data.cases)}
    manifest = new.model_copy(
        update={
            "created": old.created,
            "revision": old.revision,
            "packages": old.packages,
            "prompts": old.prompts,
            "prompt_sha256": {**new.prompt_sha256, **old.prompt_sha256},
            "cells": tuple(cells.values()),
            "epochs": max(old.epochs, new.epochs),
        }
    )
    return manifest, list(cases.values())


def _check_same(folder: RunFolder, plan: Plan) -> None:
    """Raises ConfigurationError where digests of both would not be comparable."""
    old, new = folder.manifest, plan.manifest
    faults = []
    if (old.suite.name, old.suite.settings, old.suite.corpus) != (
        new.suite.name,
        new.suite.settings,
        new.suite.corpus,
    ):
        faults.append("the suite")
    if old.taxonomy_sha256 != new.taxonomy_sha256:
        faults.append("the taxonomy")
    if any(
        folder.cases[case.id].fingerprint != case.fingerprint
        for case in plan.data.cases
        if case.id in folder.cases
    ):
        faults.append("the data")
    shared = old.prompt_sha256.keys() & new.prompt_sha256.keys()
    faults += [
        f"the prompt {name}"
        for name in sorted(shared)
        if old.prompt_sha256[name] != new.prompt_sha256[name]
    ]
    models = {planned.cell.name: planned.model for planned in old.cells}
    faults += [
        f"the model of {planned.cell.name}"
        for planned in new.cells
        if models.get(planned.cell.name, planned.model) != planned.model
    ]
    if faults:
        raise ConfigurationError(
            f"{', '.join(faults)} changed since the run {str(folder.path)!r} began",
            hint="begin a new run: leave out --out, or name another folder",
        )


def take_gold(folder: RunFolder, file: SuiteFile, *, settings: Settings) -> int:
    """Take gold data, stories and slices of a run's articles from a suite; how many changed.

    Raises:
        ConfigurationError: an article is not in the suite, or its text is another there.
    """
    manifest = folder.manifest
    shared = manifest.suite.model_copy(update={"data": file.suite.data})
    loaded = load_cases(file.model_copy(update={"suite": shared}), settings=settings)
    found = {case.id: case for case in loaded.cases}
    for name, case in folder.cases.items():
        if name not in found or found[name].article.id != case.article.id:
            raise ConfigurationError(
                f"the article {name!r} of the run is not that of the suite {file.suite.name!r}",
                hint="digests of other texts need a run of their own",
            )
    cases = [found[name] for name in folder.cases]
    changed = sum(case != folder.cases[case.id] for case in cases)
    corpus = [found.get(case.id, case) for case in folder.corpus_cases]
    own = folder.taxonomy if folder.taxonomy_file else None
    folder.write(manifest, cases, taxonomy=own, corpus=corpus)
    return changed
