"""The article in a whole page that was copied as text, with its menus and what is around.

What a line of a page is, a small model says: a conditional random field (Lafferty et al. 2001,
https://repository.upenn.edu/cis_papers/159) over signs of the line, its neighbours and its place,
which ``benchmarks/fit_lines.py`` fits. A text in which it is not sure of several lines comes back
as it is, for ``cleaning``. Left out: texts of more lines than a page has.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from summarizer.articles.article import Document, Fields
from summarizer.articles.dates import parse_date
from summarizer.articles.metadata import (
    SENTENCE_END,
    is_of_change,
    is_over,
    is_prompt,
    read_line,
    without_take,
)
from summarizer.articles.tables import any_of, names_in
from summarizer.text import count_words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Signs = NDArray[np.float64]

# numpy is loaded in the functions that need it: pages and other formats are read without it.
WEIGHTS: Final = Path(__file__).with_suffix(".npz")
KINDS: Final = ("body", "around", "title", "day", "author", "deck")
_MOST: Final = 1000  # lines of a page
_LONGEST: Final = 300  # characters of a line of a menu, or of one with a day
# Of chances, chosen across the files that the model is fitted on: to lose a sentence is worse than
# to keep a stray one.
_BODY: Final = 0.35  # the least chance of a line that stays
_SENTENCE: Final = 0.25  # of a whole sentence
_SURE: Final = 0.1  # of the body, in a line around it
_TOLD: Final = 4  # words of a sentence
_HEADLINE: Final = 60  # characters; one of an article about models is no order
_FEWEST: Final = 5  # lines that are surely not the body, in a page
_FIELD: Final = 0.1  # the least chance of a headline, a day or a byline
_NAMED: Final = 0.2  # of a name alone
_CLEAR: Final = 0.7  # of several with such a chance the first counts
_NO_TITLE: Final = re.compile(r"[.:;,。：；，،…]\s*$|#\w+ +#\w")
_BETWEEN: Final = re.compile(any_of("page", "between"))
_URL: Final = re.compile(r"\s*https?://\S+\s*")
_STEP: Final = re.compile(any_of("page", "step"))
_SKIP: Final = re.compile(any_of("page", "skip"), re.I)
_ASIDE: Final = re.compile(any_of("page", "aside"), re.I)
_ORDER: Final = re.compile(any_of("page", "order"))
_RULE: Final = re.compile(r"\s*[-–—_=*~]{3,}\s*")
_DAY: Final = re.compile(any_of("shape", "day"))
_CHANGED: Final = re.compile(rf"\W*{any_of('line', 'updated')}\W*", re.I)
_BEFORE_NAME: Final = re.compile(
    rf"{any_of('line', 'author')}\s*[:：;,]\s*|{any_of('byline', 'before_name')}", re.I
)
_BEHIND_NAME: Final = re.compile(any_of("byline", "behind_name"))
_MARKS: Final = re.compile(any_of("byline", "marks"))

_SIGNS: Final = tuple(re.compile(sign) for (sign,) in names_in("signs").values())
_WORDS: Final = tuple(re.compile(any_of("words", name)) for name in names_in("words"))
# Where words begin anywhere, which takes half the time, is looked only in scripts for that.
_ANYWHERE: Final = re.compile("[\u0590-\u1dff\u3000-\uffff]")
_SPACED: Final = tuple(
    re.compile("|".join(word for word in words if word.startswith("(?<!")))
    for words in names_in("words").values()
)
_AFTER: Final = re.compile(r"\W*" + any_of("page", "after"), re.I)
# Nothing else says a day, a number or a name.
_READABLE: Final = re.compile(rf"\d|[:：|]|^(?:{_BEFORE_NAME.pattern})", re.I)
_WORD: Final = re.compile(r"[^\W\d_]+")
_LENGTHS: Final = (1, 2, 3, 4, 6, 8, 12, 18, 30)  # words
_DISTANCES: Final = (0, 1, 2, 3, 5, 9)  # lines


def read_pasted(text: str) -> Document:
    """The body of the page in ``text``, with its headline, day and author; other text as it is."""
    lines = text.split("\n")
    kept = [index for index, line in enumerate(lines) if line.strip()]
    shown = [lines[index].strip() for index in kept]
    # Around a text there are lines that are no sentences.
    loose = len(kept) - sum(map(_is_told, shown))
    # Where the text begins with its headline, the lines above it are those of a page.
    fewest = 1 if any(_glued(shown)) else _FEWEST
    if not _FEWEST < len(kept) <= _MOST or loose < fewest:
        return Document(text)
    import numpy as np

    chances = chances_of(line_signs(lines))
    # What leads elsewhere by its mark or words is nothing of the article's.
    chances[[_ASIDE.match(line) is not None and not _is_told(line) for line in shown]] = 0
    # An address is in plain mails, too.
    no_body = chances[:, 0] < _SURE
    if sum(not _URL.fullmatch(shown[n]) for n in np.flatnonzero(no_body)) < fewest:
        return Document(text)
    # What may be an order to a model stays wherever it is, so that it is found and reported.
    chances[list(map(_is_order, shown))] = np.eye(chances.shape[1])[0]
    stays = chances[:, 0] >= np.where(list(map(_is_told, shown)), _SENTENCE, _BODY)
    for n in range(len(shown) // 3 + 1, len(shown)):
        if is_over(shown[n]):  # below it are notes to editors
            stays[n:] = False
    if not np.any(stays):
        return Document(text)
    struck = {kept[n] for n in np.flatnonzero(~stays)}
    fields = _fields(shown, chances, int(np.argmax(stays)))
    return Document(_without(lines, struck), fields)


def read_headed(text: str) -> Document:
    """A text without a page around it, and what is surely above it: headline, day and author."""
    lines = text.split("\n")
    kept = [index for index, line in enumerate(lines) if line.strip()]
    shown = [lines[index].strip() for index in kept]
    first = next((n for n, line in enumerate(shown) if _is_told(line)), 0)
    if not 0 < first < len(kept) <= _MOST:
        return Document(text)
    chances = chances_of(line_signs(lines))[:first]
    chances[chances < _CLEAR] = 0
    struck = {kept[n] for n in range(first) if chances[n, 1 + KINDS.index("around") :].any()}
    return Document(_without(lines, struck), _fields(shown[:first], chances, 0))


def _without(lines: Sequence[str], struck: set[int]) -> str:
    return "\n".join("" if n in struck else line for n, line in enumerate(lines)).strip("\n")


def _fields(shown: Sequence[str], chances: Signs, first: int) -> Fields:
    """What the lines say of the article, whose body begins with the ``first``."""
    import numpy as np

    def likely(kind: str) -> list[int]:
        chance = chances[:, KINDS.index(kind)]
        best = np.argsort(-np.minimum(chance, _CLEAR), kind="stable")
        return [int(n) for n in best if chance[n] >= _FIELD]

    authors = [n for n in likely("author") if not is_over(shown[n])]
    named = [n for n in authors if chances[n, KINDS.index("author")] >= _NAMED]
    named += [n for n in authors if n not in named and _BEFORE_NAME.match(shown[n])]
    # "Byline: Ann Lee" is surer than what is only likely.
    named.sort(key=lambda n: (found := read_line(shown[n])) is None or not found.fields.author)
    # Of lines above the text that are not known for it, the last day counts.
    days = (*likely("day"), *authors, *reversed(range(first)))
    bylines = (
        *(_author(shown[n]) for n in named),
        *(_author_of(shown[n]) for n in likely("day")),
    )
    headlines = (*_glued(shown), *(shown[n] for n in likely("title")))
    return Fields(
        title=next(filter(None, map(_headline, headlines)), None),
        published=next(filter(None, (_day(shown, n) for n in days)), None),
        author=next(filter(None, bylines), None),
    )


def _is_told(line: str) -> bool:
    return count_words(line) >= _TOLD and SENTENCE_END.search(line) is not None


def _is_order(line: str) -> bool:
    long = _is_told(line) or len(line) > _HEADLINE
    return long and _ORDER.search(line[:_LONGEST]) is not None


def _glued(shown: Sequence[str]) -> Iterator[str]:
    """The headlines that another line begins with, without a space before its first word."""
    for first, second in itertools.pairwise(sorted(shown)):
        if second.startswith(first) and second[len(first) :][:1].isalpha() and is_title(first):
            yield first


def _headline(line: str) -> str | None:
    """The headline in a line; None for metadata and for the way to a page in its site."""
    found, bare = read_line(line), _MARKS.sub("", line)
    way = _STEP.search(bare) and "«" not in bare
    if way or (found and not found.fields.title):
        return None
    return " ".join(without_take((found and found.fields.title) or bare).split())


def _author(line: str) -> str:
    """The name in a byline; empty for a line that is known to say something else."""
    found = read_line(line)
    if found and found.strong and not found.fields.author:
        return ""
    bare = _MARKS.sub("", _author_of(line) or line)
    before = _BEFORE_NAME.match(bare)
    return _BEHIND_NAME.split(bare[before.end() if before else 0 :])[0].strip(" .")


def _author_of(line: str) -> str | None:
    found = read_line(line, alone=True)
    return found.fields.author if found else None


def _day(shown: Sequence[str], n: int) -> date | None:
    """The first day in a line that is not the day of a change, also by the line above it."""
    if n and _CHANGED.fullmatch(shown[n - 1]):
        return None
    found = read_line(shown[n], alone=True)
    if found and found.fields.published:
        return found.fields.published
    days = _DAY.finditer(shown[n][:_LONGEST])
    return parse_date(next((day[0] for day in days if not is_of_change(day)), ""))


class Model(NamedTuple):
    """How likely each sign makes each kind, and each kind the next one."""

    signs: Signs
    turns: Signs
    first: Signs
    last: Signs


@cache
def _model() -> Model:
    import numpy as np

    with np.load(WEIGHTS) as found:
        return Model(*(found[name].astype(float) for name in Model._fields))


def chances_of(signs: Signs) -> Signs:
    """For each line the chance of each kind, all other lines considered (forward-backward).

    What stands below a headline and says more, the deck, is of the body.
    """
    import numpy as np

    model = _model()
    scores = signs @ model.signs
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    turns = np.exp(model.turns)
    ahead = _messages(odds, np.exp(model.first), turns)
    back = _messages(odds[::-1], np.exp(model.last), turns.T)[::-1]
    chances = np.array(ahead) * odds * np.array(back)
    chances /= chances.sum(axis=1, keepdims=True)
    chances[:, 0] += chances[:, KINDS.index("deck")]
    return np.asarray(chances[:, : KINDS.index("deck")])


def _messages(odds: Signs, first: Signs, turns: Signs) -> list[Signs]:
    """What the lines before each line say of it."""
    found = [first]
    for row in odds[:-1]:
        message = (found[-1] * row) @ turns
        found.append(message / message.sum())
    return found


def line_signs(lines: Sequence[str], of_line: Callable[[str], list[bool]] | None = None) -> Signs:
    """A row of signs for each line that is not blank: its own, its place, and its neighbours'."""
    import numpy as np

    kept = [index for index, line in enumerate(lines) if line.strip()]
    shown = [lines[index].strip() for index in kept]
    own = np.array([(of_line or _own_signs)(line) for line in shown], dtype=float)
    place = _places(lines, kept, shown, own)
    none = np.zeros_like(own[:1])
    neighbours = np.vstack([none, own[:-1]]), np.vstack([own[1:], none])
    return np.hstack([np.ones((len(own), 1)), own, place, *neighbours])


