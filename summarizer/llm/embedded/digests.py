"""The sha256 of weight files, computed once per state of a file.

A digest is remembered with the file's size and modification time; a file for which one of
them changed is read again. It cannot tell a change that forges both.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from summarizer.settings import Settings


def file_sha256(path: Path, *, settings: Settings) -> str:
    """The sha256 of ``path``, in hexadecimal.

    Raises OSError where the file cannot be read.
    """
    state = _state(path)
    memo = _memo(path, settings)
    try:
        known = json.loads(memo.read_text(encoding="utf-8"))
        if known["state"] == state:
            return str(known["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # Never computed, or the memo is damaged: compute it.
    digest = compute_sha256(path)
    _write(memo, {"path": str(path), "state": state, "sha256": digest})
    return digest


def compute_sha256(path: Path) -> str:
    """The sha256 of ``path``, read from start to end."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def remember(path: Path, sha256: str, *, settings: Settings) -> None:
    """Take ``sha256``, just computed, as the digest of ``path`` in its present state."""
    record = {"path": str(path), "state": _state(path), "sha256": sha256}
    _write(_memo(path, settings), record)


def forget(path: Path, *, settings: Settings) -> None:
    """Drop what is remembered about ``path``."""
    _memo(path, settings).unlink(missing_ok=True)


def _state(path: Path) -> dict[str, int]:
    stat = path.stat()
    return {"size": stat.st_size, "mtime_ns": stat.st_mtime_ns}


def _memo(path: Path, settings: Settings) -> Path:
    name = hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:16]
    return settings.data_dir / "models" / ".digests" / f"{name}.json"


def _write(memo: Path, record: Mapping[str, object]) -> None:
    partial = memo.with_suffix(f".{os.getpid()}")
    try:
        memo.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(json.dumps(record), encoding="utf-8")
        partial.replace(memo)
    except OSError:
        pass  # A read-only data folder costs the time of computing it again, nothing else.
