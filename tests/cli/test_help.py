"""Every command and every option says what it does."""

from __future__ import annotations

import subprocess
import sys

import pytest
from command_reference import commands
from for_each import for_each
from typer.core import TyperArgument, TyperGroup, TyperOption

COMMANDS = commands()


@for_each(COMMANDS)
def test_a_command_says_what_it_does(name: str) -> None:
    text = COMMANDS[name].help or ""

    assert text.strip(". ") not in ("", "TODO")
    assert text.split("\n")[0].endswith((".", ":", ";"))


@for_each(COMMANDS)
def test_every_option_says_what_it_does(name: str) -> None:
    silent = [
        parameter.name
        for parameter in COMMANDS[name].params
        if isinstance(parameter, TyperOption | TyperArgument) and not parameter.help
    ]
    assert silent == []


@for_each(COMMANDS)
def test_a_group_without_a_command_shows_its_help(name: str) -> None:
    command = COMMANDS[name]

    assert not isinstance(command, TyperGroup) or command.no_args_is_help


@pytest.mark.parametrize("words", ["--help", "--help eval"])
def test_help_before_a_command_lists_all(words: str) -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "summarizer", *words.split()], capture_output=True, text=True
    ).stdout

    listed = shown.partition("Commands:")[2]
    assert "\n  summarize " in listed
    assert "\n  eval " in listed


def test_what_only_looks_like_a_wish_for_help_is_run() -> None:
    """The help of a group loads nothing that its commands work with."""
    words = ("index", "search", "--corpus", "none", "--", "--help")
    asked = [sys.executable, "-m", "summarizer", *words]
    done = subprocess.run(asked, capture_output=True, text=True)

    assert done.returncode == 2
    assert "error: " in done.stderr
    assert "Traceback" not in done.stderr
