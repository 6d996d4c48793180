"""``summarizer batch submit`` and ``batch collect``: a job by the provider's batch API."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from summarizer.cli import options, prompts
from summarizer.cli.batch import app, find_job, stop_on_signal
from summarizer.cli.batch_report import as_data, details, how_far, job_progress
from summarizer.cli.console import (
    INCOMPLETE_EXIT,
    INTERRUPTED_EXIT,
    SOME_FAILED_EXIT,
    say,
    write_json,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from summarizer.batch.job import Job
    from summarizer.batch.provider import ProviderReport, ProviderRunner
    from summarizer.settings import Settings


@app.command()
def submit(
    sources: Annotated[
        list[str],
        typer.Argument(help="Files, folders, globs; or a job's folder.", show_default=False),
    ],
    *,
    out: options.JobFolder = None,
    model: options.Model = None,
    base_url: options.BaseUrl = None,
    length: options.Length = None,
    style: options.SummaryStyle = None,
    language: options.Language = None,
    taxonomy: options.TaxonomyFile = None,
    max_topics: options.MaxTopics = None,
    prompts_dir: options.PromptsDir = None,
    prompt: options.PromptVersions = None,
    no_context: options.NoContext = False,
    text_field: options.TextField = None,
    limit: options.FirstArticles = None,
    max_cost: options.MaxCost = None,
    quiet: options.Quiet = False,
    as_json: options.JsonReport = False,
) -> None:
    """Submit articles to the provider's batch API: within a day, at half the price.

    `batch collect FOLDER` fetches the digests. Submitting again submits what is new, and what a
    batch that expired or was cancelled left without an answer; never what is under way.
    """
    flags: dict[str, Any] = {
        "model": model, "length": length, "style": style, "language": language,
        "taxonomy": taxonomy, "max_topics": max_topics, "prompts_dir": prompts_dir,
        "prompt_versions": prompts.prompt_versions(prompt, prompts_dir),
        "context": False if no_context else None,
    }  # fmt: skip
    job, settings = find_job(
        "submit", sources, out, flags=flags, user={"base_url": base_url}, text_field=text_field,
        limits={"limit": limit, "max_cost": max_cost},
    )  # fmt: skip
    report = _run(job, settings, lambda runner: runner.submit(), quiet=quiet)
    _show(job, report, quiet=quiet, as_json=as_json)


@app.command()
def collect(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The job's folder.")],
    *,
    wait: Annotated[bool, typer.Option("--wait", help="Until no request is under way.")] = False,
    repair: Annotated[
        Literal["batch", "online"],
        typer.Option("--repair", help="Where turns that mend an answer go."),
    ] = "batch",
    base_url: options.BaseUrl = None,
    quiet: options.Quiet = False,
    as_json: options.JsonReport = False,
) -> None:
    """Fetch the answers of batches that have ended, and make digests of them.

    Exit code: 0 all done, 1 some failed, 12 requests are still under way or unsent.
    """
    from summarizer.batch.job import Job

    job = Job.open(folder)
    settings = job.settings(base_url=base_url)
    report = _run(
        job, settings, lambda runner: runner.collect(until_done=wait), quiet=quiet, repair=repair
    )
    _show(job, report, quiet=quiet, as_json=as_json)
    if report.under_way or report.unsent:
        raise typer.Exit(INCOMPLETE_EXIT)
    if report.state.counts.without_digest:
        raise typer.Exit(SOME_FAILED_EXIT)


def _run(
    job: Job,
    settings: Settings,
    work: Callable[[ProviderRunner], ProviderReport],
    *,
    quiet: bool,
    **options: Any,
) -> ProviderReport:
    from summarizer.batch.provider import ProviderRunner

    with stop_on_signal(quiet=quiet) as stopping, job_progress(hidden=quiet) as progress:
        runner = ProviderRunner(
            job, settings, progress=progress, stopping=stopping, wait=stopping.wait, **options
        )
        report = work(runner)
    if stopping.is_set():
        _show(job, report, quiet=quiet, as_json=False)
        raise typer.Exit(INTERRUPTED_EXIT)
    return report


def _show(job: Job, report: ProviderReport, *, quiet: bool, as_json: bool) -> None:
    if as_json:
        found = as_data(report.state, folder=job.path, running=False)
        counts = {name: getattr(report, name) for name in ("submitted", "under_way", "unsent")}
        write_json({**found, **counts, "batches": [batch._asdict() for batch in report.batches]})
    else:
        typer.echo(str(job.path))
    if quiet:
        return
    for line in (how_far(report.state), *details(report.state)):
        say(line)
    for batch in report.batches:
        if batch.problem:
            say(f"batch {batch.id} {batch.status}: {batch.problem}")
        elif batch.status in ("expired", "cancelled"):
            say(f"batch {batch.id} {batch.status}: what it answered is kept")
    folder = shlex.quote(str(job.path))
    if report.submitted:
        say(f"submitted now: {report.submitted:,} requests")
    if report.under_way:
        say(
            f"under way: {report.under_way:,}; fetch them with:\n"
            f"  summarizer batch collect {folder}"
        )
    if report.unsent:
        say(
            f"without an answer, and in no batch: {report.unsent:,}; submit them with:\n"
            f"  summarizer batch submit {folder}"
        )
        if job.manifest.max_cost is not None:
            say(f"--max-cost {job.manifest.max_cost:g} holds: what those under way may cost counts")
