"""How likely each topic of a level fits: by all that the topics of the level say of themselves.

The default taxonomy's first level covers the news, so that a softmax over its topics says which
one an article has. A user's own first level need not cover anything: an article must also resemble
a topic in absolute terms.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from summarizer.retrieval.embedding import EmbedderName, Vectors, unit_rows
from summarizer.taxonomy import Taxonomy, default_taxonomy
from summarizer.topics.level_model import LevelModel, Texts, class_vectors, fitted_level
from summarizer.topics.news_examples import ENGLISH, news_examples
from summarizer.topics.topic_vectors import label_text, topic_texts

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


class Calibration(NamedTuple):
    """score = sigmoid(slope * logit(p) + intercept), p the softmax over a level.

    The softmax says which topic comes first; the score how likely the topic fits.
    """

    slope: float
    intercept: float


# Fitted to the first topics of half of the rows of AG News, BBC and MasakhaNEWS English, and of
# MasakhaNEWS French: benchmarks/topics_calibration.py, which reports the other half.
MEASURED: Final = {ENGLISH: Calibration(1.06, 1.33), "fr": Calibration(1.7, 0.65)}
# Languages that no labelled news was at hand for: those of French, the less certain ones.
NOT_MEASURED: Final = MEASURED["fr"]
_EDGE: Final = 1e-6
# A topic is given where it is likelier than not. The first level of the default taxonomy covers the
# news, so that one of its topics fits, and labelled news with one label a row, which confidence is
# fitted to, counts a second topic that fits as wrong: there less is enough. Set F1 on evals/news,
# whose gold topics are several: 0.73 from 0.4, 0.76 from 0.35, 0.755 from 0.3.
FITS: Final = 0.5
FITS_NEWS: Final = 0.35

# A user's first level: score = sigmoid(COSINE * c + LEAD * (c - r) + AGREEMENT * a + BIAS), c the
# article's cosine with the topic's prototype, r the greatest of those with the other topics, and a
# the log of how far the default taxonomy's first level says the same of both: the Bhattacharyya
# coefficient of their shares of its 17 topics, plus _LEAST_AGREEMENT. c - r tells topics apart, a
# says whether the article is about any of them. Fitted to half of the rows of AG News, BBC and
# MasakhaNEWS English with their labels as taxonomies, by names alone and with one sentence each,
# all of them and subsets, and to our texts of the default taxonomy's second level, for taxonomies
# of many topics: without those, each of 131 texts got 2.2 of 131 topics, with them 1.3.
COSINE: Final = 1.4
LEAD: Final = 12.7
AGREEMENT: Final = 2.6
BIAS: Final = 0.59
_LEAST_AGREEMENT: Final = 0.01
# Of a lone topic: slope and intercept over a. Of these rows with each label alone, it finds 86 % of
# the articles and gives 3 % of the others the label.
ALONE: Final = Calibration(5.8, 3.0)
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


class Level(Protocol):
    """The topics of a level; all arrays are (rows, topics) for centred unit rows."""

    @property
    def least(self) -> float:
        """The score from which a topic is given."""

    def probabilities(self, vectors: Vectors) -> Vectors:
        """How clearly each row speaks for each topic rather than the others."""

    def scores(self, vectors: Vectors, *, language: str) -> Vectors:
        """The probability that each topic fits a text in ``language``, also as one of two."""

    def resembles(self, vectors: Vectors) -> NDArray[np.bool_]:
        """Which topics a row resembles so much that it may have them though it is no news."""


class ClosedLevel(NamedTuple):
    """Topics one of which leads an article; below the first level it may stay with the parent."""

    model: LevelModel
    topics: int
    least: float = FITS

    def probabilities(self, vectors: Vectors) -> Vectors:
        """The softmax over the level."""
        return self.model.probabilities(vectors)[:, : self.topics]

    def scores(self, vectors: Vectors, *, language: str) -> Vectors:
        """See Calibration."""
        slope, intercept = MEASURED.get(language, NOT_MEASURED)
        return sigmoid(slope * logit(self.probabilities(vectors)) + intercept)

    def resembles(self, vectors: Vectors) -> NDArray[np.bool_]:
        """None: these are topics of the news."""
        return np.zeros((len(vectors), self.topics), dtype=bool)


class OpenLevel(NamedTuple):
    """Topics that need not cover the news.

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

    def scores(self, vectors: Vectors, *, language: str = ENGLISH) -> Vectors:  # noqa: ARG002
        """See LEAD; French, which fitted nothing, shows that one fit does for all languages."""
        cosine, lead, agreement = np.moveaxis(self.features(vectors), -1, 0)
        if len(self.prototypes) == 1:
            return sigmoid(ALONE.slope * agreement + ALONE.intercept)
        return sigmoid(COSINE * cosine + LEAD * lead + AGREEMENT * agreement + BIAS)

    def features(self, vectors: Vectors) -> Vectors:
        """The c, c - r and a of LEAD, (rows, topics, 3); a lone topic has no rival."""
        cosines = vectors @ self.prototypes.T
        shares, own = (np.sqrt(self.news.probabilities(v)) for v in (vectors, self.prototypes))
        agreement = np.log(shares @ own.T + np.float32(_LEAST_AGREEMENT))
        lead = cosines - rivals(cosines) if len(own) > 1 else np.zeros_like(cosines)
        return np.stack([cosines, lead, agreement], axis=-1)

    def resembles(self, vectors: Vectors) -> NDArray[np.bool_]:
        """See RESEMBLES."""
        return np.asarray(vectors @ self.own.T >= RESEMBLES)


