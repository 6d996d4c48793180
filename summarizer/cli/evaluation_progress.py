"""The progress of an eval on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from summarizer.cli.console import printable, stderr

if TYPE_CHECKING:
    from summarizer.evaluation.run.workers import RunProgress as State


def say(text: str) -> None:
    """Lines for people."""
    sys.stderr.write(printable(text) + "\n")


def dollars(amount: float) -> str:
    """An amount for people: to the cent, or to the hundredth of one.

    >>> dollars(0), dollars(0.01234), dollars(12.345)
    ('$0', '$0.0123', '$12.35')
    """
    if amount == 0:
        return "$0"
    return f"${amount:,.2f}" if amount >= 1 else f"${amount:.4f}"


@contextmanager
def eval_progress(what: str = "digests") -> Iterator[Callable[[State], None]]:
    """A bar on a terminal, a line for every tenth elsewhere; ``what``: is counted."""
    if not sys.stderr.isatty():
        yield _Tenths(what)
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, TextColumn("{task.description}"), console=stderr()) as bar:
        task = bar.add_task("", total=None)

        def show(state: State) -> None:
            bar.update(task, completed=state.done, total=state.total, description=_about(state))

        yield show


class _Tenths:
    """A line each time that another tenth is done."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._tenths = 0

    def __call__(self, state: State) -> None:
        tenths = 10 * state.done // state.total
        if tenths > self._tenths:
            self._tenths = tenths
            say(f"{state.done:,} of {state.total:,} {self._what}, {_about(state)}")


def _about(state: State) -> str:
    failed = f", {state.failed:,} failed" if state.failed else ""
    cost = f", {dollars(state.cost_usd)}" if state.cost_usd else ""
    return printable(f"{state.variant}{failed}{cost}")
