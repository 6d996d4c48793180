"""Tokens and n-grams in which texts are compared, in every script.

On ASCII text these are the tokens of the ``rouge-score`` package (letters and digits, in lower
case), so scores stay comparable. That package drops every other character; here letters with
their marks and digits of all scripts stay, and scripts that write no spaces are split into
characters. Left out: stemming.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, Literal

NGram = tuple[str, ...]
_Kind = Literal["mark", "other", "spaced", "unspaced"]
# Thai, Lao, kana, and the ideographs of Chinese and Japanese.
_UNSPACED: Final = (
    ("\u0e00", "\u0eff"),
    ("\u3040", "\u30ff"),
    ("\u3400", "\u4dbf"),
    ("\u4e00", "\u9fff"),
    ("\uf900", "\ufaff"),
    ("\U00020000", "\U0003ffff"),
)


def tokens(text: str) -> list[str]:
    """The tokens of ``text`` in order.

    >>> tokens("Mr Müller's 3rd win"), tokens("हिन्दी समाचार"), tokens("新闻")
    (['mr', 'müller', 's', '3rd', 'win'], ['हिन्दी', 'समाचार'], ['新', '闻'])
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    pieces: list[str] = []
    before: _Kind = "other"
    for character in folded:
        kind = _kind(character)
        if kind == "mark":
            # A mark belongs to the letter before it; that of an emoji goes with the emoji.
            pieces.append(character if before != "other" else "")
            continue
        if "unspaced" in (kind, before):
            pieces.append(" ")
        pieces.append(character if kind != "other" else " ")
        before = kind
    return "".join(pieces).split()


@lru_cache(maxsize=20_000)
def _kind(character: str) -> _Kind:
    category = unicodedata.category(character)[0]
    if category == "M":
        return "mark"
    if category not in "LN":
        return "other"
    unspaced = any(first <= character <= last for first, last in _UNSPACED)
    return "unspaced" if unspaced else "spaced"


def ngrams(sequence: Sequence[str], size: int) -> list[NGram]:
    """The runs of ``size`` tokens, in order; none where the sequence is shorter."""
    return [tuple(sequence[start : start + size]) for start in range(len(sequence) - size + 1)]
