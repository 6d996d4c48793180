"""Fits and measures the model that tells prose about the world from texts without a topic.

    python benchmarks/topics_scope.py fit                 writes summarizer/topics/scope.npz
    python benchmarks/topics_scope.py kinds               texts of kinds that it was not fitted on
    python benchmarks/topics_scope.py unseen              unseen.txt, written after it was fitted
    python benchmarks/topics_scope.py news DATA/topics    real news that would lose its topics

All training texts are ours: benchmarks/scope/ (other.txt and news.txt were written, generated.txt
was made by a program), the examples of the default taxonomy, seeds/ and evals/news/. DATA only
measures. Reading the training texts takes a minute on two idle cores.
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

from summarizer import Article
from summarizer.articles import load
from summarizer.errors import NotAnArticleError
from summarizer.settings import load_settings
from summarizer.taxonomy import default_taxonomy
from summarizer.topics import scope
from summarizer.topics.similarity import TopicScorer, article_vector

ROOT = Path(__file__).parents[1]
FORM = 0.3  # how much the form counts beside the vector, before the penalty
VECTOR = 8.0
PENALTY = 1e-3
# Taken off the logit: at even odds 1.5 % of our own news were lost. Chosen on both the texts of
# held-out kinds and our own news, in cross-validation.
THRESHOLD = -0.5
FOLDS = 8
# Passages of our sample articles that give orders to a model are no news.
ORDERS = ("SYSTEM MESSAGE", "Ignore the part", "automatische Zusammenfassungen", "software that e")
Array = NDArray[np.float64]


class Text(NamedTuple):
    """A training text; ``kind`` is what it is an example of."""

    news: bool
    kind: str
    text: str
    title: str = ""


def texts() -> list[Text]:
    """All training texts."""
    found = [Text(False, kind, text) for kind, text in _blocks("other.txt")]
    found += [Text(False, kind, text) for kind, text in _blocks("generated.txt")]
    found += [Text(True, kind, text) for kind, text in _blocks("news.txt")]
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
    whole = (ROOT / "benchmarks" / "scope" / name).read_text(encoding="utf-8")
    for block in re.split(r"\n(?=## )|\n===\n", whole):
        if named := re.match(r"## (.*)\n", block):
            kind = named[1]
        yield kind, block[named.end() if named else 0 :].strip()


def features(found: list[Text]) -> tuple[Array, Array]:
    """Vectors (texts, dimension) and forms (texts, forms)."""
    vectors = np.concatenate([article_vector(text.title, text.text).scope_row for text in found])
    return vectors.astype(float), np.array([scope.form_of(text.text) for text in found], float)


def fit(vectors: Array, forms: Array, news: NDArray[np.bool_]) -> scope.ScopeModel:
    """Logistic regression with both classes of equal weight; bias 0 is even odds."""
    mean, spread = forms.mean(axis=0), forms.std(axis=0) + 1e-9
    rows = _design(vectors, forms, mean, spread)
    weight = np.where(news, 0.5 / news.sum(), 0.5 / (~news).sum())
    found = np.zeros(rows.shape[1])
    penalty = np.full(rows.shape[1], PENALTY)
    penalty[-1] = 0
    for _ in range(30):  # Newton
        p = 1 / (1 + np.exp(-rows @ found))
        gradient = rows.T @ (weight * (p - news)) + penalty * found
        curve = (rows * (weight * p * (1 - p))[:, None]).T @ rows + np.diag(penalty + 1e-9)
        found = found - np.linalg.solve(curve, gradient)
    size = vectors.shape[1]
    return scope.ScopeModel(
        vector=(found[:size] * VECTOR).astype(np.float32),
        form=(found[size:-1] * FORM).astype(np.float32),
        mean=mean.astype(np.float32),
        spread=spread.astype(np.float32),
        bias=float(found[-1]) - THRESHOLD,
    )


def _design(vectors: Array, forms: Array, mean: Array, spread: Array) -> Array:
    standard = np.clip((forms - mean) / spread, -3, 3)
    return np.column_stack([vectors * VECTOR, standard * FORM, np.ones(len(vectors))])


def logits(model: scope.ScopeModel, vectors: Array, forms: Array) -> Array:
    """What the model says of each row."""
    standard = np.clip((forms - model.mean) / model.spread, -3, 3)
    return np.asarray(vectors @ model.vector + standard @ model.form + model.bias, float)


def kinds() -> None:
    """Each kind of text judged by a model that was fitted without it; news in random folds."""
    found = texts()
    vectors, forms = features(found)
    news = np.array([text.news for text in found])
    chosen = np.random.default_rng(0)
    names = sorted({text.kind for text in found if not text.news})
    chosen.shuffle(names)
    fold = np.array(
        [chosen.integers(FOLDS) if t.news else names.index(t.kind) % FOLDS for t in found]
    )
    found_logits = np.zeros(len(found))
    for number in range(FOLDS):
        held = fold == number
        model = fit(vectors[~held], forms[~held], news[~held])
        found_logits[held] = logits(model, vectors[held], forms[held])
    lost = found_logits <= 0
    print(f"other kinds: none for {lost[~news].mean():.3f} of {(~news).sum()}, {len(names)} kinds")
    print(f"our own news: none for {lost[news].mean():.4f} of {news.sum()}")
    for place in np.flatnonzero(~news & ~lost):
        print(f"  given: {found[place].kind}: {found[place].text[:60]!r}")


def unseen() -> None:
    """The texts that may never fit anything: those that get a topic of the default taxonomy."""
    scorer = TopicScorer(default_taxonomy())
    found = [
        (kind, text, scorer.classify(Article(text=text))) for kind, text in _blocks("unseen.txt")
    ]
    given = [(kind, text, labels) for kind, text, labels in found if labels]
    print(f"none for {1 - len(given) / len(found):.3f} of {len(found)}")
    for kind, text, labels in given:
        print(f"  given {labels[0].name} {labels[0].confidence:.2f}: {kind}: {text[:60]!r}")


def news_lost(folder: Path, *, first: int | None) -> None:
    """The rows of real news that the stored model takes for something else."""
    for path in sorted(folder.glob("*.jsonl")):
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()][:first]
        lost = [
            row
            for row in rows
            if not scope.in_scope(
                article_vector(row.get("title") or "", row["text"]).scope_row, row["text"]
            )
        ]
        print(f"{path.stem:16} rows {len(rows):4}  lost {len(lost)} = {len(lost) / len(rows):.4f}")


def main() -> None:
    """Run one of the four."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["fit", "kinds", "unseen", "news"])
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--first", type=int, help="only the first rows of each set")
    args = parser.parse_args()
    if args.what == "kinds":
        kinds()
    elif args.what == "unseen":
        unseen()
    elif args.what == "news":
        news_lost(args.data, first=args.first)
    else:
        found = texts()
        model = fit(*features(found), np.array([text.news for text in found]))
        np.savez_compressed(ROOT / "summarizer" / "topics" / "scope.npz", **model._asdict())


if __name__ == "__main__":
    main()
