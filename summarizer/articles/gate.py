"""Is this an article at all? What is not must never reach a model.

Left out: judging quality, and finding what is an essay, a story or a manual. They may pass.
"""

from __future__ import annotations

import re

from summarizer.articles.phrases import any_of, names_in
from summarizer.errors import NotAnArticleError
from summarizer.text import count_words

STUBS: dict[str, re.Pattern[str]] = {
    kind: re.compile(r"[^\w\"'“„«‘]*+" + any_of("stub", kind), re.I) for kind in names_in("stub")
}


# Measured on 3,300 news texts, of which the shortest has 8 words without its title: 10 refuses
# one (0.03 %), 12 refuses six, 15 would refuse 30. It is meant for headlines and fragments.
_MIN_WORDS = 10
# A menu has no line of this many words. All but one of the 3,300 texts do: the date of a dividend.
_MIN_LINE_WORDS = 5
# A stub is short, and mostly addresses its reader. A page of up to 100 words that ends in such
# a sentence is the teaser above a paywall.
_LONGEST_STUB = 200
_STUB_SHARE = 0.35
_LONGEST_TEASER = 100
_TEASER_END = 3

_SENTENCE = re.compile(r"(?<=[.!?…。！？؟])\s+|\n+|(?<=[。！？])")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_MAX_CONTROL_SHARE = 0.01
_MAX_REPLACEMENT_SHARE = 0.05
_MAGIC = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"RIFF": "a media file",
    b"OggS": "a media file",
    b"ID3": "an MP3 file",
    b"\x1aE\xdf\xa3": "a video",
    b"PK\x03\x04": "a ZIP archive or an office document",
    b"\xd0\xcf\x11\xe0": "an office document of before 2007 (.doc, .xls, .ppt)",
    b"\x1f\x8b": "a gzip file",
    b"BZh": "a bzip2 file",
    b"\xfd7zXZ": "an xz file",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"\x28\xb5\x2f\xfd": "a zstd file",
    b"\x7fELF": "a program",
    b"MZ\x90\x00": "a program",
    b"\xca\xfe\xba\xbe": "a program",
    b"SQLite format 3": "a database",
    b"%PDF-": "a PDF file",
}
_MARKUP = re.compile(
    r"\s*+(?:<\?xml[^>]{0,300}>(?:\s*+<[!?][^>]{0,300}>)*+\s*+<(?P<root>[\w:.-]{1,60})"
    r"|<(?P<bare>mediawiki|opml|plist|kml|svg)\b|(?P<other>\\documentclass\b|BEGIN:VCALENDAR"
    r"|BEGIN:VCARD|WARC/1\.\d))"
)
_OTHER = {
    "\\documentclass": "LaTeX",
    "BEGIN:VCALENDAR": "a calendar (iCalendar)",
    "BEGIN:VCARD": "a contact card (vCard)",
}
_SAVE_AS_TEXT = "save it as text, HTML or PDF, and pass that file"


def refuse_binary(data: bytes, *, source: str) -> None:
    """Raises NotAnArticleError for bytes that are not text in a one-byte encoding or UTF-8."""
    for magic, kind in _MAGIC.items():
        if data.startswith(magic):
            raise NotAnArticleError(f"{source!r} is {kind}, not text", hint=_SAVE_AS_TEXT)
    sample = data[:8192]
    if sample.count(0) > _MAX_CONTROL_SHARE * len(sample) or data[4:8] == b"ftyp":
        raise NotAnArticleError(f"{source!r} is binary data, not text", hint=_SAVE_AS_TEXT)


def refuse_garbage(text: str, *, source: str) -> None:
    """Raises NotAnArticleError for text that is mostly control characters, or a format's source."""
    if markup := _MARKUP.match(text):
        root = markup["root"] or markup["bare"]
        kind = f"XML (<{root}>)" if root else _OTHER.get(markup["other"], "a web archive (WARC)")
        raise NotAnArticleError(f"{source!r} is {kind}, not an article", hint=_SAVE_AS_TEXT)
    if len(_CONTROL.findall(text)) > 1 + _MAX_CONTROL_SHARE * len(text):
        raise NotAnArticleError(f"{source!r} is binary data, not text", hint=_SAVE_AS_TEXT)
    if text.count("\ufffd") > _MAX_REPLACEMENT_SHARE * len(text):
        raise NotAnArticleError(
            f"the encoding of {source!r} could not be found out", hint="save it as UTF-8"
        )


def refuse_stub(text: str, *, source: str) -> None:
    """Raises NotAnArticleError for a page that stands in for an article.

    ``text`` is the page before it was cleaned: cleaning drops such sentences.
    """
    words = count_words(text)
    if words > _LONGEST_STUB:
        return
    sentences = [s for s in map(str.strip, _SENTENCE.split(text)) if s]
    for kind, pattern in STUBS.items():
        speaking = [s for s in sentences if pattern.match(s)]
        share = sum(map(count_words, speaking)) / (words or 1)
        teaser = kind == "a paywall" and words <= _LONGEST_TEASER
        if share >= _STUB_SHARE or (teaser and set(speaking) & set(sentences[-_TEASER_END:])):
            raise NotAnArticleError(
                f"{source!r} is {kind}, not an article: {speaking[0][:80]!r}",
                hint="open it in a browser, save the page, and pass the file",
            )


def refuse_fragment(text: str, *, source: str, title: str | None) -> None:
    """Raises NotAnArticleError for a cleaned body that is empty, too short or only a list."""
    if not text.strip():
        raise NotAnArticleError(
            f"{source!r} is empty", hint="pass a source with the text of an article"
        )
    words = count_words(text) + count_words(title or "")
    if words < _MIN_WORDS:
        raise NotAnArticleError(
            f"{source!r} is too short for an article: {words} of at least {_MIN_WORDS} words",
            hint="pass the whole text of the article",
        )
    if max(map(count_words, text.split("\n"))) < _MIN_LINE_WORDS:
        raise NotAnArticleError(
            f"{source!r} is a list: no line has {_MIN_LINE_WORDS} words",
            hint="pass the page of one article, not a menu or an index",
        )
