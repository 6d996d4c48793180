"""What an index of earlier articles adds to one article: related reports, labelled neighbours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from summarizer.articles.article import Article
from summarizer.digest import RelatedArticle
from summarizer.errors import NotAnArticleError
from summarizer.reading import Reading, read_article

if TYPE_CHECKING:
    from summarizer.prompts import Prompt
    from summarizer.retrieval.corpus import Corpus
    from summarizer.retrieval.results import Relative

_LISTED: Final = 5  # related articles in a digest
_BACKGROUND: Final = 3  # of them, shown to a model
_EXCERPT_WORDS: Final = 60


class Example(NamedTuple):
    """A labelled article as the prompts show it."""

    title: str
    topics: tuple[str, ...]


class Context(NamedTuple):
    """Earlier articles, for one article.

    Attributes:
        related: for the digest; None where no corpus is used.
        background: what a model reads of the related ones; it supports no claim.
        examples: labelled ones, for the prompts.
    """

    related: tuple[RelatedArticle, ...] | None = None
    background: tuple[Article, ...] = ()
    examples: tuple[Example, ...] = ()

    def variables(self, prompt: Prompt) -> dict[str, Any]:
        """The variables for those parts that ``prompt`` has a place for."""
        found = {
            "background": [
                {
                    "title": report.title or "",
                    "published": report.published or "",
                    "text": report.text,
                }
                for report in self.background
            ],
            "examples": [example._asdict() for example in self.examples],
        }
        return {name: value for name, value in found.items() if name in prompt.variables}


NO_CONTEXT: Final = Context()


def find_context(corpus: Corpus, reading: Reading, *, defence: bool) -> Context:
    """What ``corpus`` has for this article: nothing later than it, neither itself nor a copy."""
    found = corpus.related(reading.visible, limit=_LISTED)
    articles = [relative.article for relative in found.articles]
    return Context(
        related=(
            *_references(found.articles, "related"),
            *_references(found.duplicates, "duplicate"),
        ),
        background=tuple(_excerpts(articles[:_BACKGROUND], defence=defence)),
        examples=(),
    )


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
            visible = read_article(article, defence=defence).visible
        except NotAnArticleError:
            continue  # nothing but orders to a model
        words = visible.text.split()
        text = " ".join(words[:_EXCERPT_WORDS])
        if len(words) > _EXCERPT_WORDS:
            text += " …"
        yield visible.model_copy(update={"text": text})
