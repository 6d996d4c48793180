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
from io import BytesIO
from pathlib import Path
from typing import IO, Any, Final, cast
from zipfile import BadZipFile, ZipFile, ZipInfo, is_zipfile

from pydantic import AliasPath, BaseModel, Field, RootModel

from summarizer.errors import ConfigurationError, MissingExtraError
from summarizer.evaluation.interchange import result_files as results
from summarizer.evaluation.scores import SampleScores, VariantScores

VERSION: Final = 2
# Characters of inputs and targets that summaries keep.
_SHOWN: Final = 5_120
_MAX_SAMPLES: Final = 1_000_000
_ZSTANDARD: Final = 93  # PKWARE's number; Python's own zipfile reads it since 3.14
# Inspect's own reading of scores that are words: value_to_float in scorer/_metric.py.
_GRADES: Final = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0}


class _Score(BaseModel):
    value: Any


class _Usage(BaseModel):
    total_tokens: results.Amount = 0.0
    total_cost: results.Amount = None


class _LoggedSample(BaseModel):
    """A sample, or its summary."""

    id: int | str
    epoch: int
    input: Any = ""
    target: Any = ""
    metadata: dict[str, Any] = Field(default={})
    scores: dict[str, _Score] | None = None
    model_usage: dict[str, _Usage] = Field(default={})
    total_time: results.Amount = None
    error: Any = None


class _Log(BaseModel):
    """The header of a log; a ``.json`` log has the samples in it."""

    status: str = "started"
    task: str = Field(validation_alias=AliasPath("eval", "task"))
    model: str = Field(validation_alias=AliasPath("eval", "model"))
    sample_ids: list[int | str] | None = Field(
        default=None, validation_alias=AliasPath("eval", "dataset", "sample_ids")
    )
    epochs: int | None = Field(default=None, validation_alias=AliasPath("eval", "config", "epochs"))
    samples: list[_LoggedSample] | None = None


class _Summaries(RootModel[list[_LoggedSample]]):
    """An entry with samples."""


def read_inspect_log(
    path: Path, *, cluster: str | None = None, by_id: bool = False
) -> results.ForeignResults:
    """The scores of an Inspect log.

    Args:
        path: an ``.eval`` or ``.json`` file.
        cluster: the key of the samples' metadata that says which ones belong together.
        by_id: samples of one id are the same, whatever their input and target.

    Raises:
        ConfigurationError: it is no such log, of another version, damaged, or has no scores.
        MissingExtraError: it is compressed with Zstandard, which cannot be read here.
    """
    if path.suffix == ".eval" or is_zipfile(path):
        log, logged = _read_eval(path)
    else:
        data = results.read_file(path, hint="inspect log convert --to eval --output-dir DIR FILE")
        log = _header(data, path)
        logged = log.samples or []
    samples, notes = _samples(log, logged, cluster, by_id=by_id)
    records = (epoch or {} for sample in samples.values() for epoch in sample.epochs)
    metrics = dict.fromkeys(n for one in records for n, value in one.items() if value is not None)
    if not metrics.keys() - set(results.USAGE):
        raise ConfigurationError(
            f"no sample of {str(path)!r} has a score", hint="inspect score FILE"
        )
    if log.status != "success":
        notes.append(f"the eval's status is {log.status!r}")
    name = f"{log.task} by {log.model}"
    variant = VariantScores(name=name, model=log.model, samples=samples)
    return results.ForeignResults(
        "Inspect log", str(path), {name: variant}, list(metrics), tuple(notes)
    )


def _header(data: bytes, path: Path) -> _Log:
    hint = "inspect log convert, of a version of Inspect that knows both"
    return results.parse_version(
        data, _Log, path, known=VERSION, what="Inspect's log format", hint=hint
    )


def _read_eval(path: Path) -> tuple[_Log, list[_LoggedSample]]:
    try:
        with ZipFile(path) as archive:
            names = archive.namelist()
            begun = "header.json" if "header.json" in names else "_journal/start.json"
            if begun not in names:
                raise ConfigurationError(f"{str(path)!r} is a zip file, but no Inspect log")
            left, entries = results.MAX_BYTES, []
            for name in (begun, *_summaries(names)):
                entries.append(_entry(archive, archive.getinfo(name), limit=left))
                left -= len(entries[-1])
                if left < 0:
                    raise results.too_large(path)
    except ConfigurationError:
        raise
    except Exception as error:  # whatever zipfile and the decompressors raise
        raise ConfigurationError(
            f"{str(path)!r} is damaged, or cannot be read here: {error}"
        ) from None
    parsed = (results.parse(entry, _Summaries, path) for entry in entries[1:])
    return _header(entries[0], path), [sample for found in parsed for sample in found.root]


