"""docs/evals.md: the commands that show figures print these figures."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from typer.testing import CliRunner
from whole_app import app

PAGE = Path(__file__).parents[2] / "docs" / "evals.md"


def shown() -> Iterator[tuple[str, str]]:
    """Each command of the console blocks, with what it is said to print."""
    for token in MarkdownIt("commonmark").parse(PAGE.read_text("utf-8")):
        if token.type == "fence" and token.info == "console":
            for part in token.content.split("$ ")[1:]:
                command, _, output = part.partition("\n")
                yield command, output.strip()


def test_the_figures_of_the_page_are_what_the_commands_print(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()
    made = "eval run smoke --model extractive --out runs/smoke"
    assert runner.invoke(app, made.split()).exit_code == 0

    # The run with context is the same one, grown: what is there is not made again.
    shutil.copytree("runs/smoke", "runs/context")

    commands = [one for one in shown() if "summarizer eval" in one[0] and "smoke" in one[0]]
    commands += [one for one in shown() if "runs/context" in one[0] and "smoke" not in one[0]]
    for command, output in commands:
        result = runner.invoke(app, shlex.split(command)[1:])
        if output:
            assert result.stdout.strip() == output, command
    assert len([output for _, output in commands if output]) == 3
