"""First-topic accuracy of the similarity scorer on labelled news.

    python benchmarks/topics.py DATA/topics [--first N]

DATA/topics holds bbc_news.jsonl, ag_news.jsonl, masakhanews_eng.jsonl and masakhanews_fra.jsonl
(fields label, title, text). All 17 labels compete. A row is right where the first topic is one of
those its label is mapped to; AG's "World" has no single counterpart and takes any of six.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from summarizer.articles.article import Article
from summarizer.classification.similarity import FITS, TopicScorer
from summarizer.taxonomy import default_taxonomy

LABELS = {
    "business": {"04000000"},
    "entertainment": {"01000000"},
    "politics": {"11000000"},
    "sport": {"15000000"},
    "sports": {"15000000"},
    "tech": {"13000000"},
    "technology": {"13000000"},
    "health": {"07000000"},
    "religion": {"12000000"},
    "World": {"11000000", "16000000", "02000000", "03000000", "14000000", "12000000"},
    "Sci/Tech": {"13000000", "06000000"},
    "Business": {"04000000", "09000000"},
    "Sports": {"15000000"},
}
SETS = {"bbc_news": "en", "ag_news": "en", "masakhanews_eng": "en", "masakhanews_fra": "fr"}


def measure(path: Path, *, language: str, first: int | None) -> str:
    """One line: accuracy of the first topic, of any label given, labels a row, time a row."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()][:first]
    scorer = TopicScorer(default_taxonomy())
    roots = default_taxonomy().roots
    hits = given = labels = 0
    seconds = 0.0
    for row in rows:
        article = Article(title=row["title"], text=row["text"], language=language)
        begin = time.perf_counter()
        scored = scorer.scores(article, roots)
        seconds += time.perf_counter() - begin
        chosen = [s.topic.id for s in scored if s.score >= FITS][:3]
        hits += scored[0].topic.id in LABELS[row["label"]]
        given += bool(LABELS[row["label"]] & set(chosen))
        labels += len(chosen)
    n = len(rows)
    return (
        f"{path.stem:16} rows {n:4}  first {hits / n:.3f}  among given {given / n:.3f}  "
        f"topics a row {labels / n:.2f}  ms a row {1000 * seconds / n:.0f}"
    )


def main() -> None:
    """Print a line per set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--first", type=int, help="only the first rows of each set")
    args = parser.parse_args()
    for name, language in SETS.items():
        path = args.data / f"{name}.jsonl"
        if path.is_file():
            print(measure(path, language=language, first=args.first), flush=True)


if __name__ == "__main__":
    main()
