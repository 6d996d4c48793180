from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from summarizer.evaluation.stats.power import Repeats, split_variance


def test_the_split_is_the_one_way_analysis_of_variance() -> None:
    table = np.random.default_rng(4).normal(size=(12, 5)) + np.arange(12)[:, np.newaxis]
    split = split_variance(table.tolist())

    assert split is not None
    assert split.within == pytest.approx(table.var(axis=1, ddof=1).mean())
    f = stats.f_oneway(*table).statistic
    assert (5 * split.between + split.within) / split.within == pytest.approx(f)
    assert split.epochs == 5


def test_the_parts_add_up_to_the_variance_of_the_mean() -> None:
    table = np.random.default_rng(5).normal(size=(40, 3)) + np.arange(40)[:, np.newaxis]
    split = split_variance(table.tolist())
    assert split is not None
    assert split.between + split.within / 3 == pytest.approx(np.var(table.mean(axis=1), ddof=1))


def test_known_parts_are_recovered_when_epochs_are_missing() -> None:
    generator = np.random.default_rng(6)
    epochs = generator.integers(1, 5, size=4000)
    effects = generator.normal(0, 0.3, size=4000)
    split = split_variance(
        generator.normal(effect, 0.2, size=count).tolist()
        for effect, count in zip(effects, epochs, strict=True)
    )
    assert split is not None
    assert split.between == pytest.approx(0.09, rel=0.05)
    assert split.within == pytest.approx(0.04, rel=0.05)


def test_articles_that_differ_by_chance_alone_have_no_variance_of_their_own() -> None:
    split = split_variance([[0.0, 1.0], [1.0, 0.0]])
    assert split is not None
    assert split.between == 0
    assert split.advice == "raise_epochs"


@pytest.mark.parametrize(("epochs", "advice"), [(1.0, "raise_epochs"), (5.0, "add_articles")])
def test_more_epochs_are_advised_until_the_articles_dominate(epochs: float, advice: str) -> None:
    assert Repeats(between=0.01, within=0.05, epochs=epochs).advice == advice


@pytest.mark.parametrize("values", [[[1.0, 0.0], []], [[0.0], [1.0]], []])
def test_too_little_is_not_split(values: list[list[float]]) -> None:
    assert split_variance(values) is None
