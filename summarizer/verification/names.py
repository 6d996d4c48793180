"""Names: people, places and organisations in a text, and whether an article knows them.

A name is recognised by its capitals, so scripts without capitals and headlines have none, and
German nouns count only as part of a longer name. Each word of a name must be known to the
article: as written, as the adjective of a country ("Turkish", "Turkey"), as an acronym or its
expansion, or in another transliteration ("Zolfaghari", "Zolfaqari"). Left out: whether the
name is attached to the right deed, and nicknames.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property, lru_cache
from itertools import pairwise, takewhile
from typing import Final, NamedTuple

from summarizer.verification.dates import calendar
from summarizer.verification.numerals import number_words
from summarizer.verification.words import (
    fold,
    function_words,
    is_acronym,
    listed,
    load_words,
    patterns,
)


class Name(NamedTuple):
    """A name as written; ``parts`` are the words of it that must be known, as written."""

    start: int
    end: int
    text: str
    parts: tuple[str, ...]


class _Token(NamedTuple):
    start: int
    end: int
    text: str
    initial: bool  # first in a sentence or quotation, where the capital means nothing


_PATTERNS: Final = patterns("names")
# The letters of "U.S." belong together, the article of "L'ONU" to no name.
_TOKEN: Final = re.compile(r"(?:[^\W\d_]\.){2,}|[LlDd](?=['’][^\W_])|[^\W_]+(?:['’][^\W_]+)*")
_MIN_FUZZY, _LONGEST_ACRONYM = 5, 8


def find_names(text: str, language: str | None = None) -> list[Name]:
    """The names in ``text`` with the words of each that can be checked.

    >>> [name.parts for name in find_names("Yesterday Mr Blair met Kofi Annan of the UN.")]
    [('Blair',), ('Kofi', 'Annan'), ('UN',)]
    """
    tokens = list(_tokens(text))
    if _is_headline(tokens):
        return []
    return [
        Name(group[0].start, group[-1].end, text[group[0].start : group[-1].end], parts)
        for group in _groups(text, tokens)
        if (parts := tuple(_parts(text, group, language)))
    ]


def find_designations(text: str) -> Iterator[str]:
    """The names in ``text`` that end in a number.

    >>> list(find_designations("SARS-CoV-2 since mid-2019"))
    ['SARS-CoV-2']
    """
    return (match.group() for match in _PATTERNS["designation"].finditer(text))


class NameIndex:
    """What an article knows: its words in every form in which a name may use them."""

    def __init__(self, text: str, language: str | None = None) -> None:
        self._found = _TOKEN.findall(text)
        self._english = language in (None, "en")
        self._countries = countries() if self._english else {}
        self._words = {_plain(word) for word in self._found}

    # The rarer forms are looked up only for a name that the article does not have as it is.

    @cached_property
    def _capitals(self) -> set[str]:
        return {_plain(word) for word in self._found if len(word) > 1 and word.isupper()}

    @cached_property
    def _squashed(self) -> str:
        return "".join(map(_plain, self._found))

    @cached_property
    def _sounds(self) -> dict[str, str]:
        return {sound(word): word for word in self._words if len(word) >= _MIN_FUZZY}

    @cached_property
    def _prefixes(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for word in self._words:
            found.setdefault(word[:4], set()).add(word)
        return found

    @cached_property
    def _pairs(self) -> set[str]:
        """Words side by side, as names of countries are written: "sri-lanka"."""
        return {f"{_plain(a)}-{_plain(b)}" for a, b in pairwise(self._found)}

    @cached_property
    def _acronyms(self) -> set[str]:
        return set(_initials(self._found, with_small=not self._english))

    def missing(self, name: Name) -> list[str]:
        """The words of ``name`` that the article does not know; empty where it knows all."""
        found = [token.text for token in _tokens(name.text) if token.text != "The"]
        country = "-".join(map(_plain, found))
        letters = "".join(_plain(word)[:1] for word in found if word[0].isupper())
        joined = country.replace("-", "")  # "You Tube" for "YouTube"
        if joined in self._words or letters in self._capitals or self._has_country(country):
            return []
        return [part for part in name.parts if not self.knows(part)]

    def knows_designation(self, name: str) -> bool:
        """Whether the article has this name with this number, however it is hyphenated."""
        letters = "".join(map(_plain, re.findall(r"[^\W_]+", name)))
        return re.search(rf"{re.escape(letters)}(?!\d)", self._squashed) is not None

    def knows(self, word: str) -> bool:
        """Whether the article has ``word`` in some form."""
        plain = _plain(word)
        if plain in self._words or plain.removesuffix("s") in self._words:
            return True
        if len(plain) >= _MIN_FUZZY and plain in self._squashed:
            return True
        for country in (plain, plain.removesuffix("s")):
            if country in self._countries:
                return self._has_country(country)
        if word.isupper() or "." in word:
            return plain in self._acronyms or plain.removesuffix("s") in self._acronyms
        return self._has_variant(plain)

    def _has_country(self, plain: str) -> bool:
        names = self._countries.get(plain, frozenset())
        words = names | {f"{name}s" for name in names}  # its people, too
        return not (words.isdisjoint(self._words) and names.isdisjoint(self._pairs))

    def _has_variant(self, plain: str) -> bool:
        for other in self._prefixes.get(plain[:4], ()):
            alike = takewhile(lambda pair: pair[0] == pair[1], zip(plain, other, strict=False))
            shared = sum(1 for _ in alike)
            if other in self._countries:
                continue
            endings = {plain[shared:] or "-", other[shared:] or "-"}
            if shared >= 4 and endings <= _listed("endings"):
                return True
            if plain[5:].endswith("s") and other.startswith(plain[:-1]):  # "Wolves", Wolverhampton
                return True
            # Cases and feminines: "Moskau", "Nigéria" and "nigérianes".
            if not self._english and shared >= max(4, len(plain) - 3):
                return True
        if len(plain) > 4 and plain.endswith("s") and self._ends_with(plain[:-1]):
            return True
        if len(plain) < _MIN_FUZZY:
            return any(_shortens(plain, word) for word in self._words)
        other = self._sounds.get(sound(plain), "")
        return other[:1] == plain[:1] or (bool(other) and {other[0], plain[0]} <= set("ckqgjywvuo"))

    def _ends_with(self, ending: str) -> bool:
        """Whether a name ends so: "Spurs" for Hotspur."""
        return any(word[0].isupper() and _plain(word).endswith(ending) for word in self._found)


def sound(word: str) -> str:
    """A key that transliterations of one name share; vowels count by place, not by kind.

    >>> sound("zolfaghari") == sound("zolfaqari"), sound("austria") == sound("australia")
    (True, False)
    """
    key = word
    for spelling, letter in load_words("names.toml")["sounds"].items():
        key = key.replace(spelling, letter)
    key = re.sub(r"[aeiouy]+", "a", key)
    return re.sub(r"(.)\1", r"\1", key)


def _tokens(text: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(text):
        start, word = match.start(), match.group()
        in_name = word[0].isupper() or word in _listed("connectors")
        yield _Token(start, match.end(), word, in_name and _is_initial(text, start))


def _is_initial(text: str, start: int) -> bool:
    """Whether a sentence begins here; not behind "Mr." and "J.", whose point ends nothing."""
    if not _PATTERNS["sentence_start"].search(text, max(0, start - 6), start):
        return False
    before = text[max(0, start - 6) : start].rstrip()
    return re.search(r"(?:^|\W)(?:[A-Z]|Mr|Mrs|Ms|Dr|St|Sen|Gov|Gen|Rep|Rev)\.$", before) is None


def _is_headline(tokens: list[_Token]) -> bool:
    lower = [token.text for token in tokens if token.text[0].islower()]
    return len(tokens) > 3 and _listed("headline_small").issuperset(lower)


def _groups(text: str, tokens: list[_Token]) -> Iterator[list[_Token]]:
    """Runs of capitalised words; "of", "van" and their like may join two of them."""
    group: list[_Token] = []
    joint: list[_Token] = []
    for token in tokens:
        last = (joint or group or [token])[-1]
        apart = text[last.end : token.start].strip(" -‑&.") != "" or last.text[-2:] in ("'s", "’s")
        if group and (apart or (token.initial and token is not group[0])):
            yield group
            group, joint = [], []
        if token.text[0].isupper():
            group += [*joint, token]
            joint = []
        elif group and token.text in _listed("connectors") and not joint:
            joint = [token]
        elif group:
            yield group
            group, joint = [], []
    if group:
        yield group


def _parts(text: str, group: list[_Token], language: str | None) -> Iterator[str]:
    if language == "de":
        group = _german(group)
    for token in group:
        word = _plain(token.text)
        acronym = is_acronym(token.text)
        if len(word) < 2 or token.text[0].islower() or _is_no_name(word, language):
            continue
        if re.split("['’]", word)[0] in function_words(language) and not acronym:
            continue  # "The", and "I'm"
        # "Раньше Ермолова": nothing is known of the language's first words.
        if token.initial and len(group) > 1 and not listed(language, "function_words"):
            continue
        if token.initial and looks_ordinary(word):
            continue
        # "Pakistan", and "Kestrel has"; "Residents have" begins with no name.
        known = acronym or word in countries() or _acts(text, token.end, word)
        if token.initial and len(group) == 1 and not known:
            continue
        yield re.sub(r"['’]s$", "", token.text)


def _acts(text: str, end: int, word: str) -> bool:
    """Whether the first word of a sentence, which ends here, is somebody by what follows it."""
    if looks_ordinary(word) or _PATTERNS["singular"].search(word):
        return False
    acts = _PATTERNS["acts_alone" if word.endswith("s") else "acts"]
    return acts.match(text, end) is not None


def _german(group: list[_Token]) -> list[_Token]:
    """What follows the first of several capitalised words, as in "Kanzlerin Angela Merkel"."""
    group = [token for token in group if not token.initial and token.text[0].isupper()]
    measures = [
        place for place, token in enumerate(group) if fold(token.text) in _listed("german_measures")
    ]
    return group[1 : min(measures, default=len(group))]


def _is_no_name(word: str, language: str | None) -> bool:
    """Whether the word has a capital for another reason: titles, months, numbers, "The"."""
    numbers = number_words(language)
    known = (*calendar(language), numbers.values, numbers.scales)
    return is_ordinary(word) or any(word in names for names in known)


def _plain(word: str) -> str:
    return fold(word).replace(".", "")


def _initials(found: list[str], *, with_small: bool) -> Iterator[str]:
    """The acronyms of runs of words with capitals; ``with_small``: and the small ones behind."""
    found = [word for word in found if word not in _listed("unnamed")]
    for place, word in enumerate(found):
        if word[0].isupper():
            near = found[place : place + _LONGEST_ACRONYM]
            run = near if with_small else takewhile(lambda one: one[0].isupper(), near)
            letters = "".join(_plain(one)[:1] for one in run)
            yield from (letters[:size] for size in range(2, len(letters) + 1))


def _shortens(short: str, word: str) -> bool:
    """Whether ``short`` is ``word`` without letters inside it: "utd" and "united"."""
    if not (3 <= len(short) < len(word) - 1 and (short[0], short[-1]) == (word[0], word[-1])):
        return False
    letters = iter(word)
    return not set(short[1:-1]) & set("aeiou") and all(letter in letters for letter in short)


def is_ordinary(word: str) -> bool:
    """Whether a folded word is a title, an office or the like, with a capital or without."""
    return word in _listed("ordinary")


def looks_ordinary(word: str) -> bool:
    """Whether a folded word at the start of a sentence is likely no name, by list or ending."""
    return word in _listed("starters") or (
        len(word) > 4 and _PATTERNS["suffix"].search(word) is not None
    )


@lru_cache
def _listed(kind: str) -> frozenset[str]:
    return frozenset(load_words("names.toml")[kind].split())


@lru_cache
def countries() -> dict[str, frozenset[str]]:
    """For every folded name, all names of the same country; "-" stands for a space."""
    lines = [frozenset(line.split()) for line in load_words("names.toml")["countries"].splitlines()]
    return {name: line for line in lines for name in line}
