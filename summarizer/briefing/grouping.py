"""``group_articles``: articles that tell the same story, by the similarity that a corpus has."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from summarizer.articles.article import Article
from summarizer.retrieval.corpus import Corpus
from summarizer.retrieval.passages import LEAD_CHARACTERS
from summarizer.retrieval.related import Shingles, is_near_duplicate, shingles
from summarizer.settings import Settings

_NEAREST: Final = 20  # articles that each one is compared with


class Group:
    """The articles of a story in the order they came, without copies; and the copies of each."""

    def __init__(self, articles: Sequence[Article]) -> None:
        self.reports: list[Article] = []
        self.copies: list[tuple[Article, int]] = []  # with the place of the report it repeats
        told: list[Shingles] = []
        for article in articles:
            words = shingles(article)
            repeated = [n for n, other in enumerate(told) if is_near_duplicate(other, words)]
            if repeated:
                self.copies.append((article, repeated[0]))
            else:
                self.reports.append(article)
                told.append(words)


def group_articles(articles: Sequence[Article], *, settings: Settings) -> list[Group]:
    """The stories that the articles tell, the one with the most articles first.

    Two articles are of one story where a corpus calls one related to the other, or a copy of it;
    and so are those that a chain of such pairs joins.
    """
    # A corpus compares leads. A plain text is known by its content, whatever file it is from.
    leads = [
        article.model_copy(
            update={"source": "text", "published": None, "text": article.text[:LEAD_CHARACTERS]}
        )
        for article in articles
    ]
    places = {lead.id: place for place, lead in enumerate(leads)}
    leader = list(range(len(articles)))

    def find(place: int) -> int:
        while leader[place] != place:
            place = leader[place]
        return place

    with tempfile.TemporaryDirectory(prefix="summarizer-") as folder:
        path = Path(folder, "briefing.sqlite")
        with Corpus.open(path, settings=settings, create=True) as corpus:
            corpus.add(leads)
            for lead in leads:
                place = places[lead.id]
                found = corpus.related(lead, limit=_NEAREST)
                for relative in (*found.articles, *found.duplicates):
                    other = find(places[relative.article.id])
                    first, second = sorted((find(place), other))
                    leader[second] = first
    groups: dict[int, list[Article]] = {}
    for article, lead in zip(articles, leads, strict=True):
        # The same lead twice has one place.
        groups.setdefault(find(places[lead.id]), []).append(article)
    ordered = sorted(groups.values(), key=lambda group: -len(group))
    return [Group(group) for group in ordered]
