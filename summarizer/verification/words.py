"""Words with offsets, and the two forms in which they are compared: folded and stemmed.

Left out: real stemmers and dictionaries. A stem is a prefix, which works about as well for
matching and in every language with an alphabet; whole words rank claims of XSumFaith worse.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

STEM_LENGTH: Final = 6
# Each check looks at the same sentences, of as many articles as are under way.
SENTENCES: Final = 1_000
# Scripts that write no spaces: every character is a word of its own.
_UNSPACED: Final = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+(?:['’][^\W_{_UNSPACED}]+)*")
_LETTERS = str.maketrans({"ı": "i", "ł": "l", "ø": "o", "đ": "d", "ß": "ss", "æ": "ae", "œ": "oe"})


class Word(NamedTuple):
    """A word as written; ``source[start:end] == text``."""

    start: int
    end: int
    text: str


@lru_cache(maxsize=SENTENCES)
def words(text: str) -> tuple[Word, ...]:
    """The words of ``text``; an inner apostrophe belongs to the word ("Turkey's")."""
    return tuple(Word(m.start(), m.end(), m.group()) for m in _WORD.finditer(text))


@lru_cache(maxsize=50_000)
def fold(word: str) -> str:
    """The word without case, accents and the English possessive.

    >>> fold("Erdoğan's")
    'erdogan'
    """
    plain = word.casefold().replace("’", "'").translate(_LETTERS)
    plain = unicodedata.normalize("NFKD", plain)
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    return plain.removesuffix("'s").rstrip("'")


def is_acronym(word: str) -> bool:
    """Whether it is "US", "IT" or "WHO", and so neither a pronoun nor any other function word."""
    return len(word) > 1 and word.isupper()


def stem(word: str) -> str:
    """The first letters of the folded word: "announcement" and "announced" meet in "announ"."""
    return fold(word)[:STEM_LENGTH]


@cache
def opposites(language: str) -> list[tuple[frozenset[str], frozenset[str]]]:
    """Folded words and their opposites; the first pair is a rise and a fall. None of some."""
    pairs = languages().get(language, {}).get("opposites", ())
    return [(frozenset(one.split()), frozenset(other.split())) for one, other in pairs]


@lru_cache(maxsize=50_000)
def form(word: str, language: str | None) -> str:
    """The stem that all forms of an English verb share; in other languages the stem.

    >>> form("won", "en") == form("winning", "en"), form("joined", "en") == form("join", "en")
    (True, True)
    """
    plain = fold(word)
    if language not in (None, "en"):
        return plain[:STEM_LENGTH]
    base = re.sub(r"(?<=\w{3})(?:ing|ed|es|s|e)$", "", _irregular().get(plain, plain))
    # "Stopped", "denied"
    return re.sub(r"y$", "i", re.sub(r"([^\W\d_aeiou])\1$", r"\1", base))[:STEM_LENGTH]


@cache
def _irregular() -> dict[str, str]:
    lines = (line.split() for line in languages()["en"]["irregular"].split(","))
    return {past: base for base, *pasts in lines for past in pasts}


@lru_cache(maxsize=SENTENCES)
def stems(text: str) -> tuple[str, ...]:
    """The stems of the words of ``text``, in order."""
    return tuple(stem(word.text) for word in words(text))


@lru_cache
def function_words(language: str | None) -> frozenset[str]:
    """The function words of ``language``; the English ones for a language that is not known."""
    return word_set(language, "function_words") or word_set("en", "function_words")


def listed(language: str | None, kind: str) -> tuple[str, ...]:
    """The words of one kind, see ``languages.toml``; none where they are not known."""
    return tuple(languages().get(language or "en", {}).get(kind, "").split())


@lru_cache
def word_set(language: str | None, kind: str) -> frozenset[str]:
    """The same as a set."""
    return frozenset(listed(language, kind))


def languages() -> dict[str, dict[str, Any]]:
    """What is known of each language, by its ISO 639-1 code."""
    return load_words("languages.toml")


@lru_cache
def load_words(file: Path | str) -> dict[str, Any]:
    """A file of words; one without a folder is beside this one."""
    return tomllib.loads(Path(__file__).parent.joinpath(file).read_text(encoding="utf-8"))


def patterns(section: str, file: Path | str = "patterns.toml") -> dict[str, re.Pattern[str]]:
    """The compiled regular expressions of one section of a file; lines of one are joined."""
    found: dict[str, str | list[str]] = load_words(file)[section]
    return {name: re.compile("".join(lines)) for name, lines in found.items()}
