"""Running a task over the sources of a command line: progress, output, exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from summarizer.articles import Article, Source, expand
from summarizer.cli.console import SOME_FAILED_EXIT, show_error, show_warning
from summarizer.cli.output import OutputWriter
from summarizer.cli.progress import article_progress, count_in_background, progress_line
from summarizer.digest import Digest, Failure
from summarizer.errors import SummarizerError
from summarizer.retrieval.locate import with_default_corpus
from summarizer.settings import Settings, load_settings
from summarizer.summarizer import Summarizer

if TYPE_CHECKING:
    from summarizer.cli.options import FormatName
    from summarizer.summaries.request import OnText

MakeTask = Callable[[Summarizer, "OnText | None"], Callable[[Any], Digest]]


class Run:
    """One command over its sources."""

    def __init__(
        self,
        sources: list[str],
        *,
        jobs: int,
        text_field: str | None,
        output_format: FormatName,
        output: Path | None,
        verbosity: int,
        quiet: bool,
    ) -> None:
        self._sources = sources
        self._jobs = jobs
        self._text_field = text_field
        self._format = output_format
        self._output = output
        self._verbosity = verbosity
        self._quiet = quiet

    def execute(self, make_task: MakeTask, **flags: Any) -> None:
        """Write one record per article.

        Raises:
            typer.Exit: with 1 where some of several sources failed, or half of a digest did.
            SummarizerError: the only source failed, or nothing can work (settings, endpoint).
        """
        settings = with_default_corpus(load_settings(**flags))
        with Summarizer(settings, verbose=self._verbosity > 1) as summarizer:
            articles = self._expand(summarizer.settings, on_passed_over=show_warning)
            first, second = next(articles, None), next(articles, None)
            if first is None:
                return
            if second is None:
                self._one(first, summarizer, make_task)
            else:
                self._several(_chain(first, second, articles), summarizer, make_task)

    def _expand(
        self, settings: Settings, *, on_passed_over: Callable[[str], None]
    ) -> Iterator[Source]:
        return expand(
            self._sources,
            settings=settings,
            text_field=self._text_field,
            on_passed_over=on_passed_over,
        )

    def _one(self, source: Source, summarizer: Summarizer, make_task: MakeTask) -> None:
        live = self._format == "text" and self._output is None
        # The writer comes first: an output that cannot be written must cost no request.
        with self._writer(several=False) as writer:
            with article_progress(
                quiet=self._quiet, with_draft=live and sys.stdout.isatty()
            ) as on_text:
                article = source.load()
                digest = make_task(summarizer, on_text)(article)
            writer.write(digest, article)
        self._show_missing(digest)
        if digest.missing:
            raise typer.Exit(SOME_FAILED_EXIT)

    def _show_missing(self, digest: Digest) -> None:
        if self._format != "text" or self._output is not None:
            for check in digest.missing:
                show_error(SummarizerError(check.message))

    def _several(
        self, sources: Iterator[Source], summarizer: Summarizer, make_task: MakeTask
    ) -> None:
        from summarizer.worker_pool import run_many

        task = make_task(summarizer, None)
        jobs = summarizer.engine.workers(self._jobs)
        # On one terminal the records are progress enough, and a line would be drawn into them.
        shown = not (self._quiet or (self._output is None and sys.stdout.isatty()))
        texts: dict[str, Article] = {}  # for a page, by id
        with (
            self._writer(several=True) as writer,
            progress_line(quiet=not shown, stages=jobs == 1) as progress,
        ):
            if shown:
                count_in_background(progress, lambda: self._count(summarizer.settings))

            def advance(*, failed: bool) -> None:
                progress.update(progress.done + 1, failed=progress.failed + failed)

            def take(record: Digest | Failure) -> None:
                if isinstance(record, Failure):
                    writer.write(record)
                    advance(failed=True)
                    if self._format != "text" or self._output is not None:
                        show_error(SummarizerError(record.error.message, hint=record.error.hint))
                else:
                    writer.write(record, texts.get(record.article.id))
                    advance(failed=bool(record.missing))
                    self._show_missing(record)

            def work(source: Source) -> Digest:
                article = source.load()
                if self._format == "html":
                    texts[article.id] = article
                return task(article)

            records = run_many(
                sources,
                work,
                jobs=jobs,
                name=lambda source: source.name,
                out_of_turn=take,
            )
            try:
                for record in records:
                    take(record)
            except (KeyboardInterrupt, SummarizerError):
                _say_how_to_go_on(progress.done, cached=summarizer.settings.cache)
                raise
        if progress.failed:
            raise typer.Exit(SOME_FAILED_EXIT)

    def _count(self, settings: Settings) -> int | None:
        """How many articles there are; None where finding out would read a source twice."""
        if any(source == "-" or "://" in source for source in self._sources):
            return None
        return sum(1 for _ in self._expand(settings, on_passed_over=lambda _: None))

    def _writer(self, *, several: bool) -> OutputWriter:
        return OutputWriter(self._format, self._output, several=several, verbosity=self._verbosity)


def _say_how_to_go_on(done: int, *, cached: bool) -> None:
    again = "; the same command goes on: answers of a model are not asked for twice"
    sys.stderr.write(f"stopped; articles written: {done:,}{again if cached else ''}\n")


def _chain(first: Source, second: Source, rest: Iterator[Source]) -> Iterator[Source]:
    yield first
    yield second
    yield from rest
