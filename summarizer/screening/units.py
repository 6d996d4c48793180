"""The pieces of an article that are judged one by one: sentences and lines, quoted or not.

All work is on pieces of bounded length, so the time grows with the length of the text only,
whatever somebody puts into it.
"""

from __future__ import annotations

import bisect
import itertools
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from summarizer.text import split_sentences

_PARAGRAPH = re.compile(r"\S(?:[^\n]|\n(?![^\S\n]*\n))*")
# A line end that a wrapped sentence would not have: the next line begins a new one.
_LINE_BREAK = re.compile(r"\n(?=[^\S\n]*[^\sa-z])")
# After the end of a sentence, a word in lower case begins another one only by mistake or by
# design; the sentence splitter does not split there.
_LOWER_START = re.compile(r"(?<=[a-z]{3}[.!?])\s+(?=[a-z])")
# What ends with a bracket of code or markup has no full stop.
_CLOSED = re.compile(r"(?<=[}>])\s+")
_PAIRS: Final = {"“": "”", "„": "“”", "«": "»", "‘": "’", "「": "」"}
# Characters that the sentence splitter gets at once, and of the longest unit.
_BLOCK: Final = 2_000
_LONGEST: Final = 600


class Unit(NamedTuple):
    """A sentence or a line; ``article[start:end] == text``."""

    start: int
    end: int
    text: str
    paragraph: int
    quoted: bool
    """It begins inside quotation marks: somebody says it, in the article."""


def split_units(text: str, language: str | None = None) -> list[Unit]:
    """The units of ``text`` in order, without white space around them."""
    units: list[Unit] = []
    for number, paragraph in enumerate(_PARAGRAPH.finditer(text)):
        quotes = _quoted_spans(paragraph.group())
        for start, end in _pieces(paragraph.group(), language):
            last = bisect.bisect_right(quotes, (start, len(text))) - 1
            quoted = last >= 0 and start < quotes[last][1]
            start, end = paragraph.start() + start, paragraph.start() + end
            units.append(Unit(start, end, text[start:end], number, quoted))
    return units


def _pieces(paragraph: str, language: str | None) -> Iterator[tuple[int, int]]:
    """Spans of the sentences, lines and lower-case sentences of a paragraph."""
    for block_start, block_end in _bounded(paragraph, 0, len(paragraph), longest=_BLOCK):
        for sentence in split_sentences(paragraph[block_start:block_end], language):
            cuts = {0, len(sentence.text)}
            for pattern in (_LINE_BREAK, _LOWER_START, _CLOSED):
                cuts |= {found.start() for found in pattern.finditer(sentence.text)}
            for start, end in itertools.pairwise(sorted(cuts)):
                offset = block_start + sentence.start
                yield from _bounded(paragraph, offset + start, offset + end, longest=_LONGEST)


def _bounded(text: str, start: int, end: int, *, longest: int) -> Iterator[tuple[int, int]]:
    """The span in parts of at most ``longest`` characters, each without white space around it."""
    while start < end:
        stop = end
        if end - start > longest:
            space = text.rfind(" ", start + longest // 2, start + longest)
            stop = space if space > start else start + longest
        part = text[start:stop]
        if part.strip():
            begin = start + len(part) - len(part.lstrip())
            yield begin, begin + len(part.strip())
        start = stop


def _quoted_spans(paragraph: str) -> list[tuple[int, int]]:
    """Spans from an opening quotation mark to its end.

    A quotation without an end counts only where the paragraph begins with it: by convention it
    goes on in the next one.
    """
    spans = []
    opened: int | None = None
    closers = ""
    for found in re.finditer('["“”„«»‘’「」]', paragraph):
        position, mark = found.start(), found.group()
        if opened is None:
            before = paragraph[position - 1 : position]
            if mark == '"' or (mark in _PAIRS and not before.isalnum()):
                opened, closers = position, _PAIRS.get(mark, '"')
        elif mark in closers and not (
            mark == "’" and paragraph[position + 1 : position + 2].isalnum()
        ):
            spans.append((opened, position))
            opened = None
    if opened == 0:
        spans.append((0, len(paragraph)))
    return spans
