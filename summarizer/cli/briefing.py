"""``summarizer briefing``: many articles as one page, grouped into stories."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from summarizer.cli import options as given
from summarizer.cli.console import SOME_FAILED_EXIT, show_error, show_warning

if TYPE_CHECKING:
    from summarizer.briefing.stories import Briefing

BriefingFormat = Literal["markdown", "html", "eml", "json"]
_ENDINGS: Final[dict[str, BriefingFormat]] = {
    ".md": "markdown",
    ".html": "html",
    ".eml": "eml",
    ".json": "json",
}


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
        language: Language of the summaries, such as en or fr.
        follow: Read the page behind each entry of a feed that has only an abstract.
        output_format: Default: as the name of the output ends, else markdown.
    """
    from summarizer.articles import expand
    from summarizer.briefing.reading import read_articles
    from summarizer.briefing.stories import make_briefing
    from summarizer.cli.console import article_progress
    from summarizer.cli.output import OutputWriter, format_of
    from summarizer.errors import SourceError
    from summarizer.summarizer import Summarizer

    settings = options.settings(length=length, language=language)
    wanted = output_format or format_of(output, _ENDINGS, "markdown")
    shown = title or f"Briefing, {date.today().isoformat()}"
    # The writer comes first: an output that cannot be written must cost no request.
    with OutputWriter("markdown", output, several=False, verbosity=0, sources=sources) as writer:
        with (
            article_progress(quiet=options.quiet, with_draft=False),
            Summarizer(settings) as summarizer,
        ):
            found = expand(
                sources,
                settings=settings,
                text_field=options.text_field,
                on_passed_over=show_warning,
                feeds=True,
            )
            articles, failures = read_articles(found, settings=settings, follow=follow)
            if not articles:
                raise SourceError(
                    failures[0].error.message if failures else "there are no articles",
                    hint=failures[0].error.hint if failures else "name files, folders or feeds",
                )
            made = make_briefing(articles, summarizer=summarizer, failures=failures)
        writer.write_text(_rendered(made, shown, wanted))
    for failure in failures:
        show_error(SourceError(failure.error.message, hint=failure.error.hint))
    if failures or any(story.problem for story in made.stories):
        raise typer.Exit(SOME_FAILED_EXIT)


def _rendered(found: Briefing, title: str, wanted: BriefingFormat) -> str:
    from summarizer.cli.console import escape_json
    from summarizer.pages.markdown import briefing_markdown

    if wanted == "json":
        return escape_json(found.model_dump_json(indent=2)) + "\n"
    if wanted == "html":
        return briefing_page(found, title)
    if wanted == "eml":
        return briefing_mail(found, title)
    return briefing_markdown(found, title)


def briefing_page(briefing: Briefing, title: str) -> str:
    """The briefing as one HTML file."""
    from summarizer import __version__
    from summarizer.pages.document import render_page
    from summarizer.pages.markdown import SAFE_URL

    sources = {report.source for story in briefing.stories for report in story.reports}
    return render_page(
        "briefing.html.j2",
        styles=["briefing.css"],
        title=title,
        briefing=briefing,
        links={source: SAFE_URL.fullmatch(source) is not None for source in sources},
        version=__version__,
    )


def briefing_mail(briefing: Briefing, title: str) -> str:
    """The briefing as an e-mail without sender and receiver, in plain text and in HTML."""
    from email.message import EmailMessage

    from summarizer.cli.console import printable
    from summarizer.pages.markdown import briefing_markdown
    from summarizer.pages.wording import one_line

    message = EmailMessage()
    message["Subject"] = one_line(printable(title))
    message["X-Unsent"] = "1"  # mail programs open it as a draft
    message.set_content(
        briefing_markdown(briefing, title, escape=lambda text: one_line(printable(text)))
    )
    message.add_alternative(briefing_page(briefing, title), subtype="html")
    return message.as_string()
