"""Digests, failures and briefings as Markdown in which an article's text is only text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from summarizer.cli.console import printable
from summarizer.digest import Digest, Failure, Summary, TopicLabel
from summarizer.pages import wording

if TYPE_CHECKING:
    from summarizer.briefing.stories import Briefing, Story, StorySentence

# What starts markup anywhere in a line, and what only does at its beginning.
_ANYWHERE = re.compile(r"[\\`*_\[\]<>&|~#]")
_AT_START = re.compile(r"^(?:[-+=]|\d{1,9}(?=[.)]))")
# GitHub links bare addresses.
_ADDRESS = re.compile(r"(?<=\w)(?=://)|(?<=www)(?=\.)", re.IGNORECASE)
SAFE_URL = re.compile(r"https?://[^\s<>\\`]+")


def render_markdown(record: Digest | Failure, *, verbosity: int = 0) -> str:
    """The record as a section that begins with its title; evidence and cost from -v (1) on."""
    blocks = _failure(record) if isinstance(record, Failure) else _digest(record, verbosity)
    return "\n\n".join(blocks) + "\n"


def escape(text: str) -> str:
    r"""``text`` in one line that Markdown and HTML show as it is.

    >>> print(escape("1. <b>*bold*</b>"))
    1\. \<b\>\*bold\*\</b\>
    """
    text = _ANYWHERE.sub(r"\\\g<0>", wording.one_line(printable(text)))
    text = _ADDRESS.sub(r"\\", text)
    found = _AT_START.match(text)
    if found is None:
        return text
    end = found.end() if found.group()[0].isdigit() else 0
    return f"{text[:end]}\\{text[end:]}"


def _failure(record: Failure) -> Iterator[str]:
    yield f"# {escape(record.source)}"
    yield f"**{record.error.type}:** {escape(record.error.message)}"
    if record.error.hint:
        yield f"Try: {escape(record.error.hint)}"


def _digest(record: Digest, verbosity: int) -> Iterator[str]:
    yield f"# {escape(record.article.title or '(no title)')}"
    source = record.article.source
    yield " · ".join(
        f"<{fact}>" if fact == source and SAFE_URL.fullmatch(fact) else escape(fact)
        for fact in map(printable, wording.about(record))
    )
    if record.topics is not None:
        yield f"**Topics:** {'; '.join(map(_topic, record.topics)) or 'none fits'}"
    if record.summary is not None:
        yield _summary(record, record.summary)
    found = wording.notes(record)
    if found:
        yield "**Checks:**"
        yield "\n".join(
            f"- \\[{number}\\] {escape(text)}" for number, (_, text) in enumerate(found, start=1)
        )
    if record.related:
        yield "**Earlier articles:**"
        yield "\n".join(f"- {escape(wording.relative(article))}" for article in record.related)
    if verbosity:
        yield from _details(record)


def _topic(topic: TopicLabel) -> str:
    percent = "" if topic.confidence is None else f" ({topic.confidence:.0%})"
    return escape(wording.topic_name(topic)) + percent


def _summary(record: Digest, summary: Summary) -> str:
    numbers = wording.markers(record)
    sentences = [
        escape(sentence.text) + "".join(f" \\[{number}\\]" for number in numbers.get(index, []))
        for index, sentence in enumerate(summary.sentences)
    ] or [escape(summary.text)]
    if summary.style == "bullets":
        return "\n".join(f"- {sentence}" for sentence in sentences)
    return " ".join(sentences)


def _details(record: Digest) -> Iterator[str]:
    for words, evidence in wording.claims(record):
        quotes = "\n".join(
            f"> - “{escape(span.text)}” ({span.start}-{span.end}, {span.score:.0%})"
            for span in evidence
        )
        yield f"> {escape(words)}\n>\n{quotes}"
    if record.summary and record.summary.notes:
        yield "**Notes on the parts:**"
        yield "\n".join(
            f"{number}. {escape(note)}" for number, note in enumerate(record.summary.notes, start=1)
        )
    yield f"{escape(wording.made_by(record))}; {escape(wording.cost(record.usage))}"


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
