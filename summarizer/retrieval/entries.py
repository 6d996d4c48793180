"""What a corpus keeps and what a search takes and gives, as values.

An article is cut into passages, the units that are searched. The lead is short: title and lead make
one vector, which stands for the article as a whole, and an archive can be searched by meaning once
its leads are embedded. What follows is cut into passages of at most 180 words, as in the
measurements that chose the embedding models. Stores keep an article's text in pieces that join to
all of it, one for each passage.
"""

from __future__ import annotations

import hashlib
import itertools
import math
import re
import shlex
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple

from pydantic import Field

from summarizer.articles.article import Article
from summarizer.digest import Value
from summarizer.errors import CorpusError
from summarizer.text import split_sentences

LEAD_CHARACTERS: Final = 540  # about 90 words of English
# Characters: every passage is embedded and indexed with its article's title.
_LONGEST_TITLE: Final = 1_000
_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")


class EmbeddingSpec(Value):
    """Which vectors a store holds; vectors of another model cannot be compared with them."""

    name: str
    dimension: int = Field(gt=0, le=100_000, description="Numbers in each vector.")


def mismatch(recorded: EmbeddingSpec, embedding: EmbeddingSpec, *, corpus: str) -> CorpusError:
    """The error for vectors that cannot be compared with those of a corpus."""
    return CorpusError(
        f"the corpus holds vectors of {recorded.name!r} with {recorded.dimension} numbers,"
        f" not of {embedding.name!r} with {embedding.dimension}",
        hint=f"summarizer index rebuild --corpus {shlex.quote(corpus)}"
        f" --embedding {embedding.name} embeds it anew",
    )


class Hashes(NamedTuple):
    """SHA-256 (hex) of what is searched, and of all the rest of an article."""

    content: str
    metadata: str


class Entry(Value):
    """An article as a corpus keeps it; ``article.labels`` are its gold topics."""

    key: str = Field(description="Its URL or resolved path; its content id when it has neither.")
    article: Article

    @classmethod
    def of(cls, key: str, article: Article) -> Entry:
        """The entry, all its texts storable, a title of more than 1,000 characters cut."""
        clean = {
            name: storable(value)
            for name in ("text", "title", "author", "language", "source")
            if isinstance(value := getattr(article, name), str)
        }
        if article.title:
            clean["title"] = clean["title"][:_LONGEST_TITLE]
        labels = tuple(storable(label) for label in article.labels)
        return cls(
            key=storable(key), article=article.model_copy(update={**clean, "labels": labels})
        )

    @property
    def hashes(self) -> Hashes:
        """A change of content replaces the passages; a change of metadata does not."""
        rest = self.article.model_dump_json(exclude={"text", "title"})
        return Hashes(_sha256(f"{self.article.title or ''}\n{self.article.text}"), _sha256(rest))


class Passage(NamedTuple):
    """A part of an article: ``article.text[start:end]``; number 0 is the lead.

    Passages are in order and do not overlap; only white space lies between them. It is searched
    as its article's title and its text. An article has one passage at least.
    """

    number: int
    start: int
    end: int


class Record(NamedTuple):
    """An entry with all its passages."""

    entry: Entry
    passages: tuple[Passage, ...]


class Pending(NamedTuple):
    """A passage that waits for its vector."""

    passage: int  # the store's number of the passage; never used again for another one
    title: str | None
    text: str


class Filters(Value):
    """Which passages a search may return; applied before the best are chosen."""

    since: date | None = Field(default=None, description="Published on this day or after it.")
    until: date | None = Field(default=None, description="Published on this day or before it.")
    undated: bool = Field(default=True, description="Keep articles without a date, too.")
    labelled: bool = Field(default=False, description="Only articles with labels.")
    leads: bool = Field(default=False, description="Only the first passage of each article.")
    exclude: frozenset[str] = Field(default=frozenset(), description="Keys of articles to skip.")


