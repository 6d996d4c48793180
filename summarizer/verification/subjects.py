"""Subjects and deeds: a claim that gives to one what the article says of another, or of several.

"Iran is installing walls" is not what "The two sides are installing walls" says. Compared are only
claims and sentences that begin with a name, in English, and only where a sentence of the article
has nearly all the other words of the claim, and none that has them has the name. Left out: pronouns
("they"), subjects without a name, and two names for one ("Tehran" and "Iran" where the article does
not put them side by side).

A deed has two more ways to be wrong, in English: whose it is and whom it was done to change places
("Chelsea beat Arsenal"), or it is told as done ("has approved") where the article has its verb
behind words that leave it open ("may", "plans to", "is accused of") and nowhere else.

A subject with a relative clause and no verb of its own is no sentence: "The closure of the
hospital, which was built in 1926." Judged is only what stands before a relative clause that goes on
to the end, and only where no word of it may be a verb.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import dropwhile, takewhile
from typing import Final, NamedTuple

from summarizer.verification.alignment import Aligner
from summarizer.verification.names import countries, is_ordinary, looks_ordinary, sound
from summarizer.verification.numerals import number_words
from summarizer.verification.polarity import Polarity, Statement, read, tells
from summarizer.verification.words import (
    fold,
    form,
    function_words,
    patterns,
    stem,
    word_set,
    words,
)

_PATTERNS: Final = patterns("subjects")
_GRAMMAR: Final = function_words("en")
# Behind these, a word in -ed is no verb.
_NOUN_BEHIND: Final = {"of", "in", "on", "at", "by", "for", "with", "from", "to", "the", "a", "an"}
_LONGEST_CLAUSE: Final = 20  # words; in a longer one the verb may hide
# Behind a name, these make it part of a longer subject.
_GOES_ON: Final = {"and", "or", "of", "in", "for", "at", "s"}
# Between two names, these make them two.
_JOINS: Final = {"and", "or", "against", "with", "beat", "versus", "v", "to", "from"}
_FIRST_WORDS: Final = 8  # among which the opening name ends
_LEAST_CONTENT: Final = 3  # words
# Shares of the claim's words without its subject. On the half of BBC articles that chose nothing,
# 36 % of 198 exchanged subjects are found, and none of 229 true sentences is marked
# (docs/measurements.md).
_SHARED_WITH_JOINT: Final = 0.7
_SHARED_WITH_NAMED: Final = 0.8
_SHARED_OPEN: Final = 0.6
_OPEN_REACH: Final = 4  # words before a verb that may leave it open
_CLAUSE: Final = 8  # words of its clause on each side
_BESIDE_VERB: Final = 3  # of these, words of content that may tell whose deed it is, and to whom
_SIDE_BY_SIDE: Final = 4  # words: two names so near may be one's ("Ancelotti's Madrid")
_NO_OBJECT: Final = frozenset({"in", "on", "at", "for", "with", "about", "during", "after"})
_BE: Final = frozenset({"is", "are", "was", "were", "be", "been", "being"})


def _verbs(said: Statement) -> Iterator[int]:
    """The places of the verbs that tell what happened: "beat", "has approved"."""
    for word, place in {said.folded[place]: place for place in said.content[1:]}.items():
        if word in word_set("en", "finite") or _PATTERNS["past"].fullmatch(word):
            yield place


def _before(said: Statement, place: int) -> str:
    return " ".join(said.folded[max(0, place - _OPEN_REACH) : place])


def _is_open(told: Statement, place: int) -> bool:
    """Whether the article's words before a verb leave open if it happens."""
    clause = _PATTERNS["apart"].sub("", _before(told, place))
    done = _PATTERNS["did_so"].search(" ".join(told.folded[place:]))
    return not done and _PATTERNS["open"].search(clause) is not None


def _of_clause(found: Sequence[str]) -> list[str]:
    """The stems of the words of content up to where another clause begins."""
    kept: list[str] = []
    for word in found:
        if kept and word in word_set("en", "clauses"):
            break
        if word not in _GRAMMAR:
            kept.append(stem(word))
    return kept


def _sides(said: Statement, verb: int) -> tuple[list[str], list[str]] | None:
    """The stems of whose deed it is and of whom it was done to, nearest first; None if unclear."""
    before = _of_clause(said.folded[max(0, verb - _CLAUSE) : verb][::-1])
    behind = _of_clause(said.folded[verb + 1 : verb + 1 + _CLAUSE])
    passive = not _BE.isdisjoint(said.folded[max(0, verb - 2) : verb])
    if "by" not in said.folded[verb + 1 : verb + 6]:
        # "Beaten in Rome", "talked with": of no object, or of both sides alike.
        unclear = passive or not _NO_OBJECT.isdisjoint(said.folded[verb + 1 : verb + 2])
        return None if unclear else (before, behind)
    return (behind, before) if said.folded[verb + 1] == "by" else None


