"""The sentences that a summary may be made of, and what text they come from.

Left out are datelines, captions, credits, marks of agencies and headings. A report says the most
important first; a speech, an essay and an interview do not.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import Final, NamedTuple

from summarizer.articles.article import Article
from summarizer.articles.metadata import (
    SENTENCE_END,
    dateline,
    is_credit,
    is_take_note,
    without_end_mark,
)
from summarizer.summaries.genre import is_personal, is_report
from summarizer.text import Sentence, count_words, split_sentences
from summarizer.verification.subjects import lacks_verb
from summarizer.verification.words import (
    fold,
    function_words,
    is_acronym,
    patterns,
    stem,
    words,
)

_PATTERNS: Final = patterns("candidates", Path(__file__).with_name("patterns.toml"))
# Words from where on a text tells of more than its beginning does: a report, and any other.
_LONG: Final = 1500
_LONG_ESSAY: Final = 250
_SHORTEST: Final = 4  # words; less is a caption, a greeting or a crosshead
_BRIEF: Final = 10  # words
_LONGEST_HEADING: Final = 14  # words
_COST: Final = 0.3  # of being brief, a caption, a quotation, or personal in a report
_EMPTY_COST: Final = 3.0  # of being unfinished, or a greeting
_LONGEST_CAPTION: Final = 500  # characters
_FEWEST_ENTRIES: Final = 3  # of a live page: lines that begin with a time
# A word of an article counts as often as it is repeated, up to so many times.
COMMON: Final = 5
FEWEST_TERMS: Final = 4  # are added to those of a sentence, or the shortest would win


class Candidate(NamedTuple):
    """A sentence that may be chosen.

    Attributes:
        sentence: its text and offsets, without a dateline or a mark of the end.
        words: its length.
        terms: the folded words that carry meaning.
        cost: what a question, quotation or short sentence is worth less, 0 to 1.
    """

    sentence: Sentence
    words: int
    terms: frozenset[str]
    cost: float


class Candidates(NamedTuple):
    """An article's candidates in order, and whether its beginning matters most."""

    sentences: tuple[Candidate, ...]
    is_report: bool

    @property
    def words(self) -> int:
        """How long they are."""
        return sum(candidate.words for candidate in self.sentences)

    @property
    def is_long(self) -> bool:
        """Whether the text tells of more than its beginning does."""
        return self.words > (_LONG if self.is_report else _LONG_ESSAY)


@lru_cache(maxsize=2)  # several steps of one digest ask for them
def find_candidates(article: Article, *, excluded: tuple[tuple[int, int], ...] = ()) -> Candidates:
    """What a summary of ``article`` may be made of, outside the ``excluded`` character spans."""
    found = split_sentences(article.text, article.language)
    whole = [sentence for sentence in found if not sentence.meets(excluded)]
    kept: list[Sentence] = []
    bodies = _bodies(article.text)
    for sentence in whole:
        bare = _within(sentence, bodies, article.text)
        is_whole = count_words(bare.text) >= _SHORTEST and not _is_heading(bare, article.text)
        if is_whole and not _PATTERNS["furniture"].search(bare.text):
            kept.append(bare)
    sentences = kept or whole
    outside = unquoted(sentences, article.text)
    report = is_report([sentence.text for sentence in sentences], outside, article.language)
    return Candidates(
        tuple(
            Candidate(
                sentence,
                count_words(sentence.text),
                frozenset(terms(sentence.text, article.language)),
                _cost(sentence.text, told, article.language, is_report=report),
            )
            for sentence, told in zip(sentences, outside, strict=True)
        ),
        report,
    )


def unquoted(sentences: Sequence[Sentence], text: str) -> list[str]:
    """The sentences of a text with blanks for what is quoted.

    A long quotation is several sentences, and only the first and the last one have its marks.
    """
    outside = _PATTERNS["quotation"].sub(lambda found: " " * len(found[0]), text)
    return [outside[sentence.start : sentence.end] for sentence in sentences]


