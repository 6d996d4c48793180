"""Bytes to the text that a reader sees: byte order mark, UTF-8, the declared charset, then a guess.

UTF-8 with a few wrong bytes, or cut inside a character, is still UTF-8: any other encoding would
turn all of its letters into others. Text that was decoded wrongly before it came is repaired
where that is certain.

``visible`` takes out characters that a reader cannot see, and that may carry text for a model. What
scripts need stays: zero-width joiners between letters that are not ASCII (Persian, Hindi, emoji),
direction marks beside right-to-left text, one variation selector after a symbol, and the tag
letters of a flag emoji. Smuggled messages hide in the rest, and it breaks the search for evidence.
"""

from __future__ import annotations

import codecs
import itertools
import re
import unicodedata
from collections import Counter
from typing import Final

from summarizer.articles.article import Document
from summarizer.articles.gate import refuse_binary
from summarizer.articles.tables import names_in

# Mandatory line breaks (UAX 14): CR, LF, VT, FF, NEL, LS, PS.
_LINE_BREAK = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# A flag of a region: black flag, up to six tag letters, cancel tag (UTS 51, ED-14a).
_FLAG = "\U0001f3f4[\U000e0020-\U000e007e]{1,6}\U000e007f"
_INVISIBLE = f"[{''.join(names_in('characters')['invisible'])}]"
_INVISIBLE_OUTSIDE_FLAGS = re.compile(f"({_FLAG})|{_INVISIBLE}")
_JOINERS = "[\u200c\u200d]"
_MARKS = "[\u200e\u200f\u061c]"
_SELECTORS = "[\ufe00-\ufe0f\U000e0100-\U000e01ef]"
# Joiners and marks touching nothing but ASCII; selectors that follow no symbol (keycaps are
# ASCII); all but the first of a run.
_USELESS = re.compile(
    f"(?<![^\x00-\x7f])(?:{_JOINERS}|{_MARKS})+(?![^\x00-\x7f])"
    f"|(?<![\u0080-\U0010ffff0-9#*]){_SELECTORS}+"
    f"|(?<={_JOINERS}){_JOINERS}+|(?<={_MARKS}){_MARKS}+|(?<={_SELECTORS}){_SELECTORS}+"
)

# Most texts have none of either: looking for a class of characters takes a tenth of the time.
_ANY_INVISIBLE = re.compile(_INVISIBLE)
_ANY_USELESS = re.compile(f"{_JOINERS}|{_MARKS}|{_SELECTORS}")


def visible(text: str) -> str:
    r"""``text`` without invisible characters, its lines ended by ``\n``.

    >>> visible("ig\u200bnore\r\nthis")
    'ignore\nthis'
    """
    text = _LINE_BREAK.sub("\n", text)
    if _ANY_INVISIBLE.search(text):
        text = _INVISIBLE_OUTSIDE_FLAGS.sub(lambda match: match.group(1) or "", text)
    if _ANY_USELESS.search(text):
        text = _USELESS.sub("", text)
    return text


