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
from summarizer.evaluation.cases import Row, SourceRow
from summarizer.evaluation.suite import Fields

_ARTICLE: Final = re.compile(r"<REUTERS\b(?P<head>[^>]*)>(?P<body>.*?)</REUTERS>", re.DOTALL)
_END_MARK: Final = re.compile(r"\s*(?:Reuter|REUTER)?\s*(?:&#3;|\x03)?\s*\Z")


def reuters(path: Path) -> Iterator[SourceRow]:
    """The rows of Reuters-21578.

    Raises:
        ConfigurationError: it is something else.
    """
    if path.is_file() and path.suffix.lower() != ".sgm":
        yield from table(path, Fields(labels="topics"))
        return
    files = sorted(path.glob("*.sgm")) if path.is_dir() else [path]
    if not files:
        raise ConfigurationError(f"{str(path)!r} has no .sgm file")
    for file in files:
        text = file.read_text(encoding="latin-1")
        for found in _ARTICLE.finditer(text):
            row = _row(found["head"], found["body"])
            if row is not None:
                yield SourceRow(f"{file}#{row.id}", file.parent, row)


def _row(head: str, body: str) -> Row | None:
    """An article; None for those without a text (TYPE="UNPROC" and empty ones)."""
    number = re.search(r'NEWID="(\d+)"', head)
    text = _inner(body, "BODY")
    if number is None or text is None:
        return None
    topics = tuple(re.findall(r"<D>(.*?)</D>", _inner(body, "TOPICS", raw=True) or ""))
    return Row(
        id=number[1],
        article=text,
        title=_inner(body, "TITLE"),
        date=_inner(body, "DATE"),
        gold_topics=None if 'TOPICS="NO"' in head else topics,
        slices=tuple(re.findall(r'LEWISSPLIT="([A-Z-]+)"', head)),
    )


def _inner(body: str, tag: str, *, raw: bool = False) -> str | None:
    found = re.search(rf"<{tag}>(.*?)</{tag}>", body, re.DOTALL)
    if found is None:
        return None
    text = found[1] if raw else html.unescape(_END_MARK.sub("", found[1]))
    return text.strip() or None
