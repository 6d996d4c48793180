"""What is read of articles that came as plain text with all that stood around them.

    python benchmarks/dumps.py [kept | open | fresh | later | FILE.jsonl ...] [--show]

Copied pages, exports, mails, wires and chats in some 40 languages, made up by people who knew
nothing of the program, who said of each line whether it is the body (B), the sentence under the
headline (K), the headline (T), the day (D), the author (A), a caption or credit (C), an order to a
model, which is to stay so that it is found (X), or something else (M). ``fit_lines.py`` learns from
all of them, and measures each writer's files without them; so pass a FILE that it never saw, with
rows of the same fields. With --show, each file.
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
    parser.add_argument("files", nargs="*", default=["kept"])
    parser.add_argument("--show", action="store_true")
    args = parser.parse_args()
    named = {"open", "kept", "fresh", "later"}
    paths = [FOLDER / f"{name}.jsonl" if name in named else name for name in args.files]
    rows = [row for path in paths for row in Path(path).read_text(encoding="utf-8").splitlines()]
    found = [measure(json.loads(row)) for row in rows]
    for row, counts in zip(rows, found, strict=True) if args.show else ():
        print(f"{json.loads(row)['id']:24} {dict(counts)}")
    report(sum(found, Counter()), len(rows))


def report(total: Counter[str], files: int) -> None:
    """Print what is right of all lines and of all files."""
    print(share("lines of the body that stay", total["stays"], total["body"]))
    print(share("lines around it that go", total["goes"], total["around"]))
    if total["orders"]:
        print(share("lines of orders that stay", total["found"], total["orders"]))
    for name in ("all lines right", "title right", "day right", "author right"):
        print(share(f"files: {name}", total[name], files))
    print(f"F1 of the words, mean of files: {total['f1'] / files / 1e6:.3f}")


def measure(row: dict[str, Any]) -> Counter[str]:
    """What is right in one file; its F1 in millionths."""
    lines = [
        (tag, " ".join(line.split())) for tag, line in zip(row["tags"], row["lines"], strict=True)
    ]
    body = [line for tag, line in lines if tag in "BKX"]
    orders = [line for tag, line in lines if tag == "X"]
    around = [line for tag, line in lines if tag in "MC" and line not in body]
    try:
        article = article_from_text("\n".join(row["lines"]))
    except SummarizerError:
        goes = len(around)
        return Counter(body=len(body), around=goes, goes=goes, orders=len(orders))
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
            "orders": len(orders),
            "found": sum(_is_in(line, read, text) for line in orders),
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
