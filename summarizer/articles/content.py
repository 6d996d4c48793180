"""Bytes of one article, of a kind that has to be told: a page, a document, a mail, text."""

from __future__ import annotations

from typing import Any, Final

from summarizer.articles import feeds, messages
from summarizer.articles.article import Article
from summarizer.articles.encoding import decode
from summarizer.articles.fields import Fields
from summarizer.articles.plain import build_article, read_markdown
from summarizer.errors import SourceError

_HTML_TYPES: Final = {"text/html", "application/xhtml+xml"}
_HTML_SUFFIXES: Final = {".html", ".htm", ".xhtml"}
_MAIL_SUFFIXES: Final = {".eml", ".mht", ".mhtml"}
_SUBTITLE_SUFFIXES: Final = {".srt", ".vtt", ".sbv"}
# A page of this size takes about two seconds, whatever is in it (17 kinds of crafted pages).
_MAX_BYTES: Final = 1_000_000
_MAX_TAGS: Final = 20_000


def article_from_bytes(data: bytes, *, source: str, **about: Any) -> Article:
    """The article in ``data``, as ``read_bytes``; what may take long is read in a child process."""
    packed = _is_pdf(data) or data.startswith(b"PK")
    if packed or len(data) > _MAX_BYTES or data.count(b"<") > _MAX_TAGS:
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

    ``fields`` count more than what a page says of itself. Raises SourceError (or one of its
    kinds) where there is no article, or more than one.
    """
    fields = fields or Fields()
    if _is_pdf(data):
        from summarizer.articles.documents import article_from_pdf

        return article_from_pdf(data, source=source)
    if data.startswith((b"PK\x03\x04", b"{\\rtf")):
        from summarizer.articles.documents import read_rtf, read_zip

        document = (read_zip if data.startswith(b"PK") else read_rtf)(data, source=source)
        return build_article(document.text, fields.over(document.fields), source=source)
    records = read_records(data, source=source, suffix=suffix, media_type=media_type)
    if records is not None:
        return _only(records, source=source, labels_field=labels_field)
    if suffix in _MAIL_SUFFIXES or messages.is_mail(data):
        return _article_from_mail(data, source=source)
    return _article_from_text(
        data, source, suffix, media_type, charset, url=url, fields=fields, labels_field=labels_field
    )


def read_records(
    data: bytes, *, source: str, suffix: str = "", media_type: str = ""
) -> list[feeds.Record] | None:
    """The articles of a feed, a mailbox or JSON; None for bytes of another kind."""
    if mails := messages.split_mailbox(data):
        return [messages.to_record(message, source=source) for message in mails]
    if feeds.is_feed(data, suffix=suffix, media_type=media_type):
        return feeds.read_feed(data, source=source)
    if suffix == ".json" or media_type in {"application/json", "application/feed+json"}:
        return feeds.read_json(decode(data, source=source).text.encode(), source=source)
    return None


def _only(records: list[feeds.Record], *, source: str, labels_field: str | None) -> Article:
    from summarizer.articles.rows import article_from_row

    if len(records) > 1:
        raise SourceError(
            f"{source!r} holds {len(records)} articles, not one",
            hint="save it as .xml or .json, and pass that file",
        )
    return article_from_row(records[0], source=source, text_field=None, labels_field=labels_field)


def _article_from_text(
    data: bytes,
    source: str,
    suffix: str,
    media_type: str,
    charset: str | None,
    *,
    url: str | None,
    fields: Fields,
    labels_field: str | None,
) -> Article:
    from summarizer.articles.html import article_from_html, is_fragment, is_html, read_fragment

    text, notes = decode(data, source=source, declared=charset)
    if suffix in _SUBTITLE_SUFFIXES or messages.is_subtitles(text):
        return build_article(messages.read_subtitles(text), fields, source=source, notes=notes)
    declared_html = suffix in _HTML_SUFFIXES or media_type in _HTML_TYPES
    if is_html(text) or (declared_html and "<" in text):
        return article_from_html(text, source=source, url=url, fields=fields, notes=notes)
    if suffix == ".md" or media_type == "text/markdown":
        document = read_markdown(text, labels_field=labels_field)
        return build_article(
            document.text, fields.over(document.fields), source=source, notes=notes
        )
    if is_fragment(text):
        text, found = read_fragment(text)
        fields = fields.over(found)
    return build_article(text, fields, source=source, labels_field=labels_field, notes=notes)


def _article_from_mail(data: bytes, *, source: str) -> Article:
    from summarizer.articles.html import article_from_html, is_html, read_fragment

    found = messages.read_mail(data, source=source)
    if found.is_html and is_html(found.text):
        fields = found.fields._replace(url=None)
        return article_from_html(found.text, source=source, url=found.fields.url, fields=fields)
    text = read_fragment(found.text)[0] if found.is_html else found.text
    return build_article(messages.without_signature(text), found.fields, source=source)


def _is_pdf(data: bytes) -> bool:
    return data[:1024].lstrip().startswith(b"%PDF-")
