"""Faults of summaries: each is one that models make, put into a summary that has none.

Numbers and names are found by rules of their own, not by those of the checks: what the checks
cannot see must be able to go undetected. Names are looked for where a capital letter marks
them, negations in English; elsewhere these faults have no items.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import Final

from summarizer.evaluation.metrics import Output
from summarizer.evaluation.selftest.faults import Golden, perturbations, summary_of, untouched

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


def _invented_number(golden: Golden, lot: random.Random) -> Output | None:
    text = _text(golden)
    places = list(_NUMBER.finditer(text))
    if not places:
        return None
    place = lot.choice(places)
    known = set(_NUMBER.findall(golden.sample.article.text))
    first, rest = place.group()[0], place.group()[1:]
    fresh = [d + rest for d in "123456789" if d != first and d + rest not in known]
    return _replaced(golden, place, lot.choice(fresh)) if fresh else None


def _swapped_number(golden: Golden, lot: random.Random) -> Output | None:
    text = _text(golden)
    return _swapped(
        golden,
        list(_NUMBER.finditer(text)),
        set(_NUMBER.findall(golden.sample.article.text)) - set(_NUMBER.findall(text)),
        lot,
    )


def _swapped_name(golden: Golden, lot: random.Random) -> Output | None:
    return _swapped(golden, _names(golden), _other_names(golden, golden.sample.article.text), lot)


def _foreign_name(golden: Golden, lot: random.Random) -> Output | None:
    if golden.foreign is None:
        return None
    names = _other_names(golden, golden.foreign.article.text)
    article = golden.sample.article.text.casefold()
    foreign = {name for name in names if name.casefold() not in article}
    return _swapped(golden, _names(golden), foreign, lot)


def _negation(golden: Golden, lot: random.Random) -> Output | None:
    if golden.sample.article.language != "en":
        return None
    places = list(_AUXILIARY.finditer(_text(golden)))
    if not places:
        return None
    place = lot.choice(places)
    return _replaced(golden, place, f"{place.group()} not")


def _foreign_sentence(golden: Golden, lot: random.Random) -> Output | None:
    if golden.foreign is None:
        return None
    language = golden.foreign.article.language
    told = summary_of(golden.foreign.gold.references[0], language)
    return _added(golden, lot.choice(told.sentences).text)


def _context_only(golden: Golden, lot: random.Random) -> Output | None:
    if golden.background is None or not golden.background.gold.key_facts:
        return None
    return _added(golden, lot.choice(golden.background.gold.key_facts))


def _truncation(golden: Golden, _: random.Random) -> Output | None:
    words = _text(golden).split()
    return _rewritten(golden, " ".join(words[: len(words) // 2])) if len(words) > 1 else None


def _repetition(golden: Golden, lot: random.Random) -> Output | None:
    return _added(golden, lot.choice(_sentences(golden))) if _text(golden) else None


def _obeyed_order(golden: Golden, _: random.Random) -> Output | None:
    injection = golden.sample.gold.injection
    return _added(golden, injection.canary or injection.order) if injection else None


def _shuffled_sentences(golden: Golden, lot: random.Random) -> Output | None:
    sentences = _sentences(golden)
    if len(set(sentences)) < 2:
        return None
    order = list(sentences)
    while order == sentences:
        lot.shuffle(order)
    return _rewritten(golden, " ".join(order))


def _other_notation(golden: Golden, _: random.Random) -> Output | None:
    text = _text(golden)
    for pattern, other in _NOTATIONS:
        text = pattern.sub(other, text)
    if golden.sample.article.language == "en":
        text = _SMALL.sub(lambda found: _DIGITS[found.group()], text)
    return _rewritten(golden, text) if text != _text(golden) else None


def _untouched(golden: Golden, lot: random.Random) -> Output | None:
    return untouched(golden, lot) if _text(golden) else None


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
    return golden.output.summary.text if golden.output.summary else ""


def _sentences(golden: Golden) -> list[str]:
    return [s.text for s in golden.output.summary.sentences] if golden.output.summary else []


def _names(golden: Golden) -> list[re.Match[str]]:
    if golden.sample.article.language not in _CAPITALS_MARK_NAMES:
        return []
    return list(_named(_text(golden)))


def _named(text: str) -> Iterator[re.Match[str]]:
    return (found for found in _NAME.finditer(text) if not _CALENDAR.search(found.group()))


def _other_names(golden: Golden, text: str) -> set[str]:
    """The names of a text that the summary has no part of."""
    told = _text(golden).casefold()
    names = {found.group() for found in _named(text)}
    return {name for name in names if not any(w.casefold() in told for w in name.split())}


def _swapped(
    golden: Golden, places: list[re.Match[str]], others: set[str], lot: random.Random
) -> Output | None:
    if not places or not others:
        return None
    return _replaced(golden, lot.choice(places), lot.choice(sorted(others)))


def _replaced(golden: Golden, place: re.Match[str], new: str) -> Output:
    text = _text(golden)
    return _rewritten(golden, text[: place.start()] + new + text[place.end() :])


def _added(golden: Golden, sentence: str) -> Output | None:
    text = _text(golden)
    return _rewritten(golden, f"{text} {sentence}") if text else None


def _rewritten(golden: Golden, text: str) -> Output:
    return golden.changed(summary=summary_of(text, golden.sample.article.language))
