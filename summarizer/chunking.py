"""``Chunk``: a part of an article that fits a token budget, with exact character offsets.

LlamaIndex's ``SentenceSplitter`` keeps paragraphs and sentences together; our own sentence
splitter and a local size measure replace its NLTK model and tiktoken, so nothing is downloaded.
There is no overlap: notes on overlapping parts would say the same thing twice.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from summarizer.articles.article import Article
from summarizer.text import split_sentences

# Aim below the budget, because the local measure is only proportional to tokens on average, and
# let chunks grow a little beyond equal shares, because they end with a sentence: otherwise the
# last chunk would hold a few left-over words.
_FILL: Final = 0.95
_PLAN: Final = 0.9
_SLACK: Final = 1.1
# Words, with the white space after them; a longer run without white space is cut.
_WORDS: Final = r"\S{1,64}\s*|\s+"


class Chunk(NamedTuple):
    """A part of an article: its text, which begins at the character ``start`` of the article."""

    start: int
    text: str


def chunk_article(
    article: Article, *, max_tokens: int, count_tokens: Callable[[str], int]
) -> tuple[Chunk, ...]:
    """The article in order, in chunks of about equal size and at most ``max_tokens`` each.

    Chunks cover everything but the white space between them. Only a single character that has
    more than ``max_tokens`` tokens is kept although it exceeds the budget.

    ``count_tokens`` may be a request to a server: it is called once for the whole text and once
    for each chunk. The text's tokens per byte turn the budget into bytes, which is what the
    splitter measures; a chunk that turns out too large (a table, another script) is split again
    by its own tokens per byte.
    """
    if max_tokens < 1:
        raise ValueError(f"max_tokens must be positive, not {max_tokens}")

    def fitting(chunk: Chunk) -> Iterator[Chunk]:
        """Parts of ``chunk`` that fit, found by splitting until each does."""
        text = chunk.text.strip()
        if not text:
            return
        stripped = Chunk(chunk.start + chunk.text.index(text), text)
        tokens = count_tokens(text)
        if tokens <= max_tokens or len(text) == 1:
            yield stripped
            return
        parts = math.ceil(tokens / (_PLAN * max_tokens))
        share = min(_FILL * max_tokens / tokens, _SLACK / parts)
        size = max(1, int(_size(text) * share))
        for part in _split(stripped, max_bytes=size, language=article.language):
            yield from fitting(part)

    return tuple(fitting(Chunk(0, article.text)))


def _size(text: str) -> int:
    return len(text.encode())


def _split(chunk: Chunk, *, max_bytes: int, language: str | None) -> Iterator[Chunk]:
    from llama_index.core.node_parser import SentenceSplitter

    def sentences(text: str) -> list[str]:
        starts = [sentence.start for sentence in split_sentences(text, language)][1:]
        bounds = [0, *starts, len(text)]
        return [text[a:b] for a, b in itertools.pairwise(bounds)]

    splitter = SentenceSplitter(
        chunk_size=max_bytes,
        chunk_overlap=0,
        # Only the length of the tokenizer's answer is used. A character is never too large:
        # the splitter would give up on one of more bytes than max_bytes.
        tokenizer=lambda text: range(_size(text) if len(text) > 1 else min(_size(text), max_bytes)),
        paragraph_separator="\n\n",
        chunking_tokenizer_fn=sentences,
        # The default cuts at commas, then into characters: 6 times slower on 3 MB without spaces.
        secondary_chunking_regex=_WORDS,
    )
    cursor = 0
    for piece in splitter.split_text(chunk.text):
        # The splitter drops only white space between pieces, so the next find is exact.
        begin = chunk.text.index(piece, cursor)
        cursor = begin + len(piece)
        yield Chunk(chunk.start + begin, piece)
