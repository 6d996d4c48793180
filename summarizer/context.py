"""What an index of earlier articles adds to one article: related reports, labelled neighbours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from summarizer.articles.article import Article
from summarizer.digest import RelatedArticle
from summarizer.errors import NotAnArticleError
from summarizer.retrieval.related import Neighbour
from summarizer.screening import Reading, read_article
from summarizer.text import first_words
from summarizer.topics.votes import NEAR, first_level_names

if TYPE_CHECKING:
    from summarizer.prompts import Prompt
    from summarizer.retrieval.corpus import Corpus
    from summarizer.retrieval.related import Relative
    from summarizer.taxonomy import Taxonomy

_LISTED: Final = 5  # related articles in a digest
_EXAMPLES: Final = 5
_BACKGROUND: Final = 3  # of them, shown to a model
_EXCERPT_WORDS: Final = 60


class Context(NamedTuple):
    """Earlier articles, for one article.

    Attributes:
        related: for the digest; None where no corpus is used.
        background: what a model reads of the related ones; it supports no claim.
        neighbours: the nearest with labels, which have a vote on the topics.
        examples: titles and topics of some of them, as the prompts show them.
    """

    related: tuple[RelatedArticle, ...] | None = None
    background: tuple[Article, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()
    examples: tuple[dict[str, Any], ...] = ()

    def variables(self, prompt: Prompt) -> dict[str, Any]:
        """The variables for those parts that ``prompt`` has a place for."""
        found = {
            "background": [
                {"title": one.title or "", "published": one.published or "", "text": one.text}
                for one in self.background
            ],
            "examples": [*self.examples],
        }
        return {name: value for name, value in found.items() if name in prompt.variables}

    def shown_by(self, prompt: Prompt) -> Context:
        """Without background where ``prompt`` has no place for it: nothing is borrowed unread."""
        return self if "background" in prompt.variables else self._replace(background=())


NO_CONTEXT: Final = Context()


class ContextFinder:
    """Looks up what a corpus has for an article; safe to share between threads.

    Args:
        corpus: the earlier articles.
        taxonomy: whose topics the labels of the corpus stand for.
        defence: passages that give orders to a model are cut from what a model reads.
    """

    def __init__(self, corpus: Corpus, taxonomy: Taxonomy, *, defence: bool) -> None:
        self._corpus = corpus
        self._taxonomy = taxonomy
        self._defence = defence

    def find(self, reading: Reading) -> Context:
        """The context of an article: nothing later than it, and not the article itself."""
        found = self._corpus.related(reading.trusted, limit=_LISTED)
        neighbours = self._corpus.neighbours(reading.trusted)
        articles = [relative.article for relative in found.articles]
        return Context(
            related=(
                *_references(found.articles, "related"),
                *_references(found.duplicates, "duplicate"),
            ),
            background=tuple(_excerpts(articles[:_BACKGROUND], defence=self._defence)),
            neighbours=neighbours,
            examples=tuple(islice(self._examples(neighbours), _EXAMPLES)),
        )

    def close(self) -> None:
        """Close the corpus."""
        self._corpus.close()

    def _examples(self, neighbours: Iterable[Neighbour]) -> Iterator[dict[str, Any]]:
        for neighbour in neighbours:
            topics = first_level_names(self._taxonomy, neighbour.labels)
            if neighbour.title and topics and neighbour.similarity >= NEAR:
                # Read as an article's title is: it may be an order to a model.
                titled = Article(text=".", title=neighbour.title)
                if title := read_article(titled, defence=self._defence).visible.title:
                    yield {"title": title, "topics": topics}


def _references(
    found: Iterable[Relative], relation: Literal["related", "duplicate"]
) -> Iterator[RelatedArticle]:
    for relative in found:
        article = relative.article
        yield RelatedArticle(
            id=article.id,
            source=article.source,
            title=article.title,
            published=article.published,
            relation=relation,
            score=round(relative.score, 4),
            topics=article.labels,
        )


def _excerpts(articles: Iterable[Article], *, defence: bool) -> Iterator[Article]:
    """The beginning of each article as a model may read it: news says first what it is about."""
    for article in articles:
        try:
            visible = read_article(article, defence=defence).trusted
        except NotAnArticleError:
            continue  # nothing but orders to a model
        whole = " ".join(visible.text.split())
        text = first_words(whole, _EXCERPT_WORDS).rstrip()
        if text != whole:
            text += " …"
        yield visible.model_copy(update={"text": text})
