"""What of an article a model gets to read: the text without the passages that give it orders."""

from __future__ import annotations

from typing import NamedTuple

from summarizer.articles.article import Article
from summarizer.digest import Check
from summarizer.errors import NotAnArticleError


class Reading(NamedTuple):
    """An article, and the part of it that may reach a model.

    Attributes:
        article: as it was loaded; evidence offsets refer to it.
        visible: the same without the cut passages; models, similarity and chunking read this.
        excluded: character spans of ``article.text`` that were cut, so they support nothing.
        checks: one for each cut passage.
    """

    article: Article
    visible: Article
    excluded: tuple[tuple[int, int], ...] = ()
    checks: tuple[Check, ...] = ()


def read_article(article: Article, *, defence: bool = True) -> Reading:
    """The article as a model may read it.

    Raises:
        NotAnArticleError: nothing is left once the passages that give orders are cut.
    """
    if not defence:
        return Reading(article, article)
    from summarizer.screening import screen

    screening = screen(article)
    checks = [
        Check(
            kind="injection",
            status="flagged",
            message=f"passage was not shown to the model: {passage.reason}",
            text=passage.text,
            start=passage.start,
            end=passage.end,
        )
        for passage in screening.passages
    ]
    if screening.title_reason:
        checks.append(
            Check(
                kind="injection",
                status="flagged",
                message=f"the title was not shown to the model: {screening.title_reason}",
                text=article.title or "",
            )
        )
    if not screening.text.strip():
        raise NotAnArticleError(
            f"{article.source!r} consists of orders to a language model, there is no article in it",
            hint="--no-defence reads it all the same",
        )
    return Reading(
        article=article,
        visible=article.model_copy(update={"text": screening.text, "title": screening.title}),
        excluded=tuple((passage.start, passage.end) for passage in screening.passages),
        checks=tuple(checks),
    )
