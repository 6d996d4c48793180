"""Whether a text is a report, which says the most important first, or an essay, speech, interview.

A few signs of form tell, each a share of the sentences, so that they need no long text: somebody
speaks of himself or to the reader, asks, tells a figure, tells what others said, names a day, names
somebody. With the length of a sentence, which is longer in a report, a logistic regression weighs
them (benchmarks/genre.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from pathlib import Path
from typing import Final

from summarizer.text import count_words
from summarizer.verification.names import find_names
from summarizer.verification.words import fold, is_acronym, listed, patterns, word_set, words

_PATTERNS: Final = patterns("genre", Path(__file__).with_name("patterns.toml"))
_FEW: Final = 8  # sentences of which nothing can be told
# Of ``form``, and what they have to reach: less than fitted (7.5), so much that the even rows of
# REALSumm lose nothing.
WEIGHTS: Final = (-3.0, -0.3, 3.1, 2.6, 2.2, 3.3, 2.1)
LEAST: Final = 6.8
# A text without capitals, or in a script that has none, shows no names: it is taken to have as many
# as a report.
_UNCASED: Final = 0.05
_NAMED: Final = 0.6


def is_report(sentences: Sequence[str], outside: Sequence[str], language: str | None) -> bool:
    """Whether it is told from outside; ``outside``: the same with blanks for what is quoted."""
    if len(sentences) < _FEW:
        return True
    signs = form(sentences, outside, language)
    return sum(weight * sign for weight, sign in zip(WEIGHTS, signs, strict=True)) >= LEAST


def form(
    sentences: Sequence[str], outside: Sequence[str], language: str | None
) -> tuple[float, ...]:
    """Shares that speak of oneself, ask, count, report what was said, date and name; the length."""
    days = {day for kind in ("weekdays", "yesterday", "today") for day in listed(language, kind)}
    found = [
        (
            is_personal(without_quotations(unquoted), language),
            sentence.rstrip("\"'”’» ").endswith(("?", "？")),
            any(char.isdigit() for char in sentence),
            _PATTERNS["reported"].search(sentence) is not None,
            any(fold(word.text) in days for word in words(sentence)),
            bool(find_names(sentence, language)),
        )
        for sentence, unquoted in zip(sentences, outside, strict=True)
    ]
    *shares, named = (sum(column) / len(sentences) for column in zip(*found, strict=True))
    length = sum(map(count_words, sentences)) / len(sentences)
    return (*shares, named if named > _UNCASED else _NAMED, log(length))


def without_quotations(sentence: str) -> str:
    """What is said outside the quotations of a sentence."""
    return _PATTERNS["quoted"].sub(" ", sentence)


def is_personal(sentence: str, language: str | None) -> bool:
    """Whether somebody speaks of himself or to the reader, in a quotation or not."""
    first = word_set(language, "first_person")
    return any(
        word.text.casefold().replace("’", "'") in first and not is_acronym(word.text)
        for word in words(sentence)
    )
