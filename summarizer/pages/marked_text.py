"""Texts in pieces: an article with its evidence marked, and the sentences that rest on it."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Final, NamedTuple

from summarizer.digest import Check, Digest, Evidence

# SequenceMatcher takes time with the square of the words.
_MOST_WORDS: Final = 800
_WORD: Final = re.compile(r"\S+")
_PARAGRAPH: Final = re.compile(r"\S(?:(?!\n[ \t]*\n).)*", re.DOTALL)
CUT: Final = "X"  # the side of passages that screening kept from the model
TOPIC: Final = "T"
_CHANGED, _FLAGGED = "changed", "flagged"  # marks of a sentence
# The claims whose evidence lights up: sentences of a digest, of two sides, and topics.
LABELS: Final = tuple(
    f"{side}{number}"
    for side, most in (("", 40), ("A", 30), ("B", 30), (TOPIC, 20))
    for number in range(1, most + 1)
)


class Mark(NamedTuple):
    """A span of the article that a claim rests on, or that was cut.

    Attributes:
        start: first character.
        end: one past the last.
        label: such as "A2": the second sentence of A. A digest alone has no letter.
    """

    start: int
    end: int
    label: str


class Piece(NamedTuple):
    """A piece of an article.

    Attributes:
        text: the words.
        over: the labels of the marks that cover it.
        begins: of those that begin here.
        anchors: of those that begin here for the first time.
    """

    text: str
    over: tuple[str, ...]
    begins: tuple[str, ...]
    anchors: tuple[str, ...]

    @property
    def side(self) -> str:
        """Whose evidence it is: the letters, "own" for a digest alone; topics count the least."""
        letters = {label.rstrip("0123456789") for label in self.over}
        if letters - {TOPIC}:
            letters.discard(TOPIC)
        return "".join(sorted(letters)) or "own"


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
    """A sentence of a summary, as it is shown.

    Attributes:
        label: as the marks of its evidence have it.
        segments: its words.
        supported: whether the article says so, for all that the checks know; None: they do not.
        support: the probability of that; None where nothing measured it.
        quotes: its evidence.
        problems: what the checks found, a sentence each.
    """

    label: str
    segments: tuple[Segment, ...]
    supported: bool | None
    support: float | None
    quotes: tuple[Evidence, ...]
    problems: tuple[str, ...]


def evidence_marks(digest: Digest, text: str, *, side: str = "") -> Iterator[Mark]:
    """The evidence of a summary and of topics, as far as it is really in the article."""
    sentences = [sentence.evidence for sentence in digest.sentences]
    topics = [] if side else [topic.evidence for topic in digest.topics or ()]
    for letter, claims in ((side, sentences), (TOPIC, topics)):
        for number, evidence in enumerate(claims, start=1):
            for span in evidence:
                if text[span.start : span.end] == span.text:
                    yield Mark(span.start, span.end, f"{letter}{number}")


def cut_marks(checks: Iterable[Check], text: str) -> Iterator[Mark]:
    """The passages that screening named."""
    for check in checks:
        if check.kind != "injection" or check.start is None or check.end is None:
            continue
        if text[check.start : check.end] == check.text:
            yield Mark(check.start, check.end, CUT)


def paragraphs(text: str, marks: Iterable[Mark]) -> list[list[Piece]]:
    """The article's paragraphs in pieces; a mark over several paragraphs is in each of them."""
    waiting, seen = deque(sorted(set(marks))), set[str]()
    result: list[list[Piece]] = []
    under_way: list[Mark] = []
    for paragraph in _PARAGRAPH.finditer(text):
        start, end = paragraph.span()
        while waiting and waiting[0].start < end:
            under_way.append(waiting.popleft())
        under_way = [mark for mark in under_way if start < mark.end]
        inside = [
            Mark(max(mark.start, start) - start, min(mark.end, end) - start, mark.label)
            for mark in under_way
        ]
        result.append([])
        for piece in marked(paragraph.group(), inside):
            first = tuple(name for name in piece.begins if name not in seen)
            result[-1].append(piece._replace(anchors=first))
            seen.update(piece.begins)
    return result


def marked(text: str, marks: Iterable[Mark]) -> list[Piece]:
    """A text in pieces; all pieces together are the text.

    >>> marked("abcd", [Mark(1, 3, "A1")])[1]
    Piece(text='bc', over=('A1',), begins=('A1',), anchors=('A1',))
    """
    waiting = deque(sorted(set(marks)))
    cuts = sorted({0, len(text), *(m.start for m in waiting), *(m.end for m in waiting)})
    pieces = []
    under_way: list[Mark] = []
    for start, end in pairwise(cuts):
        under_way = [mark for mark in under_way if start < mark.end]
        before = len(under_way)
        while waiting and waiting[0].start == start:
            under_way.append(waiting.popleft())
        begins = tuple(mark.label for mark in under_way[before:])
        over = tuple(mark.label for mark in under_way if start < mark.end)
        pieces.append(Piece(text[start:end], over, begins, begins))
    return pieces


def shown_sentences(
    digest: Digest, other: Digest | None = None, *, side: str = ""
) -> list[MarkedSentence]:
    """A summary's sentences, with what the other summary does not say marked.

    Args:
        digest: the digest.
        other: what it is compared with; None: nothing is marked as changed.
        side: "A" or "B"; nothing for a digest alone.
    """
    words = _words(digest)
    changed = iter(_changed(words, _words(other)) if other else [False] * len(words))
    shown = []
    for index, sentence in enumerate(digest.sentences):
        checks = [c for c in digest.checks if c.sentence == index and c.status != "repaired"]
        segments = _segments(sentence.text, changed, [check.text for check in checks])
        shown.append(
            MarkedSentence(
                label=f"{side}{index + 1}",
                segments=tuple(segments),
                supported=sentence.supported,
                support=sentence.support,
                quotes=sentence.evidence,
                problems=tuple(check.message for check in checks),
            )
        )
    return shown


def _words(digest: Digest) -> list[str]:
    return [word for sentence in digest.sentences for word in _WORD.findall(sentence.text)]


def _changed(words: Sequence[str], others: Sequence[str]) -> list[bool]:
    """For each word, whether the other text lacks it at this place."""
    if max(len(words), len(others)) > _MOST_WORDS:
        return [False] * len(words)
    changed = [True] * len(words)
    for block in SequenceMatcher(None, words, others, autojunk=False).get_matching_blocks():
        changed[block.a : block.a + block.size] = [False] * block.size
    return changed


def _segments(text: str, changed: Iterator[bool], flagged: Iterable[str]) -> Iterator[Segment]:
    """The sentence, cut where a word's state changes and where flagged words begin and end.

    ``changed`` tells of each of its words, and then of those of the next sentence.
    """
    marks = [Mark(*span, _FLAGGED) for words in flagged if (span := _find(text, words))]
    told = [(next(changed), word) for word in _WORD.finditer(text)]
    for is_changed, run in groupby(told, key=itemgetter(0)):
        if is_changed:
            words = [word for _, word in run]
            marks.append(Mark(words[0].start(), words[-1].end(), _CHANGED))
    for piece in marked(text, marks):
        yield Segment(piece.text, _CHANGED in piece.over, _FLAGGED in piece.over)


def _find(text: str, words: str) -> tuple[int, int] | None:
    """Where the words are; the whole sentence is no part of it that stands out."""
    start = text.find(words) if words else -1
    return (start, start + len(words)) if start >= 0 and len(words) < len(text) else None
