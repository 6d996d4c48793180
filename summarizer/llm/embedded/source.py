"""What the sources of weights have in common."""

from __future__ import annotations

from collections.abc import Callable

# Called with the bytes that are here and the bytes of the whole file.
Progress = Callable[[int, int], None]


class SourceFailure(Exception):  # noqa: N818 - not an error yet: the next source is tried
    """A source did not deliver; its text says why, for people."""
