"""How well the checks in code agree with people, and what they catch and falsely flag.

    python benchmarks/faithfulness.py DATA

DATA is a folder with faithfulness/, summaries/ and topics/ (QAGS, XSumFaith, REALSumm, BBC
News as JSONL). Every figure is given for two halves of the documents: thresholds and word lists
were tuned on the first ("dev"), the second ("held-out") was only reported.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import time
import zlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from summarizer.articles.article import Article
from summarizer.digest import Check
from summarizer.text import split_sentences
from summarizer.verification.alignment import Aligner
from summarizer.verification.verify import verify_summary

HALVES = ("dev", "held-out")
NUMBER = re.compile(r"(?<![\w.,-])\d{1,3}(?:,\d{3})*(?:\.\d+)?(?![\w,.]\d)")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
DATES = (WEEKDAYS, MONTHS, tuple(str(year) for year in range(1985, 2005)))
# Surnames and places, found without the help of the code that is measured.
NAME = re.compile(rf"(?<=Mr |Ms |in )(?!{'|'.join(MONTHS)})[A-Z][a-z]{{3,}}\b")


class Judged(NamedTuple):
    """A summary sentence with the mean of its annotators' votes and their majority."""

    doc: str
    text: str
    sentence: str
    vote: float
    faithful: bool


def main() -> None:
    """Prints the whole report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    data: Path = parser.parse_args().data
    print("Agreement with people (r per summary, AUC per sentence; flags: AUC of 'not flagged')")
    sets = {name: qags(data / f"faithfulness/{name}.jsonl") for name in ("qags_cnndm", "qags_xsum")}
    sets["xsumfaith"] = xsumfaith(data / "faithfulness")
    for name, judged in sets.items():
        for half in HALVES:
            agreement(name, half, [item for item in judged if half_of(item.doc) == half])
    news = read(data / "topics/bbc_news.jsonl")
    print("\nPlanted errors (BBC leads and quotations): share of sentences flagged for it")
    for half in HALVES:
        planted(half, [row for row in news if half_of(row["id"]) == half][:200])
    print("\nFalse flags: share of sentences with any flag")
    for half in HALVES:
        rows = [row for row in news if half_of(row["id"]) == half][:150]
        false_flags("bbc article sentences", half, own_sentences(rows))
        realsumm = read(data / "summaries/realsumm_docs.jsonl")
        rows = [row for row in realsumm if half_of(row["id"]) == half]
        false_flags("realsumm references", half, references(rows))
        for name in ("qags_cnndm", "qags_xsum"):
            true = [j for j in sets[name] if j.vote == 1 and half_of(j.doc) == half]
            false_flags(
                f"{name}, all votes yes", half, [(article(j.text), j.sentence) for j in true]
            )
    speed(news)


def read(path: Path) -> list[dict[str, Any]]:
    """The rows of a JSONL file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def half_of(doc: object) -> str:
    """The half that a document belongs to, the same on every machine."""
    return HALVES[zlib.crc32(str(doc).encode()) % 2]


def restore(text: str) -> str:
    """Undoes the tokenisation of the data sets ("3, 800", "did n't", ``quote'')."""
    text = text.replace("\\'", "'").replace("``", '"').replace("''", '"')
    text = re.sub(r"(\d), (\d{3})(?!\d)", r"\1,\2", text)
    text = re.sub(r"(\d)\. (\d)", r"\1.\2", text)
    text = re.sub(r"(\d) - (?=\w)", r"\1-", text)
    return re.sub(r"(\w) (['’](?:s|re|ve|ll|d|m)|n['’]t)\b", r"\1\2", text)


def article(text: str, title: str | None = None) -> Article:
    """An English article."""
    return Article(text=text, title=title, language="en")


def qags(path: Path) -> list[Judged]:
    """QAGS (Wang et al. 2020): sentences of summaries with yes/no votes."""
    judged = []
    for row in read(path):
        for item in row["sentences"]:
            vote = sum(v == "yes" for v in item["votes"]) / len(item["votes"])
            sentence, faithful = restore(item["sentence"]), bool(item["majority_yes"])
            judged.append(Judged(row["id"], restore(row["text"]), sentence, vote, faithful))
    return judged


