"""Sentences with exact character offsets, the number of words, and the language of a text.

Sentence boundaries come from ``sentencex`` (Wikimedia's rule-based segmenter, about 240 languages),
which never cuts inside quotation marks and knows few abbreviations: it is shown the text without
the marks, and what it cuts in a short quotation or behind an abbreviation is joined again.
Word boundaries in scripts without spaces need a dictionary for each language (UAX #29), so
characters are counted there instead, as GMX-V does (ETSI GS LIS 004). Its 6 characters a word are
used for Thai and its neighbours. For Chinese and Japanese it has 2.8 and 3; we count 2, because an
English word is translated by 1.6 to 2.5 of their characters, and a length should mean the same in
all languages. Which language a text is in says ``py3langid`` (97 languages, Naive Bayes over byte
n-grams).
"""

from __future__ import annotations

import hashlib
import math
import re
import tempfile
import threading
from bisect import bisect_right
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PARAGRAPH: Final = re.compile(r"(?:[^\n]|\n(?![^\S\n]*\n))+")
_MARKS: Final = re.compile('["“”„«»]')
_CLOSERS: Final = "\"”“»’')]"
_CLOSING: Final = re.compile("[\"”’')\\]]*(?:[ \u00a0\u202f]?»)?")
_LINE_END: Final = re.compile("[.!?…。！？][\"”»’')\\]]*()[^\\S\n]*\n")
_NEW_LINE: Final = re.compile(r"(?<=\S)[^\S\n]*\n[\W_]*([^\W_]?)")
LONGEST_WRAPPED: Final = 120  # characters of a line, in texts whose lines are broken
# Bounded, so that marks without a partner do not cost a look at the whole text each.
_QUOTATION: Final = re.compile(
    r"(?<![^\s(\[])\"+(?=\S)[^\"]{1,300}(?<=\S)\"+(?!\w)|“[^”“]{1,300}”|«[^«»]{1,300}»|„[^“”„]{1,300}[“”]"
)
_NEXT: Final = re.compile(r"[\W_]*([^\W_]+)")
_ABBREVIATED: Final = re.compile(r"(?:^|[\s(\"“„«'‘’-])([^\W\d_](?:[^\W\d_]|\.(?=\w))*)\.$")
# They stand before a name, before a number, or inside a sentence.
_BEFORE_A_NAME: Final = _words(
    """mr mrs ms dr prof st sen rep gov gen col capt lt sgt rev hon messrs vs approx v hr fr fa dipl
    mm mme mmes mlle mgr av bd sr sra dra dña ca bzw vgl evtl ggf inkl env z.b u.a d.h i.e e.g"""
)
_BEFORE_A_NUMBER: Final = _words("no nos nr art abs fig pp p vol ch bd ziff núm pág n cf")
_ABBREVIATIONS: Final = (
    _BEFORE_A_NAME
    | _BEFORE_A_NUMBER
    | _words(
        """inc ltd co corp etc jr al dept est jan feb mar apr jun jul aug sep sept oct nov dec mio
        mrd usw str geb tel pers ets boul ex chap"""
    )
)
# "Band D. The tax": a word that begins sentences does not follow an initial.
_BEGINNERS: Final = _words(
    """the a an it he she they in on at this that we i but and il elle ils elles le la les un une
    des en dans à au ce cette on der die das er sie es ein eine im wir el los las"""
)
_ORDINAL: Final = re.compile(r"(?:^|(\w*)\s)\d{1,3}\.$")
# "In der 90. Minute": behind these words a German number with a dot ends nothing.
_BEFORE_AN_ORDINAL: Final = _words(
    """der die das dem den des am im zum zur vom beim ins ans dieser ihre ihrer seine seiner"""
)
_THAI_SPACE: Final = re.compile("(?<=[\u0e00-\u0e7f])[^\\S\n]+(?=[\u0e00-\u0e7f])")
_SHORTEST_THAI: Final = 40  # letters; a space ends a clause, a sentence is longer
_IDEOGRAPHS: Final = (
    "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_ABUGIDAS: Final = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_PUNCTUATION: Final = (
    "\u3000-\u3004\u3008-\u303f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
)
# One set of letters: alternatives would take five times as long to look for.
_UNSPACED: Final = re.compile(f"[{_IDEOGRAPHS}{_ABUGIDAS}]")
_IDEOGRAPH: Final = re.compile(f"[{_IDEOGRAPHS}]")
_NO_WORD: Final = re.compile(f"[{_IDEOGRAPHS}{_ABUGIDAS}{_PUNCTUATION}“”‘’…—·]+")
_IDEOGRAPHS_PER_WORD: Final = 2
_LETTERS_PER_WORD: Final = 6


