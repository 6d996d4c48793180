"""``summarizer batch``: digests of many articles, in a folder that can be gone on with."""

from __future__ import annotations

import os
import shlex
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

from summarizer.cli import console
from summarizer.cli import options as given
from summarizer.errors import ConfigurationError, system_errors
from summarizer.evaluation.figures import dollars

if TYPE_CHECKING or not given.only_help:
    from summarizer.articles.sources import no_file
    from summarizer.batch.estimate import estimate_job
    from summarizer.batch.job import Job, missing_files
    from summarizer.batch.job_folder import MANIFEST, replacing
    from summarizer.batch.job_run import JobRunner, JobState, job_status
    from summarizer.batch.provider import ProviderReport, ProviderRunner
    from summarizer.batch.records import JobRecord, JobRecords
    from summarizer.cli.output import checked_output, format_of, to_jsonl, write_csv, write_parquet
    from summarizer.llm.endpoint import display_url
    from summarizer.settings import Settings

_KEPT: Final = "what was digested is kept, go on with"
_Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="The job's folder.")]
_Sources = Annotated[
    list[str],
    typer.Argument(
        help="Files, folders, globs, http(s) URLs; or a job's folder to go on with it.",
        show_default=False,
    ),
]

_ExportFormat = Literal["jsonl", "csv", "parquet"]
_ENDINGS: dict[str, _ExportFormat] = {".jsonl": "jsonl", ".csv": "csv", ".parquet": "parquet"}

batch_commands = given.Commands()


@batch_commands.command()
def run(
    sources: _Sources,
    *,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, max=4096)] = 1,
    ray: Annotated[str | None, typer.Option(metavar="ADDRESS")] = None,
    retry_failed: bool = False,
    dry_run: bool = False,
    options: given.JobOptions,
) -> None:
    """Digest articles into a folder. What is there is not digested again.

    However it is ended, `summarizer batch run FOLDER` goes on: nothing is lost or doubled, and
    nothing that was finished is paid twice. Failures that may pass (an endpoint that was down) are
    tried again each time.

    Prints the folder. Exit code: 0 all done, 1 some failed, 12 stopped by --max-cost, 130 stopped
    by Ctrl-C or SIGTERM, which both let finish what is under way; a second one does not wait.

    Args:
        jobs: Articles at a time, in a whole cluster, too.
        ray: Digest on a Ray cluster: auto, HOST:PORT, or local for this machine alone.
        retry_failed: Try every failure again, also those that last.
        dry_run: Only say what it would need.
    """
    if ray is not None:
        from summarizer.batch.ray_data import require_ray

        require_ray(ray)
    job, settings = _find_job("run", sources, options, keep=not dry_run)
    if dry_run:
        found = estimate_job(job, settings, jobs=jobs)
        record = found._asdict() | found.needs._asdict()
        del record["needs"], record["digests"]
        shown = console.filled("estimate.txt.j2", found=found, jobs=jobs)
        console.show_found(record, [shown], as_json=options.as_json)
        if missing := missing_files(job.manifest.sources):
            raise no_file(missing[0])
        return
    again = console.command(
        "batch",
        "run",
        job.path,
        jobs=jobs,
        ray=ray,
        base_url=display_url(options.base_url) if options.base_url else None,
        no_cache=options.no_cache,
    )
    with console.going_on(again, _KEPT), _watched(quiet=options.quiet) as watch:
        how = {"jobs": jobs, "retry_failed": retry_failed, "ray": ray, **watch}
        report = JobRunner(job, settings, **how).run()
    notes = []
    if job.manifest.limit is not None and report.state.total == job.manifest.limit:
        notes.append(f"these are the first, as --limit says; for more:\n  {again} --limit N")
    if report.stopped == "max-cost":
        notes.append(f"stopped by --max-cost; go on with:\n  {again} --max-cost USD")
    elif report.stopped:
        notes.append(f"interrupted; {_KEPT}:\n  {again}")
    more = {"stopped": report.stopped}
    _show_state(job, report.state, notes, quiet=options.quiet, as_json=options.as_json, **more)
    if report.stopped:
        raise typer.Exit(
            console.INCOMPLETE_EXIT if report.stopped == "max-cost" else console.INTERRUPTED_EXIT
        )
    _exit_if_some_failed(report.state)


