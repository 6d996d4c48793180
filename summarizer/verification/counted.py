"""What numbers count: a claim that gives one of the article's numbers to what another one counts.

"The storm killed 27 people" is not what "killed three dockers and injured 27 people" says. Seen are
a word right before or behind a number that the article has beside another number of the same unit,
and nowhere in the clauses of this one; and the first number of a range where the second belongs.
Left out: numbers told in other words than the article's, and the parts of a total ("two of five").
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import pairwise, takewhile
from typing import Final, NamedTuple

from summarizer.verification import numbers
from summarizer.verification.dates import Moment
from summarizer.verification.names import find_names
from summarizer.verification.numbers import Number
from summarizer.verification.words import (
    STEM_LENGTH,
    fold,
    function_words,
    languages,
    stems,
    word_set,
    words,
)

_IN_NAME: Final = re.compile(r"(?<!\w)[^\W\d_]+[-‑]$")  # "covid-19", "B-52"
_ENDS: Final = re.compile(r"[,.;:()–—](?!\d)|\s-\s|[\"“”«»]")  # of a clause
_LONGEST: Final = 1000  # characters of a sentence that are read
_MOST: Final = 20  # numbers of a claim
_REACH: Final = 200  # words and numbers on either side, more than a sentence has
_NEAR: Final = 3  # words before a number, one of which may tell what it counts
_TOLD: Final = 2  # words right behind it that do
_BEGINNING: Final = 4  # letters that all forms of a word share
_ENDING: Final = 2  # letters in which they may differ
_MOST_NAMED: Final = 4  # people or things that a text may name without counting them
_LEAST: Final = 10  # smaller numbers without a unit count too many things


class Counted(NamedTuple):
    """A number with the folded words that tell what it counts.

    Attributes:
        number: as written.
        sentence: the place of its sentence.
        opening: the word right before it.
        before: the nearest telling word before it, if no other number is between.
        behind: the telling words right behind it, up to two.
        told: the telling words of its clause, and before it those back to the number before.
        clause: those of its clause alone.
        persons: it counts "people" and nothing that has a name of its own.
    """

    number: Number
    sentence: int
    opening: str
    before: tuple[str, ...]
    behind: tuple[str, ...]
    told: tuple[str, ...]
    clause: tuple[str, ...]
    persons: bool


class _Token(NamedTuple):
    """A word, a number, or the end of a clause, which may be a word."""

    start: int
    word: str = ""
    number: Number | None = None
    ends: bool = False
    tells: bool = False


class CountedNumbers:
    """The numbers of a text with what they count, read once for any number of claims.

    Args:
        sentences: all that may bear out a claim.
        numbers: of each of them, as ``free_numbers`` tells.
        language: ISO 639-1 code; None counts as English. In a language whose words are not known,
            no number is misplaced.
    """

    def __init__(
        self,
        sentences: Sequence[str],
        numbers: Sequence[Sequence[Number]],
        language: str | None = None,
    ) -> None:
        self._sentences = sentences
        self._numbers = numbers
        self._language = language
        self._anybody = self._listed("anybody")
        self._known = cache(self._read_known)  # few sentences are asked for

    def _listed(self, kind: str) -> frozenset[str]:
        return word_set(self._language, kind)

    def _read_known(self, place: int) -> list[Counted]:
        """What a sentence has of numbers."""
        return list(self._read(self._sentences[place], place, self._numbers[place]))

    def misplaced(self, claim: str, found: Sequence[Number]) -> str | None:
        """The first number of ``claim`` that the text has of something else, as written, or None.

        >>> said = "The storm killed three dockers and injured 27 people."
        >>> claim = "The storm killed 27 people."
        >>> known = CountedNumbers([said], [numbers.find_numbers(said)])
        >>> known.misplaced(claim, numbers.find_numbers(claim))
        '27'
        """
        if not self._anybody:
            return None
        stated = [one for one in self._read(claim, 0, found) if _is_telling(one.number)][:_MOST]
        having = [self._having(one) for one in stated]
        for one, known in zip(stated, having, strict=True):
            if known and self._is_misplaced(one, known):
                return one.number.text
        for place, (first, second) in enumerate(pairwise(having)):
            begin, end = stated[place].number, stated[place + 1].number
            near = {one.sentence + step for one in first for step in (-1, 0, 1)}
            apart = first and second and near.isdisjoint(other.sentence for other in second)
            if apart and self._are_joined(claim[begin.end : end.start]):
                return claim[begin.start : end.end]
        return None

    def _having(self, stated: Counted) -> list[Counted]:
        return [
            self._known(place)[which]
            for place, found in enumerate(self._numbers)
            for which, number in enumerate(found)
            if numbers.supports(stated.number, [number])
        ]

    def _are_joined(self, between: str) -> bool:
        """Whether two numbers with this between are one phrase, and not a part and its whole."""
        found = [fold(word.text) for word in words(between)]
        short = len(found) <= 2 and not _ENDS.search(between)
        return short and self._listed("shares").isdisjoint(found)

    def _is_misplaced(self, stated: Counted, having: Sequence[Counted]) -> bool:
        fates = [self._fates(one) for one in having]
        said = self._fates(stated)
        if said and all(fates) and all(said.isdisjoint(one) for one in fates):
            return True  # so many died, where the text has as many who fell ill
        if stated.opening in self._listed("range_to") and all(map(self._begins_range, having)):
            return True
        deeds = all(
            one.before
            and not _shared(stated.behind, one.behind)
            and not _shared(stated.before, one.told, stems=True)
            for one in having
        )
        things = all(
            one.behind
            and one.persons == stated.persons
            and not _shared(stated.behind, one.clause, stems=True)
            for one in having
        )
        if not deeds and not things:
            return False
        for other in self._telling_of((*stated.before, *stated.behind)):
            if other not in having and _same_unit(other.number.unit, stated.number.unit):
                alike = _shared(stated.told, other.clause) > 1
                if deeds and alike and _shared(stated.before, other.clause):
                    return True
                if things and _shared(stated.behind, other.behind):
                    return True
        return False

    def _telling_of(self, told: Sequence[str]) -> Iterator[Counted]:
        """The numbers of the sentences that may have one of these words in some form."""
        beginnings = {word[:_BEGINNING] for word in told}
        for place, sentence in enumerate(self._sentences):
            if not beginnings.isdisjoint(word[:_BEGINNING] for word in stems(sentence)):
                yield from self._known(place)

    def _fates(self, counted: Counted) -> set[int]:
        fates = languages().get(self._language or "en", {}).get("fates", ())
        told = {*counted.before, *counted.behind, *counted.clause}
        return {place for place, fate in enumerate(fates) if not told.isdisjoint(fate.split())}

    def _begins_range(self, one: Counted) -> bool:
        """Whether it is the 38 of "from 38 to 44"."""
        here = self._known(one.sentence)
        following = here[here.index(one) + 1 :][:1]
        return one.opening in self._listed("range_from") and any(
            other.opening in self._listed("range_to") for other in following
        )

    def _read(self, sentence: str, place: int, found: Sequence[Number]) -> Iterator[Counted]:
        tokens = self._tokens(sentence[:_LONGEST], found) if found else []
        for index, token in enumerate(tokens):
            if token.number is None:
                continue
            left = tokens[max(0, index - _REACH) : index][::-1]
            right = tokens[index + 1 : index + 1 + _REACH]
            before, behind = (
                list(takewhile(lambda t: t.number is None and not t.ends, side))
                for side in (left, right)
            )
            here = _told(right)
            yield Counted(
                token.number,
                sentence=place,
                opening=before[0].word if before else "",
                before=tuple([t.word for t in before[:_NEAR] if t.tells][:1]),
                behind=tuple(t.word for t in takewhile(lambda t: t.tells, behind[:_TOLD])),
                told=(*_told(left, over_ends=True), *here),
                clause=(*_told(left), *here),
                persons=any(t.word in self._anybody for t in behind[:1]),
            )

    def _tokens(self, sentence: str, found: Sequence[Number]) -> list[_Token]:
        """Words, numbers and ends of clauses in order."""
        silent = function_words(self._language) | self._anybody
        taken = [(number.start, number.end) for number in found]
        names = [(name.start, name.end) for name in find_names(sentence, self._language)]
        tokens = [_Token(number.start, number=number) for number in found]
        tokens += [_Token(end.start(), ends=True) for end in _ENDS.finditer(sentence)]
        for start, end, text in words(sentence):
            if not _overlaps(start, end, taken):
                word = fold(text)
                tells = word not in silent and not _overlaps(start, end, names)
                tokens.append(_Token(start, word, ends=word in self._listed("joins"), tells=tells))
        return sorted(tokens, key=lambda token: token.start)


def _told(tokens: Sequence[_Token], *, over_ends: bool = False) -> list[str]:
    """The telling words up to the clause's end, or to the next number behind one of them.

    Between "from 38" and "to 44" nothing is told: what is told of one is told of both.
    """
    found: list[str] = []
    for token in tokens:
        if (token.number and found) or (token.ends and not over_ends):
            break
        if token.tells:
            found.append(token.word)
    return found


def _overlaps(start: int, end: int, spans: Sequence[tuple[int, int]]) -> bool:
    return any(start < last and first < end for first, last in spans)


def free_numbers(
    text: str, found: Iterable[Number], dates: Iterable[Moment], language: str | None
) -> list[Number]:
    """The numbers of a text that belong to none of its dates and to no name."""
    taken = {place for moment in dates for place in range(moment.start, moment.end)}
    return [
        number
        for number in found
        if numbers.is_checkable(number, language)
        and not _is_in_name(text, number.start)
        and not _is_definite(text, number)
        and taken.isdisjoint(range(number.start, number.end))
    ]


def _is_definite(text: str, number: Number) -> bool:
    """Whether it is the two of "the two mayors", whom the text names and need not count."""
    small = number.value <= _MOST_NAMED and number.unit == "" and number.text.isalpha()
    article = numbers.PATTERNS["definite"]
    return small and article.search(text, max(0, number.start - 8), number.start) is not None


def numbers_within(found: Sequence[Number], spans: Sequence[tuple[int, int]]) -> list[list[Number]]:
    """The numbers in each of these parts of their text, in order, told from its beginning."""
    starts = [number.start for number in found]
    return [
        [
            number._replace(start=number.start - start, end=number.end - start)
            for number in found[bisect_left(starts, start) : bisect_left(starts, end)]
        ]
        for start, end in spans
    ]


def _is_in_name(text: str, start: int) -> bool:
    hyphen = text[max(0, start - 1) : start] in ("-", "‑")
    return hyphen and _IN_NAME.search(text, max(0, start - _LONGEST), start) is not None


def _is_telling(number: Number) -> bool:
    """Small numbers and times count too many things."""
    large = number.value >= _LEAST or number.rounded or number.unit != ""
    return large and number.unit not in numbers.DURATIONS


def _same_unit(one: str, other: str) -> bool:
    """Money may leave its sign out."""
    return one == other or (not (one and other) and "%" not in (one, other))


def _shared(said: Sequence[str], known: Sequence[str], *, stems: bool = False) -> int:
    """How many words are told in both, in some form; ``stems``: or with another ending."""
    return sum(
        any(
            _are_forms(one, other) or (stems and one[:STEM_LENGTH] == other[:STEM_LENGTH])
            for other in known
        )
        for one in set(said)
    )


def _are_forms(one: str, other: str) -> bool:
    """Whether two words differ in their ending only."""
    shorter, longer = sorted((len(one), len(other)))
    shared = next((i for i in range(shorter) if one[i] != other[i]), shorter)
    return one == other or (
        shared >= max(_BEGINNING, shorter - _ENDING) and longer - shared <= _ENDING
    )
