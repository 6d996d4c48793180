"""ROUGE of the extractive summary and of the first three sentences, at the same length.

    pip install rouge-score
    python benchmarks/extractive.py DATA/summaries/realsumm_docs.jsonl

Rows have text and reference (CNN/DailyMail). The weights in summarizer/summaries/extractive.py
were chosen on the even rows; the odd rows are the result.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from summarizer.articles.article import Article
from summarizer.summaries.extractive import extractive_summary
from summarizer.text import split_sentences

KINDS = ("rouge1", "rouge2", "rougeLsum")


def main() -> None:
    """Print a line per half and system."""
    from rouge_score.rouge_scorer import RougeScorer

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    args = parser.parse_args()
    rows = [json.loads(line) for line in args.data.read_text(encoding="utf-8").splitlines()]
    scorer = RougeScorer(KINDS, use_stemmer=True)

    def score(row: dict[str, str], sentences: Sequence[str]) -> list[float]:
        reference = "\n".join(row["reference"].split(" . "))
        found = scorer.score(reference, "\n".join(sentences))
        return [100 * found[kind].fmeasure for kind in KINDS]

    scores: dict[str, list[list[float]]] = {"lead-3": [], "extractive": []}
    seconds = 0.0
    for row in rows:
        lead = [s.text for s in split_sentences(row["text"])[:3]]
        begin = time.perf_counter()
        ours = extractive_summary(Article(text=row["text"]), words=len(" ".join(lead).split()))
        seconds += time.perf_counter() - begin
        scores["lead-3"].append(score(row, lead))
        scores["extractive"].append(score(row, [s.text for s in ours]))
    for half, start in (("even (chosen on)", 0), ("odd (held out)", 1)):
        for name, values in scores.items():
            means = np.mean(values[start::2], axis=0)
            print(f"{half:17} {name:10}", "  ".join(f"{m:.1f}" for m in means))
    print(f"{1000 * seconds / len(rows):.0f} ms a summary")


if __name__ == "__main__":
    main()
