"""Claims that only a related article bears out: how many are found, and how many are made up.

    python benchmarks/borrowed.py DATA

Each article of two sets of news (BBC; CNN/DailyMail with a human summary) is given its nearest
neighbour of the set as the related article. Sentences of the neighbour, and of its human summary,
are borrowed claims; those of the article itself are not.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from summarizer import Article
from summarizer.retrieval.embedding import load_embedder
from summarizer.text import split_sentences
from summarizer.verification import verify_summary

BBC_ROWS = 150
LEAD = 4
CHARACTERS = 1500


def main(data: Path) -> None:
    """Print the share of sentences that are called borrowed, for each kind of claim."""
    bbc = _rows(data / "topics" / "bbc_news.jsonl")[:BBC_ROWS]
    cnn = _rows(data / "summaries" / "realsumm_docs.jsonl")
    print(f"{'claims':<40} {'sentences':>9} {'borrowed':>9}")
    for name, texts, claims in [
        ("BBC, lead", [row["text"] for row in bbc], [_sentences(row["text"], LEAD) for row in bbc]),
        (
            "CNN/DM, human summary",
            [row["text"] for row in cnn],
            [_sentences(row["reference"]) for row in cnn],
        ),
    ]:
        nearest = _nearest(texts)
        _report(f"{name} of the article itself", texts, nearest, claims)
        _report(f"{name} of the neighbour", texts, nearest, [claims[i] for i in nearest])


def _report(
    name: str, texts: Sequence[str], nearest: Sequence[int], claims: Sequence[list[str]]
) -> None:
    total = found = 0
    for text, other, sentences in zip(texts, nearest, claims, strict=True):
        related = Article(text=texts[other], title="The neighbour", language="en")
        article = Article(text=text, language="en")
        checks = verify_summary(sentences, article, related=[related]).checks
        total += len(sentences)
        found += len({check.sentence for check in checks if check.kind == "context"})
    print(f"{name:<40} {total:>9} {found / total:>9.1%}")


def _nearest(texts: Sequence[str]) -> list[int]:
    vectors = load_embedder("wordllama").embed([text[:CHARACTERS] for text in texts])
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -1)
    return [int(row.argmax()) for row in cosines]


def _sentences(text: str, most: int | None = None) -> list[str]:
    found = [sentence.text for sentence in split_sentences(text, "en")]
    return [sentence for sentence in found if len(sentence.split()) > 3][:most]


def _rows(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