class Match(NamedTuple):
    """A passage that a search found."""

    passage: int
    key: str
    title: str | None
    language: str | None
    number: int
    start: int
    end: int
    text: str
    score: float  # dense: cosine, -1..1; lexical: the engine's rank score, larger is better


class QueryWord(NamedTuple):
    """A word of a query, as a store looks for it."""

    query: str  # for its spellings, or its other forms
    passages: int  # that have it, as far as they are counted
    weight: float  # its inverse document frequency
    worth: float  # of what has it: ``OTHER_FORM`` where it is in another form


class Coverage(NamedTuple):
    """The words of a query that an article has, anywhere in it."""

    share: float  # of the weight of all words, 0..1
    together: float  # the share that one of its passages has
    rare: float  # their weight, in words that a single passage has


class Listed(Value):
    """What lists say of an entry."""

    key: str
    title: str | None
    published: date | None
    source: str
    labels: tuple[str, ...]


class EntryInfo(Listed):
    """An entry without its text, for lists."""

    passages: int
    pending: int = Field(description="Passages that wait for their vector.")


class Stats(Value):
    """How much a store holds."""

    embedding: EmbeddingSpec
    articles: int
    labelled: int = Field(description="Articles with labels.")
    passages: int
    pending: int = Field(description="Passages that wait for their vector.")
    bytes: int = Field(description="Size on disk, with the write-ahead log if it is a file.")


def storable(text: str) -> str:
    """The text, with NUL and lone surrogates, which no database stores, replaced by U+FFFD."""
    return _UNSTORABLE.sub("\ufffd", text)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


_WORD: Final = re.compile(r"[^\W\d_]+-\d+\w*|\w+")
_IN_CODE: Final = re.compile(r"(?<=[^\W\d_])-?(?=\d)")
_LONGEST: Final = 64


def words_of(text: str) -> list[str]:
    """The different words of a text in order, in lower case.

    >>> words_of("The F-16: the BID's price")
    ['the', 'f-16', 'bid', 's', 'price']
    """
    return list(dict.fromkeys(word.casefold()[:_LONGEST] for word in _WORD.findall(text)))


def spellings(word: str) -> list[str]:
    """All that articles may write for a word: codes in one or in two, ß for ss.

    >>> spellings("f-16")
    ['f 16', 'f16']
    """
    alike = (word, word.replace("ss", "ß"))
    return sorted({_IN_CODE.sub(between, each) for between in ("", " ") for each in alike})


# Of words that are in one or two articles in another form, in eight languages, this finds 80 %, of
# words without any form there 6 %; a half in place of it 86 % and 13 %, 0.65: 75 % and 4 %. A term
# that begins with the whole word is a form, too: of 84 Turkish words it finds 98 %, not 69 %.
_IN_COMMON: Final = 0.6
FEWEST_IN_COMMON: Final = 4  # letters
# One of two words in another form is no answer, a single one is.
OTHER_FORM: Final = 0.5
MOST_WITH_FORMS: Final = 8
"""Words of a query for whose sake the terms of an index are read; the lead of an article has more.
A word takes 0.14 s where 5,000 Chinese articles have 300,000 different runs of characters."""


def other_forms(
    words: Iterable[str], terms_from: Callable[[str], Iterable[tuple[str, int]]]
) -> dict[str, int]:
    """The terms of an index, with their counts, that seem to be one of the words in another form.

    They begin alike, or one with all of the word, which needs no list of endings and is so in most
    languages. What has digits is another number or another code.

    >>> other_forms(["hospitals"], lambda start: [("hospital", 3), ("hospice", 1)])
    {'hospital': 3}
    """
    found = {}
    for word in {"".join(filter(str.isalpha, word)) for word in words}:
        enough = len(word) >= FEWEST_IN_COMMON
        for term, count in terms_from(word[: _in_common(word)]) if enough else ():
            least = min(len(word), _in_common(max(word, term, key=len)))
            if term.isalpha() and term[:least] == word[:least]:
                found[term] = count
    return found