def _own_signs(line: str) -> list[bool]:
    """The signs of a line by itself; ``_places`` knows the last five."""
    start = line[:_LONGEST]
    words, lower = count_words(line), start.lower()
    few = words < 25 and len(line) <= _LONGEST
    found = read_line(line, alone=True) if few and _READABLE.search(line) else None
    fields = found.fields if found else Fields()
    initials = [word[0].isupper() for word in start.split() if word[0].isalpha()]
    names = len(initials) > 1 and sum(initials) > 0.8 * len(initials)
    end = SENTENCE_END.search(start) is not None
    known = _WORDS if _ANYWHERE.search(lower) else _SPACED
    said = [few and words.search(lower) is not None for words in known]
    return [
        *[words <= n for n in _LENGTHS],
        *[few and sign.search(start) is not None for sign in _SIGNS],
        *[few and b.match(start) is not None for b in (_BEFORE_NAME, _AFTER, _ASIDE)],
        *(few and is_prompt(line), few and is_menu(line)),
        *said,
        *(any(said), bool(fields.title), bool(found and found.strong), names, names and not end),
        *(found is not None, fields.published is not None, bool(fields.author), end),
        *(start[:1].islower(), words >= 6 and end, words <= 8 and not end, start[:1].isdecimal()),
        *(3 <= words <= 25 and not (found or end), words >= 25 or (words >= 15 and end)),
    ]


