"""What ``summarizer batch`` tells of a job: before it, on the way, and after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from summarizer.cli.console import write_json
from summarizer.cli.progress import duration, progress_line
from summarizer.evaluation.figures import dollars

if TYPE_CHECKING:
    from summarizer.batch.job import Job
    from summarizer.batch.job_run import JobState
    from summarizer.settings import Settings

_EXAMPLES: Final = 3


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
        left = f", {duration(state.seconds_left)} left" if state.seconds_left else ""
        yield f"rate: {state.per_minute:,.0f} articles a minute{left}"


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
    """How far a job is."""
    with progress_line("articles", quiet=hidden, stages=False) as line:

        def show(state: JobState) -> None:
            counts, cost = state.counts, state.usage.cost_usd
            note = dollars(cost) if cost else ""
            line.update(counts.items, state.total, failed=counts.without_digest, note=note)

        yield show


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
    typer.echo(f"time: about {duration(needs.seconds)} with {jobs} at a time{assumed}")
