"""What of an article may bear out a claim: its title, its author and its text."""

from __future__ import annotations

from collections.abc import Sequence

from summarizer.articles.article import Article
from summarizer.verification.facts import Source


def article_source(article: Article, *, excluded: Sequence[tuple[int, int]] = ()) -> Source:
    """The article as a source of facts; ``excluded``: spans of its text that may support nothing.

    They become blanks, so that nothing on both sides of one is read together.
    """
    text = article.text
    for start, end in excluded:
        text = text[:start] + " " * (end - start) + text[end:]
    return Source(
        "\n\n".join(filter(None, (article.title, article.author, text))),
        language=article.language,
        published=article.published,
    )
