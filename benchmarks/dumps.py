"""What is read of articles that came as plain text with all that stood around them.

    python benchmarks/dumps.py [open | kept] [--show]

120 copied pages, exports, mails, wires and chats in some 30 languages, made up by two people who
knew nothing of the program, who said of each line whether it is the body (B), the sentence under
the headline (K), the headline (T), the day (D), the author (A), a caption or credit (C) or
something else (M). No rule was written on either half. With --show, each file.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

from summarizer.articles import article_from_text
from summarizer.errors import SummarizerError
from summarizer.evaluation.stats.significance import wilson_interval

FOLDER = Path(__file__).with_name("dumps")
WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]|\w+")


def main() -> None:
    """Print shares of lines and of files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("half", choices=["open", "kept"], nargs="?", default="kept")
    parser.add_argument("--show", action="store_true")
    args = parser.parse_args()
    rows = (FOLDER / f"{args.half}.jsonl").read_text(encoding="utf-8").splitlines()
    found = [measure(json.loads(row)) for row in rows]
    total: Counter[str] = sum(found, Counter())
    for row, counts in zip(rows, found, strict=True) if args.show else ():
        print(f"{json.loads(row)['id']:24} {dict(counts)}")
    print(share("lines of the body that stay", total["stays"], total["body"]))
    print(share("lines around it that go", total["goes"], total["around"]))
    for name in ("all lines right", "title right", "day right", "author right"):
        print(share(f"files: {name}", total[name], len(rows)))
    print(f"F1 of the words, mean of files: {total['f1'] / len(rows) / 1e6:.3f}")


def measure(row: dict[str, Any]) -> Counter[str]:
    """What is right in one file; its F1 in millionths."""
    lines = [
        (tag, " ".join(line.split())) for tag, line in zip(row["tags"], row["lines"], strict=True)
    ]
    body = [line for tag, line in lines if tag in "BK"]
    around = [line for tag, line in lines if tag in "MC" and line not in body]
    try:
        article = article_from_text("\n".join(row["lines"]))
    except SummarizerError:
        return Counter({"body": len(body), "around": len(around), "goes": len(around)})
    read = {" ".join(line.split()) for line in article.text.split("\n")}
    text = " ".join(" ".join(article.text.split()).split("- "))
    stays = sum(_is_in(line, read, text) for line in body)
    goes = sum(not _is_in(line, read, text) for line in around)
    day = str(article.published) if article.published else None
    return Counter(
        {
            "body": len(body),
            "stays": stays,
            "around": len(around),
            "goes": goes,
            "all lines right": stays == len(body) and goes == len(around),
            "title right": _same(article.title, row["title"]),
            "day right": day == row["date"],
            "author right": _same(article.author, row["author"]),
            "f1": round(1e6 * _f1(" ".join(body), article.text)),
        }
    )


def _is_in(line: str, read: set[str], text: str) -> bool:
    """Whether a line was read: by itself, or, a long one, as part of a paragraph."""
    return line in read or (len(line) > 20 and " ".join(line.split("- ")) in text)


def _same(found: str | None, right: str | None) -> bool:
    return " ".join((found or "").casefold().split()) == " ".join((right or "").casefold().split())


def _f1(gold: str, read: str) -> float:
    """Of the words, each as often as it stands there."""
    first, second = (Counter(WORD.findall(text.lower())) for text in (gold, read))
    shared = sum((first & second).values())
    return 2 * shared / max(1, sum(first.values()) + sum(second.values()))


def share(name: str, right: int, n: int) -> str:
    """A share with its 95 % interval (Wilson)."""
    found = wilson_interval(right, n)
    return f"{name:30} {right:4} of {n:4}, {found.value:.0%} ({found.low:.0%} to {found.high:.0%})"


if __name__ == "__main__":
    main()
