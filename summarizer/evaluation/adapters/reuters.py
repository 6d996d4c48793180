"""Reuters-21578 (Lewis 1997): newswire with any number of topic codes.

Reads the original reut2-*.sgm files, one or a folder of them, and JSON lines with ``topics``,
``title`` and ``text``. Of the SGML, articles that were never given to the indexers
(TOPICS="NO") have no gold topics, rather than an empty set.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from summarizer.errors import ConfigurationError
from summarizer.evaluation.adapters.table import table
from summarizer.evaluation.suite.definition import TableFields
from summarizer.evaluation.suite.sample_rows import SampleRow, SourceRow

_START: Final = re.compile(r"<REUTERS\b([^<>]*)>")
_END: Final = "</REUTERS>"
# What ends a text, the last first.
_END_MARKS: Final = (("&#3;", "\x03"), ("Reuter", "REUTER"))


def reuters(path: Path) -> Iterator[SourceRow]:
    """The rows of Reuters-21578.

    Raises:
        ConfigurationError: it is something else.
    """
    if path.is_file() and path.suffix.lower() != ".sgm":
        yield from table(path, TableFields(labels="topics"))
        return
    files = sorted(path.glob("*.sgm")) if path.is_dir() else [path]
    if not files:
        raise ConfigurationError(f"{str(path)!r} has no .sgm file")
    for file in files:
        text = file.read_text(encoding="latin-1")
        for head, body in _articles(text):
            row = _row(head, body)
            if row is not None:
                yield SourceRow(f"{file}#{row.id}", file.parent, row)


def _articles(text: str) -> Iterator[tuple[str, str]]:
    """(attributes, what is inside) of each article; one that does not end is none.

    Each part of the text is looked at once; one pattern for both tags would look from every start
    to the end of a text that does not close them.
    """
    end = 0
    while (start := _START.search(text, end)) is not None:
        close = text.find(_END, start.end())
        if close < 0:
            return
        yield start[1], text[start.end() : close]
        end = close + len(_END)


def _row(head: str, body: str) -> SampleRow | None:
    """An article; None for those without a text (TYPE="UNPROC" and empty ones)."""
    number = re.search(r'NEWID="(\d+)"', head)
    text = _inner(body, "BODY")
    if number is None or text is None:
        return None
    topics = tuple(re.findall(r"<D>([^<]*)</D>", _inner(body, "TOPICS", raw=True) or ""))
    return SampleRow(
        id=number[1],
        article=text,
        title=_inner(body, "TITLE"),
        date=_inner(body, "DATE"),
        gold_topics=None if 'TOPICS="NO"' in head else topics,
        slices=tuple(re.findall(r'LEWISSPLIT="([A-Z-]+)"', head)),
    )


def _inner(body: str, tag: str, *, raw: bool = False) -> str | None:
    start = body.find(f"<{tag}>")
    end = body.find(f"</{tag}>", start)
    if start < 0 or end < 0:
        return None
    text = body[start + len(tag) + 2 : end]
    return (text if raw else html.unescape(_without_end(text))).strip() or None


def _without_end(text: str) -> str:
    """The text without the agency's name and the control character that end it."""
    for marks in _END_MARKS:
        text = text.rstrip()
        for mark in marks:
            text = text.removesuffix(mark)
    return text
