from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

WritePrompt = Callable[..., Path]


@pytest.fixture
def write_prompt(tmp_path: Path) -> WritePrompt:
    """Write a prompt file that is right but for what the test says."""

    def write(
        body: str = "# user\nSummarize {{ article }}",
        *,
        task: str = "digest",
        version: int = 1,
        head: str | None = None,
        variables: str = "[article]",
    ) -> Path:
        if head is None:
            head = f"task: {task}\nversion: {version}\ndescription: A test.\nvariables: {variables}"
        path = tmp_path / "prompts" / task / f"v{version}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"---\n{head}\n---\n{body}\n", encoding="utf-8")
        return path

    return write