@batch_commands.command()
def status(folder: _Folder, as_json: given.JsonReport = False) -> None:
    """How far a job is: digests, failures by kind, rate, time left, cost."""
    job = Job.open(folder)
    state = job_status(job)
    shown = f"{job.path}: {console.filled('job.txt.j2', state=state)}"
    if state.running:
        shown += "\na process is at work on it"
    elif state.total != state.counts.items or state.counts.transient:
        shown += f"\ngo on with: {console.command('batch', 'run', job.path)}"
    lines = [shown.replace("\n", "\n  ")]
    console.show_found(_record(job, state, stopped=None), lines, as_json=as_json)


@batch_commands.command()
def export(
    folder: _Folder,
    *,
    output_format: Annotated[_ExportFormat | None, typer.Option("--format", "-f")] = None,
    output: given.Output = None,
) -> None:
    """Write the digests and failures of a job, one a line, in the order of its sources.

    jsonl has what `summarize` writes, csv and parquet have a row of cells for each.

    Args:
        output_format: Default: as the name of the output ends, else jsonl.
    """
    job = Job.open(folder)
    wanted = output_format or format_of(output, _ENDINGS, "jsonl")
    if wanted == "parquet" and output is None:
        raise ConfigurationError("Parquet is no text", hint="name a file: --output FILE.parquet")
    with JobRecords(job.path) as records:
        if note := job.leave_out_gone(records)[1]:
            console.say(note)
        if output is None:
            _write(records.in_order(), wanted, sys.stdout.buffer)
            return
        path = checked_output(output, job.manifest.sources)
        problem = f"the output {str(output)!r} cannot be written"
        with system_errors(problem), replacing(path) as file:
            _write(records.in_order(), wanted, file)
        console.say(f"{records.counts().items:,} records in {output}")


@batch_commands.command()
def submit(sources: _Sources, *, options: given.JobOptions) -> None:
    """Submit articles to the provider's batch API: within a day, at half the price.

    `batch collect FOLDER` fetches the digests. Submitting again submits what is new, and what a
    batch that expired or was cancelled left without an answer; never what is under way.
    """
    job, settings = _find_job("submit", sources, options)
    how = {"quiet": options.quiet, "as_json": options.as_json}
    _ask_provider(job, settings, lambda runner: runner.submit(), **how)


@batch_commands.command()
def collect(
    folder: _Folder,
    *,
    wait: bool = False,
    repair: Literal["batch", "online"] = "batch",
    base_url: given.BaseUrl = None,
    quiet: given.Quiet = False,
    as_json: given.JsonReport = False,
) -> None:
    """Fetch the answers of batches that have ended, and make digests of them.

    Exit code: 0 all done, 1 some failed, 12 requests are still under way or unsent.

    Args:
        wait: Until no request is under way.
        repair: Where turns that mend an answer go.
    """
    job = Job.open(folder)
    report = _ask_provider(
        job,
        job.settings(base_url=base_url),
        lambda runner: runner.collect(until_done=wait),
        quiet=quiet,
        as_json=as_json,
        repair=repair,
    )
    if report.under_way or report.unsent:
        raise typer.Exit(console.INCOMPLETE_EXIT)
    _exit_if_some_failed(report.state)