def _entry(archive: ZipFile, info: ZipInfo, *, limit: int) -> bytes:
    """The first ``limit`` bytes of an entry, and one more where it has more."""
    is_zstandard = info.compress_type == _ZSTANDARD
    with _zstandard(archive, info) if is_zstandard else archive.open(info) as entry:
        data = entry.read(limit + 1)
    if is_zstandard and len(data) <= limit and zlib.crc32(data) != info.CRC:
        raise BadZipFile(f"Bad CRC-32 for file {info.filename!r}")
    return data


def _zstandard(archive: ZipFile, info: ZipInfo) -> IO[bytes]:
    """An entry in Zstandard.

    Inspect writes large entries in several frames, of which zipfile reads the first alone, also
    where it knows Zstandard.
    """
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd
    except ImportError:
        raise MissingExtraError("an Inspect log in Zstandard", extra="inspect") from None
    file = cast("IO[bytes]", archive.fp)
    file.seek(info.header_offset)
    header = file.read(30)
    file.seek(sum(struct.unpack("<26x2H", header)), os.SEEK_CUR)  # name and extra field
    return cast("IO[bytes]", zstd.ZstdFile(BytesIO(file.read(info.compress_size))))


def _summaries(names: Sequence[str]) -> list[str]:
    """The entries with scores, in the order in which they were written."""
    if "summaries.json" in names:
        return ["summaries.json"]
    numbers = (re.fullmatch(r"_journal/summaries/(\d{1,9})\.json", name) for name in set(names))
    return [found[0] for found in sorted(filter(None, numbers), key=lambda found: int(found[1]))]


def _samples(
    log: _Log, logged: Sequence[_LoggedSample], cluster: str | None, *, by_id: bool
) -> tuple[dict[str, SampleScores], list[str]]:
    """The scores by sample id, samples that are not there as missing; and what is odd."""
    by_key = {(str(sample.id), sample.epoch): sample for sample in logged}
    ids = dict.fromkeys([*map(str, log.sample_ids or ()), *(id_ for id_, _ in by_key)])
    epochs = max(1, log.epochs or 1)
    if len(ids) * epochs > _MAX_SAMPLES:
        raise ConfigurationError(f"{len(ids):,} samples in {epochs:,} epochs are too many")
    of_id: dict[str, list[_LoggedSample]] = {id_: [] for id_ in ids}
    for (id_, _), sample in sorted(by_key.items(), key=lambda item: item[0][1]):
        of_id[id_].append(sample)
    words: Counter[str] = Counter()
    scores = {}
    for id_, found in of_id.items():
        records = [_records(sample, words) for sample in found]
        stories = (results.label(sample.metadata.get(cluster)) for sample in found if cluster)
        scores[id_] = SampleScores(
            fingerprint="" if by_id or not found else _fingerprint(found),
            story=next(filter(None, stories), None),
            epochs=tuple(records + [None] * (epochs - len(records))),
        )
    notes = [f"{count:,} scores of {name} are no numbers" for name, count in words.items()]
    # In the journal of an eval that did not end, what is written later takes the place of it.
    if len(by_key) < len(logged) and log.status != "started":
        (twice, epoch), count = Counter((one.id, one.epoch) for one in logged).most_common(1)[0]
        notes.append(f"sample {twice!r} is there {count} times in epoch {epoch}: the last counts")
    return scores, notes


def _records(sample: _LoggedSample, words: Counter[str]) -> dict[str, float | None] | None:
    """The values of a sample, None for unscored; None where it failed, or has no score.

    One that failed may have scores all the same, of what was there of its answer.

    A scorer with several values is several metrics: ``scorer.key``.
    """
    if sample.error or not sample.scores:
        return None
    given: dict[str, Any] = {}
    for scorer, score in sample.scores.items():
        if isinstance(score.value, dict):
            given |= {f"{scorer}.{key}": value for key, value in score.value.items()}
        else:
            given[scorer] = score.value
    numbers = {
        name: results.number(_GRADES.get(value, value) if isinstance(value, str) else value)
        for name, value in given.items()
    }
    words.update(name for name in given if numbers[name] is None and given[name] is not None)
    records = {name: results.scored(value) for name, value in numbers.items()}
    records[results.SECONDS] = sample.total_time
    for name, field in ((results.TOKENS, "total_tokens"), (results.COST, "total_cost")):
        amounts = [getattr(used, field) for used in sample.model_usage.values()]
        if amounts:
            records[name] = None if None in amounts else results.scored(sum(amounts))
    return records


def _fingerprint(samples: Sequence[_LoggedSample]) -> str:
    """The same for samples with the same input and target in all of their epochs."""
    found = sorted({json.dumps([_shown(one.input), _shown(one.target)]) for one in samples})
    return hashlib.sha256(json.dumps(found).encode()).hexdigest()[:16]


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
