"""``summarizer trust``: let the settings file of the working folder set everything."""

from __future__ import annotations

from typing import Annotated

import typer

from summarizer.cli.console import printable


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(trust)


def trust(
    undo: Annotated[bool, typer.Option("--undo", help="Do not trust it any more.")] = False,
) -> None:
    """Trust summarizer.toml in the working folder, until its content changes.

    Without trust it may set length, style, language, max_topics, depth, prompt_versions and a
    taxonomy inside the folder. A trusted file may set everything: where articles are sent, which
    model is used and paid, which folders are written. What it sets is shown; keys are not.
    """
    from summarizer.settings import trust_folder

    path, found = trust_folder(undo=undo)
    typer.echo(f"{'not trusted' if undo else 'trusted'}: {printable(str(path))}")
    for name, value in {} if undo else found.items():
        shown = "(not shown)" if "key" in name else repr(value)
        typer.echo(printable(f"  {name} = {shown}"))
