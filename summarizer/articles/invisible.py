"""Characters that a reader cannot see, and that may carry text for a model.

What scripts need stays: zero-width joiners between letters that are not ASCII (Persian, Hindi,
emoji), direction marks beside right-to-left text, one variation selector after a symbol, and
the tag letters of a flag emoji. Everything else that is invisible goes: smuggled messages hide
in it, and it would break the search for evidence.
"""

from __future__ import annotations

import re

# Mandatory line breaks (UAX 14): CR, LF, VT, FF, NEL, LS, PS.
_LINE_BREAK = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# A flag of a region: black flag, up to six tag letters, cancel tag (UTS 51, ED-14a).
_FLAG = "\U0001f3f4[\U000e0020-\U000e007e]{1,6}\U000e007f"
_INVISIBLE = (
    "["
    "\x00-\x08\x0e-\x1f\x7f-\x9f"  # controls
    # What Unicode calls default ignorable: soft hyphen, zero width, fillers, deprecated formats.
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\u202a-\u202e"  # bidirectional embeddings and overrides (isolates are among the above)
    "\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"  # tags, and what is reserved beside them
    "\ud800-\udfff"  # halves of a character, which no encoding can write
    "]"
)
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