def _in_common(word: str) -> int:
    """How many letters it has in common with all its forms, at least."""
    return max(FEWEST_IN_COMMON, math.ceil(_IN_COMMON * len(word)))


def inverse_frequency(passages: float, *, of: float) -> float:
    """Robertson and Spärck Jones's weight, above zero for words that are nearly everywhere.

    A word that no passage has weighs as much as one that a single passage has: in a small corpus
    the words that it happens to lack would outweigh all others.
    """
    holding = max(passages, 1)
    return math.log(1 + (of - holding + 0.5) / (holding + 0.5))


def asked_words(found: Iterable[tuple[str, int, float]], *, of: int, most: int) -> list[QueryWord]:
    """The words that a search takes, the rarest first, from how many passages have each.

    They are together in ``most`` passages, or only one is in any. Those left out are in most of
    the corpus: they would hardly change the order, and cost the most.
    """
    words = sorted(QueryWord(q, n, inverse_frequency(n, of=of), worth) for q, n, worth in found)
    words.sort(key=lambda word: word.passages)
    together = itertools.accumulate(word.passages for word in words)
    absent = sum(not word.passages for word in words)
    return words[: max(absent + 1, sum(passages <= most for passages in together))]


def covered(
    found: Iterable[tuple[str, float, float]], *, asked: Iterable[QueryWord], passages: float
) -> dict[str, Coverage]:
    """The coverage of each article, from the weight of the words that it has.

    Args:
        found: each key with the sum of the weights of its words, and of its best passage.
        asked: all words of the query.
        passages: how many the corpus has.
    """
    whole, rarest = sum(word.weight for word in asked), inverse_frequency(1, of=passages)
    return {
        key: Coverage(min(1.0, weight / whole), min(1.0, best / whole), weight / rarest)
        for key, weight, best in found
    }


def is_file(path: Path) -> bool:
    """Whether there is a file, whatever the path is."""
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that is too long, or no name at all
        return False


def lead_passage(article: Article) -> Passage:
    """The first passage: as many whole sentences as fit into 540 characters.

    A first sentence that is too long is cut, between words if it has any. An article without
    text has an empty lead, so that its title is found.
    """
    text = article.text
    start = len(text) - len(text.lstrip())
    if start == len(text):
        return Passage(0, 0, 0)
    window = text[: start + LEAD_CHARACTERS]
    if len(window) == len(text):
        return Passage(0, start, len(text.rstrip()))
    # The window cuts its last sentence.
    ends = [sentence.end for sentence in split_sentences(window, article.language)][:-1]
    end = ends[-1] if ends else 0
    if end - start < LEAD_CHARACTERS // 3:
        words = window[start:].rsplit(maxsplit=1)
        end = start + len(words[0].rstrip()) if len(words) == 2 else len(window)
    return Passage(0, start, end)


def searched_text(title: str | None, text: str) -> str:
    """What is embedded for a passage: its title says what it is about."""
    return f"{title}. {text}" if title else text


def lead_text(article: Article) -> str:
    """Title and lead, as they are embedded for the article as a whole."""
    lead = lead_passage(article)
    return searched_text(article.title, article.text[lead.start : lead.end])


def bodies(text: str, passages: tuple[Passage, ...]) -> Iterator[str]:
    """Pieces of the text that join to all of it; each begins with its passage but the first."""
    starts = [0, *(passage.start for passage in passages[1:]), len(text)]
    return (text[a:b] for a, b in itertools.pairwise(starts))


def passage_text(body: str, number: int, start: int, end: int) -> str:
    """A passage without the white space that its body ends with; the first may start late.

    Raises ValueError where the body is no text: in a damaged file it may be anything.
    """
    if not isinstance(body, str):
        raise ValueError("the text of a passage is damaged")
    skipped = start if number == 0 else 0
    return body[skipped : skipped + end - start]
