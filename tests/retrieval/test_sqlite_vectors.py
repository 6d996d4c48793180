from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from summarizer.retrieval.embedding import Vectors, unit_rows
from summarizer.retrieval.sqlite_rows import dequantize, quantize
from summarizer.retrieval.sqlite_vectors import VectorMatrix, VectorRow, nearest

DIMENSION = 48


def vectors(count: int, *, seed: int = 0) -> Vectors:
    rng = np.random.default_rng(seed)
    return unit_rows(rng.standard_normal((count, DIMENSION)).astype(np.float32))


def row(passage: int, vector: Vectors) -> VectorRow:
    codes, scale, _ = quantize(vector)
    return VectorRow(passage, passage // 3, 0, False, passage % 3 == 0, scale, codes)


def search(matrix: VectorMatrix, vector: Vectors, limit: int) -> list[tuple[int, float]]:
    snapshot = matrix.snapshot()
    return nearest(snapshot, vector, limit=limit, keep=snapshot.facts["alive"])


def test_the_nearest_are_those_of_exact_search() -> None:
    stored, queries = vectors(3000), vectors(20, seed=1)
    matrix = VectorMatrix(DIMENSION)
    matrix.put([row(i, vector) for i, vector in enumerate(stored)])

    for query in queries:
        found = search(matrix, query, 10)
        exact = stored @ query
        tenth = np.sort(exact)[-10]
        assert [score for _, score in found] == sorted((s for _, s in found), reverse=True)
        for passage, score in found:
            assert score == pytest.approx(exact[passage], abs=0.005)
            assert exact[passage] >= tenth - 0.01


def test_quantizing_keeps_the_direction() -> None:
    for vector in vectors(50):
        assert float(dequantize(*quantize(vector)[:2]) @ vector) > 0.9995


def test_a_vector_of_zeros_stays_one() -> None:
    zeros = np.zeros(DIMENSION, dtype=np.float32)

    assert not dequantize(*quantize(zeros)[:2]).any()


@settings(max_examples=60)
@given(
    steps=st.lists(
        st.tuples(st.booleans(), st.lists(st.integers(0, 40), min_size=1, max_size=30)), max_size=40
    )
)
def test_any_order_of_changes_leaves_the_last_state(steps: list[tuple[bool, list[int]]]) -> None:
    pool = vectors(41)
    matrix = VectorMatrix(DIMENSION)
    expected: set[int] = set()
    for adds, passages in steps:
        unique = sorted(set(passages))
        if adds:
            matrix.put([row(passage, pool[passage]) for passage in unique])
            expected.update(unique)
        else:
            matrix.remove(unique)
            expected.difference_update(unique)

    found = search(matrix, pool[0], 100)

    assert sorted(passage for passage, _ in found) == sorted(expected)


def test_removed_rows_give_their_memory_back() -> None:
    matrix = VectorMatrix(DIMENSION)
    for _ in range(50):
        matrix.put([row(i, vector) for i, vector in enumerate(vectors(200))])

    assert len(matrix.snapshot().facts) < 2000


def test_a_snapshot_is_not_changed_by_what_is_added_later() -> None:
    matrix = VectorMatrix(DIMENSION)
    matrix.put([row(0, vectors(1)[0])])
    snapshot = matrix.snapshot()

    matrix.put([row(i, vector) for i, vector in enumerate(vectors(5000), start=1)])

    assert nearest(snapshot, vectors(1)[0], limit=9, keep=snapshot.facts["alive"])[0][0] == 0
    assert len(snapshot.facts) == 1
