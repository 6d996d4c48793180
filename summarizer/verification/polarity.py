"""Polarity: a claim that repeats a sentence of the article with the opposite sense.

Only near copies are judged, because only there a "not" or a "fell" must stand in both: a claim
whose other words are almost all in its best sentence. Left out: everything that needs
understanding ("failed to", "denied").
"""

from __future__ import annotations

import re
from typing import Final

from summarizer.verification.words import fold, function_words, stem, words

_NEGATION: Final = re.compile(
    r"\b(?:not|never|no|nobody|none|nor|neither|without|cannot)\b|n['’]t\b", re.IGNORECASE
)
_OPPOSITES: Final = (
    (
        "rose rise rises risen rising increase increased increases increasing grew grow up climbed "
        "gained higher",
        "fell fall falls fallen falling decrease decreased decreases drop dropped declined decline "
        "down lower lost",
    ),
    ("won win wins winning beat beats victory", "lost lose loses losing defeat defeated loss"),
    (
        "approved approve approves accepted accept accepts backed",
        "rejected reject rejects refused refuse refuses opposed",
    ),
    ("guilty convicted", "innocent acquitted cleared"),
    ("before", "after"),
    ("more", "less fewer"),
    ("best", "worst"),
    ("success successful succeeded", "failure unsuccessful failed"),
)
_COPIED: Final = 0.8


def contradiction(claim: str, evidence: str) -> str | None:
    """The word that turns ``claim``, a near copy of ``evidence``, into its opposite.

    >>> contradiction("Shares in the bank fell on Monday.", "Shares in the bank rose on Monday.")
    'fell'
    """
    said = {fold(word.text): word.text for word in words(claim)}
    known = {fold(word.text) for word in words(evidence)}
    turned = _turned(said, known)
    grammar = function_words("en")
    content = {stem(w) for w in said if w not in grammar and said[w] != turned}
    stems = {stem(word) for word in known}
    if len(content) < 3 or len(content & stems) < _COPIED * len(content):
        return None
    return turned or _negation(claim, evidence)


def _turned(said: dict[str, str], known: set[str]) -> str | None:
    """A word of ``said`` whose opposites, and none of whose synonyms, are in ``known``."""
    for pair in _OPPOSITES:
        one, other = (set(side.split()) for side in pair)
        for mine, theirs in ((one, other), (other, one)):
            used = mine & said.keys()
            if used and not theirs & said.keys() and theirs & known and not mine & known:
                return said[min(used)]
    return None


def _negation(claim: str, evidence: str) -> str | None:
    """The claim's negation where the evidence has none.

    A negation that only the evidence has proves nothing: it may belong to words that the claim
    leaves out.
    """
    mine = _NEGATION.search(claim)
    return mine.group() if mine and not _NEGATION.search(evidence) else None
