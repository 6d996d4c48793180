"""A digest as text for a terminal, wrapped, in colours where they are wanted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, Literal, NamedTuple

from summarizer.digest import Digest, Failure, Summary, TopicLabel
from summarizer.pages import wording

_INDENT: Final = "  "


class _Line(NamedTuple):
    """A paragraph to wrap: pieces with styles, indents of the first row and of the others."""

    pieces: tuple[tuple[str, str], ...]
    first: str = ""
    rest: str = ""


def terminal_text(
    record: Digest | Failure, *, verbosity: int = 0, width: int = 80, colour: bool = False
) -> str:
    """The record for a person, ending with a line feed; evidence, notes and cost from -v (1) on.

    No character in it can control a terminal but our own colours.
    """
    lines = _failure(record) if isinstance(record, Failure) else _digest(record, verbosity)
    return _layout(lines, width=width, colour=colour)


def _failure(record: Failure) -> Iterator[_Line]:
    error = record.error
    yield _Line(((wording.one_line(record.source), "bold"),))
    yield _Line(
        ((f"error: {wording.one_line(error.message)} ({error.type})", "red"),), _INDENT, _INDENT * 2
    )
    if error.hint:
        yield _Line(((f"try: {wording.one_line(error.hint)}", ""),), _INDENT, _INDENT * 2)


def _digest(record: Digest, verbosity: int) -> Iterator[_Line]:
    yield _Line(((wording.one_line(record.article.title or "(no title)"), "bold"),))
    yield _Line(((" · ".join(wording.about(record)), "dim"),))
    if record.topics is not None:
        yield from _topics(record.topics)
    if record.summary is not None:
        yield from _summary(record, record.summary)
    found = wording.notes(record)
    if found:
        yield from _heading("Checks")
    for number, (_, text) in enumerate(found, start=1):
        yield _Line(((f"[{number}] ", "yellow"), (text, "")), _INDENT, _INDENT + "    ")
    if record.related:
        yield from _heading("Earlier articles")
    for article in record.related or ():
        yield _Line(((wording.relative(article), ""),), _INDENT, _INDENT * 2)
    if verbosity:
        yield from _details(record)


def _heading(name: str) -> Iterator[_Line]:
    yield _Line(())
    yield _Line(((name, "bold cyan"),))


def _topics(topics: tuple[TopicLabel, ...]) -> Iterator[_Line]:
    yield from _heading("Topics")
    if not topics:
        yield _Line((("none fits", "dim"),), _INDENT)
    for topic in topics:
        percent = "" if topic.confidence is None else f"  {topic.confidence:.0%}"
        yield _Line(((wording.topic_name(topic), ""), (percent, "green")), _INDENT, _INDENT * 2)


def _summary(record: Digest, summary: Summary) -> Iterator[_Line]:
    yield from _heading("Summary")
    numbers = wording.markers(record)
    whole: list[tuple[str, str]] = []
    for index, sentence in enumerate(record.sentences):
        marks = "".join(f" [{number}]" for number in numbers.get(index, []))
        style = "yellow" if sentence.supported is False else ""
        pieces = ((wording.one_line(sentence.text), style), (marks, "yellow"))
        if summary.style == "bullets":
            yield _Line(pieces, _INDENT + "• ", _INDENT + "  ")
        else:
            whole += [*([(" ", "")] if whole else []), *pieces]
    if whole:
        yield _Line(tuple(whole), _INDENT, _INDENT)


def _details(record: Digest) -> Iterator[_Line]:
    claims = wording.claims(record)
    if claims:
        yield from _heading("Evidence")
    for words, evidence in claims:
        yield _Line(((words, ""),), _INDENT, _INDENT)
        for span in evidence:
            where = f"{span.start}-{span.end} ({span.score:.0%}) "
            quote = f"“{wording.one_line(span.text)}”"
            yield _Line(((where, "cyan"), (quote, "dim")), _INDENT * 2, _INDENT * 3)
    if record.summary and record.summary.notes:
        yield from _heading("Notes on the parts")
        for number, note in enumerate(record.summary.notes, start=1):
            yield _Line(((f"{number}. {wording.one_line(note)}", ""),), _INDENT, _INDENT + "   ")
    yield from _heading("Made by")
    for line in (wording.made_by(record), wording.cost(record.usage, record.model.provider)):
        yield _Line(((line, ""),), _INDENT, _INDENT)


def _layout(lines: Iterable[_Line], *, width: int, colour: bool) -> str:
    """The lines, wrapped by the width of characters on a terminal (two columns for CJK)."""
    from rich.console import Console
    from rich.text import Text

    colours: Literal["standard"] | None = "standard" if colour else None
    console = Console(width=width, force_terminal=colour, color_system=colours)
    with console.capture() as capture:
        for line in lines:
            pieces = ((wording.printable(words), style) for words, style in line.pieces)
            room = max(20, width - max(len(line.first), len(line.rest)))
            rows = Text.assemble(*pieces).wrap(console, room) or [Text()]
            for number, row in enumerate(rows):
                shown = Text(line.rest if number else line.first) + row
                shown.rstrip()
                console.print(shown, soft_wrap=True)
    return capture.get()