def _places(lines: Sequence[str], kept: list[int], shown: list[str], own: Signs) -> Signs:
    """Where lines are: their distances, gaps, and what they have in common with the prose."""
    import numpy as np

    told, short, digit, headline, prose = own[:, -5:].T
    n, place, at = len(own), np.arange(len(own)), np.flatnonzero(prose)
    before = place - np.append(-99, at)[np.searchsorted(at, place)] - 1
    after = np.append(at, n + 99)[np.searchsorted(at, place, side="right")] - place - 1
    above = place < (at[0] if len(at) else n)
    under = place > (at[-1] if len(at) else -1)
    zones = (above, under, ~(above | under))
    gap = np.array([index == 0 or not lines[index - 1].strip() for index in kept])
    below = np.append(gap[1:], True)
    said = {stem for index in at for stem in _stems(shown[index][:2000])}
    stems = [_stems(line[:_LONGEST]) for line in shown]
    some = np.array([len(row) > 1 for row in stems]) * (1 - prose)
    shared = some * [sum(stem in said for stem in row) / max(1, len(row)) for row in stems]
    first = headline * above
    columns = [
        *(shared, shared >= 0.5, shared >= 0.8, (shared < 0.2) * some, gap, below, gap * below),
        *(*zones, first, first * (shared >= 0.5), first * shared),
        *(sign * zone for zone in zones for sign in (short, told, digit)),
        *(np.full(n, value) for value in (prose.mean(), n < 4, n < 12)),
        *(away <= most for away in (place, n - 1 - place, before, after) for most in _DISTANCES),
    ]
    return np.array(columns, dtype=float).T


