"""Keeping a summary to its length by leaving out whole sentences."""

from __future__ import annotations

from collections.abc import Sequence


def sentences_that_fit(
    words: Sequence[int], worth: Sequence[float], *, shortest: int, longest: int
) -> list[int] | None:
    """Indices, in order, of the sentences to keep: the most worth within the length.

    Exact 0/1 knapsack over the total number of words: O(sentences * longest). None where no
    choice has between ``shortest`` and ``longest`` words.

    >>> sentences_that_fit([20, 25, 10], [1.0, 0.2, 0.9], shortest=25, longest=35)
    [0, 2]
    """
    best: dict[int, tuple[float, list[int]]] = {0: (0.0, [])}
    for index, (count, value) in enumerate(zip(words, worth, strict=True)):
        for total, (score, kept) in list(best.items()):
            size = total + count
            if size <= longest and (size not in best or best[size][0] < score + value):
                best[size] = (score + value, [*kept, index])
    fitting = [choice for total, choice in best.items() if shortest <= total]
    return max(fitting)[1] if fitting else None
