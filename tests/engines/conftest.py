from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from summarizer import Article, Summarizer

STORY = (
    "The council of Ardenholm voted on Tuesday to rebuild the bridge that the flood took away.\n\n"
    "The work will cost 4 million euros and take two years, mayor Petra Lindqvist said. "
    "She promised that the ferry would stay free of charge until the bridge opens.\n\n"
    "Opponents on the council had asked for a referendum. Their motion failed by nine votes to six."
)


@pytest.fixture
def story() -> Article:
    return Article(text=STORY, title="Ardenholm to rebuild its bridge", language="en")


@pytest.fixture
def summarizer_for() -> Iterator[Callable[..., Summarizer]]:
    """Opens summarizers; they are closed after the test."""
    opened: list[Summarizer] = []

    def open_one(**flags: object) -> Summarizer:
        summarizer = Summarizer(**{"max_retries": 0, **flags})
        opened.append(summarizer)
        return summarizer

    yield open_one
    for summarizer in opened:
        summarizer.close()
