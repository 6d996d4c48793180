"""What ``summarizer batch`` tells of a job: before it, on the way, and after it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import typer

from summarizer.cli.console import duration, progress_line, say, show_found, write_json
from summarizer.evaluation.figures import dollars

if TYPE_CHECKING:
    from summarizer.batch.estimate import JobEstimate
    from summarizer.batch.job import Job
    from summarizer.batch.job_run import JobState
    from summarizer.batch.provider import ProviderReport
    from summarizer.settings import Settings

_EXAMPLES: Final = 3


def show_state(
    job: Job,
    state: JobState,
    notes: Iterable[str],
    *,
    quiet: bool,
    as_json: bool,
    **more: Any,
) -> None:
    """How far a job is after a run: its folder or JSON on stdout, and lines on stderr.

    Args:
        job: the job.
        state: how far it is.
        notes: what else people want to know.
        quiet: nothing on stderr.
        as_json: JSON on stdout.
        more: what else is in the JSON.
    """
    if as_json:
        write_json(_record(job, state, **more))
    else:
        typer.echo(str(job.path))
    for line in () if quiet else (_how_far(state), *_details(state), *notes):
        say(line)


def show_status(job: Job, state: JobState, *, as_json: bool) -> None:
    """How far a job is, seen from outside."""
    lines = list(_details(state))
    if state.running:
        lines.append("a process is at work on it")
    elif state.is_unfinished:
        lines.append(f"go on with: {shlex.join(['summarizer', 'batch', 'run', str(job.path)])}")
    shown = ("\n  ".join([f"{job.path}: {_how_far(state)}", *lines]),)
    show_found(lambda: _record(job, state, stopped=None), shown, as_json=as_json)


def show_provider(job: Job, report: ProviderReport, *, quiet: bool, as_json: bool) -> None:
    """How a job stands with its provider."""
    counts = {name: getattr(report, name) for name in ("submitted", "under_way", "unsent")}
    batches = [batch._asdict() for batch in report.batches]
    notes = list(_provider_notes(job, report))
    more = {"stopped": None, **counts, "batches": batches}
    show_state(job, report.state, notes, quiet=quiet, as_json=as_json, **more)


def _provider_notes(job: Job, report: ProviderReport) -> Iterator[str]:
    for batch in report.batches:
        if batch.problem:
            yield f"batch {batch.id} {batch.status}: {batch.problem}"
        elif batch.status in ("expired", "cancelled"):
            yield f"batch {batch.id} {batch.status}: what it answered is kept"
    folder = shlex.quote(str(job.path))
    if report.submitted:
        yield f"submitted now: {report.submitted:,} requests"
    if report.under_way:
        yield (
            f"under way: {report.under_way:,}; fetch them with:\n"
            f"  summarizer batch collect {folder}"
        )
    if report.unsent:
        yield (
            f"without an answer, and in no batch: {report.unsent:,}; submit them with:\n"
            f"  summarizer batch submit {folder}"
        )
        if job.manifest.max_cost is not None:
            yield f"--max-cost {job.manifest.max_cost:g} holds: what is under way counts, too"


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
    record = {**found._asdict(), **found.needs._asdict()}
    for inner in ("needs", "digests"):
        del record[inner]
    show_found(lambda: record, _estimate_lines(found, jobs), as_json=as_json)


def _estimate_lines(found: JobEstimate, jobs: int) -> Iterator[str]:
    needs = found.needs
    unreadable = f", of which about {found.unreadable:,} cannot be read" if found.unreadable else ""
    yield f"{found.articles:,} articles to digest{unreadable} (by {found.drawn:,} drawn)"
    basis = f"by the {needs.measured:,} digests made" if needs.measured else "first requests alone"
    if needs.requests:
        cost = "price unknown" if needs.cost_usd is None else f"about {dollars(needs.cost_usd)}"
        yield (
            f"{needs.requests:,} requests, {needs.prompt_tokens:,} prompt tokens, about "
            f"{needs.completion_tokens:,} completion tokens, {cost} ({basis})"
        )
    else:
        yield "no requests, $0"
    if needs.seconds is None:
        yield "time: unknown until three are digested: --limit 3"
    else:
        assumed = ", if the endpoint writes 60 tokens a second" if found.is_assumed else ""
        yield f"time: about {duration(needs.seconds)} with {jobs} at a time{assumed}"


def _how_far(state: JobState) -> str:
    """Such as "12 of 300 articles, 1 failed"."""
    counts = state.counts
    total = "" if state.total is None else f" of {state.total:,}"
    return f"{counts.items:,}{total} articles, {counts.without_digest:,} failed"


def _details(state: JobState) -> Iterator[str]:
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


def _record(job: Job, state: JobState, **more: Any) -> dict[str, Any]:
    """The state of a job as JSON."""
    counts = state.counts
    return {
        "folder": str(job.path),
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
        "running": state.running,
        **more,
    }
