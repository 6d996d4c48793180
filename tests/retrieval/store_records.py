"""Small records for tests of stores, and what a store says of them in short."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from summarizer.articles.article import Article
from summarizer.retrieval.store import EmbeddingSpec, Entry, Filters, Passage, Record, Store

SPEC = EmbeddingSpec(name="tests", dimension=8)


def unit(*numbers: float, dimension: int = 8) -> NDArray[np.float32]:
    vector = np.zeros(dimension, dtype=np.float32)
    vector[: len(numbers)] = numbers
    return vector / np.linalg.norm(vector)


def record(
    key: str, *bodies: str, vectors: dict[int, NDArray[np.float32]] | None = None, **fields: Any
) -> Record:
    """An article of these passages; all have a vector unless others are given."""
    text = "\n\n".join(bodies)
    passages = []
    start = 0
    for number, body in enumerate(bodies):
        passages.append(Passage(number, start, start + len(body)))
        start += len(body) + 2
    if vectors is None:
        vectors = {number: unit(1, number) for number in range(len(bodies))}
    article = Article(text=text, source=key, **fields)
    return Record(Entry.of(key, article), tuple(passages), vectors)


def keys(store: Store) -> list[str]:
    return [info.key for info in store.entries()]


def found(store: Store, *words: str, limit: int = 10, **filters: Any) -> list[str]:
    return [m.key for m in store.lexical(words, limit=limit, filters=Filters(**filters))]


def near(store: Store, *numbers: float, limit: int = 10, **filters: Any) -> list[str]:
    return [m.key for m in store.dense(unit(*numbers), limit=limit, filters=Filters(**filters))]
