from __future__ import annotations

import pytest

from summarizer.topics.scored import FITS, PLAIN, WITH_EXAMPLES, Pooling


@pytest.mark.parametrize("pooling", [PLAIN, WITH_EXAMPLES])
def test_both_scores_raise_the_confidence(pooling: Pooling) -> None:
    low = pooling.confidence(yes=0.3, similarity=0.3)

    assert pooling.confidence(yes=0.9, similarity=0.3) > low
    assert pooling.confidence(yes=0.3, similarity=0.9) > low


@pytest.mark.parametrize("pooling", [PLAIN, WITH_EXAMPLES])
def test_what_is_not_asked_could_not_have_fitted(pooling: Pooling) -> None:
    """A sure yes (0.9) does not lift a topic of half the chance over the threshold."""
    assert pooling.confidence(yes=0.9, similarity=pooling.chance / 2) < FITS


@pytest.mark.parametrize("pooling", [PLAIN, WITH_EXAMPLES])
def test_certain_answers_stay_finite(pooling: Pooling) -> None:
    assert 0 < pooling.confidence(yes=0.0, similarity=1.0) < 1
