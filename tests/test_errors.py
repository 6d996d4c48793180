"""What an error says besides what went wrong: the next step."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner
from whole_app import app

from summarizer.errors import ConfigurationError


def read(path: Path) -> None:
    """A file that is read as all of them are: the system's error becomes one of ours."""
    try:
        path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"cannot read {str(path)!r}: {error.strerror}") from None


@pytest.mark.parametrize(
    "command",
    [
        "taxonomy fit {tmp}/nope.yaml --on {tmp}",
        "taxonomy list --taxonomy {tmp}",
        "taxonomy show no-such-topic",
        "taxonomy import {tmp}/nope.json -o {tmp}/new.yaml",
        "prompts list --prompts-dir {tmp}/nope",
        "prompts show digest@v99",
        "eval run nope",
        "eval run {tmp}",
        "eval score {tmp}",
        "eval compare {tmp}/a {tmp}/b",
        "eval gate {tmp}/a",
        "eval report {tmp}/a",
        "eval trend --runs {tmp}",
        "eval label nope -o {tmp}/labels.jsonl --rater me",
        "eval label --agreement {tmp}/nope.jsonl",
        "batch status {tmp}",
        "models pull nope",
        "summarize {tmp}/nope.txt --model extractive",
    ],
)
def test_a_mistake_is_told_with_a_next_step(command: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, command.format(tmp=tmp_path).split())
    assert 1 <= result.exit_code <= 4
    assert "error: " in result.stderr
    assert "\n  try: " in result.stderr


def test_a_file_that_is_not_there_is_looked_for_in_its_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path / "nope")
    assert caught.value.hint == f"check the name: ls {tmp_path}"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path)
    assert caught.value.hint == "name a file, not a folder"


def test_what_an_error_says_itself_goes_before_the_system() -> None:
    error = ConfigurationError("no", hint="ask")
    error.__context__ = FileNotFoundError(2, "No such file", "x")
    assert error.hint == "ask"
