"""How far adding to a corpus has come, and how long it will take."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from summarizer.cli.console import stderr

if TYPE_CHECKING:
    from summarizer.retrieval.corpus import Corpus
    from summarizer.retrieval.ingestion import Progress as State


_SILENCE: Final = 30.0  # seconds between two lines
_LONG: Final = 60.0  # seconds of embedding that are foretold
_FAST: Final = "wordllama"


@contextmanager
def index_progress(index: Corpus) -> Iterator[Callable[[State], None]]:
    """How far it has come: counters on a terminal, else lines; and one line after Ctrl-C."""
    forecast = _Forecast(index)
    try:
        with _counters() as show:

            def tell(state: State) -> None:
                show(state)
                forecast(state)

            yield tell
    except KeyboardInterrupt:
        stored = index.stats()
        sys.stderr.write(
            f"interrupted: {stored.articles:,} articles are stored, {stored.pending:,} of "
            f"{stored.passages:,} passages wait for their vector; the next 'index add' goes on\n"
        )
        raise


class _Forecast:
    """Says once, when the first passages are embedded, how long all of them will take."""

    def __init__(self, index: Corpus) -> None:
        self._index = index
        self._began = time.monotonic()
        self._said = False

    def __call__(self, state: State) -> None:
        now = time.monotonic()
        if not state.embedded:
            self._began = now
        elif not self._said:
            self._said = True
            rate = state.embedded / max(now - self._began, 1e-3)
            if state.pending / rate > _LONG:
                sys.stderr.write(self._line(state.pending, rate) + "\n")

    def _line(self, pending: int, rate: float) -> str:
        name = self._index.stats().embedding.name
        line = (
            f"{pending:,} passages to embed with {name}, about {rate:.1f} a second:"
            f" {pending / rate / 60:,.0f} minutes; other processes find them by words already"
        )
        if name == _FAST:
            return line
        return (
            f"{line}. For English alone 'fast' takes seconds: press Ctrl-C, and then"
            " summarizer index rebuild --embedding fast"
        )


@contextmanager
def _counters() -> Iterator[Callable[[State], None]]:
    """Two counters on stderr: articles stored, passages embedded."""
    if not sys.stderr.isatty():
        yield _Lines()
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[count]}"))
    with Progress(*columns, TimeRemainingColumn(), console=stderr()) as bar:
        stored = bar.add_task("articles", total=None, count="")
        embedded = bar.add_task("embedding", total=None, count="")

        def show(state: State) -> None:
            bar.update(stored, completed=state.articles, count=f"{state.articles:,}")
            total = state.embedded + state.pending
            count = f"{state.embedded:,} of {total:,} passages"
            bar.update(embedded, completed=state.embedded, total=total or None, count=count)

        yield show


class _Lines:
    """A line now and then: how many articles are stored, and every tenth that is embedded."""

    def __init__(self) -> None:
        self._said = time.monotonic()
        self._tenths = 0

    def __call__(self, state: State) -> None:
        if time.monotonic() - self._said < _SILENCE:
            return
        total = state.embedded + state.pending
        tenths = 10 * state.embedded // total if total else 0
        if not state.embedded:
            line = f"articles stored: {state.articles:,}, passages to embed: {state.pending:,}"
        elif self._tenths < tenths < 10:  # the command itself says that all is done
            line = f"{state.embedded:,} of {total:,} passages embedded"
        else:
            return
        self._said, self._tenths = time.monotonic(), tenths
        sys.stderr.write(f"{line}\n")