def _stems(line: str) -> list[str]:
    """How its words begin, and their pairs of letters in scripts without spaces."""
    words = _WORD.findall(line.casefold())
    long = [word[:5] for word in words if word[0] < "\u2e80" and len(word) > 3]
    pairs = (map("".join, itertools.pairwise(word)) for word in words if word[0] >= "\u2e80")
    return [*long, *itertools.chain.from_iterable(pairs)]


def is_menu(line: str) -> bool:
    """At least three parts of few words each, two with an arrow between them, or a skip link."""
    if _SKIP.fullmatch(line.strip()):
        return True
    parts = [part for part in _BETWEEN.split(line.strip()[:_LONGEST]) if part]
    few = len(line) <= _LONGEST and all(count_words(part) <= 4 for part in parts)
    number = any(char.isdecimal() for char in line)
    arrow = len(parts) == 2 and _STEP.search(line)
    return few and not (number or SENTENCE_END.search(line)) and (len(parts) > 2 or bool(arrow))


def is_title(line: str) -> bool:
    """The line may be a headline: 3 to 30 words that are no sentence, menu or metadata."""
    fits = len(line) <= 200 and 3 <= count_words(line) <= 30 and not _NO_TITLE.search(line)
    around = is_prompt(line) or is_menu(line) or _RULE.fullmatch(line)
    return fits and not (around or _STEP.search(line)) and read_line(line, alone=True) is None