_Place = tuple[Statement, int]  # of a word


class _Opening(NamedTuple):
    """The name that a sentence begins with: its folded words, where it ends, if with a title."""

    names: frozenset[str]
    end: int
    titled: bool


_NO_NAME: Final = _Opening(frozenset(), 0, titled=False)


class Subjects:
    """Who does what in the sentences of an article, and in its title.

    Args:
        aligner: has the sentences.
        polarity: finds them and the title by a word.
        language: ISO 639-1 code; None counts as English.
    """

    def __init__(self, aligner: Aligner, polarity: Polarity, language: str | None) -> None:
        self._aligner = aligner
        self._polarity = polarity
        self._english = language in (None, "en")

    def other(self, claim: str) -> tuple[str, str] | None:
        """The subject of ``claim``, and whom the article says the same of; None where it is right.

        >>> aligner = Aligner("The two sides will build a concrete wall. He praised Iran.")
        >>> polarity = Polarity(sentence.text for sentence in aligner.sentences)
        >>> Subjects(aligner, polarity, "en").other("Iran will build a concrete wall.")
        ('Iran', 'The two sides')
        """
        own = self._opening(claim) if self._english else _NO_NAME
        if not own.names:
            return None
        rest = claim[own.end :]
        # "Ann opened the bridge and left the party": each deed may be another's.
        deeds = [rest, *(f" {deed}" for deed in _PATTERNS["and_then"].split(rest)[1:])]
        return next(filter(None, (self._other(claim, own, deed) for deed in deeds)), None)

    def deed(self, claim: str) -> tuple[str, str] | None:
        """The verb of ``claim`` that tells a deed otherwise than the article does, and why.

        >>> text = "The council may approve the tram line."
        >>> subjects = Subjects(Aligner(text), Polarity([text]), "en")
        >>> subjects.deed("The council has approved the tram line.")
        ('approved', "the article leaves open what 'approved' tells as done")
        """
        if not self._english:
            return None
        said = read(claim, "en")
        for place in _verbs(said):
            verb, told = said.words[place], self._told(said.folded[place])
            if told and self._are_exchanged(said, place, told):
                return verb, f"{verb!r} is said of the same two in the article, the other way round"
            near = said.around(place) - {said.stems[place]}
            left_open = told and all(_is_open(*one) for one in told)
            sure = not (said.negations or _PATTERNS["open"].search(_before(said, place)))
            if left_open and sure and tells((one for one, _ in told), near, _SHARED_OPEN):
                return verb, f"the article leaves open what {verb!r} tells as done"
        return None

    def _told(self, verb: str) -> list[_Place]:
        """Each sentence with a form of ``verb`` ("name" for "named"), and its place."""
        verb = form(verb, "en")
        return [
            (one, at)
            for one in self._polarity.having(verb)
            for at, word in enumerate(one.stems)
            if word == verb
        ]

    def _are_exchanged(self, said: Statement, place: int, told: list[_Place]) -> bool:
        """Whether the names beside a verb change their places, wherever the article has it."""
        own, others = _sides(said, place), [_sides(*one) for one in told]
        if own is None or None in others or said.folded[place] in word_set("en", "mutual"):
            return False
        doers, done_to = (set(side[:_BESIDE_VERB]) for side in own)
        names, exchanged = {stem(name) for name in self._names}, False
        for before, behind in (map(set, other) for other in others if other):
            if doers & behind - before & names and done_to & before - behind & names:
                exchanged = True
            elif doers & before and done_to & behind:
                return False
        return exchanged

    def _other(self, claim: str, own: _Opening, rest: str) -> tuple[str, str] | None:
        """Whom the article says the ``rest`` of."""
        told = {stem(word.text) for word in words(rest) if fold(word.text) not in _GRAMMAR}
        if len(told) < _LEAST_CONTENT:
            return None
        shares = [len(told & content) / len(told) for content in self._aligner.content]
        near = [place for place, share in enumerate(shares) if share >= _SHARED_WITH_JOINT]
        if not near or any(self._has(own.names, place) for place in near):
            return None
        nearest = max(near, key=shares.__getitem__)
        joint = _PATTERNS["joint"].match(self._aligner.sentences[nearest].text)
        if joint and not _PATTERNS["speech"].match(rest):
            return claim[: own.end], joint["subject"]
        near = [place for place in near if shares[place] >= _SHARED_WITH_NAMED]
        others = [self._opening(self._aligner.sentences[place].text) for place in near]
        if not others or any(self._may_be_one(own, other) for other in others):
            return None
        return claim[: own.end], self._aligner.sentences[near[0]].text[: others[0].end]

    @cached_property
    def _names(self) -> set[str]:
        """The words that have a capital inside a sentence and never lack it, folded."""
        capital, small = set(), set()
        for sentence, _ in self._polarity.sentences:
            for word in words(sentence):
                before = sentence[: word.start].rstrip()[-1:]
                if word.text[0].islower():
                    small.add(fold(word.text))
                elif before and before not in "\"“'‘:":
                    capital.add(fold(word.text))
        return capital - small | countries().keys()

    def _opening(self, sentence: str) -> _Opening:
        names, end, titled = set[str](), 0, False
        for place, word in enumerate(words(sentence)[:_FIRST_WORDS]):
            plain = fold(word.text)
            if not word.text[0].isupper():
                whole = sentence[end : end + 1].isspace() and plain not in _GOES_ON
                return _Opening(frozenset(names), end, titled) if whole else _NO_NAME
            if plain in self._names and plain == word.text.casefold():
                names.add(plain)
                end = word.end
            elif is_ordinary(plain):
                titled = True
            elif place or (plain != "the" and (plain in _GRAMMAR or looks_ordinary(plain))):
                break
        return _NO_NAME

    def _has(self, names: frozenset[str], place: int) -> bool:
        return not {stem(name) for name in names}.isdisjoint(self._aligner.content[place])

    def _may_be_one(self, mine: _Opening, theirs: _Opening) -> bool:
        """Whether both may be one's: alike in sound, side by side, or one acting for the other."""
        if not theirs.names or not {*map(sound, mine.names)}.isdisjoint(map(sound, theirs.names)):
            return True
        # "Iran" for "President Rouhani", "Vestergaard" for "The Dane".
        if mine.titled != theirs.titled or _is_country(mine) != _is_country(theirs):
            return True
        for place, sentence in enumerate(self._aligner.sentences):
            if self._has(mine.names, place) and self._has(theirs.names, place):
                found = [fold(word.text) for word in words(sentence.text)]
                if any(_are_side_by_side(found, a, b) for a in mine.names for b in theirs.names):
                    return True
        return False


