"""Running a task over the sources of a command line: progress, output, exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain, islice, tee
from typing import TYPE_CHECKING, Any

import typer

from summarizer.articles import Article, Source, expand
from summarizer.cli.console import (
    SOME_FAILED_EXIT,
    article_progress,
    count_in_background,
    progress_line,
    say,
    show_error,
    show_warning,
)
from summarizer.cli.output import RECORD_ENDINGS, OutputWriter, format_of
from summarizer.digest import Digest, Failure
from summarizer.errors import SummarizerError
from summarizer.summarizer import Summarizer

if TYPE_CHECKING:
    from summarizer.cli.options import ClassifyOptions
    from summarizer.summaries.request import OnText

MakeTask = Callable[[Summarizer, "OnText | None"], Callable[[Any], Digest]]


def run(sources: list[str], options: ClassifyOptions, make_task: MakeTask) -> None:
    """Write one record per article.

    Raises:
        typer.Exit: with 1 where some of several sources failed, or half of a digest did.
        SummarizerError: the only source failed, or nothing can work (settings, endpoint).
    """
    if options.json and options.output_format not in (None, "json"):
        raise typer.BadParameter(
            f"--json and --format {options.output_format} contradict each other"
        )
    chosen = options.output_format or format_of(options.output, RECORD_ENDINGS, "text")
    settings = options.settings()
    named = partial(expand, sources, settings=settings, text_field=options.text_field)
    with Summarizer(settings, verbose=options.verbose > 1) as summarizer:
        articles = named(on_passed_over=show_warning)
        first = list(islice(articles, 2))
        # The writer comes first: an output that cannot be written must cost no request.
        writer = OutputWriter(
            "json" if options.json else chosen,
            options.output,
            several=len(first) > 1,
            verbosity=options.verbose,
            sources=sources,
        )
        if len(first) == 1:
            _one(first[0], summarizer, make_task, writer, quiet=options.quiet)
        elif first:
            # Finding out how many there are must not read a source twice.
            once = any(source == "-" or "://" in source for source in sources)
            count = None if once else lambda: sum(1 for _ in named())
            _several(chain(first, articles), summarizer, make_task, writer, options, count)


def _one(
    source: Source,
    summarizer: Summarizer,
    make_task: MakeTask,
    writer: OutputWriter,
    *,
    quiet: bool,
) -> None:
    with writer:
        live = writer.is_for_people and sys.stdout.isatty()
        with article_progress(quiet=quiet, with_draft=live) as on_text:
            article = source.load()
            digest = make_task(summarizer, on_text)(article)
        writer.write(digest, article)
    _show_failed(digest, writer)
    if digest.missing:
        raise typer.Exit(SOME_FAILED_EXIT)


def _several(
    sources: Iterator[Source],
    summarizer: Summarizer,
    make_task: MakeTask,
    writer: OutputWriter,
    options: ClassifyOptions,
    count: Callable[[], int] | None,
) -> None:
    from summarizer.worker_pool import is_worth_starting, run_many

    task = make_task(summarizer, None)
    texts: dict[str, Article] = {}  # for a page, by id
    with writer:
        ahead, sources = tee(sources)
        with article_progress(quiet=options.quiet, with_draft=False):  # a model may be fetched
            jobs = summarizer.engine.workers(options.jobs) if is_worth_starting(ahead) else 1
        del ahead  # it would hold all that the other one gives
        # On one terminal the records are progress enough, and a line would be drawn into them.
        quiet = options.quiet or (options.output is None and sys.stdout.isatty())

        def take(record: Digest | Failure) -> None:
            article = texts.get(record.article.id) if isinstance(record, Digest) else None
            writer.write(record, article)
            failed = isinstance(record, Failure) or bool(record.missing)
            progress.update(progress.done + 1, failed=progress.failed + failed)
            _show_failed(record, writer)

        def work(source: Source) -> Digest:
            article = source.load()
            if writer.is_page:
                texts[article.id] = article
            return task(article)

        with progress_line(quiet=quiet, stages=jobs == 1) as progress:
            if count is not None and not quiet:
                count_in_background(progress, count)
            try:
                for record in run_many(
                    sources, work, jobs=jobs, name=lambda source: source.name, out_of_turn=take
                ):
                    take(record)
            except (KeyboardInterrupt, SummarizerError):
                again = "; the same command goes on: answers of a model are not asked for twice"
                cached = again if summarizer.settings.cache else ""
                say(f"stopped; articles written: {progress.done:,}{cached}")
                raise
    if progress.failed:
        raise typer.Exit(SOME_FAILED_EXIT)


def _show_failed(record: Digest | Failure, writer: OutputWriter) -> None:
    """What failed, on stderr, where the output is not for the same eyes."""
    if writer.is_for_people:
        return
    if isinstance(record, Failure):
        show_error(SummarizerError(record.error.message, hint=record.error.hint))
    else:
        for check in record.missing:
            show_error(SummarizerError(check.message))
