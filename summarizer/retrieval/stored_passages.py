"""How both stores keep passages: an article's text in pieces that join to all of it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

from summarizer.retrieval.store import Passage, Pending


def bodies(text: str, passages: tuple[Passage, ...]) -> Iterator[str]:
    """Pieces of the text that join to all of it; each begins with its passage but the first."""
    starts = [0, *(passage.start for passage in passages[1:]), len(text)]
    return (text[a:b] for a, b in itertools.pairwise(starts))


def passage_text(body: str, number: int, start: int, end: int) -> str:
    """A passage without the white space that its body ends with; the first may start late."""
    skipped = start if number == 0 else 0
    return body[skipped : skipped + end - start]


def read_pending(rows: Iterable[tuple[Any, ...]]) -> list[Pending]:
    """Those of rows ``id, title, body, number, start, end``."""
    return [
        Pending(passage, title, passage_text(body, number, start, end))
        for passage, title, body, number, start, end in rows
    ]
