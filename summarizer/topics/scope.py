"""Whether a text is news or other prose about the world at all: a shopping list has no topic.

A support vector machine over the article's vector and the form of its text: a text without a topic
is told by texts that are like it. What it was fitted on, how well it does and where it fails is in
``scope.md``; ``benchmarks/topics_scope.py`` fits and measures it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from summarizer.retrieval.embedding import Vectors

OUT_OF_SCOPE: Final = 0.02  # what is left of the scores of a text that is no news
_FILE: Final = Path(__file__).with_name("scope.npz")
GAMMA: Final = 1.25  # of the kernel exp(-gamma * squared distance)
STEPS: Final = 80  # to 1, in which supports are stored; 100 and 64 judge alike
_READ: Final = 4000  # characters whose form is looked at
_MARKS: Final = (".。।", ",،、，", "!?！？؟")


class ScopeModel(NamedTuple):
    """A Gaussian kernel's support vectors, with what the form of a text is standardised by.

    Attributes:
        supports: vector and form of each, (texts, dimension + forms).
        weights: positive where it is news, (texts,).
    """

    supports: Vectors
    weights: Vectors
    mean: Vectors
    spread: Vectors
    bias: float


def in_scope(vector: Vectors, text: str) -> bool:
    """Whether a text may have a topic; ``vector`` (1, dimension) as it is scored."""
    model = scope_model()
    form = np.clip((form_of(text) - model.mean) / model.spread, -0.3, 0.3)
    distances = ((model.supports - np.concatenate([vector[0], form])) ** 2).sum(axis=1)
    return bool(np.exp(-GAMMA * distances) @ model.weights + model.bias > 0)


@cache
def scope_model() -> ScopeModel:
    """The stored model."""
    with np.load(_FILE, allow_pickle=False) as data:
        supports = data["supports"] / np.float32(STEPS)
        return ScopeModel(supports, data["weights"], data["mean"], data["spread"], data["bias"])


def form_of(text: str) -> Vectors:
    """How a text looks, whatever it says: its length, and shares of kinds of characters.

    Line breaks, lengths of words and who is spoken to add nothing beside the vector.
    """
    text = text[:_READ]
    kinds = (str.isalpha, str.isdigit, str.isupper, *(marks.__contains__ for marks in _MARKS))
    shares = (sum(map(kind, text)) / max(len(text), 1) for kind in kinds)
    return np.array([np.log1p(len(text)), *shares], dtype=np.float32)
