"""``inert``: untrusted text as a page can show it without harm to what stands around it."""

from __future__ import annotations

import re
from typing import Any, Final

from markupsafe import Markup

MOST_CHARACTERS: Final = 20_000
# Controls but tab and line feed; what is invisible or turns the direction of what follows; line
# separators; halves of surrogate pairs, which are no characters.
_UNSAFE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069"
    "\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)


def inert(value: Any) -> Any:
    r"""What a template prints instead of ``value``; its markup is escaped after this.

    Characters that would act unseen are shown by their number, text beyond 20,000 characters is
    left out, and None is nothing:

    >>> inert("total\u202e001")
    'total⟨U+202E⟩001'
    """
    if value is None:
        return ""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    more = len(value) - MOST_CHARACTERS
    text = value if more <= 0 else f"{value[:MOST_CHARACTERS]} … (and {more:,} characters)"
    return _UNSAFE.sub(lambda found: f"⟨U+{ord(found.group()):04X}⟩", text)
