"""The command line with all its commands, for tests that call it in this process."""

from __future__ import annotations

from summarizer.cli.main import command_line

app = command_line()
