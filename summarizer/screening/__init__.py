"""Defence against orders hidden in an article, and what of it a model gets to read.

``neutralise`` makes its marks inert, ``screen`` finds passages that give orders, ``read_article``
is the text without them.
"""

from __future__ import annotations

from functools import partial
from typing import Final, NamedTuple

from summarizer.articles.article import Article
from summarizer.digest import Check
from summarizer.errors import NotAnArticleError
from summarizer.screening.disguise import neutralise
from summarizer.screening.orders import Passage, Screening, screen

__all__ = ["Passage", "Reading", "Screening", "neutralise", "read_article", "screen"]


class Reading(NamedTuple):
    """An article, and the parts of it that may reach a model.

    Attributes:
        article: as it was loaded; evidence offsets refer to it.
        visible: the same without the passages that were cut; what a large model summarizes.
        trusted: the same without the suspicious ones too; topics are chosen by it, so no such
            passage can change them, and a small model reads nothing else.
        excluded: character spans of ``article.text`` that support nothing: cut or suspicious.
        checks: one for each of these passages.
    """

    article: Article
    visible: Article
    trusted: Article
    excluded: tuple[tuple[int, int], ...] = ()
    checks: tuple[Check, ...] = ()


_CUT: Final = "passage was not shown to the model"
_KEPT: Final = "passage may be an order to a model; it supports nothing"


def read_article(article: Article, *, defence: bool = True) -> Reading:
    """The article as a model may read it.

    Raises:
        NotAnArticleError: nothing is left once the passages that give orders are cut.
    """
    if not defence:
        return Reading(article, article, article)
    screening = screen(article)
    flagged = partial(Check, kind="injection", status="flagged")
    checks = [
        flagged(
            message=f"{_CUT if passage.certain else _KEPT}: {passage.reason}",
            text=passage.text,
            start=passage.start,
            end=passage.end,
        )
        for passage in screening.passages
    ]
    if screening.title is None and article.title:
        hidden = "the title was not shown to the model: it reads like an order to a program"
        checks.append(flagged(message=hidden, text=article.title))
    if not screening.text.strip():
        raise NotAnArticleError(
            f"{article.source!r} consists of orders to a language model, there is no article in it",
            hint="--no-defence reads it all the same",
        )
    visible = article.model_copy(update={"text": screening.text, "title": screening.title})
    trusted = visible.model_copy(update={"text": screening.trusted})
    return Reading(
        article=article,
        visible=visible,
        trusted=trusted if screening.trusted.strip() else visible,
        excluded=tuple((passage.start, passage.end) for passage in screening.passages),
        checks=tuple(checks),
    )
