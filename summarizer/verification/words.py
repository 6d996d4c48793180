"""Words with offsets, and the two forms in which they are compared: folded and stemmed.

Left out: real stemmers and dictionaries. A stem is a prefix, which works about as well for
matching (measured in ``docs/verification.md``) and in every language with an alphabet.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final, NamedTuple

STEM_LENGTH: Final = 6
# Scripts that write no spaces: every character is a word of its own.
_UNSPACED: Final = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+(?:['’][^\W_{_UNSPACED}]+)*")
_LETTERS = str.maketrans({"ı": "i", "ł": "l", "ø": "o", "đ": "d", "ß": "ss", "æ": "ae", "œ": "oe"})


class Word(NamedTuple):
    """A word as written; ``source[start:end] == text``."""

    start: int
    end: int
    text: str


def words(text: str) -> list[Word]:
    """The words of ``text``; an inner apostrophe belongs to the word ("Turkey's")."""
    return [Word(m.start(), m.end(), m.group()) for m in _WORD.finditer(text)]


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


def stem(word: str) -> str:
    """The first letters of the folded word: "announcement" and "announced" meet in "announ"."""
    return fold(word)[:STEM_LENGTH]


def stems(text: str) -> list[str]:
    """The stems of the words of ``text``, in order."""
    return [stem(word.text) for word in words(text)]


# Function words say nothing about support: those of the languages we meet most, folded.
_FUNCTION_WORDS: Final = {
    "en": """a an the and or but nor of to in on at by for with from as is are was were be been
    being has have had do does did will would can could may might must shall should it its he she
    they them his her their this that these those who whom which what when where why how not no so
    if than then there here we you i our my your us me him also into over after before about up out
    off more most said say says just very while during between against through under again such
    only""",
    "fr": """le la les un une des du de et ou mais dans sur par pour avec sans est sont a ont ete
    etre au aux ce cet cette ces il elle ils elles qui que dont se sa son ses leur leurs en ne pas
    plus y d l qu s n c j""",
    "de": """der die das den dem des ein eine einen einem einer eines und oder aber in im an am auf
    mit von vom zu zum zur fur bei nach aus uber ist sind war waren wird werden wurde wurden hat
    haben hatte als auch nicht noch nur sich er sie es dass wie""",
    "es": """el la los las lo un una unos unas y o pero de del al en con sin por para es son fue
    fueron ha han habia este esta estos estas ese esa se su sus que como mas no si a""",
    "it": """il lo la gli le i un una e ed o ma di della delle degli dei da dal dalla in con per nel
    nella su sono era stato stata che si non piu questo questa suo sua a al ai""",
    "pt": """o os a as um uma e ou mas de do da dos das em no na nos nas com por para foi foram tem
    seu sua que nao se ao""",
    "nl": """de het een en of maar in van voor met op uit bij is zijn was waren werd worden heeft
    hebben die dat niet ook er aan te hij zij""",
}


@lru_cache
def function_words(language: str | None) -> frozenset[str]:
    """The function words of ``language``; the English ones for a language that is not known."""
    return frozenset(_FUNCTION_WORDS.get(language or "en", _FUNCTION_WORDS["en"]).split())
