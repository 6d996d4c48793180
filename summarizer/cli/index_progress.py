"""How far adding to a corpus has come."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from summarizer.cli.console import stderr

if TYPE_CHECKING:
    from summarizer.retrieval.corpus import Corpus
    from summarizer.retrieval.results import Progress as State


@contextmanager
def index_progress(index: Corpus) -> Iterator[Callable[[State], None]]:
    """How far it has come: counters on a terminal, and one line after Ctrl-C."""
    try:
        with _counters() as show:
            yield show
    except KeyboardInterrupt:
        held = index.stats()
        sys.stderr.write(
            f"interrupted: {held.articles:,} articles are stored, {held.pending:,} of "
            f"{held.passages:,} passages wait for their vector; the next 'index add' goes on\n"
        )
        raise


@contextmanager
def _counters() -> Iterator[Callable[[State], None]]:
    """Two counters on stderr, only on a terminal: articles stored, passages embedded."""
    if not sys.stderr.isatty():
        yield lambda _: None
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
