"""``summarizer tools``: the tools' definitions, for requests to a model's API."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from summarizer.cli.console import write_json


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(tools)


def tools(
    style: Annotated[
        Literal["openai", "anthropic", "mcp"], typer.Option("--format", help="Whose form.")
    ] = "openai",
) -> None:
    """Print the tools as JSON: names, descriptions and schemas, as an API's requests have them."""
    from summarizer.plugins.tools import definitions

    write_json(definitions(style))
