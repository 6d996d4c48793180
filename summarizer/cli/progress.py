"""What goes on while articles are digested, as a live line, or every ten seconds as a plain one."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Final

from summarizer.cli.console import printable, say
from summarizer.progress import listening

if TYPE_CHECKING:
    from summarizer.summaries.outcome import OnText

_SILENCE: Final = 10.0  # seconds between two lines where stderr is no terminal
_FRAMES: Final = 4  # a second


@contextmanager
def article_progress(*, quiet: bool, with_draft: bool) -> Iterator[OnText | None]:
    """Shows the stage of one article and the seconds it took, and takes them away at the end.

    Args:
        quiet: show nothing.
        with_draft: on a terminal, show the summary as it is written, too.
    """
    if quiet:
        yield None
        return
    began = time.monotonic()
    stage, draft = "reading the article", ""

    def on_step(message: str | None) -> None:
        nonlocal stage
        stage = message or stage

    def on_text(piece: str) -> None:
        nonlocal draft
        draft += piece

    def line() -> str:
        return f"{stage}, {time.monotonic() - began:.0f} s"

    with listening(on_step), _shown(line, lambda: draft if with_draft else ""):
        # A model that is asked for its answer piece by piece says when it begins to write.
        yield on_text if sys.stderr.isatty() else None


class BatchProgress:
    """How many of the articles are done, how many failed, and how long the rest will take."""

    def __init__(self) -> None:
        self.total: int | None = None
        self.done = self.failed = 0
        self.stage = ""
        self._began = time.monotonic()

    def advance(self, *, failed: bool) -> None:
        """One more is done."""
        self.done += 1
        self.failed += failed

    def line(self) -> str:
        """For example "12 of 300, 4 failed, about 6 min left"."""
        parts = [f"{self.done:,}" + (f" of {self.total:,}" if self.total else " articles")]
        if self.failed:
            parts.append(f"{self.failed:,} failed")
        took = time.monotonic() - self._began
        if self.total and self.done:
            parts.append(f"about {duration(took / self.done * (self.total - self.done))} left")
        else:
            parts.append(duration(took))
        return ", ".join(parts) + (f": {self.stage}" if self.stage else "")

    def hear(self, message: str | None) -> None:
        """What is done with the article that is being worked on."""
        self.stage = message or self.stage


@contextmanager
def batch_progress(
    *, shown: bool, stages: bool, count: Callable[[], int | None]
) -> Iterator[BatchProgress]:
    """Counts articles, and shows the count.

    Args:
        shown: whether to show anything.
        stages: whether to show the stage, too: of one article at a time.
        count: how many there are; it may take long, so that nobody waits for it.
    """
    progress = BatchProgress()
    if not shown:
        yield progress
        return

    def find_total() -> None:
        progress.total = count()

    threading.Thread(target=find_total, daemon=True).start()
    told = listening(progress.hear) if stages else nullcontext()
    with told, _shown(progress.line):
        yield progress


def duration(seconds: float) -> str:
    """Seconds for people.

    >>> duration(42), duration(372), duration(7300)
    ('42 s', '6 min', '2.0 h')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 90 else f"{minutes / 60:.1f} h"


@contextmanager
def _shown(line: Callable[[], str], draft: Callable[[], str] = str) -> Iterator[None]:
    """Shows the line, and the draft below it, for as long as the block lasts."""
    if not sys.stderr.isatty():
        with _lines(line):
            yield
        return
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    def text() -> Text:
        below = draft()
        return Text(printable(f"{line()}\n{below}" if below else line()), style="dim")

    console = Console(stderr=True, highlight=False)
    with Live(get_renderable=text, console=console, transient=True, refresh_per_second=_FRAMES):
        yield


@contextmanager
def _lines(line: Callable[[], str]) -> Iterator[None]:
    over = threading.Event()

    def tell() -> None:
        while not over.wait(_SILENCE):
            say(line())

    threading.Thread(target=tell, daemon=True).start()
    try:
        yield
    finally:
        over.set()
