"""Where prompts are: ``<folder>/<task>/v<N>.md``, a user's folder before ours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from summarizer.errors import PromptError
from summarizer.prompts.prompt import Prompt, parse_prompt
from summarizer.settings import data_root

MAX_FILE_BYTES: Final = 64 * 1024
_TASK = re.compile(r"[a-z][a-z0-9_-]{0,63}")
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
        if (prompt.name, prompt.version) != (self.task, self.version):
            raise PromptError(
                f"prompt {self.path}: its front matter says {prompt.name!r} version "
                f"{prompt.version}, its path {self.task!r} version {self.version}"
            )
        return prompt

    def read(self) -> bytes:
        """The file's bytes. Raises PromptError where it is unreadable or too large."""
        try:
            with self.path.open("rb") as file:
                data = file.read(MAX_FILE_BYTES + 1)
        except OSError as error:
            raise PromptError(f"prompt {self.path}: {error.strerror}") from None
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


def list_prompts(task: str | None = None, *, folder: Path | None = None) -> list[PromptFile]:
    """The prompt files in force, by task and version, oldest first.

    Raises PromptError where ``folder`` is not a folder.
    """
    if folder is not None and not folder.is_dir():
        raise PromptError(f"there is no prompts folder {str(folder)!r}")
    found: dict[str, list[PromptFile]] = {}
    for root in [prompts_folder()] if folder is None else [prompts_folder(), folder]:
        by_task: dict[str, list[PromptFile]] = {}
        for file in files_in(root):
            by_task.setdefault(file.task, []).append(file)
        found |= by_task
    tasks = sorted(found) if task is None else [task] if task in found else []
    return [file for name in tasks for file in found[name]]


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