def xsumfaith(folder: Path) -> list[Judged]:
    """XSumFaith (Maynez et al. 2020): one-sentence summaries with votes."""
    docs = {row["bbcid"]: restore(row["text"]) for row in read(folder / "xsumfaith_docs.jsonl")}
    judged = []
    for row in read(folder / "xsumfaith_annotations.jsonl"):
        vote = sum(row["faithful_votes"]) / len(row["faithful_votes"])
        text, sentence = docs[row["bbcid"]], restore(row["summary"])
        judged.append(Judged(row["bbcid"], text, sentence, vote, bool(row["faithful_majority"])))
    return judged


def agreement(name: str, half: str, judged: list[Judged]) -> None:
    """Prints Pearson's r with the mean vote and the AUC of the majority."""
    aligners = {text: Aligner(text, language="en") for text in {item.text for item in judged}}
    scores = [aligners[item.text].align(item.sentence).score for item in judged]
    unflagged = [not verify_summary([item.sentence], article(item.text)).checks for item in judged]
    majority = [item.faithful for item in judged]
    # QAGS gives one vote per summary; every output of a system counts alone in XSumFaith.
    keys = [
        item.doc if name.startswith("qags") else str(place) for place, item in enumerate(judged)
    ]
    votes = [item.vote for item in judged]
    r = pearson(means(keys, scores), means(keys, votes))
    for size in (1, 3):
        baseline = [overlap(item.text, item.sentence, size=size) for item in judged]
        print(
            f"  {name:11} {half:9} baseline: {size}-grams of the sentence in the article  "
            f"r={pearson(means(keys, baseline), means(keys, votes)):.3f}"
            f"  AUC={auc(baseline, majority):.3f}"
        )
    print(
        f"  {name:11} {half:9} n={len(judged):4}  r={r:.3f}  AUC={auc(scores, majority):.3f}"
        f"  flags: AUC={auc(unflagged, majority):.3f}"
        f" flagged faithful {share(unflagged, majority, of=True):.3f}"
        f" unfaithful {share(unflagged, majority, of=False):.3f}"
    )


def overlap(text: str, sentence: str, *, size: int) -> float:
    """The share of the sentence's n-grams that the text has; one word is a 1-gram."""
    grams = []
    for source in (text, sentence):
        tokens = re.findall(r"\w+", source.lower())
        grams.append([tuple(tokens[i : i + size]) for i in range(len(tokens) - size + 1)])
    known = set(grams[0])
    return sum(gram in known for gram in grams[1]) / max(1, len(grams[1]))


def share(unflagged: list[bool], majority: list[bool], *, of: bool) -> float:
    """The share of flagged sentences among the faithful (or unfaithful) ones."""
    return float(np.mean([not u for u, m in zip(unflagged, majority, strict=True) if m == of]))


def means(keys: list[str], values: Iterable[float]) -> list[float]:
    """The mean of the values of each key, in order of first appearance."""
    grouped: dict[str, list[float]] = {}
    for key, value in zip(keys, values, strict=True):
        grouped.setdefault(key, []).append(value)
    return [float(np.mean(group)) for group in grouped.values()]


def pearson(one: list[float], other: list[float]) -> float:
    """Pearson's correlation."""
    return float(np.corrcoef(one, other)[0, 1])


def auc(scores: Iterable[float], labels: list[bool]) -> float:
    """Area under the ROC curve: P(score of a positive > of a negative), ties count half."""
    if len(set(labels)) < 2:
        return float("nan")  # in a draw of few documents
    values = np.asarray(list(scores), dtype=float)
    positive, negative = values[np.asarray(labels)], values[~np.asarray(labels)]
    differences = positive[:, None] - negative[None, :]
    return float((differences > 0).mean() + 0.5 * (differences == 0).mean())


def planted(half: str, rows: list[dict[str, Any]]) -> None:
    """Prints how many planted errors of each kind are flagged."""
    dice = random.Random(7)  # noqa: S311
    hits: Counter[str] = Counter()
    tries: Counter[str] = Counter()
    names = [name for row in rows for name in NAME.findall(row["text"])]
    for row in rows:
        source = article(row["text"], row["title"])
        for sentence in split_sentences(row["text"], "en")[:8]:
            for kind, wrong in errors(sentence.text, row["text"] + row["title"], names, dice):
                tries[kind] += 1
                hits[kind] += kind_flagged(kind, verify_summary([wrong], source).checks)
    # Whole sentences from elsewhere: the lead of the next article of the same section.
    for row, sentence in foreign(rows):
        tries["foreign"] += 1
        checks = verify_summary([sentence], article(row["text"], row["title"])).checks
        hits["foreign"] += bool(checks)
        tries["foreign-support"] += 1
        hits["foreign-support"] += kind_flagged("support", checks)
    rates = "  ".join(f"{kind} {hits[kind] / n:.3f} (n={n})" for kind, n in sorted(tries.items()))
    print(f"  {half:9} {rates}")


