"""docs/commands.md, made from the command line's own help.

    python tests/command_reference.py

writes the file; a test fails where it is stale.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup
from whole_app import app

FILE = Path(__file__).parents[1] / "docs" / "commands.md"
Command = TyperCommand | TyperGroup


def commands() -> dict[str, Command]:
    """``summarizer`` and every group and command below it, by full name, in order of help."""
    return dict(_walk("summarizer", typer.main.get_command(app)))


def _walk(name: str, command: object) -> Iterator[tuple[str, Command]]:
    assert isinstance(command, TyperCommand | TyperGroup)
    yield name, command
    if isinstance(command, TyperGroup):
        for child, found in command.commands.items():
            yield from _walk(f"{name} {child}", found)


def reference() -> str:
    """The whole file."""
    head = (
        "# Commands\n\n"
        "Made by `python tests/command_reference.py` from the commands' own help; do not edit."
    )
    return "\n\n".join([head, *(_section(*item) for item in commands().items())]) + "\n"


def _section(name: str, command: Command) -> str:
    context = typer.Context(command, info_name=name)
    records = filter(None, (parameter.get_help_record(context) for parameter in command.params))
    parts = [
        f"## {name}",
        _one_line(command.help),
        f"    {_usage(name, command)}",
        "\n".join(f"- `{names}`: {_one_line(text)}" for names, text in records),
        _one_line(command.epilog),
    ]
    return "\n\n".join(filter(None, parts))


def _usage(name: str, command: Command) -> str:
    arguments = [p for p in command.params if isinstance(p, TyperArgument)]
    words = [name, "[OPTIONS]"] if len(arguments) < len(command.params) else [name]
    for argument in arguments:
        shown = (argument.metavar or str(argument.name).upper()).removesuffix("...")
        shown += "..." if argument.nargs == -1 else ""
        words.append(shown if argument.required else f"[{shown}]")
    return " ".join([*words, "COMMAND ..."] if isinstance(command, TyperGroup) else words)


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())


if __name__ == "__main__":
    FILE.write_text(reference(), encoding="utf-8")
