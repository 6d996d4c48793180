"""How good the second level of the default taxonomy is, on texts of ours for each of its topics.

    python benchmarks/topics_level2.py [wrong]

topic_texts_level2.txt has a sentence or two for each topic; since the constants of a user's own
labels were fitted it is no longer unseen. topic_articles_level2.txt has 170 articles of 40 to 90
words, one to three for each topic, whose errors said of which topics more examples were written;
topic_articles_level2_unseen.txt one more for each topic, a third of them in German, French and
Spanish, which were written before those examples; every second row of both fitted BELOW of
similarity.py. topic_articles_level2_unseen_2.txt has another one for each topic, in the same
languages, which chose nothing. Hierarchical F1 (Kiritchenko
et al., 2005): labels and gold count with the topics above.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from summarizer import Article
from summarizer.taxonomy import default_taxonomy
from summarizer.topics.similarity import TopicScorer

TEXTS = Path(__file__).with_name("topic_texts_level2.txt")
ARTICLES = Path(__file__).with_name("topic_articles_level2.txt")
UNSEEN = Path(__file__).with_name("topic_articles_level2_unseen.txt")
UNSEEN_2 = Path(__file__).with_name("topic_articles_level2_unseen_2.txt")


class Result(NamedTuple):
    """One text: ids given with those above, ids that are right, and the best of its branch."""

    branch: str
    found: frozenset[str]
    right: frozenset[str]
    wanted: str
    best: str
    confidence: float | None  # of a second-level topic that comes first


def read(path: Path) -> list[tuple[str, str]]:
    """Topic id and text of each line."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [(line[:8], line[9:]) for line in lines]


def classify(texts: Sequence[tuple[str, str]]) -> list[Result]:
    """What the similarity says of each text."""
    taxonomy = default_taxonomy()
    scorer = TopicScorer(taxonomy, depth=2)
    results = []
    for wanted, text in texts:
        article = Article(text=text, language="en")
        labels = scorer.classify(article)
        first = next(iter(labels), None)
        parent = taxonomy.topic(str(taxonomy.topic(wanted).parent))
        best = scorer.scores(article, taxonomy.children(parent.id))[0].topic.id
        results.append(
            Result(
                branch=parent.name,
                found=frozenset(i for label in labels for i in taxonomy.line(label.id)),
                right=frozenset((parent.id, wanted)),
                wanted=wanted,
                best=best,
                confidence=first.confidence if first and len(first.path) > 1 else None,
            )
        )
    return results


def f1(results: Sequence[Result]) -> float:
    """Hierarchical F1 of all texts together."""
    shared = sum(len(r.found & r.right) for r in results)
    return 2 * shared / max(sum(len(r.found) + len(r.right) for r in results), 1)


def interval(results: Sequence[Result]) -> tuple[float, float]:
    """The middle 95 % of F1 over 1,000 samples of the texts (bootstrap)."""
    chosen = np.random.default_rng(0)
    draws = [
        f1([results[i] for i in chosen.integers(len(results), size=len(results))])
        for _ in range(1000)
    ]
    low, high = np.quantile(draws, [0.025, 0.975])
    return float(low), float(high)


def report(name: str, results: Sequence[Result]) -> None:
    """Print the figures of all texts and of each branch."""
    low, high = interval(results)
    print(f"{name}: texts {len(results)}, hierarchical F1 {f1(results):.3f} ({low:.3f}-{high:.3f})")
    second = [r for r in results if any(i not in r.right and i[0] == "2" for i in r.found)]
    print(
        f"first level {np.mean([bool(r.right & r.found - {r.wanted}) for r in results]):.3f}, "
        f"second {np.mean([r.wanted in r.found for r in results]):.3f}, "
        f"a wrong second {len(second) / len(results):.3f}, "
        f"best of its branch {np.mean([r.best == r.wanted for r in results]):.3f}, "
        f"levels given a text {np.mean([len(r.found) for r in results]):.2f}"
    )
    sure = [(r.confidence, r.wanted in r.found) for r in results if r.confidence is not None]
    confidence, right = np.mean(sure, axis=0)
    print(f"second level first: confidence {confidence:.2f}, right {right:.2f}, n {len(sure)}")
    branches: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        branches[result.branch].append(result)
    for branch, own in sorted(branches.items()):
        best = np.mean([r.best == r.wanted for r in own])
        print(f"  {branch:45} F1 {f1(own):.2f}, best of branch {best:.2f} of {len(own)}")


def main() -> None:
    """Print all sets; with an argument the articles alone, with each text that is wrong."""
    results = classify(read(ARTICLES))
    report("articles", results)
    report(
        "the odd rows of articles and those once unseen",
        results[1::2] + classify(read(UNSEEN)[1::2]),
    )
    if sys.argv[1:]:
        names = {topic.id: topic.name for topic in default_taxonomy().topics}
        for r in results:
            if r.best != r.wanted or r.wanted not in r.found:
                given = ", ".join(names[i] for i in sorted(r.found - r.right))
                print(f"    {names[r.wanted]}: best {names[r.best]}, wrongly given: {given}")
        return
    report("articles, unseen", classify(read(UNSEEN_2)))
    report("sentences", classify(read(TEXTS)))


if __name__ == "__main__":
    main()
