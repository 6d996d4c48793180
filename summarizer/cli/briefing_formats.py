"""A briefing as Markdown, as a page, and as an e-mail with both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from email.message import EmailMessage
from typing import TYPE_CHECKING

from summarizer.cli.console import printable
from summarizer.cli.markdown import SAFE_URL, escape
from summarizer.pages.wording import one_line

if TYPE_CHECKING:
    from summarizer.briefing.stories import Briefing, Story, StorySentence


def briefing_markdown(
    briefing: Briefing, title: str, *, escape: Callable[[str], str] = escape
) -> str:
    """The briefing, a section for each story; what articles say is only text in it.

    ``escape`` keeps what articles say from being markup; where nothing reads markup, it need not.
    """
    blocks = [f"# {escape(title)}"]
    for story in briefing.stories:
        blocks += _story(story, escape)
    if briefing.failures:
        blocks.append("## Not read")
        blocks.append(
            "\n".join(
                f"- {escape(failure.source)}: {escape(failure.error.message)}"
                for failure in briefing.failures
            )
        )
    return "\n\n".join(blocks) + "\n"


def briefing_page(briefing: Briefing, title: str) -> str:
    """The briefing as one HTML file."""
    from summarizer import __version__
    from summarizer.pages.document import render_page

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
    message = EmailMessage()
    message["Subject"] = " ".join(printable(title).split())
    message["X-Unsent"] = "1"  # mail programs open it as a draft
    message.set_content(briefing_markdown(briefing, title, escape=_plain))
    message.add_alternative(briefing_page(briefing, title), subtype="html")
    return message.as_string()


def _plain(text: str) -> str:
    return one_line(printable(text))


def _story(story: Story, escape: Callable[[str], str]) -> Iterator[str]:
    yield f"## {escape(story.title)}"
    if story.topics:
        yield f"Topics: {'; '.join(escape(topic.name) for topic in story.topics)}"
    if story.problem:
        yield f"No summary: {escape(story.problem)}"
    if story.sentences:
        yield " ".join(_sentence(sentence, escape) for sentence in story.sentences)
    lines = []
    for number, report in enumerate(story.reports, start=1):
        is_link = SAFE_URL.fullmatch(report.source) is not None
        where = f"<{report.source}>" if is_link else escape(report.source)
        facts = [str(report.published or ""), where]
        if report.copy_of:
            facts.append(f"the same text as {report.copy_of}")
        lines.append(f"{number}. {escape(report.title)} ({', '.join(filter(None, facts))})")
    yield "\n".join(lines)


def _sentence(sentence: StorySentence, escape: Callable[[str], str]) -> str:
    numbers = "".join(f" {escape(f'[{number}]')}" for number in sentence.sources)
    doubt = "" if sentence.supported else " (unsupported)"
    if sentence.supported and sentence.doubts:
        doubt = " (please check)"
    return f"{escape(sentence.text)}{numbers}{doubt}"
