from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.evaluation.metrics import topic_metrics
from summarizer.taxonomy import Taxonomy, Topic

TAXONOMY = Taxonomy(
    name="toy",
    version="1",
    topics=(
        Topic(id="sport", name="Sport"),
        Topic(id="ball", name="Ball games", parent="sport"),
        Topic(id="football", name="Football", parent="ball"),
        Topic(id="tennis", name="Tennis", parent="ball"),
        Topic(id="politics", name="Politics"),
    ),
    retired={"soccer": "football", "gone": None},
)
ids = st.lists(st.sampled_from("abcdefg"), max_size=4)


@pytest.mark.parametrize(
    ("predicted", "gold", "f1", "jaccard", "exact"),
    [
        (["a"], ["a"], 1.0, 1.0, 1.0),
        ([], [], 1.0, 1.0, 1.0),
        ([], ["a"], 0.0, 0.0, 0.0),
        (["a"], [], 0.0, 0.0, 0.0),
        (["a", "b"], ["a"], 2 / 3, 1 / 2, 0.0),
        (["a", "b", "c"], ["b", "d"], 2 / 5, 1 / 4, 0.0),
        (["b", "a", "a"], ["a", "b"], 1.0, 1.0, 1.0),
    ],
)
def test_sets_are_compared(
    predicted: list[str], gold: list[str], f1: float, jaccard: float, exact: float
) -> None:
    assert topic_metrics.set_f1(predicted, gold) == pytest.approx(f1)
    assert topic_metrics.jaccard(predicted, gold) == pytest.approx(jaccard)
    assert topic_metrics.exact_match(predicted, gold) == exact


@given(ids, ids)
def test_set_scores_are_symmetric_and_ordered(one: list[str], other: list[str]) -> None:
    f1 = topic_metrics.set_f1(one, other)

    assert f1 == topic_metrics.set_f1(other, one)
    assert topic_metrics.exact_match(one, other) <= topic_metrics.jaccard(one, other) <= f1 <= 1


@pytest.mark.parametrize(
    ("predicted", "gold", "right"),
    [(["a", "b"], ["b", "a"], 1), (["c", "a"], ["a"], 0), ([], [], 1), ([], ["a"], 0)],
)
def test_the_first_topic_must_be_a_gold_one(
    predicted: list[str], gold: list[str], right: int
) -> None:
    assert topic_metrics.first_topic_accuracy(predicted, gold) == right


def test_an_invented_label_counts_as_wrong_and_is_told() -> None:
    predicted = ["football", "cheerfulness", "soccer", "gone"]

    assert topic_metrics.off_taxonomy(predicted, TAXONOMY) == {"cheerfulness", "gone"}
    assert topic_metrics.count(["football", "cheerfulness"], ["football"]) == (1, 1, 0)


def test_retired_ids_are_replaced_and_unknown_ones_stay() -> None:
    assert topic_metrics.canonical(["soccer", "football", "x"], TAXONOMY) == ["football", "x"]


def test_deep_ids_become_their_ancestors_at_the_depth_that_was_labelled() -> None:
    deep = ["football", "tennis", "politics", "x"]

    assert topic_metrics.canonical(deep, TAXONOMY, depth=2) == ["ball", "politics", "x"]
    assert topic_metrics.canonical(deep, TAXONOMY, depth=1) == ["sport", "politics", "x"]


@pytest.mark.parametrize(
    ("predicted", "gold", "f1"),
    [
        (["football"], ["football"], 1.0),
        # {sport, ball, football} and {sport, ball, tennis} share two of three each.
        (["football"], ["tennis"], 2 / 3),
        # {sport, ball} of {sport, ball, tennis}: P = 1, R = 2/3.
        (["ball"], ["tennis"], 4 / 5),
        (["politics"], ["tennis"], 0.0),
        (["x"], ["tennis"], 0.0),
        ([], [], 1.0),
    ],
)
def test_hierarchical_f1_adds_the_ancestors(
    predicted: list[str], gold: list[str], f1: float
) -> None:
    assert topic_metrics.hierarchical_f1(predicted, gold, TAXONOMY) == pytest.approx(f1)


def test_micro_f1_is_of_the_sum_of_the_counts() -> None:
    counts = [
        topic_metrics.count("ab", "a"),
        topic_metrics.count("c", "cd"),
        topic_metrics.count("", ""),
    ]

    assert topic_metrics.micro_f1(counts) == pytest.approx(2 * 2 / (2 * 2 + 1 + 1))
    assert topic_metrics.micro_f1([(0, 0, 0)]) is None
    assert topic_metrics.micro_f1([]) is None


def test_macro_f1_is_over_labels_with_enough_support() -> None:
    articles = [[("a", "a")], [("ab", "a")], [("b", "b")], [("x", "c")]]

    everything = topic_metrics.macro_f1(articles)
    supported = topic_metrics.macro_f1(articles, min_support=2)

    # a: 2 of 2 + 2; b: 1 right, 2 given, 1 gold; c: 0; x has no gold article.
    assert everything == pytest.approx((1 + 2 / 3 + 0) / 3)
    assert supported == 1.0
    assert topic_metrics.macro_f1(articles, min_support=9) is None


def test_macro_f1_averages_the_epochs_of_an_article_and_counts_it_once() -> None:
    articles = [[("a", "a"), ("", "a")], [("a", "a")], [("a", "b")]]

    # a: right 1/2 + 1, given 1/2 + 1 + 1, gold 2.
    assert topic_metrics.macro_f1(articles, min_support=2) == pytest.approx(3 / 4.5)
    assert topic_metrics.macro_f1(articles, min_support=3) is None


def test_cardinality_error_is_signed() -> None:
    assert topic_metrics.cardinality_error("abc", "a") == 2
    assert topic_metrics.cardinality_error("", "ab") == -2
