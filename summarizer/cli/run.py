"""Running a task over the sources of a command line: progress, output, exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from summarizer.articles import Article, Source, expand
from summarizer.cli.console import printable, show_error, show_warning, stderr
from summarizer.cli.output import OutputWriter
from summarizer.digest import Digest, Failure
from summarizer.errors import SummarizerError
from summarizer.settings import load_settings
from summarizer.summarizer import Summarizer
from summarizer.worker_pool import run_many

if TYPE_CHECKING:
    from summarizer.cli.options import FormatName
    from summarizer.summaries.outcome import OnText

MakeTask = Callable[[Summarizer, "OnText | None"], Callable[[Any], Digest]]
_SOME_FAILED = 1


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
    ) -> None:
        self._sources = sources
        self._jobs = jobs
        self._text_field = text_field
        self._format = output_format
        self._output = output
        self._verbosity = verbosity

    def execute(self, make_task: MakeTask, **flags: Any) -> None:
        """Write one record per article.

        Raises:
            typer.Exit: with 1 where some of several sources failed, or half of a digest did.
            SummarizerError: the only source failed, or nothing can work (settings, endpoint).
        """
        settings = load_settings(**flags)
        from summarizer.cli.download import download_report

        with (
            download_report() as report,
            Summarizer(
                settings, verbose=self._verbosity > 1, progress=report.progress
            ) as summarizer,
        ):
            articles = expand(
                self._sources,
                settings=settings,
                text_field=self._text_field,
                on_passed_over=show_warning,
            )
            first, second = next(articles, None), next(articles, None)
            if first is None:
                return
            if second is None:
                self._one(first, summarizer, make_task)
            else:
                self._several(_chain(first, second, articles), summarizer, make_task)

    def _one(self, source: Source, summarizer: Summarizer, make_task: MakeTask) -> None:
        live = self._format == "text" and self._output is None
        # The writer comes first: an output that cannot be written must cost no request.
        with self._writer(several=False) as writer:
            article = source.load()
            with _live_summary() if live else nullcontext(None) as on_text:
                digest = make_task(summarizer, on_text)(article)
            writer.write(digest, article)
        self._show_missing(digest)
        if digest.missing:
            raise typer.Exit(_SOME_FAILED)

    def _show_missing(self, digest: Digest) -> None:
        if self._format != "text" or self._output is not None:
            for check in digest.missing:
                show_error(SummarizerError(check.message))

    def _several(
        self, sources: Iterator[Source], summarizer: Summarizer, make_task: MakeTask
    ) -> None:
        task = make_task(summarizer, None)
        jobs = summarizer.engine.workers(self._jobs)
        done = failed = 0
        texts: dict[str, Article] = {}  # for a page, by id
        # On one terminal the records are progress enough, and a bar would be drawn into them.
        hidden = self._output is None and sys.stdout.isatty()
        with self._writer(several=True) as writer, _progress(hidden=hidden) as advance:

            def take(record: Digest | Failure) -> None:
                nonlocal done, failed
                writer.write(
                    record, texts.get(record.article.id) if isinstance(record, Digest) else None
                )
                done += 1
                if isinstance(record, Failure):
                    failed += 1
                    if self._format != "text" or self._output is not None:
                        show_error(SummarizerError(record.error.message, hint=record.error.hint))
                elif record.missing:
                    failed += 1
                    self._show_missing(record)
                advance(failed)

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
                _say_how_to_go_on(done, cached=summarizer.settings.cache)
                raise
        if failed:
            raise typer.Exit(_SOME_FAILED)

    def _writer(self, *, several: bool) -> OutputWriter:
        return OutputWriter(self._format, self._output, several=several, verbosity=self._verbosity)


def _say_how_to_go_on(done: int, *, cached: bool) -> None:
    again = "; the same command goes on: answers of a model are not asked for twice"
    sys.stderr.write(f"stopped; articles written: {done:,}{again if cached else ''}\n")


def _chain(first: Source, second: Source, rest: Iterator[Source]) -> Iterator[Source]:
    yield first
    yield second
    yield from rest


@contextmanager
def _live_summary() -> Iterator[OnText | None]:
    """Shows the summary on stderr while it is written, and takes it away when it is done."""
    if not (sys.stderr.isatty() and sys.stdout.isatty()):
        yield None
        return
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    written: list[str] = []
    wrapping = Console(stderr=True, highlight=False)
    with Live(Text("reading …", style="dim"), console=wrapping, transient=True) as live:

        def show(piece: str) -> None:
            written.append(piece)
            live.update(Text(printable("".join(written)), style="dim"))

        yield show


@contextmanager
def _progress(*, hidden: bool) -> Iterator[Callable[[int], None]]:
    """A counter on stderr, only on a terminal: articles done, time, failures."""
    if hidden or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.completed} articles"), TimeElapsedColumn())
    with Progress(*columns, TextColumn("{task.description}"), console=stderr()) as bar:
        task = bar.add_task("", total=None)

        def advance(failed: int) -> None:
            bar.update(task, advance=1, description=f"{failed} failed" if failed else "")

        yield advance
