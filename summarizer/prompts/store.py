"""Where prompts are: ``<folder>/<task>/v<N>.md``, a user's folder before ours.

``lock.json`` beside them holds the SHA-256 of every released version, which never changes again:
``{"digest/v1": "<64 hex digits>", ...}``.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Final, NamedTuple

from summarizer.errors import PromptError, system_errors
from summarizer.prompts.prompt import Prompt, parse_prompt
from summarizer.settings import data_root

LOCK_FILE: Final = "lock.json"
MAX_FILE_BYTES: Final = 64 * 1024
_TASK = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_REF = re.compile(r"(?P<task>[^@]+)(?:@v(?P<version>[0-9]{1,6}))?")
_VERSION = re.compile(r"v([1-9][0-9]{0,5})\.md")


class PromptFile(NamedTuple):
    """A prompt version that exists."""

    task: str
    version: int
    path: Path

    @property
    def key(self) -> str:
        """Its name in lock.json, such as ``digest/v1``."""
        return f"{self.task}/v{self.version}"

    def load(self) -> Prompt:
        """Parse the file. Raises PromptError."""
        prompt = parse_prompt(self.read(), where=str(self.path))
        if (prompt.task, prompt.version) != (self.task, self.version):
            raise PromptError(
                f"prompt {self.path}: its front matter says {prompt.task!r} version "
                f"{prompt.version}, its path {self.task!r} version {self.version}",
                hint="make the two say the same",
            )
        return prompt

    def read(self) -> bytes:
        """The file's bytes. Raises PromptError where it is unreadable or too large."""
        with system_errors(f"prompt {self.path}", PromptError), self.path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
        if len(data) > MAX_FILE_BYTES:
            raise PromptError(f"prompt {self.path} is larger than {MAX_FILE_BYTES:,} bytes")
        return data


def prompts_folder() -> Path:
    """The folder of the prompts that ship with the product."""
    return data_root() / "prompts"


def load_prompt(task: str, *, version: int | None = None, folder: Path | None = None) -> Prompt:
    """The prompt for a task: a user's ``folder`` first, the newest version by default.

    A task that has a folder of its own in ``folder`` is the user's: versions of ours count only
    when they are asked for by number. Raises PromptError for an unknown task or version.
    """
    return find_prompt(task, version=version, folder=folder).load()


def find_prompt(task: str, *, version: int | None = None, folder: Path | None = None) -> PromptFile:
    """The file that ``load_prompt`` would load. Raises PromptError where there is none."""
    files = list_prompts(task, folder=folder)
    if not files:
        known = ", ".join(sorted({file.task for file in list_prompts(folder=folder)}))
        raise PromptError(
            f"no prompt for the task {task!r}" + (f"; there are: {known}" if known else ""),
            hint="summarizer prompts list",
        )
    if version is None:
        return files[-1]
    for file in [*files, *list_prompts(task)]:
        if file.version == version:
            return file
    raise PromptError(f"prompt {task!r} has no version {version}", hint="summarizer prompts list")


def parse_ref(ref: str) -> tuple[str, int | None]:
    """Task and version of ``TASK`` or ``TASK@vN``. Raises PromptError for anything else."""
    match = _REF.fullmatch(ref)
    if match is None:
        raise PromptError(f"{ref!r} is not a prompt", hint="write TASK or TASK@vN: digest@v1")
    return match["task"], int(match["version"]) if match["version"] else None


def list_prompts(task: str | None = None, *, folder: Path | None = None) -> list[PromptFile]:
    """The prompt files in force, by task and version, oldest first.

    Raises PromptError where ``folder`` is not a folder, or has no prompts.
    """
    if folder is not None:
        _check_folder(folder)
    found: dict[str, list[PromptFile]] = {}
    for root in [prompts_folder()] if folder is None else [prompts_folder(), folder]:
        by_task = groupby(files_in(root), key=attrgetter("task"))
        found |= {name: list(files) for name, files in by_task}
    return [file for name in sorted(found) if task in (None, name) for file in found[name]]


def newest_versions(folder: Path | None) -> dict[str, int]:
    """The version of each task's prompt that is in force."""
    return {file.task: file.version for file in list_prompts(folder=folder)}


def named_versions(refs: Iterable[str], *, folder: Path | None) -> dict[str, int]:
    """The versions that ``refs`` such as 'digest@v2' name, by task; the newest of 'digest' alone.

    Raises PromptError for one that does not exist.
    """
    files = [find_prompt(task, version=v, folder=folder) for task, v in map(parse_ref, refs)]
    return {file.task: file.version for file in files}


def prompt_hashes(versions: Iterable[tuple[str, int]], *, folder: Path | None) -> dict[str, str]:
    """The hash of each prompt of (task, version), by its name, such as ``digest@v1``."""
    return {
        f"{task}@v{version}": find_prompt(task, version=version, folder=folder).load().sha256
        for task, version in sorted(set(versions))
    }


def files_in(root: Path) -> Iterator[PromptFile]:
    """The prompt files of one folder, by task and version."""
    if not root.is_dir():
        return
    for folder in sorted(root.iterdir()):
        if folder.is_dir() and _TASK.fullmatch(folder.name):
            versions = [(_VERSION.fullmatch(path.name), path) for path in folder.iterdir()]
            numbered = [(int(match[1]), path) for match, path in versions if match]
            for version, path in sorted(numbered):
                if path.is_file():
                    yield PromptFile(folder.name, version, path)


def read_lock(folder: Path | None = None) -> dict[str, str]:
    """The lock of a prompts folder (ours by default); empty where it has none yet."""
    path = (folder or prompts_folder()) / LOCK_FILE
    if not path.is_file():
        return {}
    try:
        lock = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        lock = None
    if not isinstance(lock, dict) or not all(isinstance(value, str) for value in lock.values()):
        raise PromptError(f"{path} is not a JSON object of file hashes")
    return lock


def verify_lock(folder: Path | None = None) -> None:
    """Raise PromptError unless every prompt file is as it was released, and released."""
    unreleased = _compare(folder or prompts_folder())
    if unreleased:
        problem = f"not in {LOCK_FILE}: {', '.join(sorted(unreleased))}"
        of_folder = f" --prompts-dir {shlex.quote(str(folder))}" if folder else ""
        raise PromptError(problem, hint=f"summarizer prompts lock{of_folder}")


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
    with system_errors(f"cannot write {str(path)!r}", PromptError):
        try:
            partial.write_text(text, encoding="utf-8")
            partial.replace(path)
        finally:
            with suppress(OSError):
                partial.unlink(missing_ok=True)


def _check_folder(folder: Path) -> None:
    if not any(files_in(folder)) and not (folder / LOCK_FILE).is_file():
        what = "are no prompts in" if folder.is_dir() else "is no prompts folder"
        raise PromptError(
            f"there {what} {str(folder)!r}",
            hint="name a folder of TASK/vN.md; summarizer prompts list shows ours",
        )


def _compare(folder: Path) -> dict[str, str]:
    """The hashes of the files that are not in the lock; PromptError for a changed release."""
    _check_folder(folder)
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


class PromptSet:
    """The prompts of one engine by task, each read once, in the version that is asked for."""

    def __init__(self, folder: Path | None, versions: Mapping[str, int]) -> None:
        self._folder = folder
        self._versions = versions
        self._prompts: dict[str, Prompt] = {}

    def __getitem__(self, task: str) -> Prompt:
        # Parsing a template takes longer than all else that an article costs here.
        if task not in self._prompts:
            version = self._versions.get(task)
            self._prompts[task] = load_prompt(task, version=version, folder=self._folder)
        return self._prompts[task]
