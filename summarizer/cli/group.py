"""The command group that turns our errors into messages and exit codes."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from summarizer.cli.console import show_error
from summarizer.errors import SummarizerError


class ErrorGroup(TyperGroup):
    """Shows a SummarizerError as text and exits with its code; bugs keep their traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except SummarizerError as error:
            show_error(error)
            raise typer.Exit(error.exit_code) from None
