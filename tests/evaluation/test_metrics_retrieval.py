from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.evaluation.metrics import METRICS
from summarizer.evaluation.metrics.registry import ndcg_at, recall_at, reciprocal_rank

GAINS = {"a": 3.0, "b": 1.0, "c": 2.0}


# Values of ir-measures 0.4.3 (R@3, nDCG@3, nDCG@5, RR).
@pytest.mark.parametrize(
    ("ranking", "recall", "ndcg3", "ndcg5", "rr"),
    [
        ("abc", 1.0000000000, 0.9725044904, 0.9725044904, 1.0000000000),
        ("xay", 0.3333333333, 0.3974895223, 0.3974895223, 0.5000000000),
        ("xybzc", 0.3333333333, 0.1050009979, 0.2674807210, 0.3333333333),
        ("xyz", 0.0000000000, 0.0000000000, 0.0000000000, 0.0000000000),
        ("cab", 1.0000000000, 0.9224945117, 0.9224945117, 1.0000000000),
        ("bxya", 0.3333333333, 0.2100019958, 0.4813308059, 1.0000000000),
    ],
)
def test_values_are_those_of_ir_measures(
    ranking: str, recall: float, ndcg3: float, ndcg5: float, rr: float
) -> None:
    assert recall_at(ranking, GAINS, k=3) == pytest.approx(recall)
    assert ndcg_at(ranking, GAINS, k=3) == pytest.approx(ndcg3)
    assert ndcg_at(ranking, GAINS, k=5) == pytest.approx(ndcg5)
    assert reciprocal_rank(ranking, GAINS) == pytest.approx(rr)


def test_a_query_without_relevant_articles_is_unscored() -> None:
    assert recall_at(["a"], [], k=5) is None
    assert ndcg_at(["a"], {"a": 0.0}, k=5) is None
    assert reciprocal_rank(["a"], []) is None


def test_a_repeated_id_is_found_once() -> None:
    assert ndcg_at("aab", {"a": 1.0, "b": 1.0}, k=2) == pytest.approx(1)


@given(st.permutations("abcdef"))
def test_the_ideal_order_is_the_best(ranking: list[str]) -> None:
    value = ndcg_at(ranking, GAINS, k=6)

    assert value is not None
    assert value <= 1 + 1e-12
    assert math.isclose(value, 1) == (ranking[:3] == ["a", "c", "b"])


def test_latency_percentiles() -> None:
    seconds = [[float(second)] for second in range(1, 102)]

    found = [METRICS[name].combine(seconds) for name in ("latency_p50", "latency_p95")]
    assert found == [51, 96]