def terms(text: str, language: str | None) -> list[str]:
    """The words that carry meaning, as stems; neighbours where a script has no spaces."""
    grammar = function_words(language)
    found: list[str] = []
    previous = None
    for word in words(text):
        folded = fold(word.text)
        if len(folded) == 1 and not folded.isascii():
            if previous is not None and previous.end == word.start:
                found.append(previous.text + word.text)
            previous = word
        elif len(folded) > 1 and (folded not in grammar or is_acronym(word.text)):
            found.append(stem(word.text))
    return found


def word_weights(candidates: Sequence[Candidate], article: Article) -> dict[str, float]:
    """What each word is worth: in how many more sentences it is; in the title, as much as any."""
    counts = Counter(term for candidate in candidates for term in candidate.terms)
    # In a book every other word is repeated five times.
    most = max(COMMON, len(candidates) / 16)
    title = set(terms(article.title or "", article.language))
    return {
        term: most if term in title and count > 1 else min(count - 1, most)
        for term, count in counts.items()
    }


def _bodies(text: str) -> list[tuple[int, int]]:
    """Where each line of an article says something: nowhere, in a credit; behind a dateline.

    Of a live page, behind the time of each entry.
    """
    bodies = []
    lines = list(_PATTERNS["line"].finditer(text))
    clocks = [_PATTERNS["clock"].match(line.group()) for line in lines]
    is_live = sum(map(bool, clocks)) >= _FEWEST_ENTRIES
    for line, clock in zip(lines, clocks, strict=True):
        told = line.group()
        # A byline or a link, and no sentence that only begins like one.
        ended = SENTENCE_END.search(told)
        furniture = not ended and _PATTERNS["furniture"].search(told)
        if furniture or _is_captioned(told) or is_credit(told) or is_take_note(told):
            continue
        written = clock.end() if clock and is_live else 0
        start, end = max(written, dateline(told)), len(without_end_mark(told))
        if start < end:
            bodies.append((line.start() + start, line.start() + end))
    return bodies


def _is_captioned(line: str) -> bool:
    """Whether a line stands under a picture: "Rescuers in Kolva on Sunday. REUTERS/Jane Doe"."""
    return len(line) <= _LONGEST_CAPTION and _PATTERNS["captioned"].search(line) is not None


def _within(sentence: Sentence, bodies: Sequence[tuple[int, int]], text: str) -> Sentence:
    """The part of a sentence from its first body to its last; empty where it has none."""
    first = bisect_right(bodies, sentence.start, key=itemgetter(1))
    last = bisect_left(bodies, sentence.end, key=itemgetter(0)) - 1
    if first > last:
        return Sentence(sentence.start, sentence.start, "")
    start = max(sentence.start, bodies[first][0])
    found = text[start : min(sentence.end, bodies[last][1])].rstrip()
    return Sentence(start, start + len(found), found)


def _is_heading(sentence: Sentence, text: str) -> bool:
    """Whether it is a line of its own that does not end as a sentence does."""
    return (
        not SENTENCE_END.search(sentence.text)
        and count_words(sentence.text) <= _LONGEST_HEADING
        and text[max(0, sentence.start - 1) : sentence.start] in ("", "\n")
        and text[sentence.end : sentence.end + 1] == "\n"
    )


def is_caption(sentence: str) -> bool:
    """Whether it tells what a picture shows: "Suspended: the house of the club"."""
    return _PATTERNS["caption"].search(sentence) is not None


def without_teaser(found: Candidates, language: str | None) -> Candidates:
    """The candidates from the first that tells something: no question, no caption, no fragment."""
    for first, candidate in enumerate(found.sentences):
        text = candidate.sentence.text
        if not (_PATTERNS["cut"].search(text) or is_caption(text) or lacks_verb(text, language)):
            return found._replace(sentences=found.sentences[first:])
    return found


def _cost(sentence: str, outside: str, language: str | None, *, is_report: bool) -> float:
    """What it is worth less; ``outside``: the same with blanks for what is quoted."""
    empty = any(_PATTERNS[kind].search(sentence) for kind in ("cut", "greeting"))
    quoted = outside[:1].isspace() or _PATTERNS["opens_quoted"].match(sentence) is not None
    personal = is_report and is_personal(sentence, language)
    weak = (count_words(sentence) < _BRIEF) + is_caption(sentence) + quoted + personal
    return _COST * weak + _EMPTY_COST * empty
