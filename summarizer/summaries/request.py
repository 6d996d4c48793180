"""What is wanted of one article, its summary in length, style and language; what was found."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated, Final, NamedTuple

from pydantic import AfterValidator, Field

from summarizer.context import NO_CONTEXT, Context
from summarizer.digest import Check, PromptRef, Style, Summary, TopicLabel, Value, readable
from summarizer.errors import ConfigurationError
from summarizer.screening import Reading
from summarizer.text import iso_639_1

OnText = Callable[[str], None]
LENGTHS: Final = {"short": 50, "medium": 110, "long": 220}
HEADLINE_WORDS: Final = 10
TOLERANCE: Final = 0.15
_WORDS_PER_SENTENCE: Final = 13  # small models write short sentences, and too few of them
_SHORTEST_HEADLINE: Final = 3
_FEWEST, _MOST = 5, 2000


class SummaryRequest(Value):
    """What is wanted of a summary."""

    words: int = Field(ge=1, description="Target length.")
    style: Style = "paragraph"
    language: str | None = Field(default=None, description="ISO 639-1; None: the article's own.")
    focus: Annotated[str, AfterValidator(readable)] | None = None

    @property
    def sentences(self) -> int:
        """How many sentences a summary of this length usually has."""
        return 1 if self.style == "headline" else max(1, round(self.words / _WORDS_PER_SENTENCE))

    @property
    def shortest(self) -> int:
        """The fewest words that still count as the target length; a headline may be short."""
        if self.style == "headline":
            return min(self.words, _SHORTEST_HEADLINE)
        return math.ceil(self.words * (1 - TOLERANCE))

    @property
    def longest(self) -> int:
        """The most words that still count as the target length."""
        return max(self.shortest, math.floor(self.words * (1 + TOLERANCE)))


class Task(NamedTuple):
    """An article, and what is wanted of it.

    Attributes:
        reading: the article.
        summary: the summary that is wanted, or None.
        topics: whether topics are wanted.
        context: what a corpus of earlier articles adds.
        on_text: called with the summary's text as the model writes it.
    """

    reading: Reading
    summary: SummaryRequest | None
    topics: bool = False
    context: Context = NO_CONTEXT
    on_text: OnText | None = None

    @property
    def request(self) -> SummaryRequest:
        """The summary that is wanted, for what is done only where one is."""
        if self.summary is None:
            raise ValueError("no summary is wanted")
        return self.summary

    @property
    def language(self) -> str | None:
        """The summary's language by its primary subtag; the article's own where it is not known."""
        own, wanted = self.reading.article.language, self.request.language
        return own if own is None or wanted is None else iso_639_1(wanted)

    @property
    def is_translated(self) -> bool:
        """Whether the summary speaks another language than the article."""
        return self.language != self.reading.article.language


class Outcome(NamedTuple):
    """What an engine found."""

    topics: tuple[TopicLabel, ...] | None
    summary: Summary | None
    checks: tuple[Check, ...] = ()
    prompts: tuple[PromptRef, ...] = ()


def missing(part: str, reason: object) -> Check:
    """The check that tells a reader which half of a digest is not there, and why."""
    message = f"the {part} could not be made: {reason}"
    return Check(kind="missing", status="flagged", message=message, text=part)


def target_words(length: str, *, style: Style, article_words: int) -> int:
    """The number of words that ``length`` means for an article.

    A preset is at most half of the article, a number is at most the whole of it.

    Raises:
        ConfigurationError: neither a preset nor a number of words from 5 to 2,000.
    """
    if length in LENGTHS:
        if style == "headline":
            return HEADLINE_WORDS
        return max(_FEWEST, min(LENGTHS[length], article_words // 2))
    if length.isdecimal() and len(length) <= 4 and _FEWEST <= int(length) <= _MOST:
        return min(int(length), article_words)
    raise ConfigurationError(
        f"length {length!r} is neither {', '.join(LENGTHS)} nor a number of words "
        f"from {_FEWEST} to {_MOST}",
        hint="use one of these",
    )


def language_name(code: str | None) -> str:
    """The English name of a language, as a prompt says it.

    Raises:
        ConfigurationError: no such ISO 639 code.
    """
    if code is None:
        return "the language of the article"
    from babel import Locale, UnknownLocaleError

    try:
        name = Locale.parse(code.replace("-", "_")).get_display_name("en")
    except (UnknownLocaleError, ValueError):
        name = None
    if not name:
        raise ConfigurationError(f"unknown language {code!r}", hint="use a code such as en, fr, de")
    return name
