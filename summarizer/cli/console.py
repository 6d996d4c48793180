"""The two streams: stdout is data, stderr is for people."""

from __future__ import annotations

import os
import re
import sys
from functools import cache
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rich.console import Console

    from summarizer.errors import SummarizerError

SIGPIPE_EXIT: Final = 141
# C0 and C1 controls except tab and newline, and the bidirectional overrides: text from articles
# and models must not move the cursor, set the title, or reorder what a person reads.
_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    r"""``text`` without characters that control a terminal.

    >>> printable("a\x1b[31mb")
    'a[31mb'
    """
    return _UNSAFE.sub("", text)


@cache
def stderr() -> Console:
    """The console for messages and progress; plain text where stderr is not a terminal."""
    from rich.console import Console

    return Console(stderr=True, highlight=False, soft_wrap=True)


def abandon(stream: IO[str]) -> None:
    """Let what a stream still holds go nowhere: Python flushes it at the end, and would fail."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def show_error(error: SummarizerError) -> None:
    """One line that says what and why, and one that says what to do next."""
    sys.stderr.write(f"error: {printable(str(error))}\n")
    if error.hint:
        sys.stderr.write(f"  try: {printable(error.hint)}\n")


def show_warning(message: str) -> None:
    """One line on stderr."""
    sys.stderr.write(f"warning: {printable(message)}\n")
