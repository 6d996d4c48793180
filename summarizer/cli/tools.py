"""``summarizer tools``: the tools' definitions, for requests to a model's API."""

from __future__ import annotations

from typing import Annotated, Literal

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(tools)


def tools(
    style: Annotated[
        Literal["openai", "anthropic", "mcp"], typer.Option("--format", help="Whose form.")
    ] = "openai",
) -> None:
    """Print the tools as JSON: names, descriptions and schemas, as an API's requests have them."""
    import json

    from summarizer.plugins.tools import definitions

    typer.echo(json.dumps(definitions(style), indent=2, ensure_ascii=False))
