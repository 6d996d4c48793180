"""What a sentence leans on, and which sentences a reader understands by themselves.

A sentence leans on the one that introduces what it only refers to: a pronoun at its beginning on
the last sentence that begins with none, a bare surname on the sentence with the full name, "the
line" on the first sentence that has a line; and on those that these lean on. Left out: real
coreference. Only what a reader meets first, the beginning of a sentence and its names, is looked
at.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from summarizer.articles.article import Article
from summarizer.summaries.candidates import Candidate, find_candidates, is_caption, terms
from summarizer.summaries.genre import is_personal, without_quotations
from summarizer.text import Sentence
from summarizer.verification.names import find_names
from summarizer.verification.words import fold, is_acronym, patterns, stem, word_set, words

_PATTERNS: Final = patterns("candidates", Path(__file__).with_name("patterns.toml"))
# Words of meaning before a pronoun that say who or what it is. In 20 long texts 91 % of the
# sentences that their authors call self-contained points have so many, and 56 % of the others.
_INTRODUCED: Final = 4
_FEWEST_WORDS: Final = 9  # of a sentence that is taken out of its place
_OPENING: Final = " \t\"'“”‘’«»„`([-–—•"
_MOST_NEEDED: Final = 2  # antecedents of one sentence


def antecedents(
    sentences: Sequence[str], language: str | None = None
) -> list[tuple[int, ...] | None]:
    """For each sentence the earlier ones that must be read with it, in order.

    An empty tuple for a sentence that stands by itself; None where too many would be needed.

    >>> antecedents(["The tram costs 5 million.", "It opens in May.", "Shops fear a loss."])
    [(), (0,), ()]
    """
    backward = word_set(language, "backward")
    english = language in (None, "en")
    names = [
        [[fold(part) for part in name.parts] for name in find_names(sentence, language)]
        for sentence in sentences
    ]
    cased = 10 * sum(map(bool, names)) > len(sentences)
    introduced: dict[str, int] = {}
    mentioned: dict[str, int] = {}
    found: list[tuple[int, ...] | None] = []
    standing = 0  # the last sentence that needs no other
    naming = 0  # the last one that says whom or what it is about
    for place, sentence in enumerate(sentences):
        bare = sentence.lstrip(_OPENING)
        first = [word.text for word in words(bare[:80])][:4]
        alone = [name[-1] for name in names[place] if len(name) == 1]
        # A capital at the beginning is no sign of a name, but this word was one before.
        alone += [fold(word).split("'")[0] for word in first[:1] if word[0].isupper()]
        needed = {introduced[name] for name in alone if name in introduced}
        anonymous = english and cased and not names[place] and _PATTERNS["speaker"].search(sentence)
        leans = (
            (first and fold(first[0]).split("'")[0] in backward and not is_acronym(first[0]))
            or anonymous
            or (english and _PATTERNS["then_a_pronoun"].match(bare))
            or (english and _PATTERNS["goes_on"].search(bare))
            or (english and _PATTERNS["bare_count"].search(bare))
        )
        if english and _PATTERNS["remainder"].match(bare):
            needed.add(max(0, place - 1))
        elif leans:
            needed.add(naming)
        else:
            naming = place
            if english:
                needed |= _definite(first, mentioned, standing)
        needed -= {place}
        needed = needed.union(*(found[one] or () for one in needed))
        found.append(tuple(sorted(needed)) if len(needed) <= _MOST_NEEDED else None)
        if not needed:
            standing = place
        for name in names[place]:
            if len(name) > 1:
                introduced.setdefault(name[-1], place)
        for word in words(sentence):
            mentioned.setdefault(stem(word.text), place)
    return found


def stands_alone(sentence: str, language: str | None) -> bool:
    """Whether a reader knows who "he" and what "it" is: a name or some words of meaning precede.

    >>> stands_alone("Only the place she would finish in was open.", "en")
    False
    """
    names = find_names(sentence, language)
    named = min((name.start for name in names), default=len(sentence))
    persons, things = word_set(language, "persons"), word_set(language, "things")
    return not any(
        (fold(word.text) in things or (word.start < named and fold(word.text) in persons))
        and len(terms(sentence[: word.start], language)) < _INTRODUCED
        for word in words(sentence)
        if not is_acronym(word.text)
    )


def _definite(first: Sequence[str], mentioned: dict[str, int], standing: int) -> set[int]:
    """What "The line ..." leans on where no line was spoken of before."""
    if len(first) < 3 or first[0] not in ("The", "the"):
        return set()
    noun = [word for word in first[1:3] if len(word) > 2]
    stems = [stem(word) for word in noun]
    if (
        not noun
        or noun[0][0].isupper()
        or _PATTERNS["only_one"].fullmatch(stems[0])
        or {"of", "who"} & set(first[2:4])
    ):
        return set()
    return set() if any(one in mentioned for one in stems) else {standing}


def standing_anywhere(
    candidates: Sequence[Candidate],
    needed: Sequence[tuple[int, ...] | None],
    language: str | None,
) -> list[int]:
    """The places of those that lean on nothing: no caption, nobody's "I", no few words."""
    return [
        place
        for place, (sentence, size, *_) in enumerate(candidates)
        if needed[place] == ()
        and size >= _FEWEST_WORDS
        and _is_telling(sentence.text, language)
        and stands_alone(sentence.text, language)
    ]


def _is_telling(sentence: str, language: str | None) -> bool:
    """Whether it is no caption, and begins with nobody's words; an "I" may be quoted in it."""
    if is_caption(sentence) or _PATTERNS["opens_quoted"].match(sentence):
        return False
    return not is_personal(without_quotations(sentence), language)


class Standing:
    """The sentences of an article with those that a reader needs to understand them."""

    def __init__(self, article: Article, *, excluded: tuple[tuple[int, int], ...] = ()) -> None:
        self._language = article.language
        found = find_candidates(article, excluded=excluded).sentences
        self._sentences = [one.sentence for one in found]
        self._needed = antecedents([one.text for one in self._sentences], article.language)
        self._alone = set(standing_anywhere(found, self._needed, article.language))

    def group(
        self,
        span: tuple[int, int],
        told: Sequence[tuple[int, int]],
        later: Sequence[tuple[int, int]],
    ) -> list[Sentence]:
        """The sentence at ``span`` behind those that it needs and the reader was not told.

        Nothing where it, or what it needs, is told ``later``, or where nobody can understand it.
        """
        start, end = span
        for place, sentence in enumerate(self._sentences):
            needed = self._needed[place]
            shared = min(sentence.end, end) - max(sentence.start, start)
            if 2 * shared < end - start or sentence.meets((*told, *later)) or needed is None:
                continue
            missing = [one for one in needed if not self._sentences[one].meets(told)]
            fresh = {one for one in self._alone if not self._sentences[one].meets(later)}
            if fresh.issuperset(missing) and (
                place in self._alone or (needed and _is_telling(sentence.text, self._language))
            ):
                return [self._sentences[one] for one in (*missing, place)]
        return []
