"""The words of a question, or of an article that is used as one."""

from __future__ import annotations

import re
from typing import Final

_WORD: Final = re.compile(r"\w+")
_LONGEST: Final = 64


def words_of(text: str) -> list[str]:
    """The different words of a text in order, in lower case.

    >>> words_of("The bid: the BID's price")
    ['the', 'bid', 's', 'price']
    """
    return list(dict.fromkeys(word.casefold()[:_LONGEST] for word in _WORD.findall(text)))
