"""A linear classifier over the topics of one level, fitted on the topics' own texts.

Multinomial logistic regression on centred embeddings. Descriptions and examples are all it
sees; it is fitted when a level is first asked for (0.1 s for the 17 roots).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from summarizer.retrieval.embedding import Vectors

# Chosen by the first-topic accuracy on four sets of labelled news (benchmarks/topics.py). Flat:
# a third or three times the penalty moves none of them by more than 0.02.
PENALTY = 3e-3
SCALE = 8.0  # unit vectors are short features: the scale sets how sharp the softmax can get
STEPS = 300
STEP_SIZE = 0.2
MOMENTUM = 0.9


class LevelModel(NamedTuple):
    """Weights (classes, dimension) and the log prior of each class (classes,)."""

    weights: Vectors
    log_prior: Vectors

    def probabilities(self, vectors: Vectors) -> Vectors:
        """Softmax over the classes, shape (len(vectors), classes)."""
        return _softmax(vectors @ self.weights.T + self.log_prior)


def fit_level(classes: Sequence[Vectors], *, prior: Sequence[float]) -> LevelModel:
    """Fit on one array (texts, dimension) of centred unit rows per class.

    Every class weighs the same in the fit, however many texts it has; ``prior`` (any positive
    scale) then says how often each is expected.
    """
    features = np.concatenate(classes) * np.float32(SCALE)
    labels = np.repeat(np.arange(len(classes)), [len(rows) for rows in classes])
    share = np.asarray(prior, dtype=np.float32) / np.sum(prior)
    weight = np.array([1 / (len(classes) * len(rows)) for rows in classes], dtype=np.float32)
    return LevelModel(
        weights=_descend(features, labels, weight[labels]) * np.float32(SCALE),
        log_prior=np.log(share, dtype=np.float32),
    )


def _descend(features: Vectors, labels: NDArray[np.int64], weight: Vectors) -> Vectors:
    """Gradient descent with momentum on the penalised cross-entropy; deterministic."""
    target = np.eye(labels.max() + 1, dtype=np.float32)[labels]
    weights = np.zeros((target.shape[1], features.shape[1]), dtype=np.float32)
    velocity = np.zeros_like(weights)
    for _ in range(STEPS):
        error = (_softmax(features @ weights.T) - target) * weight[:, None]
        velocity = np.float32(MOMENTUM) * velocity + error.T @ features + PENALTY * weights
        weights -= np.float32(STEP_SIZE) * velocity
    return weights


def _softmax(scores: Vectors) -> Vectors:
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True), dtype=np.float32)
