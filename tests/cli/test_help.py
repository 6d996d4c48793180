"""Every command and every option says what it does."""

from __future__ import annotations

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
