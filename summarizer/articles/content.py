"""Bytes or a record of any kind to an ``Article``: told apart, read, and cleaned."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from summarizer.articles import documents, feeds, messages
from summarizer.articles.article import Article, Document, Fields, redact
from summarizer.articles.encoding import decode, repaired, visible
from summarizer.articles.html import DATA, is_fragment, is_html, read_fragment, read_page
from summarizer.articles.plain import TEXT_FIELDS, build_article, read_markdown, to_fields
from summarizer.articles.rows import unquoted
from summarizer.errors import NotAnArticleError, SourceError

_DOCUMENTS: Final[dict[bytes, Callable[..., Document]]] = {
    b"%PDF-": documents.read_pdf,
    b"PK\x03\x04": documents.read_zip,
    b"{\\rtf": documents.read_rtf,
}
_HTML: Final = {".html", ".htm", ".xhtml", "text/html", "application/xhtml+xml"}
_MAIL: Final = {".eml", ".mht", ".mhtml"}
_SUBTITLES: Final = {".srt", ".vtt", ".sbv", ".ass", ".ssa"}
_JSON: Final = {".json", ".js", "application/json", "application/feed+json"}
# A page of this size takes about two seconds, whatever is in it (17 kinds of crafted pages).
_MAX_BYTES: Final = 1_000_000
_MAX_TAGS: Final = 20_000
_WRONG_BYTES: Final = re.compile("[\udc80-\udcff]")  # what "surrogateescape" makes of them
_NO_TEXT: Final = {"ad", "advert", "promo", "image", "embed", "related"}
_URL: Final = re.compile(r"https?://\S{1,2000}")


class About(NamedTuple):
    """What is known of bytes beside them."""

    suffix: str = ""
    media_type: str = ""
    charset: str | None = None
    url: str | None = None
    """Where a page is from, after all redirects."""
    labels_field: str | None = None

    @property
    def kinds(self) -> set[str]:
        """The two ways in which a kind may be named."""
        return {self.suffix, self.media_type}


def article_from_bytes(
    data: bytes, *, source: str, about: About | None = None, fields: Fields | None = None
) -> Article:
    """The article in ``data``, as ``read_bytes``; what may take long is read in a child process."""
    slow = _reader(data) in (documents.read_pdf, documents.read_zip)
    slow = slow or len(data) > _MAX_BYTES or data.count(b"<") > _MAX_TAGS
    read = read_bytes
    if slow:
        from summarizer.articles.worker import read_in_worker as read
    return read(data, source=source, about=about or About(), fields=fields)


def read_bytes(data: bytes, *, source: str, about: About, fields: Fields | None) -> Article:
    """The article in ``data``. What the bytes begin with counts more than their suffix or type.

    ``fields`` count more than what a page says of itself. Raises SourceError (or one of its
    kinds) where there is no article, or more than one.
    """
    labels_field = about.labels_field
    records = None if _reader(data) else read_records(data, source=source, about=about)
    if records is None:
        found = _read(data, source, about)
        return build_article(found, source=source, fields=fields, labels_field=labels_field)
    if len(records) > 1:
        raise SourceError(
            f"{source!r} holds {len(records)} articles, not one",
            hint="save it as .xml or .json, and pass that file",
        )
    return article_from_record(records[0], source=source, labels_field=labels_field)


def _reader(data: bytes) -> Callable[..., Document] | None:
    head = data[:1024].lstrip()
    return next((read for start, read in _DOCUMENTS.items() if head.startswith(start)), None)


def read_records(data: bytes, *, source: str, about: About) -> list[feeds.Record] | None:
    """The articles of a feed, a mailbox or JSON; None for bytes of another kind."""
    if mails := messages.split_mailbox(data):
        return [messages.to_record(message, source=source) for message in mails]
    if feeds.is_feed(data, kinds=about.kinds):
        return feeds.read_feed(data, source=source)
    if about.kinds & _JSON:
        text = decode(data, source=source).text
        if about.suffix == ".js" and not DATA.match(text):
            hint = "of JavaScript only what assigns data is read"
            raise NotAnArticleError(f"{source!r} is JavaScript, not an article", hint=hint)
        return feeds.read_json(text, source=source)
    return None


def _read(data: bytes, source: str, about: About) -> Document:
    if read := _reader(data):
        return read(data, source=source)
    if about.kinds & _MAIL or messages.is_mail(data):
        return messages.read_mail(data, source=source)
    plain = decode(data, source=source, declared=about.charset)
    text = plain.text
    if about.kinds & _SUBTITLES or messages.is_subtitles(text):
        return plain._replace(text=messages.read_subtitles(text))
    if is_html(text) or (about.kinds & _HTML and "<" in text):
        found = read_page(text, source=source, url=about.url)
    elif about.kinds & {".md", "text/markdown"}:
        found = read_markdown(text, labels_field=about.labels_field)
    elif is_fragment(text):
        found = read_fragment(text)
    else:
        return plain
    return found._replace(notes=plain.notes + found.notes)


def article_from_record(
    record: feeds.Record,
    *,
    source: str,
    text_field: str | None = None,
    labels_field: str | None = None,
) -> Article:
    """The article of a row or entry; its text is in ``text_field``, or in text, body, content."""
    # What a program cut out of a CSV file without reading it has every quotation mark twice.
    record = {
        name: unquoted(value) if isinstance(value, str) and '""' in value else value
        for name, value in record.items()
    }
    names = {str(name).strip().lower(): name for name in record if name}
    wanted = (text_field.strip().lower(),) if text_field else TEXT_FIELDS
    column = next((names[name] for name in wanted if name in names), None)
    if column is None:
        raise SourceError(
            f"{source!r} has no field {text_field or ' / '.join(TEXT_FIELDS[:4])!r}",
            hint=f"--text-field NAME, one of: {', '.join(map(str, list(record)[:20]))}",
        )
    text = _joined(record[column])
    if not isinstance(text, str):
        raise SourceError(
            f"field {column!r} of {source!r} is {type(text).__name__}, not text",
            hint="--text-field NAME names the field with the article",
        )
    fields = to_fields(record, labels_field=labels_field)
    if any(map(_WRONG_BYTES.search, (text, fields.title or "", fields.author or ""))):
        raise SourceError(f"{source!r} is not in the encoding of its file", hint="save it as UTF-8")
    if fields.url and _URL.fullmatch(fields.url) and visible(fields.url) == fields.url:
        source = redact(fields.url)
    if is_html(text):
        page = text.encode("utf-8", "replace")
        about = About(media_type="text/html", url=fields.url)
        return article_from_bytes(page, source=source, about=about, fields=fields)
    whole = repaired(text)
    found = read_fragment(whole.text) if is_fragment(whole.text) else whole
    found = found._replace(notes=whole.notes)
    return build_article(found, source=source, fields=fields, row=True)


def _joined(value: Any) -> Any:
    """A text that is in parts, or in an object of its own, as programs hand it out."""
    if isinstance(value, dict):
        inner = ("rendered", "text", "content", "html", "value", "blocks", "paragraphs")
        value = next((value[name] for name in inner if name in value), value)
    if isinstance(value, list) and value:
        parts = [
            part.get("text", "") if isinstance(part, dict) else part
            for part in value
            if not (isinstance(part, dict) and str(part.get("kind", part.get("type"))) in _NO_TEXT)
        ]
        if all(isinstance(part, str) for part in parts):
            # The messages of a chat are cut at each link; paragraphs are whole.
            return ("" if len({*map(type, value)}) > 1 else "\n\n").join(parts)
    return value
