"""Faults of summaries: each is one that models make, put into a summary that has none.

Numbers and names are found by rules of their own, not by those of the checks: what the checks
cannot see must be able to go undetected. Names are looked for where a capital letter marks
them, negations in English; elsewhere these faults have no items.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator
from typing import Final

from summarizer.evaluation.metrics import Output
from summarizer.evaluation.selftest.faults import (
    Golden,
    perturbations,
    pick,
    some,
    summary_of,
    untouched,
)

_NUMBER: Final = re.compile(r"(?<![\w.,])\d+(?:[.,]\d+)*(?![\w]|[.,]\d)")
# Capitalised words that do not begin a sentence.
_NAME: Final = re.compile(
    r"(?<=[\w,;] )(?:[A-ZÀ-Þ][\w'’-]+)(?: (?:de |of |the )?[A-ZÀ-Þ][\w'’-]+)*"
)
_CALENDAR: Final = re.compile(
    r"\b(?:January|February|March|April|May|June|July|August|September|October|November"
    r"|December|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)s?\b"
)
_CAPITALS_MARK_NAMES: Final = ("en", "es", "fr", "pt")
_AUXILIARY: Final = re.compile(
    r"\b(?:is|are|was|were|will|would|has|have|had|can|could|must|may)\b(?! not\b)"
)

# Two ways to write one thing.
_NOTATIONS: Final = (
    (re.compile(r"(?<=\d) per ?cent\b"), "%"),
    (re.compile(r"(?<=\d)bn\b"), " billion"),
    (re.compile("[“”]"), '"'),
)
_DIGITS: Final = {
    word: str(digit)
    for digit, word in enumerate(
        ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"), start=2
    )
}
_SMALL: Final = re.compile(rf"(?<!-)\b(?:{'|'.join(_DIGITS)})\b(?!-)")


def _invented_number(golden: Golden, lot: random.Random) -> Output:
    place = pick(lot, list(_NUMBER.finditer(_text(golden))))
    known = set(_NUMBER.findall(golden.sample.article.text))
    first, rest = place.group()[0], place.group()[1:]
    fresh = [d + rest for d in "123456789" if d != first and d + rest not in known]
    return _replaced(golden, place, pick(lot, fresh))


def _swapped_number(golden: Golden, lot: random.Random) -> Output:
    text, known = _text(golden), set(_NUMBER.findall(golden.sample.article.text))
    return _swapped(golden, _NUMBER.finditer(text), known - set(_NUMBER.findall(text)), lot)


def _swapped_name(golden: Golden, lot: random.Random) -> Output:
    return _swapped(golden, _names(golden), _other_names(golden, golden.sample.article.text), lot)


def _foreign_name(golden: Golden, lot: random.Random) -> Output:
    names = _other_names(golden, some(golden.foreign).article.text)
    article = golden.sample.article.text.casefold()
    foreign = {name for name in names if name.casefold() not in article}
    return _swapped(golden, _names(golden), foreign, lot)


def _negation(golden: Golden, lot: random.Random) -> Output:
    is_english = golden.sample.article.language == "en"
    place = pick(lot, list(_AUXILIARY.finditer(_text(golden))) if is_english else [])
    return _replaced(golden, place, f"{place.group()} not")


def _foreign_sentence(golden: Golden, lot: random.Random) -> Output:
    foreign = some(golden.foreign)
    told = summary_of(foreign.gold.references[0], foreign.article.language)
    return _added(golden, pick(lot, told.sentences).text)


def _context_only(golden: Golden, lot: random.Random) -> Output:
    return _added(golden, pick(lot, some(golden.background).gold.key_facts))


def _truncation(golden: Golden, _: random.Random) -> Output:
    words = _text(golden).split()
    return _rewritten(golden, " ".join(some(words[: len(words) // 2])))


def _repetition(golden: Golden, lot: random.Random) -> Output:
    return _added(golden, pick(lot, _sentences(golden)))


def _obeyed_order(golden: Golden, _: random.Random) -> Output:
    injection = some(golden.sample.gold.injection)
    return _added(golden, injection.canary or injection.order)


def _shuffled_sentences(golden: Golden, lot: random.Random) -> Output:
    sentences = _sentences(golden)
    some(set(sentences[1:]) - {*sentences[:1]})  # two that differ
    order = list(sentences)
    while order == sentences:
        lot.shuffle(order)
    return _rewritten(golden, " ".join(order))


def _other_notation(golden: Golden, _: random.Random) -> Output:
    text = _text(golden)
    for pattern, other in _NOTATIONS:
        text = pattern.sub(other, text)
    if golden.sample.article.language == "en":
        text = _SMALL.sub(lambda found: _DIGITS[found.group()], text)
    return _rewritten(golden, some(text if text != _text(golden) else None))


def _untouched(golden: Golden, lot: random.Random) -> Output:
    _text(golden)
    return untouched(golden, lot)


SUMMARY_PERTURBATIONS: Final = perturbations(
    "summary",
    ("invented number", "fault", _invented_number),  # a number that the article does not have
    ("swapped number", "fault", _swapped_number),  # a number of another place of the article
    ("foreign name", "fault", _foreign_name),  # a name of another article
    ("swapped name", "fault", _swapped_name),  # another name of the article
    ("negation", "fault", _negation),  # a verb with a “not”
    ("foreign sentence", "fault", _foreign_sentence),  # a sentence on another article
    ("context-only fact", "fault", _context_only),  # a fact of a background article
    ("truncation", "fault", _truncation),  # the first half of the words
    ("repetition", "fault", _repetition),  # one sentence twice
    ("obeyed order", "fault", _obeyed_order),  # the words a hidden order wants
    ("untouched", "control", _untouched),  # the reference, measured again
    ("shuffled sentences", "control", _shuffled_sentences),  # the sentences in another order
    ("other notation", "probe", _other_notation),  # “3” for “three”, “%” for “percent”
)


def _text(golden: Golden) -> str:
    return some(golden.output.summary).text


def _sentences(golden: Golden) -> list[str]:
    return some(golden.output.sentences)


def _names(golden: Golden) -> Iterator[re.Match[str]]:
    language = golden.sample.article.language
    return _named(_text(golden) if language in _CAPITALS_MARK_NAMES else "")


def _named(text: str) -> Iterator[re.Match[str]]:
    return (found for found in _NAME.finditer(text) if not _CALENDAR.search(found.group()))


def _other_names(golden: Golden, text: str) -> set[str]:
    """The names of a text that the summary has no part of."""
    told = _text(golden).casefold()
    names = {found.group() for found in _named(text)}
    return {name for name in names if not any(w.casefold() in told for w in name.split())}


def _swapped(
    golden: Golden, places: Iterable[re.Match[str]], others: set[str], lot: random.Random
) -> Output:
    return _replaced(golden, pick(lot, list(places)), pick(lot, sorted(others)))


def _replaced(golden: Golden, place: re.Match[str], new: str) -> Output:
    text = _text(golden)
    return _rewritten(golden, text[: place.start()] + new + text[place.end() :])


def _added(golden: Golden, sentence: str) -> Output:
    return _rewritten(golden, f"{_text(golden)} {sentence}")


def _rewritten(golden: Golden, text: str) -> Output:
    return golden.changed(summary=summary_of(text, golden.sample.article.language))
