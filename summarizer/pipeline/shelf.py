"""The prompts of one engine: each read once, in the version that is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from summarizer.prompts import Prompt, load_prompt


class PromptShelf:
    """Prompts by task: a user's folder first, the newest version unless another is named."""

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
