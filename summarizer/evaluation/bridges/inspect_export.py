"""Writing a cell of a run as an Inspect log (``.eval``, format version 2) without Inspect.

The file is for ``inspect view`` and for Inspect's data frames; it holds the articles, as the run
does. A run keeps digests, not requests: the conversation that a viewer shows is the article and
the digest, and the metadata says so. The same run gives the same bytes.
Source: inspect_ai 0.3.285, ``log/_log.py`` and ``log/_recorders/eval.py``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from summarizer import __version__
from summarizer.errors import ConfigurationError
from summarizer.evaluation.bridges.inspect_logs import OURS, PRIMARY, VERSION
from summarizer.evaluation.bridges.inspect_samples import log_id, sample, summary
from summarizer.evaluation.metrics import METRICS, Metric
from summarizer.evaluation.run.folder import RunFolder
from summarizer.evaluation.run.manifest import Key, Manifest, PlannedCell
from summarizer.evaluation.scores import CellScores, measure
from summarizer.evaluation.stats import paired_difference

_EARLIEST: Final = (1980, 1, 1, 0, 0, 0)  # the first date that a zip file can name


def export_inspect(folder: RunFolder, scores: CellScores, path: Path) -> int:
    """Writes the digests and scores of a cell; the number of samples.

    Args:
        folder: the run.
        scores: one of its cells.
        path: the file, which must end in ``.eval``: Inspect goes by that.

    Raises:
        ConfigurationError: the file cannot be written or is called otherwise, or the cell has no
            digests.
    """
    if path.suffix != ".eval":
        raise ConfigurationError(f"{str(path)!r} is no name of an Inspect log", hint="-o FILE.eval")
    if not scores.made:
        raise ConfigurationError(f"cell {scores.name!r} has no digests", hint="summarizer eval run")
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with ZipFile(part, "w") as log:
            summaries = []
            for record in _samples(folder, scores):
                _add(log, f"samples/{record['id']}_epoch_{record['epoch']}.json", record)
                summaries.append(summary(record))
            _add(log, "summaries.json", summaries)
            _add(log, "header.json", _header(folder, scores, len(summaries)))
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise ConfigurationError(f"cannot write {str(path)!r}: {error.strerror}") from None
    return len(summaries)


def _add(log: ZipFile, name: str, record: Any) -> None:
    entry = ZipInfo(name, date_time=_EARLIEST)
    # Deflate is what every reader has; Inspect itself writes Zstandard and reads both.
    entry.compress_type = ZIP_DEFLATED
    log.writestr(entry, json.dumps(record, allow_nan=False))


def _samples(folder: RunFolder, scores: CellScores) -> Iterator[dict[str, Any]]:
    suite = folder.manifest.suite
    metrics = [name for name in suite.measured if METRICS[name].is_additive]
    made = folder.generations()
    for epoch in range(folder.manifest.epochs):
        for case in folder.cases.values():
            generation = made.get(Key(case.id, scores.name, epoch))
            if generation is None:
                continue
            records = scores.cases[case.id].epochs[epoch] or {}
            values = {name: records[name] for name in metrics if records.get(name) is not None}
            yield sample(case, generation, values, taxonomy=folder.taxonomy)


def _header(folder: RunFolder, scores: CellScores, samples: int) -> dict[str, Any]:
    manifest = folder.manifest
    expected = len(folder.cases) * manifest.epochs
    return {
        "version": VERSION,
        "status": "success" if samples == expected else "cancelled",
        "eval": _spec(folder, scores),
        "plan": {"name": "plan", "steps": [{"solver": "summarizer", "params": {}}], "config": {}},
        "results": {
            "total_samples": expected,
            "completed_samples": scores.made,
            "scores": [
                _result(METRICS[name], scores, seed=manifest.suite.seed)
                for name in manifest.suite.measured
            ],
        },
        # When a run ended is not recorded: it may have been resumed.
        "stats": {"started_at": manifest.created, "completed_at": "", "model_usage": {}},
    }


def _spec(folder: RunFolder, scores: CellScores) -> dict[str, Any]:
    manifest = folder.manifest
    planned = _planned(manifest, scores.name)
    suite = manifest.suite
    spec = {
        "eval_id": log_id(manifest.created, manifest.suite_sha256, scores.name),
        "run_id": log_id(manifest.created, manifest.suite_sha256),
        "created": manifest.created,
        "task": suite.name,
        "task_id": log_id(suite.name, manifest.suite_sha256),
        "task_version": 0,
        "task_args": planned.cell.model_dump(mode="json"),
        "dataset": {
            "name": suite.name,
            "samples": len(folder.cases),
            "sample_ids": list(folder.cases),
            "shuffled": False,
        },
        "model": f"{planned.model.provider}/{planned.model.name}",
        "config": {"epochs": manifest.epochs, "epochs_reducer": ["mean"], "fail_on_error": False},
        "packages": manifest.packages,
        "scorers": [_scorer(name) for name in suite.measured],
        "metadata": {
            OURS: __version__,
            PRIMARY: list(suite.metrics.primary),
            "cell": scores.name,
            "prompts": list(scores.prompts),
            "prompt_sha256": manifest.prompt_sha256,
            "model_sha256": planned.model.sha256,
            "taxonomy": manifest.taxonomy,
            "suite_sha256": manifest.suite_sha256,
            "data_sha256": manifest.data_sha256,
            "messages": "article and digest; the requests themselves are not recorded",
        },
    }
    if manifest.revision is not None:
        spec["revision"] = {
            "type": "git",
            "origin": "",
            "commit": manifest.revision.sha,
            "dirty": manifest.revision.dirty,
        }
    return spec


def _planned(manifest: Manifest, name: str) -> PlannedCell:
    return next(planned for planned in manifest.cells if planned.cell.name == name)


def _scorer(name: str) -> dict[str, Any]:
    kinds: Sequence[str] = ("mean", "stderr") if METRICS[name].is_additive else ("value",)
    return {
        "name": name,
        "options": {},
        "metrics": [{"name": kind, "options": {}} for kind in kinds],
        "metadata": {
            "description": METRICS[name].description,
            "direction": METRICS[name].direction,
        },
    }


def _result(metric: Metric, scores: CellScores, *, seed: int) -> dict[str, Any]:
    found = measure(scores, metric, seed=seed, interval=False)
    numbers: dict[str, float | None] = {"value": found.value}
    if metric.is_additive:
        values = scores.values(metric)
        error = None
        if values:
            clusters = scores.clusters(list(values))
            error = paired_difference(list(values.values()), clusters=clusters).standard_error
        numbers = {"mean": found.value, "stderr": error}
    return {
        "name": metric.name,
        "scorer": metric.name,
        "reducer": "mean",
        "scored_samples": found.n,
        "unscored_samples": found.unscored,
        "params": {},
        "metrics": {
            name: {"name": name, "value": value, "params": {}}
            for name, value in numbers.items()
            if value is not None
        },
    }
