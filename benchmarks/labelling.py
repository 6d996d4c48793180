"""How long a person takes for 50 articles in ``summarizer eval label``, by a keystroke-level model.

    python benchmarks/labelling.py SOURCE DESKS.jsonl

SOURCE is what ``eval label`` takes; DESKS.jsonl are rows with "text" and "label" (a topic's id or
name, see ``MEANINGS``), by which suggested topics are right or wrong. The screen of each article is
made by the code of the command, and its words and keys are counted:

- reading at 238 words a minute, silent, non-fiction (Brysbaert 2019);
- a key 0.28 s, by an average typist who is no secretary; to decide 1.35 s (Card, Moran and Newell
  1980, Communications of the ACM 23, 396-410); the answer of the system as it was measured.

Read are the title, the lines that are shown, every name of a topic, and each statement that does
not stand in the article word for word, with its passage; where the passage carries less than half
of the statement, the rest of the article, too. To decide: on the topics, on each such statement,
on each correction, and to go on. A statement that is right takes a key (so half of them at least),
and so does each topic that is wrongly on or off; one that has no key is typed, eight letters.

``--before``: no passages and nothing checked off, so that the whole article is read for statements.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from statistics import mean, stdev
from typing import Final

from summarizer.cli import evaluation_label
from summarizer.evaluation.label_session import WORD_FOR_WORD, LabelSession
from summarizer.evaluation.labelling import Labels, ToLabel, read_items
from summarizer.settings import load_settings
from summarizer.taxonomy import Taxonomy
from summarizer.verification.alignment import Aligner

WORDS_A_SECOND: Final = 238 / 60
KEY, DECIDE, TYPED = 0.28, 1.35, 8 * 0.28
MEANINGS: Final = {
    "business": "04000000",
    "sport": "15000000",
    "politics": "11000000",
    "tech": "13000000",
    "entertainment": "01000000",
}


def words(*texts: str) -> int:
    """How many words are read."""
    return sum(len(text.split()) for text in texts)


class Screen:
    """One article as the command shows it."""

    def __init__(self, item: ToLabel, taxonomy: Taxonomy, *, before: bool) -> None:
        began = time.perf_counter()
        self.session = LabelSession([item], Labels(Path("/nonexistent/none"), "x"), taxonomy)
        lines = list(evaluation_label._lines(self.session))
        self.system = time.perf_counter() - began
        self.item, self.before = item, before
        end = lines.index("Topics that fit:")
        self.shown = lines[: end - 1]

    def statements(self) -> tuple[float, float]:
        """Seconds of reading, and of deciding and keys, for the statements."""
        aligner = Aligner(self.item.article.text, language=self.item.article.language)
        whole = words(self.item.article.text) - words(*self.shown[2:])
        reading = keys = 0.0
        searched = False
        for choice in self.session.statements:
            if self.before or choice.passage != WORD_FOR_WORD:
                passage = "" if self.before else choice.passage
                reading += words(choice.text, passage) / WORDS_A_SECOND
                keys += DECIDE + KEY
                searched |= self.before or aligner.align(choice.text).score < 0.5
        return reading + max(0, whole) * searched / WORDS_A_SECOND, keys

    def topics(self, gold: str) -> float:
        """Seconds for deciding on the topics and for correcting them."""
        choices = self.session.topics
        suggested = set(self.item.topics)
        wrong = len(suggested - {gold})
        seconds = DECIDE + wrong * (DECIDE + KEY)
        if gold not in suggested:
            name = self.session._path(gold)
            has_key = any(choice.text == name and choice.key.strip() for choice in choices)
            seconds += DECIDE + (KEY if has_key else 2 * KEY + TYPED)
        return seconds

    def seconds(self, gold: str) -> dict[str, float]:
        """All of it, by kind."""
        reading, keys = self.statements()
        names = words(*(choice.text for choice in self.session.topics))
        return {
            "reading": words(*self.shown) / WORDS_A_SECOND,
            "topics": names / WORDS_A_SECOND + self.topics(gold),
            "statements": reading + keys,
            "going on": DECIDE + KEY + self.system,
        }


def main() -> None:
    """Print the estimate."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("source")
    parser.add_argument("desks", type=Path)
    parser.add_argument("--before", action="store_true")
    arguments = parser.parse_args()
    lines = arguments.desks.read_text(encoding="utf-8").splitlines()
    desks = {" ".join(row["text"].split()): row["label"] for row in map(json.loads, lines)}
    items, taxonomy = read_items(
        arguments.source, settings=load_settings(), limit=50, left_out=print
    )
    found = [
        Screen(item, taxonomy, before=arguments.before).seconds(
            MEANINGS[desks[" ".join(item.article.text.split())]]
        )
        for item in items
    ]
    each = [sum(parts.values()) for parts in found]
    for kind in found[0]:
        print(f"{kind:<12} {mean(parts[kind] for parts in found):6.1f} s an article")
    error = 1.96 * stdev(each) / len(each) ** 0.5
    print(
        f"{len(items)} articles, {mean(each):.1f} s each: 50 take {50 * mean(each) / 60:.0f} "
        f"minutes (95 % interval over articles "
        f"{50 * (mean(each) - error) / 60:.0f} to {50 * (mean(each) + error) / 60:.0f})"
    )


if __name__ == "__main__":
    main()
