"""How far adding to a corpus has come, and how long it will take."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from summarizer.cli.console import say
from summarizer.cli.progress import progress_line

if TYPE_CHECKING:
    from summarizer.retrieval.corpus import Corpus
    from summarizer.retrieval.ingestion import Progress as State


_LONG: Final = 60.0  # seconds of embedding that are foretold
_FAST: Final = "wordllama"


@contextmanager
def index_progress(index: Corpus) -> Iterator[Callable[[State], None]]:
    """How far it has come, and one line after Ctrl-C."""
    forecast = _Forecast(index)
    try:
        with progress_line("passages embedded") as line:

            def tell(state: State) -> None:
                total = state.embedded + state.pending
                line.update(state.embedded, total, note=f"{state.articles:,} articles stored")
                forecast(state)

            yield tell
    except KeyboardInterrupt:
        stored = index.stats()
        say(
            f"interrupted: {stored.articles:,} articles are stored, {stored.pending:,} of "
            f"{stored.passages:,} passages wait for their vector; the next 'index add' goes on"
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
                say(self._line(state.pending, rate))

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
