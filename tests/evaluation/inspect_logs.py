"""Inspect logs as Inspect writes them, made by hand: the tests do not need it."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from backports import zstd

IDS = tuple("abcdefgh")


def samples(
    scores: Mapping[str, Sequence[Any]],
    *,
    ids: Sequence[Any] = IDS,
    epoch: int = 1,
    **changes: Any,
) -> list[dict[str, Any]]:
    """A summary for each id; a score ``...`` is a sample that failed."""
    found = []
    for place, id_ in enumerate(ids):
        values = {name: column[place] for name, column in scores.items()}
        failed = ... in values.values()
        found.append(
            {
                "id": id_,
                "epoch": epoch,
                "input": f"What is {id_}?",
                "target": f"{id_}, of course",
                "metadata": {"story": f"story {place // 2}"},
                "scores": {}
                if failed
                else {name: {"value": value} for name, value in values.items()},
                "model_usage": {"mock/model": {"total_tokens": 10 * (place + 1)}},
                "total_time": 0.5,
                "error": "RuntimeError('no')" if failed else None,
                "completed": True,
                **changes,
            }
        )
    return found


def header(*, ids: Sequence[Any] = IDS, epochs: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "version": 2,
        "status": "success",
        "eval": {
            "created": "2025-11-24T12:00:00+00:00",
            "task": "sayings",
            "model": "mock/model",
            "dataset": {"name": "sayings", "samples": len(ids), "sample_ids": list(ids)},
            "config": {"epochs": epochs},
        },
        **changes,
    }


def write_json(path: Path, found: Sequence[Any], head: Mapping[str, Any] | None = None) -> Path:
    path.write_text(json.dumps({**(head or header()), "samples": found}, indent=2))
    return path


def write_eval(path: Path, found: Sequence[Any], head: Mapping[str, Any] | None = None) -> Path:
    entries = {"header.json": head or header(), "summaries.json": found}
    return write_zip(path, {name: json.dumps(data) for name, data in entries.items()})


def write_zip(path: Path, entries: Mapping[str, str | bytes]) -> Path:
    with ZipFile(path, "w", ZIP_DEFLATED) as log:
        for name, data in entries.items():
            log.writestr(name, data)
    return path


def write_zstandard(path: Path, entries: Mapping[str, bytes], *, wrong_sum: bool = False) -> Path:
    """A zip whose entries have method 93, by PKWARE's APPNOTE.TXT; zipfile cannot before 3.14."""
    body, directory = b"", b""
    for name, data in entries.items():
        # Two frames, as Inspect writes large entries.
        half = len(data) // 2
        packed = b"".join(zstd.compress(part) for part in (data[:half], data[half:]))
        checksum = zlib.crc32(data) ^ wrong_sum
        sizes = struct.pack("<HHHHHIIIHH", 63, 0, 93, 0, 33, checksum, len(packed), len(data),
                            len(name), 0)  # fmt: skip
        directory += b"PK\x01\x02" + struct.pack("<H", 63) + sizes
        directory += struct.pack("<HHHII", 0, 0, 0, 0, len(body)) + name.encode()
        body += b"PK\x03\x04" + sizes + name.encode() + packed
    end = struct.pack("<HHHHIIH", 0, 0, len(entries), len(entries), len(directory), len(body), 0)
    path.write_bytes(body + directory + b"PK\x05\x06" + end)
    return path
