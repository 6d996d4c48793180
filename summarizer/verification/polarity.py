"""Polarity: a claim that says the opposite of the text it should follow from.

Three ways of turning a statement round are seen:

- a negation put in: the claim has "did not approve", and every sentence of the text with
  "approved" affirms it, one of them in much the same words;
- a negation left out: the same with text and claim exchanged;
- a word for its opposite ("fell" for "rose") in a near copy.

Where the text denies in other words near by ("refused to approve"), limits ("unless", "only") or
leaves open ("may", "will"), nothing is said. Left out: everything that needs understanding,
double negations, and negation by a prefix ("unsold").
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise, takewhile
from typing import Final, NamedTuple

from summarizer.verification.words import (
    SENTENCES,
    fold,
    form,
    function_words,
    languages,
    opposites,
    word_set,
    words,
)

# Each is looked for in a text of any language.
_LIMITS: Final = frozenset[str]().union(*(word_set(code, "limits") for code in languages()))
_SINCE: Final = frozenset({"since", "seit", "depuis", "desde"})
_YEAR: Final = re.compile(r"(?:1[5-9]|20)\d\d")
_MODALS: Final = word_set("en", "modals")
# Before "to", they turn the verb behind it round.
_FAILURES: Final = word_set("en", "failures")
# Tuned on one half of QAGS, XSumFaith, REALSumm, BBC and our gold data (figures of the other in
# docs/measurements.md): without a false flag from 0.5 up, and with at least 8 words on each side.
_SHARED_ADDED: Final = 0.5
_SHARED_DROPPED: Final = 0.6
_COPIED: Final = 0.8
_DENIAL_DISTANCE: Final = 8
# A negation and the next words, one of which it negates ("has not yet been approved").
_REACH: Final = 4
_LEAST_CONTENT: Final = 3  # words
_NEGATED_LAST: Final = frozenset({"de", "nl"})  # "verhängte das Verbot nicht"


class Statement(NamedTuple):
    """A sentence: its words as written, folded and in one form; places of content and negations."""

    words: tuple[str, ...]
    folded: tuple[str, ...]
    stems: tuple[str, ...]
    content: tuple[int, ...]
    negations: tuple[int, ...]
    negated: dict[str, tuple[int, int]]  # stems behind a negation: its place, and theirs
    limited: frozenset[int]  # negations that leave the statement standing: "not only"

    def around(self, place: int) -> set[str]:
        """The stems of three words of content before ``place``, and of three from it on."""
        middle = bisect_left(self.content, place)
        return {self.stems[index] for index in self.content[max(0, middle - 3) : middle + 3]}

    def behind(self, place: int) -> list[str]:
        """The stems of the words of content behind ``place``."""
        return [self.stems[index] for index in self.content if index > place]

    def beside(self, place: int) -> set[str]:
        """The stems of the words of content next to ``place``, one on each side."""
        before = bisect_left(self.content, place)
        after = bisect_right(self.content, place)
        near = (*self.content[max(0, before - 1) : before], *self.content[after : after + 1])
        return {self.stems[index] for index in near}


class Polarity:
    """The sentences of a text, read once for any number of claims in the same language.

    Args:
        sentences: all that may bear out a claim or its opposite.
        language: ISO 639-1 code; None counts as English. In a language whose negations are not
            known, no claim is the opposite of anything.
    """

    def __init__(self, sentences: Iterable[str], language: str | None = None) -> None:
        self._language = language or "en"
        self.sentences = [
            (sentence, frozenset(form(word.text, self._language) for word in words(sentence)))
            for sentence in sentences
        ]
        self._places: dict[str, list[str]] = {}
        for sentence, found in self.sentences:
            for word in found:
                self._places.setdefault(word, []).append(sentence)

    def opposite(self, claim: str) -> str | None:
        """The word of ``claim`` that makes it the opposite of what the text says, or None.

        >>> Polarity(["The council approved the tram line."]).opposite(
        ...     "The council has not approved the tram line."
        ... )
        'not'
        """
        said = read(claim, self._language)
        content = {said.stems[place] for place in said.content}
        if len(content) < _LEAST_CONTENT:
            return None
        return (
            self._negation_added(said)
            or self._negation_left_out(said)
            or self._near_copy_turned(said)
        )

    def having(self, word: str) -> list[Statement]:
        """The sentences with a stem; a claim shares few with a text, and only those are read."""
        return [read(sentence, self._language) for sentence in self._places.get(word, ())]

    def _negation_added(self, said: Statement) -> str | None:
        for anchor, (negation, place) in said.negated.items():
            having = self.having(anchor)
            if any(self._is_denied(anchor, sentence, said) for sentence in having):
                continue
            if tells(having, said.around(place), _SHARED_ADDED):
                return said.words[negation]
        return None

    def _negation_left_out(self, said: Statement) -> str | None:
        if said.negations or self._denials(said):
            return None
        for place in said.content:
            anchor = said.stems[place]
            having = self.having(anchor)
            # A sentence that has the word twice may affirm it once.
            denied = all(s.negated.get(anchor) and s.stems.count(anchor) == 1 for s in having)
            if denied and tells(having, said.around(place), _SHARED_DROPPED):
                return said.words[place]
        return None

    def _near_copy_turned(self, said: Statement) -> str | None:
        """An opposite, or a negation, in what else is a copy of the sentence most like it."""
        own = set(said.stems)
        most = max(self.sentences, key=lambda s: len(own & s[1]), default=None)
        if most is None:
            return None
        best = read(most[0], self._language)
        turned = self._turned(said, best)
        content = {said.stems[place] for place in said.content if said.words[place] != turned}
        copied = len(content.intersection(best.stems))
        if len(content) < _LEAST_CONTENT or copied < _COPIED * len(content):
            return None
        return turned or self._negation_in_copy(said, best)

    def _negation_in_copy(self, said: Statement, copied: Statement) -> str | None:
        """The first negation of a near copy whose original has none, and no denial."""
        if copied.negations or self._denials(copied).difference(said.folded, said.stems):
            return None
        for anchor in said.negated:
            elsewhere = self.having(anchor)
            if self._is_denied(anchor, copied, said) or any(anchor in s.negated for s in elsewhere):
                return None
        for place in said.negations:
            behind = said.stems[place + 1 : place + 2]
            contrast = behind != () and behind[0][0].isdigit() and behind[0] not in copied.stems
            if not contrast and place not in said.limited:
                return said.words[place]
        return None

    def _turned(self, said: Statement, known: Statement) -> str | None:
        """A word of ``said`` whose opposites, and none of whose synonyms, are in ``known``."""
        for one, other in opposites(self._language):
            for mine, theirs in ((one, other), (other, one)):
                used = mine.intersection(said.folded)
                others = theirs.intersection(known.folded)
                if not used or not others:
                    continue
                if theirs.isdisjoint(said.folded) and mine.isdisjoint(known.folded):
                    place = said.folded.index(min(used))
                    theirs_at = known.folded.index(min(others))
                    if self._are_alike(said, place, known, theirs_at):
                        return said.words[place]
        return None

    def _are_alike(self, said: Statement, place: int, known: Statement, at: int) -> bool:
        """Whether the words around two opposites are alike, and have not changed their sides.

        "Smith lost to Jones" and "Jones won against Smith" say the same; so do "more time" and
        "less work", "before the vote" and "after he left", where what is behind them differs.
        """
        if not said.beside(place) & known.beside(at):
            return False
        if said.folded[place] in function_words(self._language):
            return said.behind(place)[:1] == known.behind(at)[:1]
        return {*said.stems[:place]}.isdisjoint({*known.behind(at)} - {*known.stems[:at]})

    def _is_denied(self, word: str, sentence: Statement, said: Statement) -> bool:
        """Whether the sentence does not plainly affirm the word, as far as can be seen."""
        places = (place for place, found in enumerate(sentence.stems) if found == word)
        for place in places:
            first, last = max(0, place - _DENIAL_DISTANCE), place + _DENIAL_DISTANCE + 1
            begin = bisect_left(sentence.negations, first)
            nearest = sentence.negations[begin : begin + 1]
            if nearest and nearest[0] < last:
                return True
            if self._denials(sentence, first, last).difference(said.folded, said.stems):
                return True
            if _MODALS.intersection(sentence.folded[first:place]).difference(said.folded):
                return True
        return False

    def _denials(self, sentence: Statement, first: int = 0, last: int | None = None) -> set[str]:
        """The words and stems, between two places, near which nothing is affirmed."""
        found = (*sentence.folded[first:last], *sentence.stems[first:last])
        return set(word_set(self._language, "denials").intersection(found))


@lru_cache(maxsize=SENTENCES)
def read(text: str, language: str) -> Statement:
    """A sentence as it is compared."""
    tokens = words(text)
    found = tuple(word.text for word in tokens)
    folded = tuple(map(fold, found))
    stems = tuple(form(word, language) for word in found)
    known, grammar = word_set(language, "negations"), function_words(language)
    english = language == "en"
    places = tuple(
        place
        for place, word in enumerate(folded)
        if (word in known and not _is_numero(folded[place : place + 2]))
        or (english and _is_contracted(word, folded[place - 1 : place]))
        or (english and word in _FAILURES and folded[place + 1 : place + 2] == ("to",))
        or (language == "fr" and _is_no_longer(folded, place))
    )
    negative = set(places)
    content = tuple(
        place
        for place, word in enumerate(folded)
        if word not in grammar and word not in _MODALS and place not in negative
    )
    limited = frozenset(
        place
        for place in places
        if not _LIMITS.isdisjoint(folded[place + 1 : place + 2])
        or _holds_later(text[tokens[place].end :], language)
    )
    told = Statement(found, folded, stems, content, places, {}, limited)
    return told._replace(negated=dict(_negated(told, last=language in _NEGATED_LAST)))


def tells(sentences: Iterable[Statement], near: set[str], least: float) -> bool:
    """Whether one of the sentences has this share of the words."""
    return len(near) >= _LEAST_CONTENT and any(
        len(near.intersection(sentence.stems)) >= least * len(near) for sentence in sentences
    )


def _is_contracted(word: str, before: tuple[str, ...]) -> bool:
    """Whether the word is "didn't", or the end of "didn ' t"."""
    return word.endswith("n't") or (word == "t" and before != () and before[0].endswith("n"))


def _is_no_longer(folded: tuple[str, ...], place: int) -> bool:
    """Whether the word is the "plus" of "ne commenceront plus", "n'est plus"."""
    before = folded[max(0, place - 3) : place]
    return folded[place] == "plus" and any(w == "ne" or w.startswith("n'") for w in before)


def _holds_later(behind: str, language: str) -> bool:
    """Whether the clause goes on so: "not won since 1987" won then, "not open until May" opens."""
    ends = (word_set(language, "joins") | word_set(language, "clauses")) - _SINCE - {"until"}
    clause = (fold(word.text) for word in words(re.split(r"[,;:]\s", behind, maxsplit=1)[0]))
    return any(
        word == "until" or (word in _SINCE and _YEAR.fullmatch(after))
        for word, after in pairwise(takewhile(lambda word: word not in ends, clause))
    )


def _is_numero(found: tuple[str, ...]) -> bool:
    """Whether the words are "No 10", whose "no" is short for number."""
    return found[0] == "no" and found[-1][0].isdigit()


def _negated(told: Statement, *, last: bool) -> Iterator[tuple[str, tuple[int, int]]]:
    """The word of content behind each negation; before one that is the ``last`` word."""
    content, negative = set(told.content), set(told.negations)
    for negation in told.negations:
        behind = range(negation + 1, min(len(told.words), negation + 1 + _REACH))
        contrast = behind and told.words[behind[0]][0].isdigit()  # "165m, not 210m"
        if contrast or negation in told.limited:
            continue
        found = next((place for place in behind if place in content or place in negative), None)
        if found is None and last and negation == len(told.words) - 1 and content:
            found = max(content)
        if found is not None and found in content:
            yield told.stems[found], (negation, found)
