"""The support of a summary sentence, as a probability, held against the votes of people.

    python benchmarks/support.py DATA ANSWERS.jsonl [--half dev] [--model NAME] [--seconds 500]

DATA is a folder with faithfulness/ (QAGS, XSumFaith). Sentences are drawn in a fixed order, four of
QAGS to one of XSumFaith (there a faithful and an unfaithful one by turns, as one in eight is
faithful), and the model's P(yes) is appended to ANSWERS until the time is over; the next run goes
on. Then the answers of the half are reported beside rules and trigrams; intervals from 2,000 draws
of documents. The prompt and the threshold were chosen on "dev".
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from faithfulness import HALVES, Judged, article, auc, half_of, overlap, qags, xsumfaith

from summarizer.llm import ChatClient, open_client
from summarizer.llm.structured import ask_yes_no
from summarizer.prompts import load_prompt
from summarizer.settings import load_settings
from summarizer.summaries.second_look import DOUBTFUL
from summarizer.verification.verify import verify_summary

ROUND = ("cnndm", "xsum", "cnndm", "xsum", "faithful", "cnndm", "xsum", "cnndm", "xsum", "not")
DRAWS = 2_000


class Row(NamedTuple):
    """A sentence with its scores, each higher where it is more likely faithful."""

    set: str
    doc: str
    faithful: bool
    support: float
    rules: float
    trigrams: float


def main() -> None:
    """Ask, then report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("answers", type=Path)
    parser.add_argument("--half", choices=HALVES, default="held-out")
    parser.add_argument("--model", default="qwen2.5-coder-1.5b")
    parser.add_argument("--seconds", type=float, default=0.0)
    args = parser.parse_args()
    drawn = dict(draw(args.data / "faithfulness", args.half))
    if args.seconds:
        with open_client(load_settings(model=args.model, cache=False)) as client:
            ask(client, drawn, args.answers, seconds=args.seconds)
    report(list(rows(drawn, args.answers)), args.model)


def draw(folder: Path, half: str) -> Iterator[tuple[str, Judged]]:
    """The sentences of a half with their names, in the order in which they are asked about."""
    pools: dict[str, list[tuple[str, Judged]]] = defaultdict(list)
    for kind in ("cnndm", "xsum"):
        for place, item in enumerate(qags(folder / f"qags_{kind}.jsonl")):
            pools[kind].append((f"qags_{kind}:{place}", item))
    for place, item in enumerate(xsumfaith(folder)):
        pools["faithful" if item.faithful else "not"].append((f"xsumfaith:{place}", item))
    for name, pool in pools.items():
        pools[name] = [named for named in pool if half_of(named[1].doc) == half]
        random.Random(13).shuffle(pools[name])  # noqa: S311
    while any(pools.values()):
        for name in ROUND:
            if pools[name]:
                yield pools[name].pop()


def ask(client: ChatClient, drawn: dict[str, Judged], answers: Path, *, seconds: float) -> None:
    """Append P(yes) of the sentences that have no answer yet, until the time is over."""
    done = {line["id"] for line in read(answers)}
    prompt, end = load_prompt("support"), time.monotonic() + seconds
    with answers.open("a", encoding="utf-8") as file:
        for name, item in drawn.items():
            if time.monotonic() > end:
                return
            if name in done:
                continue
            (found,) = verify_summary([item.sentence], article(item.text)).sentences
            passage = " ".join(span.text for span in found.evidence)
            answer = ask_yes_no(client, prompt.render(passage=passage, sentence=item.sentence))
            file.write(json.dumps({"id": name, "yes": answer}) + "\n")
            file.flush()


def read(answers: Path) -> list[dict[str, Any]]:
    """The answers so far."""
    lines = answers.read_text(encoding="utf-8").splitlines() if answers.exists() else []
    return [json.loads(line) for line in lines]


def rows(drawn: dict[str, Judged], answers: Path) -> Iterator[Row]:
    """The answered sentences of the half."""
    for line in read(answers):
        if (item := drawn.get(line["id"])) is not None:
            flagged = bool(verify_summary([item.sentence], article(item.text)).checks)
            yield Row(
                line["id"].partition(":")[0],
                item.doc,
                item.faithful,
                line["yes"],
                float(not flagged),
                overlap(item.text, item.sentence, size=3),
            )


def report(found: list[Row], model: str) -> None:
    """Print AUC, marks, calibration."""
    for name in [*sorted({row.set for row in found}), "all"]:
        part = [row for row in found if name in (row.set, "all")]
        print(f"{name}: {len(part)} sentences, {sum(row.faithful for row in part)} faithful")
        for score in ("support", "rules", "trigrams"):
            print(f"  AUC of {score:9} {interval(part, area(score))}")
    doubtful = DOUBTFUL.get(model, 0.5)
    for name, kept in (("faithful", True), ("unfaithful", False)):
        part = [row for row in found if row.faithful == kept]
        print(f"{name} sentences ({len(part)})")
        print(f"  doubtful          {interval(part, share(lambda r: r.support < doubtful))}")
        print(f"  flagged by rules  {interval(part, share(lambda r: not r.rules))}")
        either = share(lambda r: r.support < doubtful or not r.rules)
        print(f"  either            {interval(part, either)}")
    print(f"expected calibration error {interval(found, calibration_error)}")
    for low in range(5):
        part = in_bin(found, low)
        if part:
            mean = np.mean([row.support for row in part])
            faithful = np.mean([row.faithful for row in part])
            print(f"  {low / 5:.1f} to {low / 5 + 0.2:.1f}: n {len(part):3}  support {mean:.2f}"
                  f"  faithful {faithful:.2f}")  # fmt: skip


def area(score: str) -> Callable[[list[Row]], float]:
    """The AUC of one of the scores."""
    return lambda part: auc([getattr(r, score) for r in part], [r.faithful for r in part])


def share(mark: Callable[[Row], bool]) -> Callable[[list[Row]], float]:
    """The share of rows with a mark."""
    return lambda part: float(np.mean([mark(row) for row in part])) if part else float("nan")


def in_bin(found: list[Row], low: int) -> list[Row]:
    """The rows whose support is in one fifth of the range."""
    return [row for row in found if min(4, int(row.support * 5)) == low]


def calibration_error(found: list[Row]) -> float:
    """Mean distance of support and share of faithful sentences over fifths, weighted by rows."""
    bins = [part for low in range(5) if (part := in_bin(found, low))]
    gaps = [abs(np.mean([r.support - r.faithful for r in part])) * len(part) for part in bins]
    return float(sum(gaps) / len(found))


def interval(part: list[Row], figure: Callable[[list[Row]], float]) -> str:
    """A figure with its 95 % interval from draws of documents."""
    by_doc: dict[str, list[Row]] = defaultdict(list)
    for row in part:
        by_doc[row.doc].append(row)
    docs, dice = list(by_doc.values()), np.random.default_rng(0)
    drawn = []
    for _ in range(DRAWS):
        again = [row for place in dice.integers(len(docs), size=len(docs)) for row in docs[place]]
        drawn.append(figure(again))
    known = [one for one in drawn if not np.isnan(one)]
    low, high = np.quantile(known, [0.025, 0.975]) if known else (np.nan, np.nan)
    return f"{figure(part):.3f} [{low:.2f}, {high:.2f}]"


if __name__ == "__main__":
    main()
