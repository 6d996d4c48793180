"""What an index of earlier articles adds to one article: related reports, labelled neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from summarizer.articles.article import Article
from summarizer.digest import RelatedArticle

if TYPE_CHECKING:
    from summarizer.prompts import Prompt


class Example(NamedTuple):
    """A labelled article as the prompts show it."""

    title: str
    topics: tuple[str, ...]


class Context(NamedTuple):
    """Earlier articles, for one article.

    Attributes:
        related: for the digest; None where no corpus is used.
        background: what a model reads of the related ones; it supports no claim.
        examples: some of them, for the prompts.
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
