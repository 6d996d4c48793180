"""Fits and measures the model that tells prose about the world from texts without a topic.

    python benchmarks/topics_scope.py fit                 writes summarizer/topics/scope.npz
    python benchmarks/topics_scope.py hands               texts of people that it was not fitted on
    python benchmarks/topics_scope.py unseen              texts that nothing was fitted to
    python benchmarks/topics_scope.py news DATA/topics    real news that would lose its topics

Training texts: benchmarks/scope/, benchmarks/topic_news/other_hand.jsonl, the example news of
benchmarks/topic_texts, the examples of the default taxonomy, seeds/ and evals/news/. In
benchmarks/scope/ other.txt, news.txt and the two of thin forms were written for this, and
generated.txt was made by a program; the hands are seven people who never saw the program or the
other texts: 1,075 texts that are no news and, in the files that say so, 1,470 news, most of the
first hand's and half of the others' in unusual shapes. DATA only measures; its even rows said which
kinds of news of ours were missing. Reading the training texts takes ten minutes on two idle cores;
scikit-learn (extra "fit") fits them. unseen.txt is ours, kept_aside are by the fifth person, the
others kept aside by the sixth to the tenth, of whom the last wrote mostly obituaries, columns and
features: they fit nothing of what is no news, but their news fit the confidence in topics
(topics_calibration.py). What is in scope/unseen may fit nothing at all.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from topics_calibration import calibration_error

from summarizer import Article
from summarizer.articles import load
from summarizer.errors import NotAnArticleError
from summarizer.settings import load_settings
from summarizer.taxonomy import default_taxonomy
from summarizer.topics import scope
from summarizer.topics.similarity import TopicScorer, article_vector

ROOT = Path(__file__).parents[1]
SCOPE = ROOT / "benchmarks" / "scope"
# Where 95 % of what is no news is found, so many of five people's 1,190 news are lost, each person
# judged by a model of all other texts. Form beside the vector: 0.1 23, 0.15 21, 0.2 18, 0.3 17. The
# kernel's gamma: 0.5 23, 0.7 22, 1 17, 1.25 15, and 1.5 16 with more supports.
FORM = 0.3
INVERSE_PENALTY = 10.0  # more changes nothing: no training text is on the wrong side
# The least that news must reach: 0.954 of 920 that are no news get none, and 16 of the news are
# lost; at 0 0.97 and 24.
THRESHOLD = -0.06
HANDS = (
    *("other_hand", "second_hand", "third_hand", "fifth_hand", "sixth_hand", "seventh_hand"),
    "eighth_hand",
)
# What is no news was never fitted to these.
KEPT = (
    "kept_aside",
    "sixth_kept_aside",
    "seventh_kept_aside",
    "eighth_kept_aside",
    "ninth_kept_aside",
    "unseen/eleventh",
)
# Passages of our sample articles that give orders to a model are no news.
ORDERS = ("SYSTEM MESSAGE", "Ignore the part", "automatische Zusammenfassungen", "software that e")
Array = NDArray[np.float64]


class Text(NamedTuple):
    """A training text; ``kind`` is what it is an example of, ``hand`` whose it is, if not ours."""

    news: bool
    kind: str
    text: str
    title: str = ""
    hand: str = ""


def texts() -> list[Text]:
    """All training texts."""
    ours = {"other": False, "generated": False, "thin_forms_other": False, "news": True}
    found = [
        Text(news, kind, text)
        for name, news in (ours | {"thin_forms_news": True}).items()
        for kind, text in _blocks(f"{name}.txt")
    ]
    for hand in HANDS:
        for news, name in ((False, hand), (True, f"{hand}_news")):
            rows = _rows(SCOPE / f"{name}.jsonl")
            found += [
                Text(news, row["kind"], row["text"], row.get("title", ""), hand) for row in rows
            ]
    reports = _rows(ROOT / "benchmarks" / "topic_news" / "other_hand.jsonl")
    found += [Text(True, "report", row["text"]) for row in reports]
    for path in sorted((ROOT / "benchmarks" / "topic_texts").glob("*.txt")):
        lines = path.read_text(encoding="utf-8").splitlines()
        found += [Text(True, path.stem, line.partition(" ")[2]) for line in lines]
    found += [Text(True, root.id, t) for root in default_taxonomy().roots for t in root.examples]
    settings = load_settings()
    chosen = random.Random(1)  # noqa: S311 - which paragraphs are read is no secret
    for folder in ("seeds", "evals/news/articles"):
        for path in sorted((ROOT / folder).glob("*.*")):
            try:
                article = load(str(path), settings=settings)
            except NotAnArticleError:
                continue
            found.append(Text(True, "article", article.text, article.title or ""))
            parts = [p for p in article.text.split("\n\n") if len(p.split()) > 15]
            some = chosen.sample(parts, min(3, len(parts)))
            found += [Text(True, "paragraph", part) for part in some]
    return [text for text in found if not any(order in text.text for order in ORDERS)]


def _blocks(name: str) -> Iterator[tuple[str, str]]:
    kind = ""
    whole = (SCOPE / name).read_text(encoding="utf-8")
    for block in re.split(r"\n(?=## )|\n===\n", whole):
        if named := re.match(r"## (.*)\n", block):
            kind = named[1]
        yield kind, block[named.end() if named else 0 :].strip()


def _rows(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


class Samples(NamedTuple):
    """Training texts with their vectors, (texts, dimension), and forms, (texts, forms)."""

    vectors: Array
    forms: Array
    texts: list[Text]

    def of(self, chosen: NDArray[np.bool_]) -> Samples:
        """Those of the rows."""
        own = [text for text, kept in zip(self.texts, chosen, strict=True) if kept]
        return Samples(self.vectors[chosen], self.forms[chosen], own)


def samples(found: list[Text]) -> Samples:
    """The rows of these texts."""
    vectors = np.concatenate([article_vector(text.title, text.text).row for text in found])
    forms = np.array([scope.form_of(text.text) for text in found], float)
    return Samples(vectors.astype(float), forms, found)


def fit(rows: Samples) -> scope.ScopeModel:
    """The support vector machine; both classes have equal weight."""
    from sklearn.svm import SVC

    mean, spread = rows.forms.mean(axis=0), (rows.forms.std(axis=0) + 1e-9) / FORM
    news = np.array([text.news for text in rows.texts])
    machine = SVC(C=INVERSE_PENALTY, gamma=scope.GAMMA, class_weight="balanced")
    # As they are stored: rounded afterwards, supports would no longer fit their weights.
    machine.fit(np.round(_design(rows, mean, spread) * scope.STEPS) / scope.STEPS, news)
    return scope.ScopeModel(
        supports=machine.support_vectors_.astype(np.float32),
        weights=machine.dual_coef_[0].astype(np.float32),
        mean=mean.astype(np.float32),
        spread=spread.astype(np.float32),
        bias=float(machine.intercept_[0]) - THRESHOLD,
    )


def _design(rows: Samples, mean: Array, spread: Array) -> Array:
    return np.column_stack([rows.vectors, np.clip((rows.forms - mean) / spread, -0.3, 0.3)])


def lost(model: scope.ScopeModel, rows: Samples) -> NDArray[np.bool_]:
    """Which rows have no topic."""
    own = _design(rows, model.mean.astype(float), model.spread.astype(float))
    distances = (own**2).sum(axis=1)[:, None] + (model.supports**2).sum(axis=1)
    kernel = np.exp(scope.GAMMA * (2 * own @ model.supports.T - distances))
    return np.asarray(kernel @ model.weights + model.bias <= 0)


def hands() -> None:
    """The texts of each of the other people judged by a model of all other texts."""
    rows = samples(texts())
    names = np.array([text.hand for text in rows.texts])
    for hand in HANDS:
        held = rows.of(names == hand)
        refused = lost(fit(rows.of(names != hand)), held)
        news = np.array([text.news for text in held.texts])
        print(f"{hand}: none for {refused[~news].mean():.3f} of {(~news).sum()} that are no news")
        print(f"  news lost: {refused[news].sum()} of {news.sum()}")
        for text in held.of(refused == news).texts:
            print(f"  {'lost' if text.news else 'given'}: {text.kind}: {text.text[:60]!r}")


def unseen() -> None:
    """The texts that may never fit anything: those that get a topic of the default taxonomy."""
    scorer = TopicScorer(default_taxonomy())
    found = [
        (kind, text, scorer.classify(Article(text=text)))
        for kind, text in [
            *_blocks("unseen.txt"),
            *(
                (row["kind"], row["text"])
                for name in KEPT
                for row in _rows(SCOPE / f"{name}.jsonl")
            ),
        ]
    ]
    given = [(kind, text, labels) for kind, text, labels in found if labels]
    print(f"none for {1 - len(given) / len(found):.3f} of {len(found)}")
    for kind, text, labels in given:
        print(f"  given {labels[0].name} {labels[0].confidence:.2f}: {kind}: {text[:60]!r}")
    for name in (*KEPT, "tenth_kept_aside"):
        right: list[bool] = []
        confidence, none = [], []
        news = _rows(SCOPE / f"{name}_news.jsonl")
        for row in news:
            article = Article(title=row.get("title"), text=row["text"], language=row["lang"])
            if labels := scorer.classify(article):
                right.append(labels[0].name in (row.get("topics") or row["topic"].split("; ")))
                confidence.append(labels[0].confidence or 0.0)
            else:
                none.append(row["kind"])
        error = calibration_error(np.array(confidence), np.array(right, float))
        print(
            f"{name}: first right {sum(right)} of {len(right)}, mean confidence "
            f"{np.mean(confidence):.3f}, calibration error {error:.3f}"
        )
        print(f"  none for {len(none)} of {len(news)} news: {', '.join(none)}")


def news_lost(folder: Path, *, first: int | None) -> None:
    """The rows of real news that the stored model takes for something else."""
    for path in sorted(folder.glob("*.jsonl")):
        rows = _rows(path)[:first]
        refused = [
            row
            for row in rows
            if not scope.in_scope(
                article_vector(row.get("title") or "", row["text"]).row, row["text"]
            )
        ]
        share = len(refused) / len(rows)
        print(f"{path.stem:16} rows {len(rows):4}  lost {len(refused)} = {share:.4f}")


def main() -> None:
    """Run one of the four."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["fit", "hands", "unseen", "news"])
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--first", type=int, help="only the first rows of each set")
    args = parser.parse_args()
    if args.what == "hands":
        hands()
    elif args.what == "unseen":
        unseen()
    elif args.what == "news":
        news_lost(args.data, first=args.first)
    else:
        model = fit(samples(texts()))._asdict()
        model["supports"] = np.round(model["supports"] * scope.STEPS).astype(np.int8)
        np.savez_compressed(ROOT / "summarizer" / "topics" / "scope.npz", **model)


if __name__ == "__main__":
    main()
