"""``lock.json``: the SHA-256 of every released prompt version. Released files never change.

{"digest/v1": "<64 hex digits>", ...}
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from summarizer.errors import PromptError
from summarizer.prompts.store import files_in, prompts_folder

LOCK_FILE: Final = "lock.json"


def read_lock(folder: Path | None = None) -> dict[str, str]:
    """The lock of a prompts folder (ours by default); empty where it has none yet."""
    path = (folder or prompts_folder()) / LOCK_FILE
    if not path.is_file():
        return {}
    try:
        lock = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        lock = None
    if not isinstance(lock, dict) or not all(isinstance(value, str) for value in lock.values()):
        raise PromptError(f"{path} is not a JSON object of file hashes")
    return lock


def verify_lock(folder: Path | None = None) -> None:
    """Raise PromptError unless every prompt file is as it was released, and released."""
    unreleased = _compare(folder or prompts_folder())
    if unreleased:
        names = ", ".join(sorted(unreleased))
        raise PromptError(f"not in {LOCK_FILE}: {names}", hint="summarizer prompts lock")


def update_lock(folder: Path | None = None) -> list[str]:
    """Release the new prompt versions of a folder: add them to its lock, return their names.

    Raises PromptError where a released version was changed or removed, or a new one is malformed.
    """
    folder = folder or prompts_folder()
    unreleased = _compare(folder)
    for file in files_in(folder):
        if file.key in unreleased:
            file.load()
    if unreleased:
        lock = read_lock(folder) | unreleased
        _replace(folder / LOCK_FILE, json.dumps(lock, indent=2, sort_keys=True) + "\n")
    return sorted(unreleased)


def _replace(path: Path, text: str) -> None:
    """Write the lock whole or not at all: half of one would forget what was released."""
    partial = path.with_suffix(f".{os.getpid()}")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink()
        raise PromptError(f"cannot write {str(path)!r}: {error.strerror}") from None


def _compare(folder: Path) -> dict[str, str]:
    """The hashes of the files that are not in the lock; PromptError for a changed release."""
    lock = read_lock(folder)
    actual = {file.key: hashlib.sha256(file.read()).hexdigest() for file in files_in(folder)}
    for name, sha256 in lock.items():
        if actual.get(name) != sha256:
            what = "was changed" if name in actual else "is missing"
            raise PromptError(
                f"the released prompt {name} {what}",
                hint=f"restore {folder / name}.md, and put the new text in the next version",
            )
    return {name: sha256 for name, sha256 in actual.items() if name not in lock}
