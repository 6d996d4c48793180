"""How likely each topic of a level fits: by all that the topics of the level say of themselves.

The default taxonomy's first level covers the news, so that a softmax over its topics says which
one an article has. A user's own first level need not cover anything: an article must also resemble
a topic in absolute terms.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from summarizer.retrieval.embedding import EmbedderName, Vectors, unit_rows
from summarizer.taxonomy import Taxonomy, default_taxonomy
from summarizer.topics.level_model import LevelModel, Texts, fitted_level
from summarizer.topics.topic_vectors import centred, label_text, topic_texts, vectors_of

# How often each top-level topic leads a news item, in per cent: a round guess of ours, since the
# texts of a topic say what it is about, not how common it is. Without it "society" and "human
# interest" take the politics they resemble: BBC 0.88 -> 0.91, Masakhane English 0.67 -> 0.77
# first topics right. Sport would be 14, but a text that says little leans to it.
_NEWS_SHARE: Final = {
    "01000000": 9.0,
    "02000000": 11.0,
    "03000000": 4.0,
    "04000000": 14.0,
    "05000000": 2.5,
    "06000000": 3.0,
    "07000000": 5.0,
    "08000000": 2.0,
    "09000000": 2.5,
    "10000000": 3.0,
    "11000000": 15.0,
    "12000000": 1.5,
    "13000000": 8.0,
    "14000000": 3.5,
    "15000000": 7.0,
    "16000000": 7.0,
    "17000000": 1.5,
}

# score = sigmoid(SLOPE * logit(p) + INTERCEPT), p the softmax over a level. The softmax says which
# topic comes first; the score how likely the topic fits, also as the second of two. A fit on the
# gold topics of our 29 sample articles gave 2.1 and 3.3; less, because on labelled news those were
# too sure: with these, first topics scored above 0.95 are right in 93 %, those of 0.85 to 0.95 in
# 76 % (BBC, AG and Masakhane English, where a row has one label).
SLOPE: Final = 1.5
INTERCEPT: Final = 2.0
_EDGE: Final = 1e-6

# A user's first level: score = sigmoid(LIFT * (logit(p) + log(min(n - 1, CROWD))) + COSINE * c +
# BIAS), p the softmax over its n topics and c the article's cosine with the topic's centre. Fitted
# to half of the rows of AG News and BBC and to MasakhaNEWS English, with all of their labels and
# with subsets of them as the taxonomy (one sentence a label). On all rows: log-loss 0.26 a topic;
# with all labels, the best topic is right in 0.81, 0.93 and 0.81 of the rows, and right and given
# in 0.63, 0.78 and 0.65; with a subset, 0.83 of the articles about something else get none. The
# softmax with a class of other news that was here before: 0.45; 0.54, 0.71, 0.67; 0.04, 0.11, 0.14;
# 0.94, since it hardly ever gave a topic.
LIFT: Final = 1.4
COSINE: Final = 13.0
BIAS: Final = -3.7
# Among more topics than this, to be the likeliest says less and less: without a bound, the 92 bare
# codes of Reuters would give an article 13 topics, and with it 0.3.
CROWD: Final = 5
# A user's own topics may be recipes or horoscopes, which are no news. Cosine with a topic's centre:
# recipes with "how to cook a dish, with its ingredients" 0.35 to 0.42, two horoscopes with "what
# the stars say" 0.36 and 0.37; of 280 texts that are no news with the nearest of six news topics
# 0.29 for the 99th percentile, 0.33 at most. Invoices and letters stay below: they need examples.
RESEMBLES: Final = 0.33


class Level(Protocol):
    """The topics of a level; all arrays are (rows, topics) for centred unit rows."""

    def probabilities(self, vectors: Vectors) -> Vectors:
        """How clearly each row speaks for each topic rather than the others."""

    def scores(self, vectors: Vectors) -> Vectors:
        """The probability that each topic fits, also as the second of two."""

    def resembles(self, vectors: Vectors) -> NDArray[np.bool_]:
        """Which topics a row resembles so much that it may have them though it is no news."""


class ClosedLevel(NamedTuple):
    """Topics one of which leads an article; below the first level it may stay with the parent."""

    model: LevelModel
    topics: int

    def probabilities(self, vectors: Vectors) -> Vectors:
        """The softmax over the level."""
        return self.model.probabilities(vectors)[:, : self.topics]

    def scores(self, vectors: Vectors) -> Vectors:
        """See SLOPE."""
        return _sigmoid(SLOPE * _logit(self.probabilities(vectors)) + INTERCEPT)

    def resembles(self, vectors: Vectors) -> NDArray[np.bool_]:
        """None: these are topics of the news."""
        return np.zeros((len(vectors), self.topics), dtype=bool)


class OpenLevel(NamedTuple):
    """Topics that need not cover the news; one alone has no model."""

    model: LevelModel | None
    centres: Vectors

    def probabilities(self, vectors: Vectors) -> Vectors:
        """The scores: there is no other class for what fits none."""
        return self.scores(vectors)

    def scores(self, vectors: Vectors) -> Vectors:
        """See LIFT."""
        z = COSINE * (vectors @ self.centres.T) + BIAS
        if self.model is not None:
            others = min(len(self.centres) - 1, CROWD)
            z += LIFT * (_logit(self.model.probabilities(vectors)) + math.log(others))
        return _sigmoid(z)

    def resembles(self, vectors: Vectors) -> NDArray[np.bool_]:
        """See RESEMBLES."""
        return np.asarray(vectors @ self.centres.T >= RESEMBLES)


def level_below(taxonomy: Taxonomy, parent: str | None, *, embedder: EmbedderName) -> Level:
    """The level directly below ``parent``, the first one for None."""
    texts, prior = _level_texts(taxonomy, parent)
    topics = taxonomy.children(parent)
    if parent is None and not any(topic.id in _NEWS_SHARE for topic in topics):
        model = fitted_level(texts, prior, embedder=embedder) if len(texts) > 1 else None
        return OpenLevel(model, _centres(texts, embedder))
    return ClosedLevel(fitted_level(texts, prior, embedder=embedder), len(topics))


def root_level() -> tuple[Texts, tuple[float, ...]]:
    """Texts and priors of the default taxonomy's first level, whose model is stored."""
    return _level_texts(default_taxonomy(), None)


def _level_texts(taxonomy: Taxonomy, parent: str | None) -> tuple[Texts, tuple[float, ...]]:
    """Texts and priors of the topics below ``parent``."""
    topics = taxonomy.children(parent)
    texts = tuple(topic_texts(topic) for topic in topics)
    prior = tuple(_NEWS_SHARE.get(topic.id, 1.0) for topic in topics)
    if parent is None:
        return texts, prior
    # What speaks of the parent as a whole stays there.
    return (*texts, (label_text(taxonomy.topic(parent)),)), (*prior, 1.0)


@lru_cache(maxsize=64)
def _centres(classes: Texts, embedder: EmbedderName) -> Vectors:
    """The direction of each class's texts, unit rows (classes, dimension)."""
    vectors = [centred(vectors_of(own, embedder=embedder), embedder=embedder) for own in classes]
    return unit_rows(np.stack([rows.mean(axis=0) for rows in vectors]))


def _logit(p: Vectors) -> Vectors:
    clipped = np.clip(p, _EDGE, 1 - _EDGE)
    return np.asarray(np.log(clipped / (1 - clipped)), dtype=np.float32)


def _sigmoid(z: Vectors) -> Vectors:
    return np.asarray(1 / (1 + np.exp(-z)), dtype=np.float32)
