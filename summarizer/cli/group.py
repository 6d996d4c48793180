"""The command group that turns our errors into messages and exit codes."""

from __future__ import annotations

import errno
import sys
from typing import Any

import typer
from typer.core import TyperGroup

from summarizer.cli.console import SIGPIPE_EXIT, abandon, show_error
from summarizer.errors import SummarizerError


class ErrorGroup(TyperGroup):
    """Shows a SummarizerError as text and exits with its code; bugs keep their traceback.

    A reader that goes away (``| head``) ends every command quietly, as SIGPIPE would.
    """

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except SummarizerError as error:
            show_error(error)
            raise typer.Exit(error.exit_code) from None
        except BrokenPipeError:
            abandon(sys.stdout)
            raise typer.Exit(SIGPIPE_EXIT) from None
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            abandon(sys.stdout)
            where = f" for {error.filename!r}" if error.filename else ""
            show_error(SummarizerError(f"no space is left on the disk{where}"))
            raise typer.Exit(SummarizerError.exit_code) from None
