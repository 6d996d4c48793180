"""What a corpus keeps and what a search takes and gives, as values; and how words weigh."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Collection, Mapping
from datetime import date
from typing import Final, NamedTuple

from pydantic import Field

from summarizer.articles.article import Article
from summarizer.digest import Value
from summarizer.errors import CorpusError

# Characters: every passage is embedded and indexed with its article's title.
_LONGEST_TITLE: Final = 1_000
_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")


class EmbeddingSpec(Value):
    """Which vectors a store holds; vectors of another model cannot be compared with them."""

    name: str
    dimension: int = Field(gt=0, le=100_000, description="Numbers in each vector.")


def mismatch(recorded: EmbeddingSpec, embedding: EmbeddingSpec) -> CorpusError:
    """The error for vectors that cannot be compared."""
    return CorpusError(
        f"the corpus holds vectors of {recorded.name!r} with {recorded.dimension} numbers,"
        f" not of {embedding.name!r} with {embedding.dimension}",
        hint=f"summarizer index rebuild --embedding {embedding.name} embeds it anew",
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
            key=storable(key),
            article=article.model_copy(update={**clean, "labels": labels}),
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
    number: int
    start: int
    end: int
    text: str
    score: float  # dense: cosine, -1..1; lexical: the engine's rank score, larger is better


class Coverage(NamedTuple):
    """The words of a query that an article has, anywhere in it."""

    share: float  # of the weight of all words, 0..1
    rare: float  # their weight, in words that a single passage has


class EntryInfo(Value):
    """An entry without its text, for lists."""

    key: str
    title: str | None
    published: date | None
    source: str
    labels: tuple[str, ...]
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


_WORD: Final = re.compile(r"\w+")
_LONGEST: Final = 64


def words_of(text: str) -> list[str]:
    """The different words of a text in order, in lower case.

    >>> words_of("The bid: the BID's price")
    ['the', 'bid', 's', 'price']
    """
    return list(dict.fromkeys(word.casefold()[:_LONGEST] for word in _WORD.findall(text)))


def inverse_frequency(passages: float, *, of: float) -> float:
    """Robertson and Spärck Jones's weight, above zero for words that are nearly everywhere.

    A word that no passage has weighs as much as one that a single passage has: in a small corpus
    the words that it happens to lack would outweigh all others.
    """
    holding = max(passages, 1)
    return math.log(1 + (of - holding + 0.5) / (holding + 0.5))


def covered(
    found: Mapping[str, float], *, weights: Collection[float], passages: float
) -> dict[str, Coverage]:
    """The coverage of each article, from the weight of the words that it has.

    Args:
        found: the sum of the weights of an article's words, by its key.
        weights: of all words of the query.
        passages: how many the corpus has.
    """
    whole, rarest = sum(weights), inverse_frequency(1, of=passages)
    return {
        key: Coverage(min(1.0, weight / whole), weight / rarest)
        for key, weight in found.items()
        if weight
    }
