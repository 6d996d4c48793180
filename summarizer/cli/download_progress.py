"""The progress of a download of weights, on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from summarizer.cli.console import printable, stderr

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class DownloadReport:
    """A bar on a terminal, a line for every tenth elsewhere; nothing if nothing is downloaded."""

    def __init__(self) -> None:
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._tenths = 0

    def progress(self, done: int, total: int) -> None:
        """``done`` of ``total`` bytes are here."""
        if stderr().is_terminal:
            self._draw(done, total)
        elif (tenths := 10 * done // total) > self._tenths:
            self._tenths = tenths
            sys.stderr.write(f"model weights: {tenths}0% of {size(total)}\n")

    def notice(self, line: str) -> None:
        """Show a line for people."""
        self.close()  # A line on a bar's place would be overwritten.
        sys.stderr.write(f"{printable(line)}\n")

    def close(self) -> None:
        """Leave the bar as it is."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _draw(self, done: int, total: int) -> None:
        if self._bar is None:
            from rich import progress

            self._bar = progress.Progress(
                progress.BarColumn(),
                progress.DownloadColumn(),
                progress.TransferSpeedColumn(),
                progress.TimeRemainingColumn(),
                console=stderr(),
            )
            # A resumed download starts where it stopped, which is not speed.
            self._task = self._bar.add_task("download", total=total, completed=done)
            self._bar.start()
        assert self._task is not None  # noqa: S101 - set together with the bar
        self._bar.update(self._task, completed=done)


@contextmanager
def download_report() -> Iterator[DownloadReport]:
    """Callbacks for ``ensure_weights``; the bar is gone from the screen's care at the end."""
    report = DownloadReport()
    try:
        yield report
    finally:
        report.close()


def size(count: int) -> str:
    """``count`` bytes for people.

    >>> size(1_117_320_768)
    '1.1 GB'
    """
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
