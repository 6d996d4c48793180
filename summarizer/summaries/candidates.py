"""The sentences that a summary may be made of, what text they come from, what they lean on.

Left out are datelines, captions, credits, marks of agencies and headings. A report says the most
important first; a speech, an essay and an interview do not.

A sentence leans on the one that introduces what it only refers to: a pronoun at its beginning on
the last sentence that begins with none, a bare surname on the sentence with the full name, "the
line" on the first sentence that has a line; and on those that these lean on. Left out: real
coreference. Only what a reader meets first, the beginning of a sentence and its names, is looked
at.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
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
from summarizer.verification.names import find_names
from summarizer.verification.subjects import lacks_verb
from summarizer.verification.words import (
    fold,
    function_words,
    is_acronym,
    patterns,
    stem,
    word_set,
    words,
)

_PATTERNS: Final = patterns("candidates", Path(__file__).with_name("patterns.toml"))
_SHORTEST: Final = 4  # words; less is a caption, a greeting or a crosshead
_BRIEF: Final = 10  # words
_LONGEST_HEADING: Final = 14  # words
_COST: Final = 0.3  # of being brief, a caption, a quotation, or personal in a report
_UNFINISHED_COST: Final = 3.0
_LONGEST_CAPTION: Final = 500  # characters
_FEWEST_ENTRIES: Final = 3  # of a live page: lines that begin with a time
# Words of meaning before a pronoun that say who or what it is. In 20 long texts 91 % of the
# sentences that their authors call self-contained points have so many, and 56 % of the others.
_INTRODUCED: Final = 4
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


def find_candidates(article: Article, *, excluded: Sequence[tuple[int, int]] = ()) -> Candidates:
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
    unfinished = _PATTERNS["cut"].search(sentence) is not None
    quoted = outside[:1].isspace() or _PATTERNS["opens_quoted"].match(sentence) is not None
    personal = is_report and is_personal(sentence, language)
    weak = (count_words(sentence) < _BRIEF) + is_caption(sentence) + quoted + personal
    return _COST * weak + _UNFINISHED_COST * unfinished


_OPENING: Final = " \t\"'“”‘’«»„`([-–—•"
_MOST: Final = 2  # antecedents of one sentence


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
        found.append(tuple(sorted(needed)) if len(needed) <= _MOST else None)
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
