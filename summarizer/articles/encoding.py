"""Bytes to text: byte order mark, UTF-8, the declared charset, then a guess, in this order."""

from __future__ import annotations

import codecs
import re

from summarizer.articles.gate import refuse_binary

_BOMS = (
    # UTF-32 first: its little-endian mark begins with UTF-16's.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_META_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{1,40})""", re.I)
_XML_ENCODING = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})""", re.I)
_ISO_2022 = b"\x1b$"
# A page may not choose its escapes; and UTF-16 of most pages has zero bytes, which were seen.
_NEVER_DECLARED = {"utf-7", "unicode-escape", "unicode_escape", "raw-unicode-escape",
                   "raw_unicode_escape", "utf-16", "utf-16-le", "utf-16-be", "utf-32",
                   "utf-32-le", "utf-32-be"}  # fmt: skip


def decode(data: bytes, *, source: str, declared: str | None = None) -> str:
    """The text of ``data``; ``declared`` is a charset from outside, such as an HTTP header.

    UTF-8 is tried before the declared charset: bytes beyond ASCII that are valid UTF-8 are
    hardly ever anything else, while wrong declarations are common. Raises NotAnArticleError
    for bytes that are not text.
    """
    encoding = bom_encoding(data) or _utf16_without_bom(data)
    if encoding:
        return data.decode(encoding, errors="replace")
    refuse_binary(data, source=source)
    if _ISO_2022 in data[:100_000]:
        candidates = [declared, "iso2022_jp"]
    else:
        candidates = ["utf-8", declared, _declared_inside(data)]
    for candidate in candidates:
        text = _try(data, candidate)
        if text is not None:
            return text
    return _guess(data)


def bom_encoding(data: bytes) -> str | None:
    """The encoding that the byte order mark at the start of ``data`` stands for."""
    return next((name for mark, name in _BOMS if data.startswith(mark)), None)


def charset_of(sample: bytes) -> str:
    """The encoding of a file that begins with ``sample``, which may end inside a character."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return _best_guess(sample)
    return "utf-8"


def _utf16_without_bom(data: bytes) -> str | None:
    """UTF-16 of mostly Latin text: nearly every second byte is zero."""
    sample = data[:4000]
    half = len(sample) // 2
    if half < 4 or b"\x00" not in sample:
        return None
    if sample[1::2].count(0) > 0.7 * half and not sample[::2].count(0):
        return "utf-16-le"
    if sample[::2].count(0) > 0.7 * half and not sample[1::2].count(0):
        return "utf-16-be"
    return None


def _declared_inside(data: bytes) -> str | None:
    head = data[:4096]
    match = _XML_ENCODING.search(head) or _META_CHARSET.search(head)
    return match.group(1).decode("ascii") if match else None


def _try(data: bytes, encoding: str | None) -> str | None:
    if not encoding:
        return None
    try:
        name = codecs.lookup(encoding).name
        if name in {"iso8859-1", "ascii"}:
            name = "cp1252"  # as the WHATWG Encoding Standard reads these labels
        return data.decode(name) if name not in _NEVER_DECLARED else None
    except (LookupError, UnicodeDecodeError, ValueError):
        return None


def _guess(data: bytes) -> str:
    # Half a megabyte tells an encoding as well as twenty, in a fortieth of the time.
    return data.decode(_best_guess(data[:500_000]), errors="replace")


def _best_guess(sample: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(sample).best()
    return best.encoding if best else "cp1252"
