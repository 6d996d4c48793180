"""From a source of any kind to a cleaned ``Article``, or to an error that names what is wrong."""

from summarizer.articles.article import Article, Source
from summarizer.articles.content import article_from_text
from summarizer.articles.sources import expand, load

__all__ = ["Article", "Source", "article_from_text", "expand", "load"]
