"""Looks at data that keep coming: what each may find, so that all together keep the level."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from summarizer.evaluation.stats.power import ONE_LOOK, Looks

FIVE = tuple(share / 5 for share in range(1, 6))


def test_one_look_at_everything_is_the_plain_test() -> None:
    assert ONE_LOOK.level(0.05) == 0.05
    assert ONE_LOOK.p_value(0.3) == 0.3


def test_the_levels_are_those_of_the_multivariate_normal() -> None:
    """What is spent is what the joint distribution of the looks says is spent."""
    shares = (0.4, 0.7, 1.0)
    bounds = [stats.norm.isf(Looks(shares[: i + 1]).level(0.05) / 2) for i in range(3)]
    correlation = [[np.sqrt(min(s, t) / max(s, t)) for s in shares] for t in shares]

    for looks in (1, 2, 3):
        joint = stats.multivariate_normal(cov=np.array(correlation)[:looks, :looks])
        limits = np.array(bounds[:looks])
        inside = joint.cdf(limits, lower_limit=-limits)
        assert 1 - inside == pytest.approx(0.05 * shares[looks - 1] ** 2, abs=2e-5)


def test_early_looks_find_only_what_is_striking() -> None:
    levels = [Looks(FIVE[: i + 1]).level(0.05) for i in range(5)]

    assert levels[0] == pytest.approx(0.002)
    assert levels == sorted(levels)
    assert levels[-1] == pytest.approx(0.0345, abs=5e-4)


def test_the_p_value_is_the_level_that_would_just_find_it() -> None:
    looks = Looks(FIVE[:3])

    assert looks.p_value(looks.level(0.05)) == pytest.approx(0.05, rel=0.01)
    assert looks.p_value(looks.level(0.001)) == pytest.approx(0.001, rel=0.01)
    assert looks.p_value(0.9) == 1.0


def test_looking_after_every_article_keeps_the_level() -> None:
    generator = np.random.default_rng(3)
    sums = generator.standard_normal((4_000, 40)).cumsum(axis=1) / np.sqrt(np.arange(1, 41))
    shares = tuple(n / 40 for n in range(1, 41))
    levels = [Looks(shares[: n + 1]).level(0.05) for n in range(40)]
    p = 2 * stats.norm.sf(np.abs(sums))

    assert (p <= 0.05).any(axis=1).mean() > 0.25  # whoever tests each time at 5 %
    assert (p <= levels).any(axis=1).mean() == pytest.approx(0.05, abs=0.011)
