"""chrF: F-score of character n-grams (Popović 2015, https://aclanthology.org/W15-3049).

The parameters and the treatment of short texts are those of sacrebleu's ``sentence_chrf``
(``chrF2|nc:6|nw:0|space:no``); the tests pin its values. Own code, as sacrebleu brings five
packages for these lines.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

_LONGEST: Final = 6
_BETA: Final = 2  # recall counts twice as much as precision


def chrf(candidate: str, references: Sequence[str]) -> float | None:
    """chrF2 of a summary, 0 to 1: the best over its references; None without a reference."""
    return max((_chrf(candidate, reference) for reference in references), default=None)


def _chrf(candidate: str, reference: str) -> float:
    ours, theirs = "".join(candidate.split()), "".join(reference.split())
    precision = recall = 0.0
    orders = 0
    for size in range(1, _LONGEST + 1):
        mine, gold = _grams(ours, size), _grams(theirs, size)
        if not mine or not gold:
            continue  # a text shorter than the n-gram says nothing about this order
        shared = (mine & gold).total()
        precision += shared / mine.total()
        recall += shared / gold.total()
        orders += 1
    if not precision + recall:
        return 0.0
    precision, recall = precision / orders, recall / orders
    return (1 + _BETA**2) * precision * recall / (_BETA**2 * precision + recall)


def _grams(text: str, size: int) -> Counter[str]:
    return Counter(text[start : start + size] for start in range(len(text) - size + 1))
