"""Texts and queries that were made to break an index do not break PostgreSQL's either."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import pytest
import test_hostile_corpus
from postgres_server import PostgresServer
from test_hostile_corpus import TEXTS

from summarizer.articles.article import Article
from summarizer.retrieval.corpus import Corpus

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def corpus(postgres: PostgresServer) -> Iterator[Corpus]:
    with Corpus.open(postgres.url(corpus="hostile"), embedding="fast", create=True) as opened:
        opened.add(
            Article(text=text, title=name, source=f"https://news.example/{name}")
            for name, text in TEXTS.items()
        )
        yield opened


globals().update(
    {
        name: test
        for name, test in vars(test_hostile_corpus).items()
        if name.startswith("test_") and "corpus" in inspect.signature(test).parameters
    }
)
