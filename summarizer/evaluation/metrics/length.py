"""Length and repetition of a summary."""

from __future__ import annotations

from summarizer.evaluation.metrics.tokens import ngrams, tokens
from summarizer.summaries.request import SummaryRequest


def length_ratio(words: int, *, wanted: int) -> float:
    """Words of the summary for each word asked for; 1 is exact."""
    return words / wanted


def is_compliant(words: int, request: SummaryRequest) -> bool:
    """Whether so many words are within the bounds that the product itself promises."""
    return request.shortest <= words <= request.longest


def redundancy(summary: str, *, size: int = 3) -> float | None:
    """Share of the n-grams that occurred before in the summary; None where it has none.

    >>> redundancy("he won the race and then he won the race")
    0.25
    """
    found = ngrams(tokens(summary), size)
    return 1 - len(set(found)) / len(found) if found else None
