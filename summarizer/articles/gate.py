"""Is this an article at all? What is not must never reach a model.

Left out: judging quality, and finding what is an essay, a story or a manual. They may pass.
"""

from __future__ import annotations

import re

from summarizer.articles.tables import any_of, names_in
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
    start.encode("latin-1"): kind for kind, starts in names_in("binary").items() for start in starts
}
_OTHER_FORMAT = "save it as text, HTML or PDF, and pass that file"
_XML = re.compile(any_of("xml", "other"))
_OTHER = {
    kind: re.compile(r"\s*+" + any_of("source_text", kind)) for kind in names_in("source_text")
}


def refuse_binary(data: bytes, *, source: str) -> None:
    """Raises NotAnArticleError for bytes that are not text in a one-byte encoding or UTF-8."""
    for magic, kind in _MAGIC.items():
        if data.startswith(magic):
            raise refusal(source, f"is {kind}, not text")
    sample = data[:8192]
    if sample.count(0) > _MAX_CONTROL_SHARE * len(sample) or data[4:8] == b"ftyp":
        raise refusal(source, "is binary data, not text")


def refuse_garbage(text: str, *, source: str) -> None:
    """Raises NotAnArticleError for text that is mostly control characters, or a format's source."""
    xml = _XML.match(text)
    kind = next((kind for kind, start in _OTHER.items() if start.match(text)), "")
    if xml or kind:
        kind, _, hint = (f"XML (<{xml[1] or xml[2]}>)" if xml else kind).partition("; ")
        raise refusal(source, f"is {kind}, not an article", hint or _OTHER_FORMAT)
    if len(_CONTROL.findall(text)) > 1 + _MAX_CONTROL_SHARE * len(text):
        raise refusal(source, "is binary data, not text")
    if text.count("\ufffd") > _MAX_REPLACEMENT_SHARE * len(text):
        raise refusal(source, "is in an encoding that could not be found out", "save it as UTF-8")


def refuse_stub(text: str, *, source: str, row: bool = False) -> None:
    """Raises NotAnArticleError for a page that stands in for an article.

    ``text`` is the page before it was cleaned: cleaning drops such sentences. A ``row`` may be the
    beginning of an article, as entries of feeds are.
    """
    words = count_words(text)
    if words > _LONGEST_STUB:
        return
    sentences = [s for s in map(str.strip, _SENTENCE.split(text)) if s]
    for kind, pattern in STUBS.items():
        speaking = [s for s in sentences if pattern.match(s)]
        share = sum(map(count_words, speaking)) / (words or 1)
        teaser = kind == "a paywall" and words <= _LONGEST_TEASER and not row
        if share >= _STUB_SHARE or (teaser and set(speaking) & set(sentences[-_TEASER_END:])):
            hint = "open it in a browser, save the page, and pass the file"
            raise refusal(source, f"is {kind}, not an article: {speaking[0][:80]!r}", hint)


def refuse_fragment(text: str, *, source: str, title: str | None) -> None:
    """Raises NotAnArticleError for a cleaned body that is empty, too short or only a list."""
    if not text.strip():
        raise refusal(source, "is empty", "pass a source with the text of an article")
    words = count_words(text) + count_words(title or "")
    if words < _MIN_WORDS:
        short = f"is too short for an article: {words} of at least {_MIN_WORDS} words"
        raise refusal(source, short, "pass the whole text of the article")
    if max(map(count_words, text.split("\n"))) < _MIN_LINE_WORDS:
        hint = "pass the page of one article, not a menu or an index"
        raise refusal(source, f"is a list: no line has {_MIN_LINE_WORDS} words", hint)


def refusal(source: str, what: str, hint: str = _OTHER_FORMAT) -> NotAnArticleError:
    """The error of a source that is something else."""
    return NotAnArticleError(f"{source!r} {what}", hint=hint)
