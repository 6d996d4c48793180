"""Quotations: words between quotation marks, and whether an article has them.

Compared are letters and digits only, so other quotation marks, spacing and capitals do not
matter; an ellipsis or an editor's [brackets] split a quotation into pieces that must follow
each other. Where both texts name the speaker right beside the quotation, the names must agree.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from summarizer.verification.words import fold, patterns, words


class Quotation(NamedTuple):
    """A quotation without its marks; ``source[start:end] == text``; the speaker if named."""

    start: int
    end: int
    text: str
    speaker: str | None


_PATTERNS: Final = patterns("quotations")
_SAY, _NAME = (_PATTERNS[part].pattern for part in ("say", "name"))
_AFTER: Final = re.compile(rf"[,.\"”’'»]*\s*(?:{_SAY}\s(?P<a>{_NAME})|(?P<b>{_NAME})\s{_SAY}\b)")
_BEFORE: Final = re.compile(
    rf"(?P<a>{_NAME})\s(?:has\s|had\s)?{_SAY}(?:\s\w+){{0,4}}[,:]?\s*[\"“‘«„'`]?$"
)
_PRONOUNS: Final = {"he", "she", "they", "it", "i", "we", "who", "the", "a", "an", "this", "that"}


def find_quotations(text: str) -> list[Quotation]:
    """The quotations in ``text``, in order.

    >>> find_quotations('"It is over," said Mr Blair.')
    [Quotation(start=1, end=12, text='It is over,', speaker='Blair')]
    """
    found = []
    for match in _PATTERNS["marked"].finditer(text):
        group = match.lastindex or 1
        start, end = match.span(group)
        found.append(Quotation(start, end, match[group], _speaker(text, *match.span())))
    return found


class QuotationIndex:
    """The words of an article, for finding quotations in it."""

    def __init__(self, text: str) -> None:
        self._found = find_quotations(text)
        self._words = f" {_normal(text)} "
        self._letters = self._words.replace(" ", "")

    def has(self, quotation: Quotation) -> bool:
        """Whether the pieces of ``quotation`` occur in the article one after the other."""
        place = 0
        for piece in _pieces(quotation.text):
            place = self._find(piece, place)
            if place < 0:
                return False
        return True

    def other_speaker(self, quotation: Quotation) -> str | None:
        """Whom the article names as the speaker, where that is not whom ``quotation`` names."""
        if quotation.speaker is None:
            return None
        letters = _normal(quotation.text).replace(" ", "")
        named = [
            other.speaker
            for other in self._found
            if other.speaker and letters and letters in _normal(other.text).replace(" ", "")
        ]
        if not named or any(fold(quotation.speaker) == fold(name) for name in named):
            return None
        return named[0]

    def _find(self, piece: str, place: int) -> int:
        found = self._words.find(f" {piece} ", place)
        if found >= 0:
            return found + len(piece)
        # "do n't" and "don't", "U.S." and "US": long pieces need not agree in word boundaries.
        squashed = piece.replace(" ", "")
        if len(squashed) < 12 and squashed.isascii():
            return -1
        return place if squashed in self._letters else -1


def is_checkable(quotation: Quotation) -> bool:
    """Whether the quotation is long enough to be somebody's words."""
    return len(words(quotation.text)) > 1  # one word is a title or an emphasis


def _pieces(quoted: str) -> list[str]:
    return [normal for piece in _PATTERNS["gap"].split(quoted) if (normal := _normal(piece))]


def _normal(text: str) -> str:
    """Folded words without apostrophes, one space between them."""
    return " ".join(re.sub("['’]", "", word.text.casefold()) for word in words(text))


def _speaker(text: str, start: int, end: int) -> str | None:
    """The last name of whoever is named right behind or before the quotation."""
    match = _AFTER.match(text, end) or _BEFORE.search(text, max(0, start - 80), start)
    if match is None:
        return None
    name = match["a"] or match["b"]
    last = re.sub("['’]s$", "", name.split()[-1])
    return None if fold(last) in _PRONOUNS else last