def _is_country(opening: _Opening) -> bool:
    return not opening.names.isdisjoint(countries())


def _are_side_by_side(found: list[str], one: str, other: str) -> bool:
    """Whether two names are near each other, as one's name and office are, and not joined."""
    for place, word in enumerate(found):
        if word in (one, other):
            behind = found[place + 1 : place + 1 + _SIDE_BY_SIDE]
            partner = other if word == one else one
            if partner in behind and _JOINS.isdisjoint(behind[: behind.index(partner)]):
                return True
    return False


def lacks_verb(sentence: str, language: str | None = None) -> bool:
    """Whether the sentence is a subject and a relative clause, and nothing is said of it.

    >>> lacks_verb("The closure of the hospital, which was built in 1926.")
    True
    >>> lacks_verb("The hospital, which was built in 1926, is closed.")
    False
    """
    relative = _PATTERNS["relative"].search(sentence)
    if relative is None or language not in (None, "en") or sentence.endswith("?"):
        return False
    clause, *rest = sentence[relative.end() :].split(",")
    others = (sentence[: relative.start()], *rest)
    return len(clause.split()) <= _LONGEST_CLAUSE and not any(map(_may_have_verb, others))


def _may_have_verb(text: str) -> bool:
    found = [fold(word.text) for word in words(text)]
    known = word_set("en", "finite") | word_set("en", "plurals")
    if _PATTERNS["contracted"].search(text) or not known.isdisjoint(found):
        return True
    found = list(dropwhile(_GRAMMAR.__contains__, found))
    subject = len(list(takewhile(lambda word: word not in _GRAMMAR, found)))
    for place, word in enumerate(found):
        before = found[place - 1] if place else ""
        if word.endswith("ed") and before not in _NOUN_BEHIND:
            return True
        # A plural in the subject lets any word be its verb; elsewhere a verb stands behind a noun.
        plural = place < subject and (place > 0 or subject > 1)
        behind_noun = (
            before not in _GRAMMAR
            and before not in number_words("en").values
            and not before.endswith("ing")
        )
        ending = word.endswith(("s", "men")) and not word.endswith("ss")
        if ending and word not in _GRAMMAR and (plural or behind_noun):
            return True
    return False
