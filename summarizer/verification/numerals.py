"""Numerals: the values of numbers as they are written, in digits, in words, or mixed.

A number is a run of atoms: digits or a number word, then words that add ("forty-two") or
multiply ("three hundred thousand").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from summarizer.verification.words import fold, languages, listed, patterns


class NumberWords(NamedTuple):
    """The number words of a language, folded.

    Attributes:
        values: What adds up: "twenty" 20, "three" 3.
        scales: What multiplies: "dozen" 12, "million" 1e6.
        joiner: The word between tens and units ("twenty and three", "treinta y tres").
    """

    values: dict[str, float]
    scales: dict[str, float]
    joiner: str


_PATTERNS: Final = patterns("numerals")
# Written without spaces in Chinese, Japanese and Korean, directly behind the digits.
UNSPACED_SCALES: Final = {"万": 1e4, "萬": 1e4, "만": 1e4, "亿": 1e8, "億": 1e8, "억": 1e8}


@lru_cache
def number_words(language: str | None) -> NumberWords:
    """The words of ``language``; English ones are understood everywhere."""
    code = language if language and listed(language, "count") else "en"
    values = _count(code)
    scales = {
        word: float(value)
        for value, names in languages()[code]["scales"].items()
        for word in names.split()
    }
    if code == "en":
        values |= {word: value for value, word in enumerate(listed("en", "ordinals"), start=1)}
        scales |= {word + "s": value for word, value in scales.items() if len(word) > 4}
    return NumberWords(values, scales, languages()[code]["joiner"])


def _count(code: str) -> dict[str, float]:
    """The words that add up, with two-digit numbers that are written as one word."""
    names, known = listed(code, "count"), languages()[code]
    units, tens = names[:20], names[20:]
    values: dict[str, float] = {name: value for value, name in enumerate(units)}
    values |= {name: 10 * value for value, name in enumerate(tens, start=2)}
    values |= {
        known["compound"].format(ten=ten, unit=units[unit]): 10 * value + unit
        for value, ten in enumerate(tens, start=2)
        for unit in range(1, 10)
        if known["compound"]
    }
    for begin, ten in known.get("twenties", {}).items():
        values |= {begin + name: ten + value for value, name in enumerate(units) if value}
    values |= known.get("numbers", {})
    return values


class Numeral(NamedTuple):
    """A written number; ``rounded`` where it shows a fraction or a scale ("1.2", "3 million")."""

    start: int
    end: int
    value: float
    rounded: bool


class _Atom(NamedTuple):
    start: int
    end: int
    role: Literal["digits", "addend", "scale", "half"]
    value: float
    rounded: bool = False


_LARGEST: Final = 1e18
_HALF: Final = 0.5
_SPACES: Final = "\u00a0\u202f\u2009"


def find_numerals(text: str, language: str | None = None) -> Iterator[Numeral]:
    """The numbers written in ``text``, in order.

    >>> [n.value for n in find_numerals("Three hundred and twelve of 1.2bn, two or three dozen")]
    [312.0, 1200000000.0, 2.0, 36.0]
    """
    run: list[_Atom] = []
    names = number_words(language)
    for atom in _atoms(text, language):
        if run and (_is_metres(text, run, atom) or not _continues(run, atom, text, names=names)):
            yield from _numeral(run)
            run = []
        if run or atom.role not in ("scale", "half"):
            run.append(atom)
        elif found := _PATTERNS["article"].search(text, max(0, atom.start - 14), atom.start):
            # "A hundred", "half a million"; "hundreds" has no value.
            start, share = (found.start(), _HALF) if found["half"] else (atom.start, 1.0)
            run.append(_Atom(start, atom.end, "addend", share * atom.value, rounded=share < 1))
    if run:
        yield from _numeral(run)


def _atoms(text: str, language: str | None) -> Iterator[_Atom]:
    token = "token" if language in (None, "en") else "token_spaced"
    comma = _PATTERNS["decimal_comma"].fullmatch(language or "") is not None
    for match in _PATTERNS[token].finditer(text):
        start, end, written = match.start(), match.end(), match.group()
        if written[0].isdecimal():
            value = _read_digits(written, comma=comma)
            yield _Atom(start, end, "digits", value, not value.is_integer())
            if scale := UNSPACED_SCALES.get(text[end : end + 1]):
                yield _Atom(end, end + 1, "scale", scale)
            continue
        for atom in _spelled(written, language):
            yield atom._replace(start=start + atom.start, end=start + atom.end)


@lru_cache(maxsize=20_000)
def _spelled(written: str, language: str | None) -> tuple[_Atom, ...]:
    """What number words say in one word, with offsets in it; most words say nothing."""
    names = number_words(language)
    found = []
    for part in _parts(written, names):
        offset = written.index(part)
        word = fold(part).replace("‑", "-")
        if word in names.values:
            value = names.values[word]
            role: Literal["addend", "half"] = "half" if value == _HALF else "addend"
            found.append(_Atom(offset, offset + len(part), role, value))
        elif word in names.scales:
            found.append(_Atom(offset, offset + len(part), "scale", names.scales[word]))
    return tuple(found)


def _parts(written: str, names: NumberWords) -> list[str]:
    """A hyphenated word whole where it is a number ("vingt-deux"), else its parts in order."""
    if fold(written) in names.values or "-" not in written.replace("‑", "-"):
        return [written]
    return re.split("[-‑]", written)


def _read_digits(written: str, *, comma: bool) -> float:
    digits = re.sub(rf"[ '’{_SPACES}]", "", written)
    separators = re.findall("[.,]", digits)
    if not separators:
        return float(digits)
    last = separators[-1]
    head, _, tail = digits.rpartition(last)
    groups = len(tail) == 3 and (last == "," or comma or len(separators) > 1)
    whole = re.sub("[.,]", "", head)
    return float(whole + tail) if groups else float(f"{whole}.{tail}")


def _is_metres(text: str, run: list[_Atom], atom: _Atom) -> bool:
    """Whether an "m" is a length: "ran 400m" is, "$400m" and "1.2m people" are not."""
    first = run[0]
    money = text[max(0, first.start - 2) : first.start].strip()[-1:] in tuple("$£€¥₹")
    return text[atom.start : atom.end] == "m" and first.value >= 50 and not money


def _continues(run: list[_Atom], atom: _Atom, text: str, *, names: NumberWords) -> bool:
    """Whether ``atom`` belongs to the number that ``run`` has begun."""
    between = text[run[-1].end : atom.start]
    if atom.role == "digits":
        return False
    gap = fold(between.strip(" -‑\n" + _SPACES))
    if atom.role == "scale":
        # "$3 m" and "3 M€" are money, but "5 b" and "10 m" are not numbers: one letter must touch
        # the digits, or its currency.
        touches = not between or text[atom.end : atom.end + 1] in tuple("$£€¥₹")
        return not gap and (atom.end - atom.start > 1 or touches)
    if atom.role == "half":
        return not gap and run[-1].role != "scale"  # "three and a half million"
    if gap not in ("", names.joiner) or any(mark in between for mark in "–—"):
        return False
    tens_may_join = not gap or names.joiner != "and"  # "treinta y tres", not "twenty and three"
    return run[-1].role != "digits" and atom.value < _room(run[-1], after_tens=tens_may_join)


def _room(last: _Atom, *, after_tens: bool) -> float:
    """The value below which a word still adds: twenty takes a unit, hundred takes up to 99."""
    if last.role == "scale" or last.value in (100.0, 1000.0, 1e6):
        return last.value
    return 10.0 if after_tens and last.value >= 20 and last.value % 10 == 0 else 0.0


def _numeral(run: list[_Atom]) -> Iterator[Numeral]:
    """The number that a run spells; none if it is too large to be one."""
    total = current = 0.0
    for atom in run:
        if atom.role != "scale":
            current += atom.value
        elif atom.value < 1000:
            current *= atom.value
        elif current:
            total, current = total + current * atom.value, 0.0
        else:  # "mil millones": a scale of a scale
            total *= atom.value
    rounded = any(atom.rounded or (atom.role == "scale" and atom.value > 1000) for atom in run)
    value = total + current
    if value <= _LARGEST:
        yield Numeral(run[0].start, run[-1].end, float(f"{value:.12g}"), rounded)
