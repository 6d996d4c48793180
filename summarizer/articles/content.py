"""Bytes of one article, of a kind that has to be told: HTML, PDF, Markdown or text."""

from __future__ import annotations

from typing import Any

from summarizer.articles.article import Article
from summarizer.articles.encoding import decode
from summarizer.articles.frontmatter import Fields
from summarizer.articles.text import build_article

_HTML_TYPES = {"text/html", "application/xhtml+xml"}
_HTML_SUFFIXES = {".html", ".htm", ".xhtml"}


# A page of this size takes about two seconds, whatever is in it (17 kinds of crafted pages).
_MAX_BYTES = 1_000_000
_MAX_TAGS = 20_000


def article_from_bytes(data: bytes, *, source: str, **about: Any) -> Article:
    """The article in ``data``, as ``read_bytes``; what may take long is read in a child process."""
    if _is_pdf(data) or len(data) > _MAX_BYTES or data.count(b"<") > _MAX_TAGS:
        from summarizer.articles.worker import read_in_worker

        return read_in_worker(data, source=source, **about)
    return read_bytes(data, source=source, **about)


def read_bytes(
    data: bytes,
    *,
    source: str,
    suffix: str = "",
    media_type: str = "",
    charset: str | None = None,
    url: str | None = None,
    fields: Fields | None = None,
    labels_field: str | None = None,
) -> Article:
    """The article in ``data``. What the bytes begin with counts more than their suffix or type.

    ``fields`` count more than what a page says of itself.

    Raises SourceError (or one of its kinds) where there is none.
    """
    if _is_pdf(data):
        from summarizer.articles.pdf import article_from_pdf

        return article_from_pdf(data, source=source)
    from summarizer.articles.html import article_from_html, is_html

    text, notes = decode(data, source=source, declared=charset)
    declared_html = suffix in _HTML_SUFFIXES or media_type in _HTML_TYPES
    if is_html(text) or (declared_html and "<" in text):
        return article_from_html(text, source=source, url=url, fields=fields, notes=notes)
    if suffix == ".md" or media_type == "text/markdown":
        from summarizer.articles.markdown import read_markdown

        document = read_markdown(text, labels_field=labels_field)
        return build_article(document.text, document.fields, source=source, notes=notes)
    return build_article(text, Fields(), source=source, labels_field=labels_field, notes=notes)


def _is_pdf(data: bytes) -> bool:
    return data[:1024].lstrip().startswith(b"%PDF-")
