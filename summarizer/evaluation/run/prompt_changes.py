"""What changed in the prompts between two variants, as unified diffs."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import NamedTuple

from summarizer.errors import PromptError
from summarizer.evaluation.run.manifest import Manifest
from summarizer.evaluation.run.variants import Variant
from summarizer.prompts import find_prompt


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
