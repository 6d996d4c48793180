"""Small records for tests of stores, and what a store says of them in short."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from summarizer.articles.article import Article
from summarizer.retrieval.entries import EmbeddingSpec, Entry, Filters, Passage, Record
from summarizer.retrieval.store import Store

SPEC = EmbeddingSpec(name="tests", dimension=8)


def unit(*numbers: float, dimension: int = 8) -> NDArray[np.float32]:
    vector = np.zeros(dimension, dtype=np.float32)
    vector[: len(numbers)] = numbers
    return vector / np.linalg.norm(vector)


class Sample(NamedTuple):
    """A record, and the vectors that some of its passages get."""

    entry: Entry
    passages: tuple[Passage, ...]
    vectors: Mapping[int, NDArray[np.float32]]  # by Passage.number


def put(store: Store, samples: Iterable[Sample]) -> None:
    """Writes them all at once, and then their vectors."""
    given = list(samples)
    before = {item.passage for item in store.pending(1 << 20)}
    store.write([Record(sample.entry, sample.passages) for sample in given])
    new = [item.passage for item in store.pending(1 << 20) if item.passage not in before]
    # They wait in the order in which they were written, leads first.
    places = [(passage.number, sample) for sample in given for passage in sample.passages]
    places.sort(key=lambda place: place[0] > 0)
    vectors = {
        passage: sample.vectors[number]
        for passage, (number, sample) in zip(new, places, strict=True)
        if number in sample.vectors
    }
    store.fill(vectors, embedding=store.embedding)


def record(
    key: str, *bodies: str, vectors: dict[int, NDArray[np.float32]] | None = None, **fields: Any
) -> Sample:
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
    return Sample(Entry.of(key, article), tuple(passages), vectors)


def keys(store: Store) -> list[str]:
    return [info.key for info in store.entries()]


def found(store: Store, *words: str, limit: int = 10, **filters: Any) -> list[str]:
    return [m.key for m in store.lexical(words, limit=limit, filters=Filters(**filters))]


def near(store: Store, *numbers: float, limit: int = 10, **filters: Any) -> list[str]:
    return [m.key for m in store.dense(unit(*numbers), limit=limit, filters=Filters(**filters))]
