"""The words of a question, or of an article that is used as one, and how much each says."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from typing import Final

from summarizer.retrieval.store import Coverage

_WORD: Final = re.compile(r"\w+")
_LONGEST: Final = 64


def words_of(text: str) -> list[str]:
    """The different words of a text in order, in lower case.

    >>> words_of("The bid: the BID's price")
    ['the', 'bid', 's', 'price']
    """
    return list(dict.fromkeys(word.casefold()[:_LONGEST] for word in _WORD.findall(text)))


def inverse_frequency(passages: float, *, of: float) -> float:
    """Robertson and Spärck Jones's weight, above zero for words that are nearly everywhere.

    A word that no passage has weighs as much as one that a single passage has: in a small corpus
    the words that it happens to lack would outweigh all others.
    """
    holding = max(passages, 1)
    return math.log(1 + (of - holding + 0.5) / (holding + 0.5))


def covered(
    found: Mapping[str, float], *, weights: Collection[float], passages: float
) -> dict[str, Coverage]:
    """The coverage of each article, from the weight of the words that it has.

    Args:
        found: the sum of the weights of an article's words, by its key.
        weights: of all words of the query.
        passages: how many the corpus has.
    """
    whole, rarest = sum(weights), inverse_frequency(1, of=passages)
    return {
        key: Coverage(min(1.0, weight / whole), weight / rarest)
        for key, weight in found.items()
        if weight
    }
