"""Public data sets, as they are published, as rows for a suite (``data.format: table``).

    python benchmarks/datasets.py ag-news train.csv > evals/ag/data.jsonl

ag-news: the original CSV (class 1 to 4, title, description). bbc: the original folders
(``business/001.txt``; Greene and Cunningham 2006). cnn-dailymail: a folder of .story files.
reuters: a folder of Reuters-21578's .sgm files (Lewis 1997); articles that no indexer saw have no
labels. Tables with columns of any name need no loader: ``data.fields`` in suite.yaml names them.
"""

from __future__ import annotations

import csv
import html
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

AG_NEWS = ("World", "Sports", "Business", "Sci/Tech")


def ag_news(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of AG News."""
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        for number, (label, title, text) in enumerate(csv.reader(file), start=1):
            if label.isdecimal():  # no header
                yield {
                    "id": number,
                    "title": title,
                    "text": text,
                    "labels": [AG_NEWS[int(label) - 1]],
                }


def bbc(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of BBC News."""
    for file in sorted(path.glob("*/*.txt")):
        # The collection is in Latin-1 where it is not ASCII.
        title, _, text = file.read_text(encoding="latin-1").partition("\n")
        label = file.parent.name
        yield {
            "id": f"{label}/{file.stem}",
            "title": title.strip(),
            "text": text.strip() or title,
            "labels": [label],
        }


def cnn_dailymail(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of CNN/DailyMail."""
    for file in sorted(path.glob("*.story")):
        text, *highlights = file.read_text(encoding="utf-8", errors="replace").split("@highlight")
        # Highlights are sentences without their full stop.
        sentences = [f"{line.strip().rstrip('.')}." for line in highlights if line.strip()]
        yield {"id": file.stem, "text": text.strip(), "reference": " ".join(sentences)}


def reuters(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of Reuters-21578."""
    for file in sorted(path.glob("*.sgm")):
        for article in file.read_text(encoding="latin-1").split("<REUTERS ")[1:]:
            head, _, body = article.partition(">")
            text = inner(body, "BODY")
            if text is None:
                continue
            number, split = attribute(head, "NEWID"), attribute(head, "LEWISSPLIT")
            labels = re.findall(r"<D>([^<]*)</D>", inner(body, "TOPICS") or "")
            yield {
                "id": number,
                "title": inner(body, "TITLE"),
                "date": inner(body, "DATE"),
                # What ends a text: the agency's name and a control character.
                "text": re.sub(r"(?i)reuter\s*\x03?\Z", "", text.removesuffix("\x03").rstrip()),
                "labels": None if 'TOPICS="NO"' in head else labels,
                "slices": [split] if split else [],
            }


def inner(body: str, tag: str) -> str | None:
    """What is between the tags; None where there is no such element."""
    start, end = body.find(f"<{tag}>"), body.find(f"</{tag}>")
    if start < 0 or end < start:
        return None
    text = body[start + len(tag) + 2 : end]
    return text if tag == "TOPICS" else html.unescape(text).replace("&#3;", "").strip()


def attribute(head: str, name: str) -> str | None:
    """The value of an attribute of a tag."""
    found = re.search(rf'{name}="([^"]*)"', head)
    return found[1] if found else None


LOADERS: dict[str, Callable[[Path], Iterator[dict[str, Any]]]] = {
    "ag-news": ag_news,
    "bbc": bbc,
    "cnn-dailymail": cnn_dailymail,
    "reuters": reuters,
}


def main() -> None:
    """Writes the rows as JSON lines."""
    if len(sys.argv) != 3 or sys.argv[1] not in LOADERS:
        sys.exit(f"usage: python benchmarks/datasets.py {'|'.join(LOADERS)} PATH > data.jsonl")
    for row in LOADERS[sys.argv[1]](Path(sys.argv[2])):
        print(json.dumps(row, ensure_ascii=False))


if __name__ == "__main__":
    main()