class Sentence(NamedTuple):
    """A sentence; ``source[start:end] == text``, without white space around it."""

    start: int
    end: int
    text: str

    def meets(self, spans: Iterable[tuple[int, int]]) -> bool:
        """Whether a part of it lies in one of these spans of its source."""
        return any(self.start < end and start < self.end for start, end in spans)


def split_sentences(text: str, language: str | None = None) -> list[Sentence]:
    """The sentences of ``text`` in order; paragraph breaks always end one.

    A quotation of up to some 300 characters stays whole; a longer one is cut as other text is.
    Thai, which has no full stops, is cut at its spaces.

    >>> split_sentences("It rained. Mr. Lee left.")
    [Sentence(start=0, end=10, text='It rained.'), Sentence(start=11, end=24, text='Mr. Lee left.')]
    """
    sentences: list[Sentence] = []
    for paragraph in _PARAGRAPH.finditer(text):
        start = paragraph.start()
        for end in [*_ends(paragraph.group(), language), len(paragraph.group())]:
            piece = text[start : paragraph.start() + end]
            stripped = piece.strip()
            if stripped:
                begin = start + piece.index(stripped)
                sentences.append(Sentence(begin, begin + len(stripped), stripped))
            start = paragraph.start() + end
    return sentences


def _ends(paragraph: str, language: str | None) -> list[int]:
    """Where the sentences of a paragraph end, but for the last."""
    from sentencex import segment

    masked = _MARKS.sub(" ", paragraph)
    found: set[int] = {end.end(1) for end in _LINE_END.finditer(paragraph)}
    if max(map(len, paragraph.split("\n"))) > LONGEST_WRAPPED:  # each line is a paragraph
        lines = _NEW_LINE.finditer(paragraph)
        found |= {end.start() for end in lines if not end[1].islower()}
    cursor = 0
    for piece in segment(language or "en", masked):
        # The segmenter may drop white space between sentences: find each piece again.
        cursor = masked.index(piece, cursor) + len(piece)
        found.add(cursor - len(piece) + len(piece.rstrip()))
    closed = sorted({_CLOSING.match(paragraph, end).end() for end in found})  # type: ignore[union-attr]
    kept = [(quoted.start(), quoted.end()) for quoted in _QUOTATION.finditer(paragraph)]
    ends: list[int] = []
    for end in closed:
        while kept and kept[0][1] <= end:
            kept.pop(0)
        inside = bool(kept) and kept[0][0] < end
        if not inside and 0 < end < len(paragraph) and not _goes_on(paragraph, end, language):
            ends.append(end)
    last = 0
    for space in _THAI_SPACE.finditer(paragraph):
        if space.start() - last >= _SHORTEST_THAI:
            last = space.start()
            ends.append(last)
    return sorted(ends)


def _goes_on(paragraph: str, end: int, language: str | None) -> bool:
    """Whether the sentence goes on: behind an abbreviation, an ordinal, a quotation with an end."""
    before = paragraph[max(0, end - 24) : end]
    following = _NEXT.match(paragraph, end)
    if not following or paragraph[end] == "-":
        return True
    after = following[1]
    if before[-1] in "」』":
        return after.startswith("と")  # "he said" in Japanese
    if before[-1] in _CLOSERS:
        return after[0].islower()
    if paragraph[end] == " " and (ordinal := _ORDINAL.search(before)):
        article = (ordinal[1] or "").casefold()
        return after[0].islower() or (language == "de" and article in _BEFORE_AN_ORDINAL)
    token = _ABBREVIATED.search(before)
    if not token:
        return False
    name = token[1].casefold()
    if after[0].islower():
        return name in _ABBREVIATIONS or "." in name
    if len(name) == 1 and token[1].isupper():
        return after[0].isupper() and after.casefold() not in _BEGINNERS
    return name in _BEFORE_A_NAME or (name in _BEFORE_A_NUMBER and after[0].isdigit())


