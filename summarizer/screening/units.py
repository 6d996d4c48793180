"""The pieces of an article that are judged one by one: sentences and lines, quoted or not."""

from __future__ import annotations

import bisect
import itertools
import re
from typing import NamedTuple

from summarizer.screening.lexicon import words
from summarizer.text import split_sentences

_PARAGRAPH = re.compile(r"\S(?:[^\n]|\n(?![^\S\n]*\n))*")
# A line end that a wrapped sentence would not have: the next line begins a new one.
_LINE_BREAK = re.compile(r"\n(?=[^\S\n]*[^\sa-z])")
# After the end of a sentence, a word in lower case begins another one only by mistake or by
# design; the sentence splitter does not split there.
_LOWER_START = re.compile(r"(?<=[a-z]{3}[.!?])\s+(?=[a-z])")
# An order glued to a fragment without a full stop: a capitalised verb with its object, or the
# beginning of a question, in the middle of a sentence.
_CAPITAL_START = re.compile(
    r"(?<=[\w,)\"])[^\S\n]+([A-Z][a-z]+)(?= (?:an?|the|your|my|me|us|this|that|these|all|every"
    r"|each|any"
    r"|how|why|what|whether|users?|readers?|[a-z][^.!?]{0,60} your (?:answer|response|reply|output"
    r"|summary|message))\b)"
)
_ASKS = re.compile(
    r"(?<=[\w,)\"])[^\S\n]+(?=(?:What|Who|How|Why|When|Where) (?:is|are|was|were|do|does|did"
    r"|can|should)\b"
    r"|What's|Which [a-z]+|(?:Can|Could|Would|Will) you\b|Please [a-z]+|In your\b)"
)
_VERBS = words("text_verbs") | words("verbs") | words("homographs")
_PAIRS = {"“": "”", "„": "“”", "«": "»", "‘": "’", "「": "」"}


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
    quotes = _quoted_spans(text)
    starts = [found.start() for found in _PARAGRAPH.finditer(text)]
    units: list[Unit] = []
    paragraph = 0
    for sentence in split_sentences(text, language):
        while paragraph + 1 < len(starts) and starts[paragraph + 1] <= sentence.start:
            paragraph += 1
        for start, end in _pieces(sentence.text):
            start, end = sentence.start + start, sentence.start + end
            piece = text[start:end]
            last = bisect.bisect_right(quotes, (start, len(text))) - 1
            quoted = last >= 0 and start < quotes[last][1]
            units.append(Unit(start, end, piece, paragraph, quoted or _ends_quote(piece)))
    return units


def _pieces(sentence: str) -> list[tuple[int, int]]:
    """Spans of the lines and lower-case sentences inside one sentence."""
    cuts = {0, len(sentence)}
    for pattern in (_LINE_BREAK, _LOWER_START, _ASKS):
        cuts |= {found.start() for found in pattern.finditer(sentence)}
    cuts |= {
        found.start() for found in _CAPITAL_START.finditer(sentence) if found[1].lower() in _VERBS
    }
    ordered = sorted(cuts)
    spans = []
    for start, end in itertools.pairwise(ordered):
        piece = sentence[start:end]
        if piece.strip():
            start += len(piece) - len(piece.lstrip())
            spans.append((start, start + len(piece.strip())))
    return spans


def _quoted_spans(text: str) -> list[tuple[int, int]]:
    """Spans from an opening quotation mark to its end, or to the end of the paragraph."""
    spans = []
    for paragraph in _PARAGRAPH.finditer(text):
        opened: int | None = None
        closers = ""
        for position in range(paragraph.start(), paragraph.end()):
            letter = text[position]
            if opened is None:
                if letter == '"' or (
                    letter in _PAIRS and not text[position - 1 : position].isalnum()
                ):
                    opened, closers = position, _PAIRS.get(letter, '"')
            elif letter in closers and not _is_apostrophe(text, position):
                spans.append((opened, position))
                opened = None
        # Without an end, only the convention that a quotation goes on in the next paragraph.
        if opened == paragraph.start():
            spans.append((opened, paragraph.end()))
    return spans


def _ends_quote(piece: str) -> bool:
    """Whether a quotation ends here that began in an earlier sentence."""
    return piece.endswith(('"', "”", "»")) and piece.count('"') % 2 + piece.count(
        "”"
    ) + piece.count("»") > piece.count("“") + piece.count("„") + piece.count("«")


def _is_apostrophe(text: str, position: int) -> bool:
    return text[position] == "’" and text[position + 1 : position + 2].isalnum()
