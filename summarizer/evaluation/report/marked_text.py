"""Texts in pieces: an article with its evidence marked, two summaries with their differences."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Final, NamedTuple

from summarizer.digest import Digest, SummarySentence
from summarizer.evaluation.metrics.judged import ClaimVerdict, Judging

# SequenceMatcher takes time with the square of the words.
_MOST_WORDS: Final = 800
_WORD: Final = re.compile(r"\S+")


class Mark(NamedTuple):
    """A span of the article that a summary rests on.

    Attributes:
        start: first character.
        end: one past the last.
        label: such as "A2": the second sentence of A.
    """

    start: int
    end: int
    label: str


class Piece(NamedTuple):
    """A piece of an article: the sides that rest on it, and the labels of what begins here."""

    text: str
    sides: str
    labels: tuple[str, ...]


class Segment(NamedTuple):
    """A piece of a sentence.

    Attributes:
        text: the words.
        changed: whether the other summary does not have them here.
        flagged: whether a check names them as unsupported.
    """

    text: str
    changed: bool
    flagged: bool


class MarkedSentence(NamedTuple):
    """A sentence of a summary, as it is shown, with a judge's verdicts, vote by vote."""

    label: str
    segments: tuple[Segment, ...]
    supported: bool
    has_evidence: bool
    problems: tuple[str, ...]
    verdicts: tuple[ClaimVerdict, ...]


def evidence_marks(digest: Digest, text: str, *, side: str) -> Iterator[Mark]:
    """The evidence of a summary, as far as it is really in the article."""
    for number, sentence in enumerate(_sentences(digest), start=1):
        for span in sentence.evidence:
            if text[span.start : span.end] == span.text:
                yield Mark(span.start, span.end, f"{side}{number}")


def marked(text: str, marks: Iterable[Mark]) -> list[Piece]:
    """The article in pieces; all pieces together are the text.

    >>> marked("abcd", [Mark(1, 3, "A1")])[1]
    Piece(text='bc', sides='A', labels=('A1',))
    """
    found = sorted(set(marks))
    cuts = sorted({0, len(text), *(m.start for m in found), *(m.end for m in found)})
    pieces = []
    for start, end in pairwise(cuts):
        here = [mark for mark in found if mark.start <= start and end <= mark.end]
        sides = "".join(sorted({mark.label[0] for mark in here}))
        labels = tuple(mark.label for mark in here if mark.start == start)
        pieces.append(Piece(text[start:end], sides, labels))
    return pieces


def shown_sentences(
    digest: Digest, other: Digest | None, *, side: str, judging: Judging | None = None
) -> list[MarkedSentence]:
    """A summary's sentences, with what the other summary does not say marked.

    Args:
        digest: the digest.
        other: what it is compared with; None: nothing is marked as changed.
        side: "A" or "B".
        judging: what a judge says of the digest.
    """
    sentences = _sentences(digest)
    votes = judging.claims if judging else ()
    words = [found.group() for s in sentences for found in _WORD.finditer(s.text)]
    changed = _changed(words, _words(other)) if other else [False] * len(words)
    shown = []
    place = 0
    for index, sentence in enumerate(sentences):
        count = len(_WORD.findall(sentence.text))
        checks = [c for c in digest.checks if c.sentence == index and c.status == "flagged"]
        segments = _segments(
            sentence.text, changed[place : place + count], [check.text for check in checks]
        )
        shown.append(
            MarkedSentence(
                label=f"{side}{index + 1}",
                segments=tuple(segments),
                supported=sentence.supported,
                has_evidence=bool(sentence.evidence),
                problems=tuple(check.message for check in checks),
                verdicts=tuple(vote[index] for vote in votes),
            )
        )
        place += count
    return shown


def _sentences(digest: Digest) -> Sequence[SummarySentence]:
    if digest.summary is None:
        return ()
    whole = SummarySentence(text=digest.summary.text, supported=True)
    return digest.summary.sentences or (whole,)


def _words(digest: Digest) -> list[str]:
    return [word for sentence in _sentences(digest) for word in _WORD.findall(sentence.text)]


def _changed(words: Sequence[str], others: Sequence[str]) -> list[bool]:
    """For each word, whether the other text lacks it at this place."""
    if max(len(words), len(others)) > _MOST_WORDS:
        return [False] * len(words)
    changed = [True] * len(words)
    for block in SequenceMatcher(None, words, others, autojunk=False).get_matching_blocks():
        changed[block.a : block.a + block.size] = [False] * block.size
    return changed


def _segments(text: str, changed: Sequence[bool], flagged: Iterable[str]) -> Iterator[Segment]:
    """The sentence, cut where a word's state changes and where flagged words begin and end."""
    spans = [span for words in flagged if (span := _find(text, words))]
    state = [(False, any(a <= i < b for a, b in spans)) for i in range(len(text))]
    for found, is_changed in zip(_WORD.finditer(text), changed, strict=True):
        for place in range(*found.span()):
            state[place] = (is_changed, state[place][1])
    _bridge(text, state)
    start = 0
    for place in range(1, len(text) + 1):
        if place == len(text) or state[place] != state[start]:
            yield Segment(text[start:place], *state[start])
            start = place


def _bridge(text: str, state: list[tuple[bool, bool]]) -> None:
    """Give spaces between two changed words the mark of both."""
    for place in range(1, len(text) - 1):
        if text[place].isspace() and state[place - 1][0]:
            rest = len(text[place:]) - len(text[place:].lstrip())
            after = place + rest
            if after < len(text) and state[after][0]:
                state[place] = (True, state[place][1])


def _find(text: str, words: str) -> tuple[int, int] | None:
    """Where the words are; the whole sentence is no part of it that stands out."""
    start = text.find(words) if words else -1
    return (start, start + len(words)) if start >= 0 and len(words) < len(text) else None
