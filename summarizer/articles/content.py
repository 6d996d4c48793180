"""Bytes of one article, of a kind that has to be told: HTML, PDF, Markdown or text."""

from __future__ import annotations

from summarizer.articles.article import Article
from summarizer.articles.encoding import decode
from summarizer.articles.frontmatter import Fields
from summarizer.articles.text import build_article

_HTML_TYPES = {"text/html", "application/xhtml+xml"}
_HTML_SUFFIXES = {".html", ".htm", ".xhtml"}


def article_from_bytes(
    data: bytes,
    *,
    source: str,
    suffix: str = "",
    media_type: str = "",
    charset: str | None = None,
    url: str | None = None,
    labels_field: str | None = None,
) -> Article:
    """The article in ``data``. What the bytes begin with counts more than their suffix or type.

    Raises SourceError (or one of its kinds) where there is none.
    """
    if data[:1024].lstrip().startswith(b"%PDF-"):
        from summarizer.articles.pdf import article_from_pdf

        return article_from_pdf(data, source=source)
    from summarizer.articles.html import article_from_html, is_html

    text = decode(data, source=source, declared=charset)
    declared_html = suffix in _HTML_SUFFIXES or media_type in _HTML_TYPES
    if is_html(text) or (declared_html and "<" in text):
        return article_from_html(text, source=source, url=url)
    if suffix == ".md" or media_type == "text/markdown":
        from summarizer.articles.markdown import read_markdown

        document = read_markdown(text, labels_field=labels_field)
        return build_article(document.text, document.fields, source=source)
    return build_article(text, Fields(), source=source, labels_field=labels_field)
