"""How many points of long texts their extractive summaries tell.

    python benchmarks/long_texts.py [--fit] [--cut WORDS]

The texts in long_texts/ were written for this by people who knew nothing of the product: speeches,
essays, reports, interviews and features of 1,200 to 2,500 words, each with 7 to 10 points and the
sentences that say them by themselves, and first-person texts of some 600 words with 6. The weights
of a sentence were chosen on the first three people's texts; the fourth's were looked at; those of
``unseen`` and ``first_person`` were only measured on. A point is told by a summary that has
most of one of its sentences. ``--fit`` prints the weights by logistic regression;
``--cut`` measures the beginnings of the texts, up to so many words, and the points that they say.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from summarizer.articles.article import Article
from summarizer.summaries.candidates import find_candidates, word_weights
from summarizer.summaries.extractive import extractive_summary
from summarizer.summaries.long_text import signs
from summarizer.summaries.request import LENGTHS
from summarizer.text import Sentence, count_words, split_sentences

DATA = Path(__file__).with_name("long_texts")
FITTED = ("hand_1", "hand_2", "hand_3")
OTHERS = ("fourth", "unseen", "first_person")
DRAWS = 2_000


def main() -> None:
    """Print the share of points told, by length and method."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--cut", type=int, metavar="WORDS")
    args = parser.parse_args()
    if args.fit:
        print(fitted([row for name in FITTED for row in read(name)]))
        return
    for name in (*FITTED, *OTHERS):
        rows = read(name)
        if args.cut:
            rows = [short for row in rows if (short := cut(row, args.cut))["points"]]
        print(f"{name}, n={len(rows)} texts")
        for words in LENGTHS.values():
            ours = [told(row, extractive_summary(article(row), words=words)) for row in rows]
            chance = [by_chance(row, words) for row in rows]
            print(
                f"  {words} words: {interval(ours)}, sentences drawn by lot {np.mean(chance):.0%}"
            )


def read(name: str) -> list[dict[str, Any]]:
    """The texts of one person."""
    lines = (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def cut(row: dict[str, Any], words: int) -> dict[str, Any]:
    """The beginning of a text with the points that it says."""
    size = end = 0
    for sentence in split_sentences(row["text"], row["lang"]):
        size += count_words(sentence.text)
        end = sentence.end
        if size >= words:
            break
    text = row["text"][:end]
    said = [[s for s in point["sentences"] if s in text] for point in row["points"]]
    return {**row, "text": text, "points": [{"sentences": found} for found in said if found]}


def article(row: dict[str, Any]) -> Article:
    """A row as an article."""
    return Article(text=row["text"], title=row["title"], language=row["lang"])


def told(row: dict[str, Any], summary: Sequence[Sentence]) -> float:
    """The share of the points that a summary tells."""
    return float(np.mean([any(says(s, row, point) for s in summary) for point in row["points"]]))


def says(sentence: Sentence, row: dict[str, Any], point: dict[str, Any]) -> bool:
    """Whether it has 60 % of a sentence that says the point."""
    for text in point["sentences"]:
        start = row["text"].index(text)
        shared = min(sentence.end, start + len(text)) - max(sentence.start, start)
        if shared >= 0.6 * min(len(text), len(sentence.text)):
            return True
    return False


def by_chance(row: dict[str, Any], words: int, *, draws: int = 20) -> float:
    """The share of the points that sentences tell which are drawn by lot."""
    sentences = split_sentences(row["text"], row["lang"])
    generator = np.random.default_rng(0)
    found = []
    for _ in range(draws):
        chosen, left = [], words
        for place in generator.permutation(len(sentences)):
            size = len(sentences[place].text.split())
            if size <= left:
                chosen.append(sentences[place])
                left -= size
        found.append(told(row, chosen))
    return float(np.mean(found))


def interval(shares: Sequence[float]) -> str:
    """The mean over the texts with its 95 % interval."""
    values = np.array(shares)
    generator = np.random.default_rng(0)
    means = [generator.choice(values, len(values)).mean() for _ in range(DRAWS)]
    low, high = np.quantile(means, [0.025, 0.975])
    return f"{values.mean():.0%} of the points ({low:.0%} to {high:.0%})"


def fitted(rows: Sequence[dict[str, Any]]) -> NDArray[Any]:
    """The weights of the signs of a sentence that says a point; the last is the constant."""
    from sklearn.linear_model import LogisticRegression

    features, labels = [], []
    for row in rows:
        text = article(row)
        candidates = find_candidates(text).sentences
        features.append(signs(candidates, word_weights(candidates, text)))
        labels += [
            any(says(one.sentence, row, point) for point in row["points"]) for one in candidates
        ]
    model = LogisticRegression(C=0.1, max_iter=1_000).fit(np.vstack(features), labels)
    return np.append(model.coef_[0], model.intercept_).round(2)


if __name__ == "__main__":
    main()
