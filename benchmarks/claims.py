"""Right and wrong claims about news articles, and how many of each the rules flag.

    python benchmarks/claims.py [open | kept] [--show]

Articles in many languages, each with claims that are right in other words and claims with one
subtle error, by writers who knew nothing of the rules. On "open" false alarms were looked at and
mended; "kept" is only counted. With --show, each false alarm and each error that is missed.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

from summarizer.articles.article import Article
from summarizer.digest import Check
from summarizer.evaluation.stats.significance import wilson_interval
from summarizer.verification import verify_summary

FOLDER = Path(__file__).with_name("claims")


def main() -> None:
    """Print the shares that are flagged, of all claims and by kind."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=["open", "kept"], nargs="?", default="kept")
    parser.add_argument("--show", action="store_true")
    args = parser.parse_args()
    lines = (FOLDER / f"{args.part}.jsonl").read_text(encoding="utf-8").splitlines()
    counts: Counter[tuple[bool, str, bool]] = Counter()
    for row in map(json.loads, lines):
        title, _, text = row["text"].partition("\n\n")
        article = Article(title=title, text=text, language=row["lang"])
        for claim in row["claims"]:
            checks = verify_summary([claim["text"]], article).checks
            counts[claim["right"], claim["kind"], bool(checks)] += 1
            if args.show and bool(checks) == claim["right"]:
                name = f"{row['id']} {row['lang']} {claim['kind']}"
                print(f"{name}: {claim['text']}{told(checks)}")
    for right, name in ((True, "right claims flagged"), (False, "wrong claims flagged")):
        kinds = sorted({kind for is_right, kind, _ in counts if is_right == right})
        flagged = sum(counts[right, kind, True] for kind in kinds)
        print(share(name, flagged, sum(counts[right, kind, False] for kind in kinds)))
        for kind in kinds if len(kinds) > 1 else ():
            print(share(f"  {kind}", counts[right, kind, True], counts[right, kind, False]))


def told(checks: tuple[Check, ...]) -> str:
    """What is said of a claim."""
    return "".join(f" | {check.message}" for check in checks)


def share(name: str, flagged: int, passed: int) -> str:
    """A share with its 95 % interval (Wilson)."""
    n = flagged + passed
    found = wilson_interval(flagged, n)
    return (
        f"{name:28} {flagged:3} of {n:3}, {found.value:.0%} ({found.low:.0%} to {found.high:.0%})"
    )


if __name__ == "__main__":
    main()
