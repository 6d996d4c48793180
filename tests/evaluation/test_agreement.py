"""Agreement of raters, and means that the errors of a judge are taken off."""

from __future__ import annotations

import math

import numpy as np
import pytest

from summarizer.evaluation.stats.agreement import (
    clustered_share,
    corrected_mean,
    krippendorff_alpha,
    masi_distance,
)

NONE = None


def test_alpha_is_that_of_the_package_krippendorff() -> None:
    """krippendorff 0.9.0 gives these for the same nominal ratings, some of which are missing."""
    raters = [
        [NONE, NONE, NONE, NONE, NONE, 3, 4, 1, 2, 1, 1, 3, 3, NONE, 3],
        [1, NONE, 2, 1, 3, 3, 4, 3, NONE, NONE, NONE, NONE, NONE, NONE, NONE],
        [NONE, NONE, 2, 1, 3, 4, 4, NONE, 2, 1, 1, 3, 3, NONE, 4],
    ]
    units = [[value for value in unit if value is not None] for unit in zip(*raters, strict=True)]
    found = krippendorff_alpha(units)
    assert found.alpha == pytest.approx(0.691358024691358)
    assert found.units == 12
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0.69 < found.high <= 1
    yes_or_no = [[1, 1, 1], [0, 0], [1, 0, 0], [1, 1, 1], [0, 0, 0], [1, 1], [0, 1, 1], [1, 1, 0]]
    assert krippendorff_alpha(yes_or_no).alpha == pytest.approx(0.46153846153846156)


def test_alpha_is_unknown_where_ratings_cannot_differ() -> None:
    assert krippendorff_alpha([["a", "a"], ["a", "a"]]).alpha is None
    assert krippendorff_alpha([["a"], ["b"]]).alpha is None
    assert krippendorff_alpha([]).units == 0


def test_articles_with_several_statements_are_one_cluster() -> None:
    units = [[True, True]] * 10 + [[False, True]] * 10 + [[False, False]] * 10
    alone = krippendorff_alpha(units)
    whole = krippendorff_alpha(units, clusters=[place // 10 for place in range(30)])
    assert alone.alpha == whole.alpha
    assert alone.low is not None
    assert whole.low is not None
    assert whole.low < alone.low


@pytest.mark.parametrize(
    ("one", "other", "distance"),
    [("", "", 0), ("ab", "ab", 0), ("", "a", 1), ("a", "b", 1), ("ab", "a", 2 / 3),
     ("ab", "bc", 1 - 1 / 9)],
)  # fmt: skip
def test_masi_distance(one: str, other: str, distance: float) -> None:
    assert masi_distance(frozenset(one), frozenset(other)) == pytest.approx(distance)


def test_a_share_of_independent_cases_has_wilsons_interval() -> None:
    found = clustered_share([True] * 30 + [False] * 10, range(40))
    assert found is not None
    assert (found.value, found.n) == (0.75, 40)
    # Wilson at n = 39: the estimated variance has n - 1.
    assert (found.low, found.high) == (
        pytest.approx(0.596, abs=2e-3),
        pytest.approx(0.860, abs=2e-3),
    )


def test_a_share_of_clusters_is_known_less_well_and_never_certainly() -> None:
    hits = [True] * 20 + [False] * 20
    alone = clustered_share(hits, range(40))
    whole = clustered_share(hits, [place // 5 for place in range(40)])
    assert alone is not None
    assert whole is not None
    assert whole.high - whole.low > 1.5 * (alone.high - alone.low)
    all_right = clustered_share([True] * 20, [place // 5 for place in range(20)])
    assert all_right is not None
    assert all_right.low == pytest.approx(0.510, abs=1e-3)  # of 4 clusters, not of 20 cases
    assert clustered_share([], []) is None


def test_the_corrected_mean_is_that_of_ppi_python() -> None:
    """ppi-python 0.2.3: ppi_mean_pointestimate(..., lam=1) for the same numbers."""
    labels = [1, 0, 1, 0.5, 1, 1, 0.5, 0.0] * 4
    judged = [1, 0.5, 1, 1, 1, 1, 0.5, 0.5] * 4
    others = [1, 0.5, 1, 0.5, 1, 0, 1, 1, 1, 0.5, 1, 1.0]
    found = corrected_mean(labels, judged, others)
    assert found is not None
    assert found.mean == pytest.approx(np.mean(others) - 0.1875)
    assert found.low is not None
    assert found.low < found.mean
    assert corrected_mean(labels[:20], judged[:20], others) is None


@pytest.mark.parametrize(("caught", "alarms", "labelled"), [(0.9, 0.05, 30), (0.6, 0.1, 50)])
def test_intervals_of_corrected_means_cover_the_truth(
    caught: float, alarms: float, labelled: int
) -> None:
    """300 articles of three sentences, three quarters of which are true, and a judge that errs."""
    generator = np.random.default_rng(4)
    covered, naive, repeats = 0, 0, 400
    for _ in range(repeats):
        likely = generator.beta(6, 2, 300)
        true = generator.random((300, 3)) < likely[:, np.newaxis]
        said = np.where(
            true, generator.random((300, 3)) >= alarms, generator.random((300, 3)) >= caught
        )
        people, judge = true.mean(1), said.mean(1)
        found = corrected_mean(people[:labelled], judge[:labelled], judge[labelled:])
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= 0.75 <= found.high
        naive += abs(judge.mean() - 0.75) < 1.96 * judge.std() / math.sqrt(300)
    assert 0.92 <= covered / repeats <= 0.98
    assert naive / repeats < 0.9
