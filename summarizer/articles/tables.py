"""The words and patterns of ``tables.toml``, by section and list."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any


def any_of(section: str, name: str) -> str:
    """A pattern that matches any entry of a list, with the lists that it names put in."""
    lists = _sections()[section]
    alternatives = "(?:" + "|".join(lists[name]) + ")"
    for inner in lists:
        if f"<{inner}>" in alternatives:
            alternatives = alternatives.replace(f"<{inner}>", any_of(section, inner))
    return alternatives


def names_in(section: str) -> dict[str, tuple[str, ...]]:
    """The lists of a section that holds plain names."""
    return {name: tuple(entries) for name, entries in _sections()[section].items()}


@cache
def _sections() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
