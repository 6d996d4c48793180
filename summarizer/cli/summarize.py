"""``summarizer summarize``, ``classify``, ``extract``: a record each; ``briefing``: one of all."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from itertools import chain, islice, tee
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

from summarizer.cli import console
from summarizer.cli import options as given
from summarizer.errors import SourceError, SummarizerError

if TYPE_CHECKING or not given.only_help:
    from summarizer.articles import Article, Source, expand
    from summarizer.briefing import Briefing, make_briefing, read_articles
    from summarizer.cli.output import (
        RECORD_ENDINGS,
        OutputWriter,
        article_json,
        article_text,
        format_of,
    )
    from summarizer.digest import Digest, Failure
    from summarizer.summaries.request import OnText
    from summarizer.summarizer import Summarizer
    from summarizer.worker_pool import is_worth_starting, run_many

MakeTask = Callable[["Summarizer", "OnText | None"], Callable[[Any], "Digest"]]
_ENDINGS: Final[dict[str, given.FormatName]] = {".json": "json", ".jsonl": "jsonl", ".md": "text"}
BriefingFormat = Literal["text", "markdown", "html", "eml", "json"]
_BRIEFING_ENDINGS: Final[dict[str, BriefingFormat]] = {
    ".txt": "text",
    ".md": "markdown",
    ".html": "html",
    ".eml": "eml",
    ".json": "json",
}
_ANEW: Final = "; the same command begins anew, `summarizer batch run` goes on where it was stopped"
_RULE: Final = "\n" + "-" * 72 + "\n\n"


def summarize(sources: given.Sources, *, options: given.SummarizeOptions) -> None:
    """Topics and a summary of each article, with evidence."""
    _run(
        sources,
        options,
        lambda summarizer, on_text: partial(
            summarizer.digest, focus=options.focus, on_text=on_text
        ),
    )


def classify(sources: given.Sources, *, options: given.ClassifyOptions) -> None:
    """The topics of each article alone."""
    _run(sources, options, lambda summarizer, _: summarizer.classify)


def extract(
    sources: given.Sources,
    as_json: Annotated[bool, typer.Option("--json")] = False,
    text_field: given.TextField = None,
    allow_private_urls: given.PrivateUrls = False,
    output: given.Output = None,
) -> None:
    """Print the cleaned article: title, date and body, as they would be sent to a model.

    Args:
        as_json: One JSON object; a line each for several, in a .json file a list.
    """
    settings = given.settings(allow_private_urls=allow_private_urls or None)
    found = expand(
        sources, settings=settings, text_field=text_field, on_passed_over=console.show_warning
    )
    first = list(islice(found, 2))
    several = len(first) > 1
    failures: list[SummarizerError] = []
    output_format = format_of(output, _ENDINGS, "text")
    if as_json and output_format == "text":
        output_format = "jsonl"
    writer = OutputWriter(output_format, output, several=several, verbosity=0, sources=sources)
    with writer:
        for article in console.loaded(chain(first, found), failures):
            for note in article.notes:
                console.show_warning(f"{article.source}: {note}")
            if output_format != "text":
                writer.write_text(article_json(article, indent=None if several else 2))
            else:
                writer.write_text((_RULE if writer.records else "") + article_text(article))
        if failures:
            raise typer.Exit(console.SOME_FAILED_EXIT if several else failures[0].exit_code)


def briefing(
    sources: given.Sources,
    *,
    title: str | None = None,
    length: Annotated[str | None, typer.Option("--length", "-l")] = None,
    language: str | None = None,
    follow: Annotated[bool, typer.Option("--follow/--no-follow")] = True,
    output_format: Annotated[BriefingFormat | None, typer.Option("--format", "-f")] = None,
    output: given.Output = None,
    options: given.ReadingOptions,
) -> None:
    """The day's articles as stories, each with one summary that names its sources.

    Sources may be feeds. Articles on the same events are one story, copies are told once.

    Args:
        title: Default: Briefing, with the day.
        length: Of each story: short, medium, long, or words.
        language: Language of the summaries, such as en or fr. In another than the article's,
            only numbers and dates are checked.
        follow: Read the page behind each entry of a feed that has only an abstract.
        output_format: Default: as the name of the output ends, else text for a terminal, markdown.
    """
    settings = options.settings(length=length, language=language)
    default: BriefingFormat = "text" if output is None and sys.stdout.isatty() else "markdown"
    wanted = output_format or format_of(output, _BRIEFING_ENDINGS, default)
    shown = title or f"Briefing, {date.today().isoformat()}"
    # The writer comes first: an output that cannot be written must cost no request.
    with OutputWriter("markdown", output, several=False, verbosity=0, sources=sources) as writer:
        with console.article_progress(quiet=options.quiet), Summarizer(settings) as summarizer:
            named = partial(expand, sources, settings=settings, text_field=options.text_field)
            found = named(on_passed_over=console.show_warning, feeds=True)
            articles, failures = read_articles(found, settings=settings, follow=follow)
            if not articles and failures:
                raise _error_of(failures[0])
            if not articles:
                raise SourceError("there are no articles", hint="name files, folders or feeds")
            made = make_briefing(articles, summarizer=summarizer, failures=failures)
        writer.write_text(_rendered(made, shown, wanted))
    for failure in failures:
        console.show_error(_error_of(failure))
    problems = [story.problem for story in made.stories if story.problem]
    for problem in dict.fromkeys(problems):
        console.show_error(SummarizerError(problem))
    if failures or problems:
        raise typer.Exit(console.SOME_FAILED_EXIT)


def _rendered(found: Briefing, title: str, wanted: BriefingFormat) -> str:
    from summarizer.pages import document

    if wanted == "json":
        return console.escape_json(found.model_dump_json(indent=2)) + "\n"
    render = {
        "text": document.briefing_text,
        "html": document.briefing_page,
        "eml": document.briefing_mail,
        "markdown": document.briefing_markdown,
    }
    return render[wanted](found, title)


def _run(sources: list[str], options: given.ClassifyOptions, make_task: MakeTask) -> None:
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
        articles = named(on_passed_over=console.show_warning)
        first = list(islice(articles, 2))
        # The writer comes first: an output that cannot be written must cost no request.
        writer = OutputWriter(
            "json" if options.json and chosen != "jsonl" else chosen,
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
        with console.article_progress(quiet=quiet, with_draft=live) as on_text:
            article = source.load()
            digest = make_task(summarizer, on_text)(article)
        writer.write(digest, article)
    _show_failed(digest, writer)
    if digest.missing:
        raise typer.Exit(console.SOME_FAILED_EXIT)


def _several(
    sources: Iterator[Source],
    summarizer: Summarizer,
    make_task: MakeTask,
    writer: OutputWriter,
    options: given.ClassifyOptions,
    count: Callable[[], int] | None,
) -> None:
    task = make_task(summarizer, None)
    texts: dict[str, Article] = {}  # for a page, by id
    with writer:
        ahead, sources = tee(sources)
        with console.article_progress(quiet=options.quiet):  # a model may be fetched
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

        with console.progress_line(quiet=quiet, stages=jobs == 1) as progress:
            if count is not None and not quiet:
                console.count_in_background(progress, count)
            try:
                for record in run_many(
                    sources, work, jobs=jobs, name=lambda source: source.name, out_of_turn=take
                ):
                    take(record)
            except (KeyboardInterrupt, SummarizerError):
                kept = f" (kept in {options.output})" if options.output and writer.records else ""
                console.say(f"stopped; articles written: {progress.done:,}{kept}{_ANEW}")
                raise
    if progress.failed:
        raise typer.Exit(console.SOME_FAILED_EXIT)


def _show_failed(record: Digest | Failure, writer: OutputWriter) -> None:
    """What failed, on stderr, where the output is not for the same eyes."""
    if writer.is_for_people:
        return
    if isinstance(record, Failure):
        console.show_error(_error_of(record))
    else:
        for check in record.missing:
            console.show_error(SummarizerError(check.message))


def _error_of(failure: Failure) -> SourceError:
    return SourceError(failure.error.message, hint=failure.error.hint)
