"""A run: its manifest, a line for each digest, the code and prices behind it, changed prompts."""

from __future__ import annotations

import difflib
import hashlib
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, Literal, NamedTuple

from pydantic import ConfigDict, Field

from summarizer.batch.estimate import Price
from summarizer.digest import Digest, Failure, ModelRef, Value
from summarizer.errors import PromptError
from summarizer.evaluation.run.variants import Variant
from summarizer.evaluation.suite.definition import Suite
from summarizer.prompts import find_prompt

# What is called sample and variant here was case and cell when the format was made.
_DISK_NAMES: Final = {
    "sample": "case",
    "samples": "cases",
    "variant": "cell",
    "variants": "cells",
}


class Stored(Value):
    """A value that runs keep, and that commands write as JSON: its keys there stay as they were."""

    model_config = ConfigDict(
        alias_generator=lambda name: _DISK_NAMES.get(name, name),
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
    )


class Key(NamedTuple):
    """What a generation is of."""

    sample: str
    variant: str
    epoch: int


class Generation(Stored):
    """A digest that was made, or why there is none. Of two with one key the later counts."""

    sample: str
    variant: str
    epoch: int = Field(ge=0)
    result: Digest | Failure
    session: str | None = Field(
        default=None,
        description="The process that made it: of one process, all variants of an article were "
        "made in turns, so that their times can be compared.",
    )
    warm_up: bool = Field(
        default=False,
        description="The first of its variant in a process: its time holds the start, and is not "
        "scored.",
    )

    @property
    def key(self) -> Key:
        """What it is of."""
        return Key(self.sample, self.variant, self.epoch)

    @property
    def cost_usd(self) -> float | None:
        """US dollars, where they are known."""
        return self.result.usage.cost_usd if isinstance(self.result, Digest) else None

    @property
    def tokens(self) -> int:
        """That were sent and generated for it."""
        if not isinstance(self.result, Digest):
            return 0
        return self.result.usage.prompt_tokens + self.result.usage.completion_tokens


class Revision(Value):
    """The state of a git checkout."""

    sha: str
    dirty: bool = Field(description="Whether files differed from that commit.")


class PlannedVariant(Stored):
    """A variant, and the model that it turned out to be."""

    variant: Variant
    model: ModelRef
    price: Price | None = Field(description="Null where no price is known, or none is paid.")


class Asked(Value):
    """How a run was asked for: what going on with it needs besides the suite. Never a key."""

    base_url: str | None = Field(default=None, description="Of --base-url, without a password.")
    prompts_dir: str | None = None
    cache: bool = True


class Manifest(Stored):
    """What a run is made of: enough to make it again, and to tell whether two runs match."""

    format: Literal[1] = 1
    suite: Suite
    suite_path: str
    suite_sha256: str
    data_sha256: str = Field(description="Of the data file; of a folder: of names and sizes.")
    created: str = Field(description="Date and time, UTC.")
    revision: Revision | None = Field(description="Null outside of a git checkout.")
    packages: dict[str, str] = Field(description="Versions of what the results depend on.")
    python: str
    prompts: dict[str, int] = Field(description="Versions of the tasks that no variant names.")
    prompt_sha256: dict[str, str] = Field(description="Such as digest@v1 -> hash of the file.")
    taxonomy: str = Field(description="Name and version.")
    taxonomy_sha256: str
    variants: tuple[PlannedVariant, ...]
    epochs: int
    asked: Asked = Asked()

    def keys(self, samples: Iterable[str]) -> Iterator[Key]:
        """Everything that the run consists of, in the order it is made.

        All variants of an article come together, each of them first on some articles, so that
        what a machine or an endpoint does at an hour touches all of them alike.
        """
        names = [planned.variant.name for planned in self.variants]
        for place, sample in enumerate(samples):
            first = place % len(names)
            for epoch in range(self.epochs):
                for name in (*names[first:], *names[:first]):
                    yield Key(sample, name, epoch)


_GIT_SECONDS: Final = 10.0


def git_revision(folder: Path) -> Revision | None:
    """The state of the checkout that ``folder`` is in; None outside of one, or without git."""
    git = shutil.which("git")
    sha = _git(git, "rev-parse", "HEAD", folder=folder) if git else None
    if not sha:
        return None
    # Files that git does not know, such as earlier runs, change no result.
    changed = _git(git, "status", "--porcelain", "--untracked-files=no", folder=folder)
    return Revision(sha=sha, dirty=bool(changed))


def _git(git: str | None, *arguments: str, folder: Path) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments
            [git or "git", *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=_GIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def content_sha256(path: Path) -> str:
    """The hash of a file; of a folder: that of the names and sizes of its files."""
    if path.is_file():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    names = (
        f"{file.relative_to(path)}\t{file.stat().st_size}\n"
        for file in sorted(path.rglob("*"))
        if file.is_file()
    )
    return hashlib.sha256("".join(names).encode()).hexdigest()


class PromptChange(NamedTuple):
    """A prompt that is another one in B than in A.

    Attributes:
        old: that of A, such as ``digest@v1``.
        new: that of B.
        lines: the unified diff; one sentence where a file is not what it was in the run.
    """

    old: str
    new: str
    lines: tuple[str, ...]


def prompt_changes(a: tuple[Manifest, Variant], b: tuple[Manifest, Variant]) -> list[PromptChange]:
    """The prompts that differ between two variants of one run, or of two.

    Args:
        a: what was: a run, and a variant of it.
        b: what is new.
    """
    (run_a, variant_a), (run_b, variant_b) = a, b
    found = []
    for task in sorted(variant_a.prompts.keys() | variant_b.prompts.keys()):
        old = f"{task}@v{variant_a.prompts.get(task, run_a.prompts.get(task, 1))}"
        new = f"{task}@v{variant_b.prompts.get(task, run_b.prompts.get(task, 1))}"
        if run_a.prompt_sha256.get(old) != run_b.prompt_sha256.get(new):
            found.append(PromptChange(old, new, _lines((run_a, old), (run_b, new))))
    return found


def _lines(a: tuple[Manifest, str], b: tuple[Manifest, str]) -> tuple[str, ...]:
    before, after = _text(*a), _text(*b)
    if before is None or after is None:
        gone = a[1] if before is None else b[1]
        return (f"{gone} is not there any more as it was when the run began",)
    return tuple(difflib.unified_diff(before, after, fromfile=a[1], tofile=b[1], lineterm=""))


def _text(manifest: Manifest, ref: str) -> list[str] | None:
    """The lines of a prompt's file; None where it is not the one that the run used."""
    task, _, version = ref.partition("@v")
    folder = Path(manifest.asked.prompts_dir) if manifest.asked.prompts_dir else None
    try:
        file = find_prompt(task, version=int(version), folder=folder)
        if file.load().sha256 != manifest.prompt_sha256.get(ref):
            return None
        return file.read().decode(errors="replace").splitlines()
    except (PromptError, OSError):
        return None