def level_below(taxonomy: Taxonomy, parent: str | None, *, embedder: EmbedderName) -> Level:
    """The level directly below ``parent``, the first one for None."""
    texts, prior, examples = _level_texts(taxonomy, parent)
    topics = taxonomy.children(parent)
    if parent is None and not examples:
        return _open_level(texts, embedder)
    model = fitted_level(texts, prior, embedder=embedder, topics=examples)
    return ClosedLevel(model, len(topics), FITS if parent else FITS_NEWS)


def root_level() -> tuple[Texts, tuple[float, ...], tuple[str, ...]]:
    """Texts, priors and ids of the default taxonomy's first level, whose model is stored."""
    return _level_texts(default_taxonomy(), None)


def _level_texts(
    taxonomy: Taxonomy, parent: str | None
) -> tuple[Texts, tuple[float, ...], tuple[str, ...]]:
    """Texts and priors of the topics below ``parent``; ids, where they are IPTC's first level."""
    topics = taxonomy.children(parent)
    texts = tuple(topic_texts(topic) for topic in topics)
    prior = tuple(_NEWS_SHARE.get(topic.id, 1.0) for topic in topics)
    if parent is None:
        ids = tuple(topic.id for topic in topics)
        return texts, prior, ids if any(topic in _NEWS_SHARE for topic in ids) else ()
    # What speaks of the parent as a whole stays there.
    return (*texts, (label_text(taxonomy.topic(parent)),)), (*prior, 1.0), ()


@lru_cache(maxsize=64)
def _open_level(texts: Texts, embedder: EmbedderName) -> OpenLevel:
    classes = class_vectors(texts, embedder=embedder)
    means = np.stack([rows.mean(axis=0) for rows in classes])
    common = means.mean(axis=0) * np.float32(len(means) / (len(means) + _TOPICS))
    own = unit_rows(means - common)
    model = fitted_level(*root_level(), embedder=embedder)
    if embedder == "wordllama":
        return OpenLevel(own, own, model)
    news = news_examples().vectors
    cosines = news @ own.T
    nearest = (cosines - cosines.mean(axis=1, keepdims=True)).argmax(axis=1)
    prototypes = own.copy()
    for place, rows in enumerate(classes):
        found = np.flatnonzero(nearest == place)
        found = found[np.argsort(-cosines[found, place], kind="stable")[:_NEAREST]]
        if len(found):
            # A topic's own examples count beside its label: each as much as all of ours.
            prototypes[place] = own[place] * len(rows) + unit_rows(news[found].mean(axis=0)[None])
    return OpenLevel(own, unit_rows(prototypes), model)


def rivals(cosines: Vectors) -> Vectors:
    """For each of two or more topics the greatest cosine with another one, (rows, topics)."""
    second, first = np.sort(cosines, axis=1)[:, -2:].T
    nearest = np.where(cosines == first[:, None], second[:, None], first[:, None])
    return np.asarray(nearest, dtype=np.float32)


def logit(p: NDArray[np.floating]) -> Vectors:
    """The log-odds, between -13.8 and 13.8."""
    clipped = np.clip(p, _EDGE, 1 - _EDGE)
    return np.asarray(np.log(clipped / (1 - clipped)), dtype=np.float32)


def sigmoid(z: NDArray[np.floating]) -> Vectors:
    """What undoes ``logit``."""
    return np.asarray(1 / (1 + np.exp(-z)), dtype=np.float32)