# UTF-32 first: its little-endian mark begins with UTF-16's.
_BOMS = [(codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32")]
_BOMS += [(codecs.BOM_UTF8, "utf-8-sig")]
_BOMS += [(codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")]
_META_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{1,40})""", re.I)
_XML_ENCODING = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})""", re.I)
ESCAPED: Final = re.compile("[\udc80-\udcff]")
_BEYOND_ASCII: Final = re.compile("[^\x00-\x7f]")
_BEYOND_ASCII_PAIRS: Final = re.compile("[^\x00-\x7f]{2,}")
# Latin-1 of any language makes fewer than one valid UTF-8 character of twenty by chance.
_RIGHT_PER_WRONG: Final = 3
_WRONG_BYTES: Final = "the text is UTF-8 with {} wrong bytes, which are shown as \ufffd"
# What begins most letters beyond ASCII in UTF-8, and what such a letter goes on with.
_FIRST_BYTES: Final = bytes((0xC2, 0xC3, 0xC4, 0xC5, 0xCE, 0xCF, 0xD0, 0xD1, 0xE2))
_NEXT_BYTES: Final = bytes(range(0x80, 0xC0))
# Behind other letters they stand in right texts.
_USUAL: Final = re.compile("[ёЁіІїЇєЄґҐўЎјЈ№«»’”“„…·–—\xa0\u2500-\u259f]")


def _misread(encoding: str) -> str:
    first, after = (part.decode(encoding, "ignore") for part in (_FIRST_BYTES, _NEXT_BYTES))
    return f"[{_USUAL.sub('', first)}][{_USUAL.sub('', after)}]"


# What characters of UTF-8 look like, read as something else. Only ftfy can tell: French has "à"
# before a space that does not break, too.
_MOJIBAKE: Final = re.compile(
    "[\xc2-\xf4][\x80-\xbf\u0152-\u2122]|[├┬┼╬╧╨╤Γ][À-ÿ⌐¬½¼¡ªº]|"
    + "|".join(map(_misread, ("cp1250", "cp1251", "cp1253", "mac_roman")))
)
_MIN_MOJIBAKE: Final = 3
_REPAIRED: Final = (
    'the text had been decoded wrongly before it came ("Ã¼" for "ü"), and was repaired'
)
_MIN_SEPARATORS: Final = 0.01
_LEGACY: Final = names_in("encodings")["legacy"]
_LETTERS: Final = {name: letters[0] for name, letters in names_in("letters").items()}
_MOST_LETTERS: Final = 0.9
_MARKS_OF_TEXT: Final = frozenset("“”„‘’–—«»‹›€£§°№•·\xa0\xad")
_HIGH: Final = re.compile(rb"[\x80-\xff]")
_AFTER_ANOTHER: Final = re.compile(rb"(?<=[\x80-\xff])[\x80-\xff]")
_SAMPLE: Final = 20_000  # bytes
_LATIN_TOO: Final = ("iso8859_15", "cp1258")
_ISO_2022 = b"\x1b$"
_NEVER_DECLARED: Final = names_in("encodings")["never_declared"]


def decode(data: bytes, *, source: str, declared: str | None = None) -> Document:
    """The text of ``data``; ``declared`` is a charset from outside, such as an HTTP header.

    UTF-8 is tried before the declared charset: bytes beyond ASCII that are valid UTF-8 are
    hardly ever anything else, while wrong declarations are common. Raises NotAnArticleError
    for bytes that are not text.
    """
    encoding = bom_encoding(data) or _utf16_without_bom(data)
    if encoding:
        return Document(data.decode(encoding, errors="replace"))
    refuse_binary(data, source=source)
    # A byte of zero in the middle of a text is rubbish that a program left there.
    data = data.replace(b"\x00", b" ")
    inside = _XML_ENCODING.search(data[:4096]) or _META_CHARSET.search(data[:4096])
    declared = declared or (inside and inside[1].decode("ascii"))
    escapes = _ISO_2022 in data[:100_000]
    for candidate in (declared, "iso2022_jp") if escapes else ("utf-8", declared):
        text = _try(data, candidate)
        if text is not None:
            return repaired(text) if candidate == "utf-8" else Document(text)
    escaped = data.decode("utf-8", errors="surrogateescape")
    wrong = len(ESCAPED.findall(escaped))
    right = len(_BEYOND_ASCII.findall(escaped)) - wrong
    if right >= _RIGHT_PER_WRONG * wrong or (right and _codec(declared) == "utf-8"):
        notes = (_WRONG_BYTES.format(wrong),)
        return Document(data.decode("utf-8", errors="replace"), notes=notes)
    # Half a megabyte tells an encoding as well as twenty, in a fortieth of the time.
    return Document(data.decode(_best_guess(data[:500_000]), errors="replace"))


def repaired(text: str) -> Document:
    """Without "Ã¼" for "ü": UTF-8 that an earlier program had read as something else."""
    # One "Ã¼" may be what the article is about; it is certain where it is all over the text.
    # Of a page nearly all is ASCII.
    lines = itertools.filterfalse(str.isascii, text[:100_000].split("\n"))
    pairs = " ".join(_BEYOND_ASCII_PAIRS.findall("\n".join(lines)))
    marks = len(_MOJIBAKE.findall(text)) if _MOJIBAKE.search(pairs) else 0
    if marks < _MIN_MOJIBAKE:
        return Document(text)
    import ftfy

    right = ftfy.fix_encoding(text)
    if right == text or len(_MOJIBAKE.findall(right)) > marks // 3:
        return Document(text)
    return Document(right, notes=(_REPAIRED,))


def bom_encoding(data: bytes) -> str | None:
    """The encoding that the byte order mark at the start of ``data`` stands for."""
    return next((name for mark, name in _BOMS if data.startswith(mark)), None)


def charset_of(sample: bytes) -> str:
    """The encoding of a file that begins with ``sample``, which may end inside a character."""
    if wide := _utf16_without_bom(sample):
        return wide
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return _best_guess(sample)
    return "utf-8"


def _utf16_without_bom(data: bytes) -> str | None:
    """UTF-16 of any script: read so, it is letters of few scripts with spaces and stops."""
    sample = data[: min(len(data), 4000) // 2 * 2]
    # Most text has bytes of zero then, in spaces and digits; Chinese may have none.
    if len(sample) < 8 or not (b"\x00" in sample or b"\x02\x30" in sample or b"\x30\x02" in sample):
        return None
    for encoding in ("utf-16-le", "utf-16-be"):
        text = sample.decode(encoding, errors="replace")
        separators = sum(c in " \n。、，" for c in text)
        if separators < _MIN_SEPARATORS * len(text):
            continue
        plain = sum(c.isspace() or unicodedata.category(c)[0] in "LMNZP" for c in text)
        # Read in the wrong order, letters are of all scripts. Ideographs and Korean syllables
        # fill 82 and 44 blocks of 256.
        blocks = Counter(_block(ord(c) >> 8) for c in text)
        if plain > 0.95 * len(text) and sum(n for _, n in blocks.most_common(4)) > 0.95 * len(text):
            return encoding
    return None


def _block(high: int) -> int:
    return 0x4E if 0x4E <= high <= 0x9F else 0xAC if 0xAC <= high <= 0xD7 else high


def _try(data: bytes, encoding: str | None) -> str | None:
    name = _codec(encoding)
    try:
        return data.decode(name) if name and name not in _NEVER_DECLARED else None
    except (LookupError, ValueError):  # no encoding of text, or not that of these bytes
        return None


def _codec(label: str | None) -> str:
    """Python's name of a declared encoding; empty for none."""
    try:
        name = codecs.lookup(label or "").name
    except (LookupError, ValueError):
        return ""
    # As the WHATWG Encoding Standard reads these labels.
    return "cp1252" if name in {"iso8859-1", "ascii"} else name


def _best_guess(sample: bytes) -> str:
    likely, score = _by_letters(sample)
    if score >= _MOST_LETTERS:
        return likely
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_isolation=list(_LEGACY)).best()
    encoding = best.encoding if best else likely
    return likely if encoding in _LETTERS or encoding in _LATIN_TOO else encoding


def _by_letters(sample: bytes) -> tuple[str, float]:
    """The encoding in which most that is beyond ASCII is of one language, and how much of it.

    A sentence has too few such letters for the statistics of a library, which reads the letters of
    old Macs and of DOS as Arabic. Other scripts have letters for nearly all bytes, so that the rare
    letters of a language count less, and marks.
    """
    sample = sample[:_SAMPLE]
    # Accents stand alone among letters of ASCII.
    latin = 5 * len(_AFTER_ANOTHER.findall(sample)) < 3 * len(_HIGH.findall(sample))
    rarity, of_mark = (0.0, 1.0) if latin else (0.1, 0.75)

    def right(encoding: str) -> float:
        text = sample.decode(encoding, "replace")
        pairs = [(before, c) for before, c in itertools.pairwise(f" {text}") if c > "\x7f"]
        found = Counter(c.lower() for before, c in pairs if _fits(before, c))
        letters = max(
            sum(found[c] * (1 - rarity * rank / len(alphabet)) for rank, c in enumerate(alphabet))
            for alphabet in _LETTERS[encoding].split()
        )
        marks = of_mark * sum(found[c] for c in _MARKS_OF_TEXT)
        capitals = sum(c.isupper() for _, c in pairs) / 10
        return (letters + marks - capitals) / max(len(pairs), 1)

    scores = {name: right(name) for name, a in _LETTERS.items() if latin == (a[0] < "\u0370")}
    best = max(scores, key=lambda encoding: scores[encoding])  # the first of equals
    return best, scores[best]


def _fits(before: str, c: str) -> bool:
    """Not so: a capital inside a word, what begins one inside it, and an apostrophe before one."""
    if before.isalpha():
        return not (before.islower() and c.isupper()) and c not in "„£€§"
    return c != "’" or not before.isspace()
