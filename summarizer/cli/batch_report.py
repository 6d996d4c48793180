"""What ``summarizer batch`` tells of a job: before it, on the way, and after it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from summarizer.cli.console import say, stderr, write_json
from summarizer.cli.evaluation_progress import dollars

if TYPE_CHECKING:
    from summarizer.batch.job import Job
    from summarizer.batch.job_run import JobState
    from summarizer.settings import Settings

_EXAMPLES: Final = 3
_SILENCE: Final = 30.0  # seconds between two lines of progress


def how_far(state: JobState) -> str:
    """Such as "12 of 300 articles, 1 failed"."""
    counts = state.counts
    total = "" if state.total is None else f" of {state.total:,}"
    return f"{counts.items:,}{total} articles, {counts.without_digest:,} failed"


def details(state: JobState) -> Iterator[str]:
    """What people want to know of a job, a line each."""
    counts, usage = state.counts, state.usage
    repeats = f" ({counts.repeats:,} repeat another article)" if counts.repeats else ""
    yield f"digests: {counts.done:,}{repeats}"
    if counts.incomplete:
        yield f"without topics or summary: {counts.incomplete:,} (again with --retry-failed)"
    if counts.kinds:
        kinds = ", ".join(f"{name} {count:,}" for name, count in counts.kinds.items())
        again = f"; {counts.transient:,} may pass and are tried again" if counts.transient else ""
        yield f"failures: {kinds}{again}"
    for error in list(counts.examples.values())[:_EXAMPLES]:
        yield f"  such as: {error.message}" + (f" (try: {error.hint})" if error.hint else "")
    if usage.requests:
        cost = "price unknown" if usage.cost_usd is None else dollars(usage.cost_usd)
        yield (
            f"cost: {cost}, {usage.requests:,} requests, {usage.prompt_tokens:,} prompt tokens, "
            f"{usage.completion_tokens:,} completion tokens"
        )
    if state.per_minute:
        left = f", {_time(state.seconds_left)} left" if state.seconds_left else ""
        yield f"rate: {state.per_minute:,.0f} articles a minute{left}"


def _time(seconds: float | None) -> str:
    """A duration for people.

    >>> _time(45), _time(400), _time(9000), _time(400_000)
    ('45 seconds', '7 minutes', '2.5 hours', '4.6 days')
    """
    if seconds is None:
        return "unknown time"
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    if seconds < 5400:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.1f} hours" if seconds < 172_800 else f"{seconds / 86_400:.1f} days"


def as_data(
    state: JobState, *, folder: Path, running: bool, stopped: str | None = None
) -> dict[str, Any]:
    """The state of a job as JSON."""
    counts = state.counts
    return {
        "folder": str(folder),
        "articles": state.total,
        "done": counts.done,
        "repeats": counts.repeats,
        "incomplete": counts.incomplete,
        "failed": counts.failed + counts.transient,
        "failed_by_kind": dict(counts.kinds),
        "to_try_again": counts.transient,
        "per_minute": state.per_minute,
        "seconds_left": state.seconds_left,
        "usage": state.usage.model_dump(mode="json"),
        "running": running,
        "stopped": stopped,
    }


@contextmanager
def job_progress(*, hidden: bool) -> Iterator[Callable[[JobState], None]]:
    """A bar on a terminal, a line now and then elsewhere."""
    if hidden:
        yield lambda _: None
        return
    if not sys.stderr.isatty():
        yield _Lines()
        return
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

    columns = (SpinnerColumn(), BarColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=stderr()) as bar:
        task = bar.add_task("", total=None)

        def show(state: JobState) -> None:
            bar.update(
                task, completed=state.counts.items, total=state.total, description=_brief(state)
            )

        yield show


class _Lines:
    """A line for the first articles, then for every tenth of them or half a minute."""

    def __init__(self) -> None:
        self._said = time.monotonic()
        self._tenths = 0

    def __call__(self, state: JobState) -> None:
        tenths = 10 * state.counts.items // state.total if state.total else 0
        if tenths > self._tenths or time.monotonic() - self._said > _SILENCE:
            self._said, self._tenths = time.monotonic(), tenths
            say(_brief(state))


def _brief(state: JobState) -> str:
    cost = f", {dollars(state.usage.cost_usd)}" if state.usage.cost_usd else ""
    left = f", {_time(state.seconds_left)} left" if state.seconds_left else ""
    return f"{how_far(state)}{cost}{left}"


def show_estimate(job: Job, settings: Settings, *, jobs: int, as_json: bool) -> None:
    """What the rest of a job needs, on stdout."""
    from summarizer.batch.estimate import estimate_job

    found = estimate_job(job, settings, jobs=jobs)
    needs = found.needs
    if as_json:
        shown = {name: value for name, value in needs._asdict().items() if name != "digests"}
        about = found._asdict()
        del about["needs"]
        write_json({**about, **shown})
        return
    unreadable = f", of which about {found.unreadable:,} cannot be read" if found.unreadable else ""
    typer.echo(f"{found.articles:,} articles to digest{unreadable} (by {found.drawn:,} drawn)")
    basis = f"by the {needs.measured:,} digests made" if needs.measured else "first requests alone"
    if needs.requests:
        cost = "price unknown" if needs.cost_usd is None else f"about {dollars(needs.cost_usd)}"
        typer.echo(
            f"{needs.requests:,} requests, {needs.prompt_tokens:,} prompt tokens, about "
            f"{needs.completion_tokens:,} completion tokens, {cost} ({basis})"
        )
    else:
        typer.echo("no requests, $0")
    if needs.seconds is None:
        typer.echo("time: unknown until three are digested: --limit 3")
        return
    assumed = ", if the endpoint writes 60 tokens a second" if found.is_assumed else ""
    typer.echo(f"time: about {_time(needs.seconds)} with {jobs} at a time{assumed}")
