"""``summarizer prompts``: look at the prompts, compare and render them, release new versions."""

from __future__ import annotations

import difflib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from summarizer.cli import console, options
from summarizer.errors import PromptError

if TYPE_CHECKING or not options.only_help:
    from summarizer.articles import load
    from summarizer.prompts import store as prompts
    from summarizer.prompts.prompt import article_variables

prompts_commands = options.Commands()

_Ref = Annotated[str, typer.Argument(metavar="TASK[@vN]", help="A task, or one of its versions.")]
_Version = Annotated[str, typer.Argument(metavar="TASK@vN", help="A version of a task's prompt.")]


@prompts_commands.command("list")
def list_(as_json: options.JsonReport = False, prompts_dir: options.PromptsDir = None) -> None:
    """List the prompts in force, and whether each is as it was released."""
    files = prompts.list_prompts(folder=_folder(prompts_dir))
    lines = (
        f"{f'{file.task}@v{file.version}':<16} {_state(file):<8} {file.load().description}"
        for file in files
    )
    console.show_found([*map(_record, files)], lines, as_json=as_json)


@prompts_commands.command()
def show(prompt: _Ref, prompts_dir: options.PromptsDir = None) -> None:
    """Print a prompt's file."""
    typer.echo(console.printable(_text(_find(prompt, prompts_dir))), nl=False)


@prompts_commands.command()
def diff(old: _Version, new: _Version, prompts_dir: options.PromptsDir = None) -> None:
    """Print what changed between two versions, as a unified diff."""
    before, after = (_text(_find(ref, prompts_dir)).splitlines() for ref in (old, new))
    console.echo(*difflib.unified_diff(before, after, fromfile=old, tofile=new, lineterm=""))


@prompts_commands.command()
def render(
    prompt: _Ref,
    article: str | None = None,
    assignments: Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE")] = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
    prompts_dir: options.PromptsDir = None,
) -> None:
    """Print the messages that a prompt gives with these variables.

    Args:
        article: File or URL: sets the article, its title and its date.
        assignments: Set a variable, as JSON or as text.
        as_json: Print the messages as JSON.
    """
    loaded = _find(prompt, prompts_dir).load()
    values = article_variables(load(article, settings=options.settings())) if article else {}
    values = {name: value for name, value in values.items() if name in loaded.variables}
    messages = loaded.render(**values, **dict(map(_assignment, assignments or [])))
    lines = ("\n".join(f"# {one.role}\n{one.content}\n" for one in messages).removesuffix("\n"),)
    console.show_found(messages, lines, as_json=as_json)


@prompts_commands.command()
def lock(check: bool = False, prompts_dir: Path | None = None) -> None:
    """Release new prompt versions: add their sha256 to lock.json. Released ones never change.

    Args:
        check: Change nothing; fail if a version is not released.
        prompts_dir: The folder; ours by default.
    """
    if check:
        prompts.verify_lock(prompts_dir)
        console.say("every prompt is as it was released")
        return
    console.echo(*prompts.update_lock(prompts_dir))


def _folder(flag: Path | None) -> Path | None:
    return options.settings(prompts_dir=flag).prompts_dir


def _find(ref: str, prompts_dir: Path | None) -> prompts.PromptFile:
    task, version = prompts.parse_ref(ref)
    return prompts.find_prompt(task, version=version, folder=_folder(prompts_dir))


def _text(file: prompts.PromptFile) -> str:
    return file.read().decode(errors="replace")


def _state(file: prompts.PromptFile) -> str:
    released = prompts.read_lock(file.path.parent.parent).get(file.key)
    if released is None:
        return "new"
    return "released" if released == file.load().sha256 else "changed"


def _record(file: prompts.PromptFile) -> dict[str, Any]:
    shown = {"version", "sha256", "description", "variables", "parameters"}
    about = {"task": file.task, "state": _state(file), "path": str(file.path)}
    return about | file.load().model_dump(mode="json", include=shown)


def _assignment(text: str) -> tuple[str, Any]:
    name, separator, value = text.partition("=")
    if not separator:
        raise PromptError(f"--set {text!r}: expected NAME=VALUE", hint="--set words=60")
    try:
        return name, json.loads(value)
    except (ValueError, RecursionError):
        return name, value
