"""Fits and measures the model that tells prose about the world from texts without a topic.

    python benchmarks/topics_scope.py fit                 writes summarizer/topics/scope.npz
    python benchmarks/topics_scope.py kinds               texts of kinds that it was not fitted on
    python benchmarks/topics_scope.py unseen              unseen.txt, written after it was fitted
    python benchmarks/topics_scope.py news DATA/topics    real news that would lose its topics

Training texts: benchmarks/scope/, the example news of benchmarks/topic_texts, the examples of the
default taxonomy, seeds/ and evals/news/. In benchmarks/scope/ other.txt and news.txt were written
for this, and generated.txt was made by a program; other_hand.jsonl, 260 texts of 93 kinds that are
no news, and other_hand_news.jsonl, 260 news in unusual shapes, are by a person who never saw the
program or the other texts. DATA only measures. Reading the training texts takes eight minutes on
two idle cores; scikit-learn (extra "fit") fits them.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import textwrap
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
SCOPE = ROOT / "benchmarks" / "scope"
FORM = 0.1  # how much the form counts beside the vector; 0.05 and 0.2 lose more real news
GAMMA = 1.0  # of the kernel; 0.5 loses more real news, 2 finds fewer other texts
# Flat from 3 to 10: hardly a training text is on the wrong side.
INVERSE_PENALTY = 3.0
# The least that news must reach. Chosen in cross-validation over the other hand's kinds.
THRESHOLD = -0.05
# News also counts with the lines of a wire service: otherwise one in eight Reuters rows is lost.
WIDTH = 64
DRAWS = 3  # of halves of the other hand's kinds
# Passages of our sample articles that give orders to a model are no news.
ORDERS = ("SYSTEM MESSAGE", "Ignore the part", "automatische Zusammenfassungen", "software that e")
Array = NDArray[np.float64]


class Text(NamedTuple):
    """A training text; ``kind`` is what it is an example of, ``other_hand`` that it is not ours."""

    news: bool
    kind: str
    text: str
    title: str = ""
    other_hand: bool = False


def texts() -> list[Text]:
    """All training texts."""
    found = [Text(False, kind, text) for kind, text in _blocks("other.txt")]
    found += [Text(False, kind, text) for kind, text in _blocks("generated.txt")]
    found += [Text(True, kind, text) for kind, text in _blocks("news.txt")]
    for news, name in ((False, "other_hand.jsonl"), (True, "other_hand_news.jsonl")):
        found += [Text(news, r["kind"], r["text"], other_hand=True) for r in _rows(SCOPE / name)]
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
    """Training rows: all texts, then news once more with short lines.

    Attributes:
        vectors: (rows, dimension).
        forms: (rows, forms).
        texts: of the rows.
    """

    vectors: Array
    forms: Array
    texts: list[Text]

    def of(self, chosen: NDArray[np.bool_]) -> Samples:
        """Those of the rows."""
        own = [text for text, kept in zip(self.texts, chosen, strict=True) if kept]
        return Samples(self.vectors[chosen], self.forms[chosen], own)


def samples(found: list[Text]) -> Samples:
    """The rows of these texts."""
    vectors = np.concatenate([article_vector(text.title, text.text).scope_row for text in found])
    news = [place for place, text in enumerate(found) if text.news]
    lines = [found[place]._replace(text=textwrap.fill(found[place].text, WIDTH)) for place in news]
    forms = np.array([scope.form_of(text.text) for text in [*found, *lines]], float)
    return Samples(np.concatenate([vectors, vectors[news]]).astype(float), forms, found + lines)


def fit(rows: Samples) -> scope.ScopeModel:
    """The support vector machine; both classes have equal weight."""
    from sklearn.svm import SVC

    mean, spread = rows.forms.mean(axis=0), (rows.forms.std(axis=0) + 1e-9) / FORM
    news = np.array([text.news for text in rows.texts])
    machine = SVC(C=INVERSE_PENALTY, gamma=GAMMA, class_weight="balanced")
    machine.fit(_design(rows, mean, spread), news)
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
    kernel = np.exp(2 * own @ model.supports.T - distances)
    return np.asarray(kernel @ model.weights + model.bias <= 0)


def kinds() -> None:
    """Half of the other hand's kinds judged by a model of the other half and our own texts."""
    rows = samples(texts())
    own = np.array([not text.other_hand for text in rows.texts])
    names = np.array([text.kind for text in rows.texts])
    news = np.array([text.news for text in rows.texts])
    once = np.arange(len(rows.texts)) < len(rows.texts) - news.sum() / 2
    none: dict[tuple[bool, str], list[bool]] = {}
    for draw in range(DRAWS):
        shuffled = np.random.default_rng(draw).permutation(sorted(set(names[~own])))
        for half in (shuffled[::2], shuffled[1::2]):
            held = ~own & np.isin(names, half)
            for text, refused in zip(
                rows.of(held & once).texts,
                lost(fit(rows.of(~held)), rows.of(held & once)),
                strict=True,
            ):
                none.setdefault((text.news, text.kind), []).append(bool(refused))
    for kept in (False, True):
        all_of = [refused for key, found in none.items() if key[0] == kept for refused in found]
        print(f"{'news' if kept else 'other'}: none for {np.mean(all_of):.3f} of {len(all_of)}")
        for key, found in sorted(none.items()):
            if key[0] == kept and np.mean(found) != (not kept):
                print(f"  {key[1]}: none for {np.mean(found):.2f} of {len(found)}")


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
        rows = _rows(path)[:first]
        refused = [
            row
            for row in rows
            if not scope.in_scope(
                article_vector(row.get("title") or "", row["text"]).scope_row, row["text"]
            )
        ]
        share = len(refused) / len(rows)
        print(f"{path.stem:16} rows {len(rows):4}  lost {len(refused)} = {share:.4f}")


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
        model = fit(samples(texts()))._asdict()
        model["supports"] = np.round(model["supports"] * 400).astype(np.int8)
        np.savez_compressed(ROOT / "summarizer" / "topics" / "scope.npz", **model)


if __name__ == "__main__":
    main()
