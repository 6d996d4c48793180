"""The two streams: stdout is data, stderr is for people."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from collections.abc import Callable, Iterable
from functools import cache
from typing import IO, TYPE_CHECKING, Any, Final

from summarizer.pages.wording import printable as printable  # all commands take it from here

if TYPE_CHECKING:
    from rich.console import Console

    from summarizer.errors import SummarizerError

# JSON escapes C0 itself. DEL, C1 and the bidirectional overrides act on terminals; U+0085, U+2028
# and U+2029 end a line for some readers of JSON lines. All of them can only stand inside strings.
_ESCAPED_IN_JSON = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
SOME_FAILED_EXIT: Final = 1
INCOMPLETE_EXIT: Final = 12
INTERRUPTED_EXIT: Final = 130
SIGPIPE_EXIT: Final = 141


@cache
def stderr() -> Console:
    """The console for messages and progress; plain text where stderr is not a terminal."""
    from rich.console import Console

    return Console(stderr=True, highlight=False, soft_wrap=True)


def escape_json(text: str) -> str:
    """JSON without characters that act on a terminal or end a line; it means the same."""
    return _ESCAPED_IN_JSON.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def write_json(value: Any) -> None:
    """Print ``value`` as indented JSON."""
    prepare_stdout(data=True)
    sys.stdout.write(escape_json(json.dumps(value, indent=2, ensure_ascii=False)) + "\n")
    sys.stdout.flush()


def show_found(record: Callable[[], Any], lines: Iterable[str], *, as_json: bool) -> None:
    """What a command has found, on stdout: JSON for programs, or lines for people."""
    if as_json:
        write_json(record())
        return
    for line in lines:
        sys.stdout.write(printable(line) + "\n")


def prepare_stdout(*, data: bool) -> None:
    """Data is UTF-8 everywhere; text is what the terminal can show."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8" if data else None, errors="replace")


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


def say(text: str) -> None:
    """Lines for people, on stderr."""
    sys.stderr.write(printable(text) + "\n")
