"""True and false claims about news articles, and how many of each the rules flag.

    python benchmarks/claims.py [open | kept] [--show]

60 articles in eight languages, each with five claims that are true in other words and five with one
subtle error, by somebody who knew nothing of the rules. On the half "open" false alarms were looked
at and mended; "kept" is only counted. With --show, each false alarm and each error that is missed.
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
    """Print the shares that are flagged, and the errors that are found by kind."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("half", choices=["open", "kept"], nargs="?", default="kept")
    parser.add_argument("--show", action="store_true")
    args = parser.parse_args()
    counts: Counter[tuple[str, bool]] = Counter()
    lines = (FOLDER / f"{args.half}.jsonl").read_text(encoding="utf-8").splitlines()
    for row in map(json.loads, lines):
        title, _, text = row["text"].partition("\n\n")
        article = Article(title=title, text=text, language=row["lang"])
        claims = [(claim, "true") for claim in row["true"]]
        claims += [(claim["text"], claim["kind"]) for claim in row["false"]]
        for claim, kind in claims:
            checks = verify_summary([claim], article).checks
            counts[kind, bool(checks)] += 1
            if args.show and bool(checks) == (kind == "true"):
                print(f"{row['id']} {row['lang']} {kind}: {claim}{told(checks)}")
    kinds = sorted({kind for kind, _ in counts} - {"true"})
    false = {flag: sum(counts[kind, flag] for kind in kinds) for flag in (True, False)}
    print(share("true claims flagged", counts["true", True], counts["true", False]))
    print(share("false claims flagged", false[True], false[False]))
    for kind in kinds:
        print(share(f"  {kind}", counts[kind, True], counts[kind, False]))


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
