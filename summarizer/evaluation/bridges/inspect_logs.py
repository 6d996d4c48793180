"""Reading Inspect logs (``.eval`` and ``.json``, format version 2) without Inspect.

An ``.eval`` file is a zip: ``header.json`` says what was evaluated, ``summaries.json`` has the
scores of each sample, ``samples/`` has the transcripts, which are not needed. A log whose eval did
not end has the first two in parts, under ``_journal/``. A ``.json`` log has everything in one.
Source: inspect_ai 0.3.285, ``log/_log.py`` and ``log/_recorders/eval.py``.

Left out: format version 3 (samples in chunks), which released versions of Inspect refuse too.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, Final
from zipfile import is_zipfile

from pydantic import Field, TypeAdapter

from summarizer.errors import ConfigurationError
from summarizer.evaluation.bridges.archive import Archive
from summarizer.evaluation.bridges.log import (
    COST,
    SECONDS,
    TOKENS,
    USAGE,
    Direction,
    Foreign,
    Log,
    parse,
    read_file,
    scored,
)
from summarizer.evaluation.metrics import METRICS
from summarizer.evaluation.scores import CaseScores, CellScores

VERSION: Final = 2
# Where our exports say that they are ours, and which story a sample belongs to.
OURS: Final = "summarizer"
PRIMARY: Final = "primary"
STORY: Final = "story"
# Characters of inputs and targets that summaries keep.
SHOWN: Final = 5_120
_MAX_SAMPLES: Final = 1_000_000
# Inspect's own reading of scores that are words: value_to_float in scorer/_metric.py.
_GRADES: Final = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0}
_WORDS: Final = {"yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}


class _Dataset(Foreign):
    sample_ids: list[int | str] | None = None


class _Config(Foreign):
    epochs: int | None = None


class _Eval(Foreign):
    task: str
    model: str
    dataset: _Dataset = _Dataset()
    config: _Config = _Config()
    metadata: dict[str, Any] | None = None


class _Score(Foreign):
    value: Any


class _Usage(Foreign):
    total_tokens: int = 0
    total_cost: float | None = None


class _Sample(Foreign):
    """A sample, or its summary."""

    id: int | str
    epoch: int
    input: Any = ""
    target: Any = ""
    metadata: dict[str, Any] = Field(default={})
    scores: dict[str, _Score] | None = None
    model_usage: dict[str, _Usage] = Field(default={})
    total_time: float | None = None


class _Header(Foreign):
    version: int
    status: str = "started"
    eval: _Eval


class _JsonLog(_Header):
    samples: list[_Sample] | None = None


class _Version(Foreign):
    version: int


_VERSION: Final = TypeAdapter(_Version)
_HEADER: Final = TypeAdapter(_Header)
_JSON_LOG: Final = TypeAdapter(_JsonLog)
_SAMPLES: Final = TypeAdapter(list[_Sample])


def read_inspect_log(path: Path, *, cluster: str | None = None, by_id: bool = False) -> Log:
    """The scores of an Inspect log.

    Args:
        path: an ``.eval`` or ``.json`` file.
        cluster: the key of the samples' metadata that says which ones belong together.
        by_id: samples of one id are the same, whatever their input and target.

    Raises:
        ConfigurationError: it is no such log, of another version, damaged, or has no scores.
        MissingExtraError: it is compressed with Zstandard, which is not installed.
    """
    header, samples = _read(path)
    metadata = header.eval.metadata or {}
    ours = OURS in metadata
    cell = f"{header.eval.task} by {header.eval.model}"
    cases, notes = _cases(header.eval, samples, cluster or (STORY if ours else None), by_id=by_id)
    names = dict.fromkeys(
        name
        for case in cases.values()
        for records in case.epochs
        for name, value in (records or {}).items()
        if value is not None
    )
    if not names.keys() - set(USAGE):
        raise ConfigurationError(
            f"no sample of {str(path)!r} has a score", hint="inspect score FILE"
        )
    if header.status != "success":
        notes.append(f"the eval's status is {header.status!r}")
    return Log(
        kind="Inspect log",
        name=str(path),
        cells={cell: CellScores(name=cell, model=header.eval.model, cases=cases)},
        directions={name: _direction(name, ours=ours) for name in names},
        primary=_primary(metadata, names) if ours else (),
        notes=tuple(notes),
    )


def _read(path: Path) -> tuple[_Header, list[_Sample]]:
    if path.suffix == ".eval" or is_zipfile(path):
        return _read_eval(path)
    where = repr(str(path))
    data = read_file(path, hint="inspect log convert --to eval --output-dir DIR FILE")
    _check_version(data, where)
    log = parse(data, _JSON_LOG, where=where)
    return log, log.samples or []


def _read_eval(path: Path) -> tuple[_Header, list[_Sample]]:
    with Archive(path) as archive:
        names = archive.names
        begun = "header.json" if "header.json" in names else "_journal/start.json"
        if begun not in names:
            raise ConfigurationError(f"{str(path)!r} is a zip file, but no Inspect log")
        data = archive.read(begun)
        where = f"{begun} in {str(path)!r}"
        _check_version(data, where)
        header = parse(data, _HEADER, where=where)
        samples: list[_Sample] = []
        for name in _summaries(names):
            found = parse(archive.read(name), _SAMPLES, where=f"{name} in {str(path)!r}")
            samples += found
    return header, samples


def _summaries(names: Sequence[str]) -> list[str]:
    """The entries with scores, in the order in which they were written."""
    if "summaries.json" in names:
        return ["summaries.json"]
    numbers = (re.fullmatch(r"_journal/summaries/(\d{1,9})\.json", name) for name in names)
    return [found[0] for found in sorted(filter(None, numbers), key=lambda found: int(found[1]))]


def _check_version(data: bytes, where: str) -> None:
    found = parse(data, _VERSION, where=where).version
    if found != VERSION:
        raise ConfigurationError(
            f"{where} has version {found} of Inspect's log format; version {VERSION} is read here",
            hint="inspect log convert, of a version of Inspect that knows both",
        )


def _cases(
    spec: _Eval, samples: Sequence[_Sample], cluster: str | None, *, by_id: bool
) -> tuple[dict[str, CaseScores], list[str]]:
    """The scores by sample id, samples that are not there as missing; and what is odd."""
    by_key = {(str(sample.id), sample.epoch): sample for sample in samples}
    ids = dict.fromkeys(str(id_) for id_ in spec.dataset.sample_ids or ())
    ids.update(dict.fromkeys(id_ for id_, _ in by_key))
    epochs = max(1, spec.config.epochs or 1)
    if len(ids) * epochs > _MAX_SAMPLES:
        raise ConfigurationError(f"{len(ids):,} samples in {epochs:,} epochs are too many")
    of_id: dict[str, list[_Sample]] = {id_: [] for id_ in ids}
    for (id_, _), sample in sorted(by_key.items(), key=lambda item: item[0][1]):
        of_id[id_].append(sample)
    words: Counter[str] = Counter()
    cases = {}
    for id_, found in of_id.items():
        records = [_records(sample, words) for sample in found]
        cases[id_] = CaseScores(
            fingerprint="" if by_id or not found else _fingerprint(id_, found),
            story=_story(found, cluster),
            epochs=tuple(records + [None] * (epochs - len(records))),
        )
    notes = [f"{count:,} scores of {name} are no numbers" for name, count in words.items()]
    if again := len(samples) - len(by_key):
        notes.append(f"{again:,} samples are there more than once: the last of each counts")
    return cases, notes


def _records(sample: _Sample, words: Counter[str]) -> dict[str, float | None] | None:
    """The values of a sample, None for unscored; None where it ended without any score."""
    if not sample.scores:
        return None
    records: dict[str, float | None] = {}
    for name, raw in _values(sample.scores):
        value = _number(raw)
        if value is None and raw is not None:
            words[name] += 1
        records[name] = scored(value)
    usage = sample.model_usage.values()
    costs = [used.total_cost for used in usage if used.total_cost is not None]
    records[SECONDS] = scored(sample.total_time)
    if usage:
        records[TOKENS] = scored(sum(used.total_tokens for used in usage))
        records[COST] = scored(sum(costs)) if len(costs) == len(usage) else None
    return records


def _values(scores: dict[str, _Score]) -> Iterator[tuple[str, Any]]:
    """Each value under a name: ``scorer``, or ``scorer.key`` where a scorer has several."""
    for scorer, score in scores.items():
        if isinstance(score.value, dict):
            yield from ((f"{scorer}.{key}", value) for key, value in score.value.items())
        else:
            yield scorer, score.value


def _number(value: Any) -> float | None:
    """The value as a number (NaN is Inspect's "unscored"); None where it is none."""
    if isinstance(value, str):
        value = _GRADES.get(value, _WORDS.get(value.lower(), value))
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _fingerprint(id_: str, samples: Sequence[_Sample]) -> str:
    """The same for samples with the same input and target.

    Raises:
        ConfigurationError: the epochs of one id differ in them.
    """
    found = {json.dumps([_shown(one.input), _shown(one.target)]) for one in samples}
    if len(found) > 1:
        raise ConfigurationError(
            f"two samples have the id {id_!r}, but not the same input and target",
            hint="--by-id pairs them by their id alone",
        )
    return hashlib.sha256(found.pop().encode()).hexdigest()[:16]


def _shown(value: Any) -> Any:
    """What a summary keeps of an input or target; messages without their random ids."""
    if isinstance(value, str):
        return value[:SHOWN]
    if isinstance(value, list):
        return [_shown(item) for item in value]
    if isinstance(value, dict):
        if "role" in value:
            return [value["role"], _shown(value.get("content"))]
        kind = str(value.get("type"))
        return _shown(value.get("text")) if kind == "text" else f"({kind.capitalize()})"
    return value


def _story(samples: Sequence[_Sample], cluster: str | None) -> str | None:
    if cluster is None:
        return None
    found = (sample.metadata.get(cluster) for sample in samples)
    return next((str(value) for value in found if isinstance(value, str | int | float)), None)


def _primary(metadata: dict[str, Any], names: Collection[str]) -> tuple[str, ...]:
    """The metrics that the suite of our own run let decide."""
    named = metadata.get(PRIMARY)
    return tuple(name for name in named if name in names) if isinstance(named, list) else ()


def _direction(name: str, *, ours: bool) -> Direction:
    if name in USAGE:
        return "lower"
    return METRICS[name].direction if ours and name in METRICS else "higher"
