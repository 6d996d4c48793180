"""Reading Inspect logs (``.eval`` and ``.json``, format version 2) without Inspect.

An ``.eval`` file is a zip: ``header.json`` says what was evaluated, ``summaries.json`` has the
scores of each sample, ``samples/`` has the transcripts, which are not needed. A log whose eval did
not end has the first two in parts, under ``_journal/``. A ``.json`` log has everything in one.
Source: inspect_ai 0.3.285, ``log/_log.py`` and ``log/_recorders/eval.py``.

Nothing is unpacked to the disk, and what entries expand to is counted while it happens. Format
version 3 (samples in chunks) is left out; released versions of Inspect refuse it too.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import struct
import sys
import zlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, Final, cast
from zipfile import BadZipFile, ZipFile, ZipInfo, is_zipfile

from pydantic import Field, TypeAdapter

from summarizer.errors import ConfigurationError, MissingExtraError
from summarizer.evaluation.interchange import foreign
from summarizer.evaluation.interchange.foreign import (
    COST,
    SECONDS,
    TOKENS,
    USAGE,
    Foreign,
    ForeignResults,
    label,
    parse,
    read_file,
    scored,
    too_large,
)
from summarizer.evaluation.scores import SampleScores, VariantScores

VERSION: Final = 2
# Characters of inputs and targets that summaries keep.
_SHOWN: Final = 5_120
_MAX_SAMPLES: Final = 1_000_000
_ZSTANDARD: Final = 93  # PKWARE's number; Python's own zipfile reads it since 3.14
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


class _Score(Foreign):
    value: Any


class _Usage(Foreign):
    total_tokens: int = 0
    total_cost: float | None = None


class _LoggedSample(Foreign):
    """A sample, or its summary."""

    id: int | str
    epoch: int
    input: Any = ""
    target: Any = ""
    metadata: dict[str, Any] = Field(default={})
    scores: dict[str, _Score] | None = None
    model_usage: dict[str, _Usage] = Field(default={})
    total_time: float | None = None


class _LogVersion(Foreign):
    version: int


class _Header(_LogVersion):
    status: str = "started"
    eval: _Eval


class _JsonLog(_Header):
    samples: list[_LoggedSample] | None = None


_VERSION: Final = TypeAdapter(_LogVersion)
_HEADER: Final = TypeAdapter(_Header)
_JSON_LOG: Final = TypeAdapter(_JsonLog)
_SAMPLES: Final = TypeAdapter(list[_LoggedSample])


def read_inspect_log(
    path: Path, *, cluster: str | None = None, by_id: bool = False
) -> ForeignResults:
    """The scores of an Inspect log.

    Args:
        path: an ``.eval`` or ``.json`` file.
        cluster: the key of the samples' metadata that says which ones belong together.
        by_id: samples of one id are the same, whatever their input and target.

    Raises:
        ConfigurationError: it is no such log, of another version, damaged, or has no scores.
        MissingExtraError: it is compressed with Zstandard, which cannot be read here.
    """
    is_eval = path.suffix == ".eval" or is_zipfile(path)
    header, logged = _read_eval(path) if is_eval else _read_json(path)
    samples, notes = _samples(header.eval, logged, cluster, by_id=by_id)
    metrics = dict.fromkeys(
        name
        for sample in samples.values()
        for records in sample.epochs
        for name, value in (records or {}).items()
        if value is not None
    )
    if not metrics.keys() - set(USAGE):
        raise ConfigurationError(
            f"no sample of {str(path)!r} has a score", hint="inspect score FILE"
        )
    if header.status != "success":
        notes.append(f"the eval's status is {header.status!r}")
    variant = f"{header.eval.task} by {header.eval.model}"
    return ForeignResults(
        kind="Inspect log",
        name=str(path),
        variants={variant: VariantScores(name=variant, model=header.eval.model, samples=samples)},
        directions={name: "lower" if name in USAGE else "higher" for name in metrics},
        notes=tuple(notes),
    )


def _read_json(path: Path) -> tuple[_Header, list[_LoggedSample]]:
    where = repr(str(path))
    data = read_file(path, hint="inspect log convert --to eval --output-dir DIR FILE")
    _check_version(data, where)
    log = parse(data, _JSON_LOG, where=where)
    return log, log.samples or []


def _read_eval(path: Path) -> tuple[_Header, list[_LoggedSample]]:
    try:
        with ZipFile(path) as archive:
            names = archive.namelist()
            begun = "header.json" if "header.json" in names else "_journal/start.json"
            if begun not in names:
                raise ConfigurationError(f"{str(path)!r} is a zip file, but no Inspect log")
            left = foreign.MAX_BYTES
            found = {}
            for name in (begun, *_summaries(names)):
                found[name] = _entry(archive, name, limit=left, where=f"{name} in {str(path)!r}")
                left -= len(found[name])
    except OSError as error:
        raise ConfigurationError(f"cannot read {str(path)!r}: {error.strerror}") from None
    except (BadZipFile, NotImplementedError, ValueError, OverflowError) as error:
        raise ConfigurationError(f"{str(path)!r} is a damaged zip file: {error}") from None
    where = f"{begun} in {str(path)!r}"
    data = found.pop(begun)
    _check_version(data, where)
    samples = [
        sample
        for name, entry in found.items()
        for sample in parse(entry, _SAMPLES, where=f"{name} in {str(path)!r}")
    ]
    return parse(data, _HEADER, where=where), samples


def _entry(archive: ZipFile, name: str, *, limit: int, where: str) -> bytes:
    """An entry of a zip file, of at most ``limit`` bytes."""
    info = archive.getinfo(name)
    try:
        if info.compress_type == _ZSTANDARD:
            data = _zstandard(archive, info, limit=limit)
        else:
            with archive.open(info) as entry:
                data = entry.read(limit + 1)
    except (NotImplementedError, RuntimeError) as error:
        raise ConfigurationError(f"{where} cannot be read: {error}") from None
    except (BadZipFile, zlib.error, EOFError, OSError, struct.error) as error:
        raise ConfigurationError(f"{where} is damaged: {error}") from None
    if len(data) > limit:
        raise too_large(where)
    return data


def _zstandard(archive: ZipFile, info: ZipInfo, *, limit: int) -> bytes:
    """An entry in Zstandard, one byte beyond ``limit`` at most.

    Inspect writes large entries in several frames, of which zipfile reads the first alone, also
    where it knows Zstandard.
    """
    zstd = _zstd()
    file = cast("IO[bytes]", archive.fp)
    file.seek(info.header_offset)
    header = file.read(30)
    file.seek(sum(struct.unpack("<26x2H", header)), os.SEEK_CUR)  # name and extra field
    packed, data = file.read(info.compress_size), b""
    try:
        while packed and len(data) <= limit:
            frame = zstd.ZstdDecompressor()
            data += frame.decompress(packed, max_length=limit + 1 - len(data))
            packed = frame.unused_data
            if not frame.eof and len(data) <= limit:
                raise EOFError("it ends too early")
    except zstd.ZstdError as error:
        raise BadZipFile(str(error)) from None
    if len(data) <= limit and zlib.crc32(data) != info.CRC:
        raise BadZipFile(f"Bad CRC-32 for file {info.filename!r}")
    return data


def _zstd() -> Any:
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd
    except ImportError:
        raise MissingExtraError("an Inspect log in Zstandard", extra="inspect") from None
    return zstd


def _summaries(names: Sequence[str]) -> list[str]:
    """The entries with scores, in the order in which they were written."""
    if "summaries.json" in names:
        return ["summaries.json"]
    numbers = (re.fullmatch(r"_journal/summaries/(\d{1,9})\.json", name) for name in set(names))
    return [found[0] for found in sorted(filter(None, numbers), key=lambda found: int(found[1]))]


def _check_version(data: bytes, where: str) -> None:
    found = parse(data, _VERSION, where=where).version
    if found != VERSION:
        raise ConfigurationError(
            f"{where} has version {found} of Inspect's log format; version {VERSION} is read here",
            hint="inspect log convert, of a version of Inspect that knows both",
        )


def _samples(
    spec: _Eval, logged: Sequence[_LoggedSample], cluster: str | None, *, by_id: bool
) -> tuple[dict[str, SampleScores], list[str]]:
    """The scores by sample id, samples that are not there as missing; and what is odd."""
    by_key = {(str(sample.id), sample.epoch): sample for sample in logged}
    ids = dict.fromkeys(str(id_) for id_ in spec.dataset.sample_ids or ())
    ids.update(dict.fromkeys(id_ for id_, _ in by_key))
    epochs = max(1, spec.config.epochs or 1)
    if len(ids) * epochs > _MAX_SAMPLES:
        raise ConfigurationError(f"{len(ids):,} samples in {epochs:,} epochs are too many")
    of_id: dict[str, list[_LoggedSample]] = {id_: [] for id_ in ids}
    for (id_, _), sample in sorted(by_key.items(), key=lambda item: item[0][1]):
        of_id[id_].append(sample)
    words: Counter[str] = Counter()
    scores = {}
    for id_, found in of_id.items():
        records = [_records(sample, words) for sample in found]
        stories = (label(sample.metadata.get(cluster)) for sample in found if cluster)
        scores[id_] = SampleScores(
            fingerprint="" if by_id or not found else _fingerprint(id_, found),
            story=next(filter(None, stories), None),
            epochs=tuple(records + [None] * (epochs - len(records))),
        )
    notes = [f"{count:,} scores of {name} are no numbers" for name, count in words.items()]
    if again := len(logged) - len(by_key):
        notes.append(f"{again:,} samples are there more than once: the last of each counts")
    return scores, notes


def _records(sample: _LoggedSample, words: Counter[str]) -> dict[str, float | None] | None:
    """The values of a sample, None for unscored; None where it ended without any score.

    A scorer with several values is several metrics: ``scorer.key``.
    """
    if not sample.scores:
        return None
    records: dict[str, float | None] = {}
    for scorer, score in sample.scores.items():
        several = isinstance(score.value, dict)
        values = score.value.items() if several else [("", score.value)]
        for key, raw in values:
            name = f"{scorer}.{key}" if several else scorer
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


def _number(value: Any) -> float | None:
    """The value as a number (NaN is Inspect's "unscored"); None where it is none."""
    if isinstance(value, str):
        value = _GRADES.get(value, _WORDS.get(value.lower(), value))
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _fingerprint(id_: str, samples: Sequence[_LoggedSample]) -> str:
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
        return value[:_SHOWN]
    if isinstance(value, list):
        return [_shown(item) for item in value]
    if isinstance(value, dict):
        if "role" in value:
            return [value["role"], _shown(value.get("content"))]
        kind = str(value.get("type"))
        return _shown(value.get("text")) if kind == "text" else f"({kind.capitalize()})"
    return value
