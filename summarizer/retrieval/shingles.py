"""Near-duplicates: texts that are the same but for small changes (Broder, 1997)."""

from __future__ import annotations

import re
from typing import Final

_WORD: Final = re.compile(r"\w+")
_SHINGLE: Final = 4
_COPY: Final = 0.5


def is_near_duplicate(first: str, second: str) -> bool:
    """Whether most of either text is in the other one, in the same words."""
    return resemblance(first, second) >= _COPY


def resemblance(first: str, second: str) -> float:
    """The share of the shorter text's shingles (runs of 4 words) that the longer one has, 0..1."""
    a, b = _shingles(first), _shingles(second)
    if not a or not b:
        return 0.0
    return len(a & b) / min(len(a), len(b))


def _shingles(text: str) -> set[tuple[str, ...]]:
    words = [word.casefold() for word in _WORD.findall(text)]
    size = min(_SHINGLE, len(words))
    return {tuple(words[i : i + size]) for i in range(len(words) - size + 1)} if size else set()
