"""Which sentences cannot be read without an earlier one, and which one that is.

A sentence leans on the one that introduces what it only refers to: a pronoun at its beginning on
the sentence before, a bare surname on the sentence with the full name, "the line" on the first
sentence that has a line. Left out: real coreference. Only what a reader meets first, the
beginning of a sentence and its names, is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from summarizer.verification.names import find_names
from summarizer.verification.words import fold, listed, stem, words

_THEN_A_PRONOUN: Final = re.compile(
    r"(?:In|On|At|After|Before|Since|For|By|From|During|Until|Now|Today|Yesterday|Last|Later|If|"
    r"When|While|As|Although|Though|Because|With|Asked|Once)\b(?:\s+[^\s,]+){0,4},?\s+"
    r"(?:he|she|they|it)\b",
    re.IGNORECASE,
)
_SPEAKER: Final = re.compile(
    r"\b(?:he|she|they)\s+(?:said|says|added|told|wrote|continued|explained|insisted|claimed|"
    r"recalls?|recalled|replied)\b|\b(?:said|added|wrote)\s+(?:he|she)\b"
)
# "The" with words that name the only one of their kind leans on nothing.
_ONLY_ONE: Final = {
    "army", "best", "congre", "cost", "council", "countr", "court", "europe", "first", "governm",
    "king", "last", "latest", "majori", "minist", "most", "new", "number", "only", "parlia",
    "police", "pope", "presid", "price", "prime", "public", "queen", "report", "same", "senate",
    "study", "suprem", "united", "white", "world", "worst",
}  # fmt: skip
_OPENING: Final = " \t\"'“”‘’«»„`([-–—•"
_MOST: Final = 2  # antecedents of one sentence


def antecedents(
    sentences: Sequence[str], language: str | None = None
) -> list[tuple[int, ...] | None]:
    """For each sentence the earlier ones that must be read with it, in order.

    An empty tuple for a sentence that stands by itself; None where too many would be needed.

    >>> antecedents(["The tram costs 5 million.", "It opens in May.", "Shops fear a loss."])
    [(), (0,), ()]
    """
    backward = frozenset(listed(language, "backward"))
    english = language in (None, "en")
    names = [
        [[fold(part) for part in name.parts] for name in find_names(sentence, language)]
        for sentence in sentences
    ]
    cased = 10 * sum(map(bool, names)) > len(sentences)
    introduced: dict[str, int] = {}
    mentioned: dict[str, int] = {}
    found: list[tuple[int, ...] | None] = []
    standing = 0  # the last sentence that needs no other
    for place, sentence in enumerate(sentences):
        bare = sentence.lstrip(_OPENING)
        first = [word.text for word in words(bare[:80])][:4]
        alone = [name[-1] for name in names[place] if len(name) == 1]
        # A capital at the beginning is no sign of a name, but this word was one before.
        alone += [fold(word).split("'")[0] for word in first[:1] if word[0].isupper()]
        needed = {introduced[name] for name in alone if name in introduced}
        anonymous = english and cased and not names[place] and _SPEAKER.search(sentence)
        if (
            (first and fold(first[0]).split("'")[0] in backward)
            or anonymous
            or (english and _THEN_A_PRONOUN.match(bare))
        ):
            needed.add(standing)
        elif english:
            needed |= _definite(first, mentioned, standing)
        needed = (
            {root for one in needed - {place} for root in (found[one] or (one,))}
            if place
            else set()
        )
        found.append(tuple(sorted(needed)) if len(needed) <= _MOST else None)
        if not needed:
            standing = place
        for name in names[place]:
            if len(name) > 1:
                introduced.setdefault(name[-1], place)
        for word in words(sentence):
            mentioned.setdefault(stem(word.text), place)
    return found


def _definite(first: Sequence[str], mentioned: dict[str, int], standing: int) -> set[int]:
    """What "The line ..." leans on where no line was spoken of before."""
    if len(first) < 3 or first[0] not in ("The", "the"):
        return set()
    noun = [word for word in first[1:3] if len(word) > 2]
    stems = [stem(word) for word in noun]
    if not noun or noun[0][0].isupper() or stems[0] in _ONLY_ONE or {"of", "who"} & set(first[2:4]):
        return set()
    return set() if any(one in mentioned for one in stems) else {standing}
