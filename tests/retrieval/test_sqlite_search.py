from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_records import Sample, put, record

from summarizer.retrieval.embedding import Vectors, unit_rows
from summarizer.retrieval.entries import EmbeddingSpec, Filters
from summarizer.retrieval.sqlite_search import dequantize, quantize
from summarizer.retrieval.sqlite_store import SqliteStore

DIMENSION = 48


def vectors(count: int, *, seed: int = 0) -> Vectors:
    rng = np.random.default_rng(seed)
    return unit_rows(rng.standard_normal((count, DIMENSION)).astype(np.float32))


def filled(path: Path, vectors: Vectors) -> SqliteStore:
    """A store with an article of one passage for each vector, named by its place."""
    spec = EmbeddingSpec(name="test", dimension=DIMENSION)
    store = SqliteStore(path / "news.sqlite", embedding=spec)
    put(store, [sample(i, vector) for i, vector in enumerate(vectors)])
    return store


def sample(number: int, vector: Vectors) -> Sample:
    return record(str(number), "Snow.", vectors={0: vector})


def test_the_nearest_are_those_of_exact_search(tmp_path: Path) -> None:
    stored, queries = vectors(3000), vectors(20, seed=1)

    with filled(tmp_path, stored) as store:
        for query in queries:
            found = store.dense(query, limit=10, filters=Filters())
            exact = stored @ query
            tenth = np.sort(exact)[-10]
            scores = [match.score for match in found]
            assert scores == sorted(scores, reverse=True)
            for match in found:
                assert match.score == pytest.approx(exact[int(match.key)], abs=0.005)
                assert exact[int(match.key)] >= tenth - 0.01


def test_quantizing_keeps_the_direction() -> None:
    for vector in vectors(50):
        assert float(dequantize(*quantize(vector)[:2]) @ vector) > 0.9995


def test_a_vector_of_zeros_stays_one() -> None:
    zeros = np.zeros(DIMENSION, dtype=np.float32)

    assert not dequantize(*quantize(zeros)[:2]).any()


@settings(max_examples=15, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.booleans(), st.lists(st.integers(0, 40), min_size=1, max_size=30)), max_size=12
    )
)
def test_any_order_of_changes_leaves_the_last_state(steps: list[tuple[bool, list[int]]]) -> None:
    pool = vectors(41)
    expected: set[str] = set()
    with TemporaryDirectory() as folder, filled(Path(folder), pool[:0]) as store:
        for adds, numbers in steps:
            names = {str(number) for number in numbers}
            if adds:
                put(store, [sample(number, pool[number]) for number in set(numbers)])
                expected |= names
            else:
                store.remove(names)
                expected -= names
            found = store.dense(pool[0], limit=100, filters=Filters())

            assert {match.key for match in found} == expected
            assert len(found) == len(expected)


def test_replaced_rows_give_their_memory_back(tmp_path: Path) -> None:
    with filled(tmp_path, vectors(20)) as store:
        for _ in range(5):
            put(store, [sample(i, vector) for i, vector in enumerate(vectors(20))])
            store.dense(vectors(1)[0], limit=9, filters=Filters())

        assert len(store._vectors._matrix.codes) == 20
