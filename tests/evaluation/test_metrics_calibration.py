from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.evaluation.metrics.topic_metrics import (
    brier_score,
    expected_calibration_error,
    risk_coverage_area,
)

judged = st.tuples(st.floats(0, 1), st.booleans())


def test_brier_is_the_mean_squared_error() -> None:
    topics = [(0.9, True), (0.8, False)]

    assert brier_score(topics) == pytest.approx((0.01 + 0.64) / 2)


def test_what_has_no_confidence_is_unscored() -> None:
    assert brier_score([]) is None
    assert expected_calibration_error([]) is None
    assert risk_coverage_area([]) is None


def test_ece_of_few_topics_is_one_bin() -> None:
    topics = [(0.9, True), (0.8, False), (0.7, True)]

    assert expected_calibration_error(topics) == pytest.approx(0.8 - 2 / 3)


def test_ece_bins_hold_equally_many_topics() -> None:
    low = [(0.1 + i / 1000, i == 0) for i in range(5)]
    high = [(0.9 + i / 1000, i != 0) for i in range(5)]

    # Two bins of five: |0.102 - 0.2| and |0.902 - 0.8|.
    assert expected_calibration_error(high + low) == pytest.approx((0.098 + 0.102) / 2)


def test_equal_confidences_share_a_bin() -> None:
    topics = [(0.5, i < 10) for i in range(20)]

    assert expected_calibration_error(topics) == pytest.approx(0)


@given(st.lists(judged, min_size=1, max_size=60), st.randoms())
def test_calibration_does_not_depend_on_the_order(
    topics: list[tuple[float, bool]], dice: object
) -> None:
    shuffled = list(topics)
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    error = expected_calibration_error(topics)

    assert error == pytest.approx(expected_calibration_error(shuffled))
    assert error is not None
    assert 0 <= error <= 1


def test_risk_grows_with_coverage_where_confidence_ranks_well() -> None:
    # The risk is 0, 0.25 and 0.5 at coverages of 1/3, 2/3 and 1.
    assert risk_coverage_area([(0.2, 1.0), (0.9, 0.0), (0.6, 0.5)]) == pytest.approx(0.25)


def test_articles_of_one_confidence_have_no_order() -> None:
    assert risk_coverage_area([(0.5, 0.0), (0.5, 1.0)]) == 0.5
    assert risk_coverage_area([(0.5, 1.0), (0.5, 0.0)]) == 0.5


@given(st.floats(0, 1), st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_what_ranks_nothing_has_the_mean_risk(confidence: float, losses: list[float]) -> None:
    found = risk_coverage_area([(confidence, loss) for loss in losses])

    assert found == pytest.approx(np.mean(losses))
