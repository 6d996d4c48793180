"""Sentences with exact character offsets, in any language.

Boundaries come from ``sentencex`` (Wikimedia's rule-based segmenter, about 240 languages).
"""

from __future__ import annotations

import re
from typing import NamedTuple

_PARAGRAPH = re.compile(r"(?:[^\n]|\n(?![^\S\n]*\n))+")


class Sentence(NamedTuple):
    """A sentence; ``source[start:end] == text``, without white space around it."""

    start: int
    end: int
    text: str


def split_sentences(text: str, language: str | None = None) -> list[Sentence]:
    """The sentences of ``text`` in order; paragraph breaks always end one.

    >>> split_sentences("It rained. Mr. Lee left.")
    [Sentence(start=0, end=10, text='It rained.'), Sentence(start=11, end=24, text='Mr. Lee left.')]
    """
    from sentencex import segment

    sentences: list[Sentence] = []
    for paragraph in _PARAGRAPH.finditer(text):
        cursor = paragraph.start()
        for piece in segment(language or "en", paragraph.group()):
            # The segmenter may drop white space between sentences: find each piece again.
            begin = text.index(piece, cursor)
            cursor = begin + len(piece)
            stripped = piece.strip()
            if stripped:
                start = begin + piece.index(stripped)
                sentences.append(Sentence(start, start + len(stripped), stripped))
    return sentences
