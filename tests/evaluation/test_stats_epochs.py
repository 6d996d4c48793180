from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from summarizer.evaluation.statistics import (
    Advice,
    VarianceSplit,
    advise,
    average_epochs,
    split_variance,
)


def test_epochs_are_averaged_within_the_article() -> None:
    assert average_epochs({"a": [1.0, 0.0], "b": [0.5]}) == {"a": 0.5, "b": 0.5}


def test_an_unscored_epoch_is_not_zero() -> None:
    scored = average_epochs({"a": [1.0, None, math.nan], "b": [None], "c": []})
    assert scored == {"a": 1.0}


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=9))
def test_an_average_lies_among_its_epochs(epochs: list[float]) -> None:
    mean = average_epochs({"a": epochs})["a"]
    assert min(epochs) - 1e-12 <= mean <= max(epochs) + 1e-12


def test_the_split_is_the_one_way_analysis_of_variance() -> None:
    table = np.random.default_rng(4).normal(size=(12, 5)) + np.arange(12)[:, np.newaxis]
    split = split_variance({str(i): row.tolist() for i, row in enumerate(table)})

    assert split.within is not None
    assert split.within == pytest.approx(table.var(axis=1, ddof=1).mean())
    f = stats.f_oneway(*table).statistic
    assert (5 * split.between + split.within) / split.within == pytest.approx(f)
    assert (split.epochs, split.n) == (5, 12)


def test_the_parts_add_up_to_the_variance_of_the_mean() -> None:
    table = np.random.default_rng(5).normal(size=(40, 3)) + np.arange(40)[:, np.newaxis]
    split = split_variance({str(i): row.tolist() for i, row in enumerate(table)})
    assert split.sd(split.epochs) == pytest.approx(np.std(table.mean(axis=1), ddof=1))


def test_known_parts_are_recovered_when_epochs_are_missing() -> None:
    generator = np.random.default_rng(6)
    epochs = generator.integers(1, 5, size=4000)
    effects = generator.normal(0, 0.3, size=4000)
    split = split_variance(
        {
            str(i): generator.normal(effect, 0.2, size=count).tolist()
            for i, (effect, count) in enumerate(zip(effects, epochs, strict=True))
        }
    )
    assert split.between == pytest.approx(0.09, rel=0.05)
    assert split.within == pytest.approx(0.04, rel=0.05)


def test_without_repeats_the_model_cannot_be_told_from_the_articles() -> None:
    split = split_variance({"a": [0.0], "b": [1.0], "c": [None]})
    assert split == VarianceSplit(between=0.5, within=None, epochs=1.0, n=2)
    assert advise(split) == Advice("repeat_once", 2)


def test_articles_that_differ_by_chance_alone_have_no_variance_of_their_own() -> None:
    split = split_variance({"a": [0.0, 1.0], "b": [1.0, 0.0]})
    assert split.between == 0
    assert advise(split) == Advice("raise_epochs", None)


def test_more_epochs_are_advised_until_the_articles_dominate() -> None:
    assert advise(VarianceSplit(0.01, 0.05, 1.0, 50)) == Advice("raise_epochs", 5)
    assert advise(VarianceSplit(0.01, 0.05, 5.0, 50)) == Advice("add_articles", 5)


def test_one_article_is_too_few_to_split() -> None:
    with pytest.raises(ValueError, match="two scored articles"):
        split_variance({"a": [1.0, 0.0], "b": [None]})