def _find_job(
    command: str, sources: list[str], options: given.JobOptions, *, keep: bool = True
) -> tuple[Job, Settings]:
    """The job that a command names, new or there already, and the settings in force.

    Args:
        command: the command's name, for what to do next.
        sources: articles, or the folder of a job.
        options: its settings, of which a job there already takes a few, and its limits.
        keep: write a new job down; False: it is only estimated, and needs no folder.
    """
    limits: dict[str, Any] = {"limit": options.limit, "max_cost": options.max_cost}
    is_job = len(sources) == 1 and (Path(sources[0]) / MANIFEST).is_file()
    begins = not is_job and not (options.out and (options.out / MANIFEST).is_file())
    if begins and missing_files(sources) == sources:
        raise no_file(sources[0])
    if options.out is None and not is_job and keep:
        raise ConfigurationError(
            "no folder is named for the digests",
            hint=f"summarizer batch {command} {shlex.join(sources)} --out FOLDER",
        )
    if options.out is not None or not is_job:
        settings = options.settings()
        job = Job.begin(
            sources,
            options.out or Path(os.devnull),
            settings=settings,
            text_field=options.text_field,
            keep=keep,
            **limits,
        )
        return job, settings
    job = Job.open(Path(sources[0]))
    flags = options.flags()
    of_this_run = {name: flags.pop(name, None) for name in ("base_url", "cache")}
    if options.text_field is not None:
        flags["text_field"] = options.text_field
    for name in flags:
        raise ConfigurationError(
            f"{sources[0]!r} is a job, which goes on as it began; {name!r} cannot change",
            hint="leave it out, or begin a new job: another --out FOLDER",
        )
    settings = job.settings(**of_this_run)
    job.limited(**limits)
    return job, settings


def _ask_provider(
    job: Job,
    settings: Settings,
    work: Callable[[ProviderRunner], ProviderReport],
    *,
    quiet: bool,
    as_json: bool,
    **how: Any,
) -> ProviderReport:
    with _watched(quiet=quiet) as watch:
        stopping = watch["stopping"]
        report = work(ProviderRunner(job, settings, wait=stopping.wait, **how, **watch))
    folder, max_cost = shlex.quote(str(job.path)), job.manifest.max_cost
    notes = console.filled("provider.txt.j2", report=report, folder=folder, max_cost=max_cost)
    counts = {name: getattr(report, name) for name in ("submitted", "under_way", "unsent")}
    batches = [batch._asdict() for batch in report.batches]
    more = {"stopped": None, **counts, "batches": batches}
    _show_state(job, report.state, filter(None, [notes]), quiet=quiet, as_json=as_json, **more)
    if stopping.is_set():
        raise typer.Exit(console.INTERRUPTED_EXIT)
    return report


@contextmanager
def _watched(*, quiet: bool) -> Iterator[dict[str, Any]]:
    """What runners take: ``progress``, and ``stopping``, set by the first Ctrl-C or SIGTERM.

    The second one ends as Ctrl-C does.
    """
    stopping = threading.Event()

    def stop(*_: object) -> None:
        if stopping.is_set():
            raise KeyboardInterrupt
        stopping.set()
        if not quiet:
            os.write(2, b"stopping: what is under way is finished; again to leave at once\n")

    before = [(n, signal.signal(n, stop)) for n in (signal.SIGINT, signal.SIGTERM)]
    try:
        with console.progress_line("articles", quiet=quiet, stages=False) as line:

            def progress(state: JobState) -> None:
                counts, cost = state.counts, state.usage.cost_usd
                note = dollars(cost) if cost else ""
                line.update(counts.items, state.total, failed=counts.without_digest, note=note)

            yield {"progress": progress, "stopping": stopping}
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _exit_if_some_failed(state: JobState) -> None:
    if state.counts.without_digest or state.note:
        raise typer.Exit(console.SOME_FAILED_EXIT)


def _write(records: Iterator[JobRecord], output_format: _ExportFormat, file: IO[bytes]) -> None:
    if output_format == "jsonl":
        file.writelines(to_jsonl(record.result).encode() + b"\n" for record in records)
    else:
        (write_csv if output_format == "csv" else write_parquet)(records, file)


def _show_state(
    job: Job, state: JobState, notes: Iterable[str], *, quiet: bool, as_json: bool, **more: Any
) -> None:
    """How far a job is after a run: its folder or JSON on stdout, and lines on stderr.

    ``notes``: what else people want to know; ``more``: what else is in the JSON.
    """
    console.show_found(_record(job, state, **more), [str(job.path)], as_json=as_json)
    for shown in () if quiet else (console.filled("job.txt.j2", state=state), *notes):
        console.say(shown)


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
    } | more
