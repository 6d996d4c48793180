"""The word classes in ``lexicon.toml``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_CLASSES: Final = tomllib.loads(
    Path(__file__).with_name("lexicon.toml").read_text(encoding="utf-8")
)


def words(name: str) -> frozenset[str]:
    """The words of a class."""
    return frozenset(_CLASSES[name].split())


def any_phrase(phrases: str | Iterable[str]) -> re.Pattern[str]:
    """A pattern that finds any of the phrases (or those of a class) as whole words."""
    listed = _CLASSES[phrases] if isinstance(phrases, str) else phrases
    longest_first = sorted(listed, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")