def foreign(rows: list[dict[str, Any]]) -> Iterable[tuple[dict[str, Any], str]]:
    """Each article with the first sentence of another one of its section."""
    latest: dict[str, dict[str, Any]] = {}
    for row in rows:
        if other := latest.get(row["label"]):
            yield row, split_sentences(other["text"], "en")[0].text
        latest[row["label"]] = row


def kind_flagged(kind: str, checks: Iterable[Check]) -> bool:
    """Whether the planted error was found as what it is; years and numbers overlap."""
    alike = {"number": ("number", "date"), "date": ("date", "number")}.get(kind, (kind,))
    return any(check.kind in alike for check in checks)


def errors(
    sentence: str, text: str, names: list[str], dice: random.Random
) -> Iterable[tuple[str, str]]:
    """The sentence with one wrong number, date, name and quotation, where it has such."""
    if found := NUMBER.search(sentence):
        other = f"{dice.randint(2, 9)}{found.group()[1:-1]}{dice.randint(1, 9)}"
        if other not in text:
            yield "number", sentence[: found.start()] + other + sentence[found.end() :]
    for group in DATES:
        if found := re.search(rf"\b(?:{'|'.join(group)})\b", sentence):
            other = dice.choice(group)
            if other[:3] not in text or (other.isdigit() and other not in text):
                yield "date", sentence[: found.start()] + other + sentence[found.end() :]
    if found := NAME.search(sentence):
        other = dice.choice(names)
        if other[:4].lower() not in text.lower():
            yield "name", sentence[: found.start()] + other + sentence[found.end() :]
    found = re.search(r'"([^"]*?)\b([a-z]{4,})\b([^"]*)"', sentence)
    if found and len(found.group().split()) > 2:
        yield "quotation", sentence[: found.start(2)] + "purple" + sentence[found.end(2) :]


def own_sentences(rows: list[dict[str, Any]]) -> list[tuple[Article, str]]:
    """The first ten sentences of each article, as they are."""
    return [
        (article(row["text"], row["title"]), sentence.text)
        for row in rows
        for sentence in split_sentences(row["text"], "en")[:10]
    ]


def references(rows: list[dict[str, Any]]) -> list[tuple[Article, str]]:
    """The sentences of human reference summaries."""
    return [
        (article(restore(row["text"])), sentence.text)
        for row in rows
        for sentence in split_sentences(restore(row["reference"]), "en")
    ]


def false_flags(name: str, half: str, items: list[tuple[Article, str]]) -> None:
    """Prints the share of sentences that were flagged, and for what."""
    kinds: Counter[str] = Counter()
    flagged = 0
    for source, sentence in items:
        found = {check.kind for check in verify_summary([sentence], source).checks}
        kinds.update(found)
        flagged += bool(found)
    shares = " ".join(f"{kind} {count / len(items):.3f}" for kind, count in kinds.most_common())
    print(f"  {name:28} {half:9} n={len(items):4}  {flagged / len(items):.4f}  {shares}")


def speed(rows: list[dict[str, Any]]) -> None:
    """Prints the time of one verification: a normal article, and one of 10,000 words."""
    normal = sorted(rows, key=lambda row: len(row["text"]))[len(rows) // 2]["text"]
    long = "\n\n".join(row["text"] for row in rows[:40])
    long = " ".join(re.findall(r"\S+\s*", long)[:10_000])
    for name, text in (("normal", normal), ("10,000 words", long)):
        sentences = [sentence.text for sentence in split_sentences(text, "en")][:5]
        times = []
        for _ in range(5):
            begun = time.perf_counter()
            verify_summary(sentences, article(text))
            times.append(time.perf_counter() - begun)
        print(
            f"\n{name}: {len(text.split())} words, 5 sentences: {1000 * min(times):.0f} ms", end=""
        )
    print()


if __name__ == "__main__":
    main()