def count_words(text: str) -> int:
    """The words of ``text``: those between white space, and runs of characters without any.

    >>> count_words("The toll doubles."), count_words("通行费翻倍，周二表决。"), count_words("")
    (3, 5, 0)
    """
    if text.isascii() or not _UNSPACED.search(text):
        return len(text.split())
    ideographs = len(_IDEOGRAPH.findall(text))
    letters = len(_UNSPACED.findall(text)) - ideographs
    words = ideographs / _IDEOGRAPHS_PER_WORD + letters / _LETTERS_PER_WORD
    return math.ceil(words) + len(_NO_WORD.sub(" ", text).split())


def first_words(text: str, most: int) -> str:
    """The beginning of ``text``, with at most so many words as ``count_words`` counts them.

    >>> first_words("The toll doubles.", 2), first_words("通行费翻倍，周二表决。", 2)
    ('The toll ', '通行费翻')
    """
    ends = range(1, len(text) + 1)
    return text[: bisect_right(ends, most, key=lambda end: count_words(text[:end]))]


# Of 3,300 news texts in English and French (words and tables) none is called another language at
# 0.7, three are at 0.5; 268 are left without one, all but 4 of them tables of company figures.
_MIN_CONFIDENCE = 0.7
_MIN_LETTERS = 20
# The first paragraphs are enough: of 2,864 texts each gets the same language as by twice as much.
_SAMPLE = 1500
_loading = threading.Lock()


def detect_language(text: str) -> str | None:
    """The ISO 639-1 code of the main language; None where the text is too short or unclear."""
    sample = text[:_SAMPLE]
    if sum(map(str.isalpha, sample)) < _MIN_LETTERS:
        return None
    with _loading:  # threads that begin together would each load a model of 50 MB
        identifier = _identifier()
    language, confidence = identifier.classify(sample)
    return language if len(language) == 2 and confidence >= _MIN_CONFIDENCE else None


def iso_639_1(code: object) -> str | None:
    """The two-letter language of a tag such as ``en-GB``; None for anything else."""
    primary = str(code or "").strip().replace("_", "-").partition("-")[0].lower()
    return primary if len(primary) == 2 and primary.isascii() and primary.isalpha() else None


@cache
def _identifier() -> Any:
    """The model, from a folder of the cache where it lies unpacked.

    To unpack its 68 MB takes half a CPU second, a quarter of what a first digest costs. What lies
    in the cache is mapped: it is shared by all processes, and only what a text needs is read.
    """
    import numpy as np
    from py3langid.langid import MODEL_DIR, MODEL_FILE, LanguageIdentifier

    from summarizer.settings import user_cache_dir  # loads what counting words needs not

    packed = Path(MODEL_DIR) / MODEL_FILE
    try:
        name = hashlib.sha256(packed.read_bytes()).hexdigest()[:16]
        folder = user_cache_dir() / f"language-{name}"
        if not folder.is_dir():
            _unpack(packed, folder)
        parts = [np.asarray(np.load(folder / f"{n}.npy", mmap_mode="r")) for n in range(6)]
    except (OSError, ValueError, RuntimeError):  # no home, no room, half a file
        return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    weights, priors, languages, moves, rows, features = parts
    return LanguageIdentifier(
        weights,
        priors,
        languages.tolist(),
        moves.data,
        features.tolist(),
        norm_probs=True,
        tk_row=rows.data,
    )


def _unpack(packed: Path, folder: Path) -> None:
    """Put the parts of the model into ``folder``, all or none."""
    import numpy as np
    from py3langid.modelio import load_model

    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, ignore_cleanup_errors=True) as made:
        for number, part in enumerate(load_model(packed)):
            np.save(Path(made, f"{number}.npy"), np.asarray(part), allow_pickle=False)
        with suppress(OSError):  # another process was faster
            Path(made).rename(folder)


def encodable(text: str) -> str:
    r"""``text`` with a question mark for each lone surrogate, which UTF-8 cannot hold.

    >>> encodable("a\ud800b")
    'a?b'
    """
    return text.encode("utf-8", "replace").decode()
