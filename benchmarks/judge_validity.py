"""Does a judge say of claims what people say, and does it beat the metric that costs nothing?

    python benchmarks/judge_validity.py DATA --model NAME --limit 60

DATA is a folder with faithfulness/ (QAGS: sentences of summaries, each with three votes). The
documents are those that no choice of ours was made on ("held-out" in metric_validity.py); of each
set the first ``--limit`` are judged. Answers are cached like all others, so a stopped run goes on.

Printed for the judge and for our ``faithfulness`` on the same sentences, against the majority of
the votes: the AUC, where 0.5 is a coin; for the judge also how many faithful sentences it calls
faithful, and how many unfaithful ones, with Wilson intervals.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from faithfulness import auc, half_of, read, restore

from summarizer import Article, SummarizerError
from summarizer.evaluation.judge.judge import Judge, open_judge
from summarizer.evaluation.judge.judge_questions import claims_question
from summarizer.evaluation.metrics.faithfulness import faithfulness
from summarizer.evaluation.stats.significance import wilson_interval
from summarizer.settings import load_settings

SETS = ("qags_cnndm", "qags_xsum")


class Judged(NamedTuple):
    """A sentence: what people say, what the judge says, what our metric says (0 to 1)."""

    faithful: bool
    judge: float
    ours: float


def main() -> None:
    """Prints a block for each set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", required=True)
    parser.add_argument("--limit", type=int, default=60, help="Documents of each set.")
    options = parser.parse_args()
    with open_judge(load_settings(model=options.model)) as judge:
        for name in SETS:
            rows = read(options.data / "faithfulness" / f"{name}.jsonl")
            chosen = [row for row in rows if half_of(row["id"]) == "held-out"][: options.limit]
            found: list[Judged] = []
            failed = 0
            for done, row in enumerate(chosen, start=1):
                try:
                    found += judged(judge, row)
                except SummarizerError:
                    failed += 1
                print(f"\r{name}: {done} of {len(chosen)} documents", end="", flush=True)
            report(found, failed)


def judged(judge: Judge, row: dict[str, Any]) -> Iterator[Judged]:
    """The sentences of one summary; the judge sees them together, as in a run."""
    article = Article(text=restore(row["text"]), language="en")
    sentences = [restore(one["sentence"]) for one in row["sentences"]]
    verdicts = judge.ask(claims_question(sentences, article))
    for one, sentence, verdict in zip(row["sentences"], sentences, verdicts, strict=True):
        yield Judged(
            faithful=bool(one["majority_yes"]),
            judge=float(verdict.verdict == "article"),
            ours=faithfulness([sentence], article).score or 0.0,
        )


def report(found: list[Judged], failed: int) -> None:
    """Prints how both agree with people."""
    print(f", {len(found)} sentences, {failed} documents without an answer")
    labels = [one.faithful for one in found]
    hits = [bool(one.judge) for one in found if one.faithful]
    alarms = [bool(one.judge) for one in found if not one.faithful]
    print(
        f"  judge  AUC {auc([one.judge for one in found], labels):.3f}"
        f"  faithful called faithful {share(hits)}  unfaithful called faithful {share(alarms)}"
    )
    print(f"  ours   AUC {auc([one.ours for one in found], labels):.3f}")


def share(called: list[bool]) -> str:
    """A share with its 95 % interval."""
    found = wilson_interval(sum(called), len(called))
    return f"{found.value:.2f} [{found.low:.2f}, {found.high:.2f}]"


if __name__ == "__main__":
    main()
