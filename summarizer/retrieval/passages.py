"""How an article is cut into passages, the units that are searched.

The lead is short: title and lead make one vector, which stands for the article as a whole, and
an archive can be searched by meaning once its leads are embedded. What follows is cut into
passages of at most 180 words, as in the measurements that chose the embedding models. Both stores
keep an article's text in pieces that join to all of it, one for each passage.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any, Final

from summarizer.articles.article import Article
from summarizer.chunking import chunk_article
from summarizer.retrieval.entries import Passage, Pending
from summarizer.text import split_sentences

LEAD_CHARACTERS: Final = 540  # about 90 words of English
PASSAGE_WORDS: Final = 180
# Scripts without spaces have no words to count; 12 bytes are 4 Chinese characters.
_BYTES_PER_WORD: Final = 12


def split_passages(article: Article) -> tuple[Passage, ...]:
    """The article's passages in order; everything but white space is in one of them."""
    lead = lead_passage(article)
    rest = article.model_copy(update={"text": article.text[lead.end :]})
    chunks = chunk_article(rest, max_tokens=PASSAGE_WORDS, count_tokens=_size)
    return (
        lead,
        *(
            Passage(number, lead.end + chunk.start, lead.end + chunk.end)
            for number, chunk in enumerate(chunks, start=1)
        ),
    )


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


def _size(text: str) -> int:
    return max(len(text.split()), len(text.encode()) // _BYTES_PER_WORD)


def bodies(text: str, passages: tuple[Passage, ...]) -> Iterator[str]:
    """Pieces of the text that join to all of it; each begins with its passage but the first."""
    starts = [0, *(passage.start for passage in passages[1:]), len(text)]
    return (text[a:b] for a, b in itertools.pairwise(starts))


def passage_text(body: str, number: int, start: int, end: int) -> str:
    """A passage without the white space that its body ends with; the first may start late."""
    skipped = start if number == 0 else 0
    return body[skipped : skipped + end - start]


def read_pending(rows: Iterable[tuple[Any, ...]]) -> list[Pending]:
    """Those of rows ``id, title, body, number, start, end``."""
    return [
        Pending(passage, title, passage_text(body, number, start, end))
        for passage, title, body, number, start, end in rows
    ]
