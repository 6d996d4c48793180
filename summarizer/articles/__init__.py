"""From a source of any kind to a cleaned ``Article``, or to an error that names what is wrong."""

from summarizer.articles.article import Article
from summarizer.articles.sources import Source, expand, load
from summarizer.articles.text import article_from_text

__all__ = ["Article", "Source", "article_from_text", "expand", "load"]
