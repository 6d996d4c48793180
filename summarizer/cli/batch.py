"""``summarizer batch``: digests of many articles, in a folder that can be gone on with."""

from __future__ import annotations

import os
import shlex
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any, Literal

import typer

from summarizer.cli import options, prompts
from summarizer.cli.batch_report import as_data, details, how_far, job_progress, show_estimate
from summarizer.cli.console import (
    INCOMPLETE_EXIT,
    INTERRUPTED_EXIT,
    SOME_FAILED_EXIT,
    printable,
    say,
    write_json,
)
from summarizer.errors import ConfigurationError

if TYPE_CHECKING:
    from summarizer.batch.job import Job
    from summarizer.batch.job_run import JobReport
    from summarizer.batch.records import JobRecord
    from summarizer.settings import Settings

_Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="The job's folder.")]


def run(
    sources: Annotated[
        list[str],
        typer.Argument(
            help="Files, folders, globs, http(s) URLs; or a job's folder to go on with it.",
            show_default=False,
        ),
    ],
    *,
    out: options.JobFolder = None,
    model: options.Model = None,
    base_url: options.BaseUrl = None,
    length: options.Length = None,
    style: options.SummaryStyle = None,
    language: options.Language = None,
    taxonomy: options.TaxonomyFile = None,
    depth: options.Depth = None,
    topic_strategy: options.Strategy = None,
    max_topics: options.MaxTopics = None,
    prompts_dir: options.PromptsDir = None,
    prompt: options.PromptVersions = None,
    corpus: options.CorpusName = None,
    no_context: options.NoContext = False,
    text_field: options.TextField = None,
    jobs: Annotated[
        int,
        typer.Option(
            "--jobs", "-j", min=1, max=4096, help="Articles at a time, in a whole cluster, too."
        ),
    ] = 1,
    limit: options.FirstArticles = None,
    max_cost: options.MaxCost = None,
    ray: Annotated[
        str | None,
        typer.Option(
            "--ray",
            metavar="ADDRESS",
            help="Digest on a Ray cluster: auto, HOST:PORT, or local for this machine alone.",
        ),
    ] = None,
    retry_failed: Annotated[
        bool,
        typer.Option("--retry-failed", help="Try every failure again, also those that last."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what it would need.")
    ] = False,
    no_cache: options.NoCache = False,
    no_defence: options.NoDefence = False,
    allow_private_urls: options.PrivateUrls = False,
    quiet: options.Quiet = False,
    as_json: options.JsonReport = False,
) -> None:
    """Digest articles into a folder. What is there is not digested again.

    However it is ended, `summarizer batch run FOLDER` goes on: nothing is lost or doubled, and
    nothing that was finished is paid twice. Failures that may pass (an endpoint that was down) are
    tried again each time.

    Prints the folder. Exit code: 0 all done, 1 some failed, 12 stopped by --max-cost, 130 stopped
    by Ctrl-C or SIGTERM, which both let finish what is under way; a second one does not wait.
    """
    if ray is not None:
        from summarizer.batch.ray_data import require_ray

        require_ray(ray)
    flags = {
        "model": model, "length": length, "style": style, "language": language,
        "taxonomy": taxonomy, "depth": depth, "topic_strategy": topic_strategy,
        "max_topics": max_topics, "prompts_dir": prompts_dir,
        "prompt_versions": prompts.prompt_versions(prompt, prompts_dir), "corpus": corpus,
        "context": False if no_context else None, "defence": False if no_defence else None,
        "allow_private_urls": True if allow_private_urls else None,
    }  # fmt: skip
    user = {"base_url": base_url, "cache": False if no_cache else None}
    job, settings = find_job(
        "run", sources, out, flags=flags, user=user, text_field=text_field, keep=not dry_run,
        limits={"limit": limit, "max_cost": max_cost},
    )  # fmt: skip
    if dry_run:
        show_estimate(job, settings, jobs=jobs, as_json=as_json)
        return
    again = shlex.join(["summarizer", "batch", "run", str(job.path), "--jobs", str(jobs)])
    again += f" --ray {shlex.quote(ray)}" if ray else ""
    how = {"jobs": jobs, "retry_failed": retry_failed, "ray": ray}
    report = _run(job, settings, again, quiet=quiet, **how)
    _finish(job, report, again, quiet=quiet, as_json=as_json)


def status(folder: _Folder, as_json: options.JsonReport = False) -> None:
    """How far a job is: digests, failures by kind, rate, time left, cost."""
    from summarizer.batch.job import Job
    from summarizer.batch.job_run import job_status

    job = Job.open(folder)
    found = job_status(job)
    if as_json:
        write_json(as_data(found.state, folder=job.path, running=found.running))
        return
    typer.echo(f"{printable(str(folder))}: {how_far(found.state)}")
    for line in details(found.state):
        typer.echo(f"  {printable(line)}")
    if found.running:
        typer.echo("  a process is at work on it")
    elif found.state.is_unfinished:
        typer.echo(f"  go on with: {shlex.join(['summarizer', 'batch', 'run', str(folder)])}")


def export(
    folder: _Folder,
    *,
    output_format: Annotated[
        Literal["jsonl", "csv", "parquet"], typer.Option("--format", "-f", help="Default jsonl.")
    ] = "jsonl",
    output: options.Output = None,
) -> None:
    """Write the digests and failures of a job, one a line, in the order of its sources.

    jsonl has what `summarize` writes, csv and parquet have a row of cells for each.
    """
    from summarizer.batch.job import Job
    from summarizer.batch.job_folder import replacing
    from summarizer.batch.records import JobRecords

    job = Job.open(folder)
    if output_format == "parquet" and output is None:
        raise ConfigurationError("Parquet is no text", hint="name a file: --output FILE.parquet")
    with JobRecords(job.path) as records:
        if output is None:
            _write(records.in_order(), output_format, sys.stdout.buffer)
            return
        try:
            with replacing(output) as file:
                count = _write(records.in_order(), output_format, file)
        except OSError as error:
            raise ConfigurationError(
                f"the output {str(output)!r} cannot be written: {error.strerror}"
            ) from None
    say(f"{count:,} records in {output}")


app = typer.Typer(
    name="batch",
    no_args_is_help=True,
    help="Digest many articles into a folder, whatever happens on the way.",
)
for command in (run, status, export):
    app.command()(command)


def find_job(
    command: str,
    sources: list[str],
    out: Path | None,
    *,
    flags: dict[str, Any],
    user: dict[str, Any],
    text_field: str | None,
    limits: dict[str, Any],
    keep: bool = True,
) -> tuple[Job, Settings]:
    """The job that a command names, new or there already, and the settings in force.

    Args:
        command: the command's name, for what to do next.
        sources: articles, or the folder of a job.
        out: the job's folder; None: the sources are one.
        flags: settings that a job keeps.
        user: settings that may differ from run to run.
        text_field: the column with the text.
        limits: of articles and costs; None as they are.
        keep: write a new job down; False: it is only estimated, and needs no folder.
    """
    from summarizer.batch.job import Job
    from summarizer.retrieval.locate import with_default_corpus
    from summarizer.settings import load_settings

    is_job = len(sources) == 1 and (Path(sources[0]) / "manifest.json").is_file()
    if out is None and not is_job and keep:
        raise ConfigurationError(
            "no folder is named for the digests",
            hint=f"summarizer batch {command} {shlex.join(sources)} --out FOLDER",
        )
    if out is not None or not is_job:
        settings = with_default_corpus(load_settings(**flags, **user))
        path = out or Path(os.devnull)
        job = Job.begin(
            sources, path, settings=settings, text_field=text_field, keep=keep, **limits
        )
        return job, settings
    job = Job.open(Path(sources[0]))
    given = [name for name, value in {**flags, "text": text_field}.items() if value is not None]
    if given:
        raise ConfigurationError(
            f"{sources[0]!r} is a job, which goes on as it began; {given[0]!r} cannot change",
            hint="leave it out, or begin a new job: another --out FOLDER",
        )
    settings = job.settings(**user)
    job.limited(**limits)
    return job, settings


def _run(job: Job, settings: Settings, again: str, *, quiet: bool, **how: Any) -> JobReport:
    """Run it; however it ends, tell how to go on."""
    from summarizer.batch.job_run import JobRunner

    try:
        with (
            stop_on_signal(quiet=quiet) as stopping,
            job_progress(hidden=quiet) as progress,
        ):
            return JobRunner(
                job,
                settings,
                stopping=stopping,
                progress=progress,
                **how,
            ).run()
    except KeyboardInterrupt:
        say(f"interrupted; what was digested is kept, go on with:\n  {again}")
        raise typer.Exit(INTERRUPTED_EXIT) from None
    except ConfigurationError:
        raise
    except Exception:
        say(f"what was digested is kept, go on with:\n  {again}")
        raise


@contextmanager
def stop_on_signal(*, quiet: bool) -> Iterator[threading.Event]:
    """Set by the first Ctrl-C or SIGTERM; the second one ends as Ctrl-C does."""
    stopping = threading.Event()

    def stop(*_: object) -> None:
        if stopping.is_set():
            raise KeyboardInterrupt
        stopping.set()
        if not quiet:
            os.write(2, b"stopping: what is under way is finished; again to leave at once\n")

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, stop) for number in numbers]
    try:
        yield stopping
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _finish(job: Job, report: JobReport, again: str, *, quiet: bool, as_json: bool) -> None:
    if as_json:
        write_json(as_data(report.state, folder=job.path, running=False, stopped=report.stopped))
    else:
        typer.echo(str(job.path))
    if not quiet:
        for line in (how_far(report.state), *details(report.state)):
            say(line)
        if job.manifest.limit is not None and report.state.total == job.manifest.limit:
            say(f"these are the first, as --limit says; for more:\n  {again} --limit N")
        if report.stopped == "max-cost":
            say(f"stopped by --max-cost; go on with:\n  {again} --max-cost USD")
        elif report.stopped:
            say(f"interrupted; what was digested is kept, go on with:\n  {again}")
    if report.stopped == "max-cost":
        raise typer.Exit(INCOMPLETE_EXIT)
    if report.stopped:
        raise typer.Exit(INTERRUPTED_EXIT)
    if report.state.counts.without_digest:
        raise typer.Exit(SOME_FAILED_EXIT)


def _write(records: Iterator[JobRecord], output_format: str, file: IO[bytes]) -> int:
    from summarizer.batch.export import write_csv, write_parquet
    from summarizer.cli.output import to_jsonl

    if output_format != "jsonl":
        return (write_csv if output_format == "csv" else write_parquet)(records, file)
    count = 0
    for record in records:
        file.write(to_jsonl(record.result).encode() + b"\n")
        count += 1
    return count
