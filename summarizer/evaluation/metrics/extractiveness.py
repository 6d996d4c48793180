"""Extractiveness: how much of a summary is copied from its article, and in how long pieces.

Coverage, density and compression are those of Grusky et al. 2018
(https://aclanthology.org/N18-1065), over tokens of every script. The authors' own code jumps
behind each match in the article and so misses longer copies that begin inside it; here every
fragment is the longest there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from summarizer.evaluation.metrics.tokens import ngrams, tokens


class Extractiveness(NamedTuple):
    """How extractive a summary is.

    Attributes:
        coverage: share of the summary's tokens in copied fragments, 0 to 1.
        density: mean length of the fragment that a token of the summary is in, in tokens.
        compression: tokens of the article for each token of the summary.
        longest_copy: the longest copied run of tokens; a guard of copyright, too.
        novel_bigrams: share of the summary's distinct bigrams that the article does not have;
            None for a summary of one token (See et al. 2017).
    """

    coverage: float
    density: float
    compression: float
    longest_copy: int
    novel_bigrams: float | None


def extractiveness(summary: str, article: str) -> Extractiveness | None:
    """The measures of one summary; None where it has no token."""
    ours, theirs = tokens(summary), tokens(article)
    if not ours:
        return None
    lengths = fragments(ours, theirs)
    return Extractiveness(
        coverage=sum(lengths) / len(ours),
        density=sum(length**2 for length in lengths) / len(ours),
        compression=len(theirs) / len(ours),
        longest_copy=max(lengths, default=0),
        novel_bigrams=novel_share(ours, theirs, size=2),
    )


def fragments(summary: Sequence[str], article: Sequence[str]) -> list[int]:
    """Lengths of the fragments, in order: at each token the longest run that the article has.

    >>> fragments("the red dog barked at us".split(), "a red dog barked ; he ran at us".split())
    [3, 2]
    """
    # Python finds a text in a text in linear time, whatever the two are.
    text = f" {' '.join(article)} "
    found = []
    start = 0
    while start < len(summary):
        end = start
        while end < len(summary) and f" {' '.join(summary[start : end + 1])} " in text:
            end += 1
        if end > start:
            found.append(end - start)
        start = max(end, start + 1)
    return found


def novel_share(summary: Sequence[str], article: Sequence[str], *, size: int) -> float | None:
    """Share of the summary's distinct n-grams that the article lacks; None where it has none."""
    ours = set(ngrams(summary, size))
    return len(ours - set(ngrams(article, size))) / len(ours) if ours else None
