"""Do our summary metrics rank summaries as people do?

    python benchmarks/metric_validity.py DATA

DATA is a folder with faithfulness/ and summaries/ (QAGS, XSumFaith, REALSumm as JSONL). Choices
were made on one half of the documents ("dev"); the other ("held-out") was only reported.
Intervals are 95 % percentile bootstraps that draw documents, with all that belongs to them.

A metric can look valid while it measures copying, so the partial correlation given the share of
the summary's trigrams that the article has is shown, too; and what one annotator achieves against
the mean of the others, where there are votes.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from faithfulness import auc, half_of, overlap, pearson, read, restore

from summarizer.articles.article import Article
from summarizer.evaluation.metrics.faithfulness import faithfulness, key_fact_recall
from summarizer.evaluation.metrics.text_metrics import ngrams, rouge, tokens
from summarizer.text import split_sentences
from summarizer.verification.alignment import Aligner

HALVES = ("dev", "held-out")
SCOPES = (*HALVES, "all")
DRAWS = 1_000


class Item(NamedTuple):
    """A summary (or a sentence) with what people say of it and what metrics say."""

    doc: str
    human: float
    scores: dict[str, float]
    label: bool = False
    votes: tuple[float, ...] = ()


def main() -> None:
    """Prints the whole report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    data: Path = parser.parse_args().data
    folder = data / "faithfulness"
    print("Faithfulness, Pearson r per summary with the mean vote [95 %], partial r given trigrams")
    for name in ("qags_cnndm", "qags_xsum"):
        correlations(name, [summary_item(row) for row in read(folder / f"{name}.jsonl")])
    xsumfaith = xsumfaith_items(folder)
    correlations("xsumfaith", xsumfaith)
    print("\nFaithfulness, AUC of the majority of the votes [95 %]")
    sentences = {
        name: [item for row in read(folder / f"{name}.jsonl") for item in sentence_items(row)]
        for name in ("qags_cnndm", "qags_xsum")
    }
    for name, items in {**sentences, "xsumfaith": xsumfaith}.items():
        areas(name, items)
    print(
        "\nKey-fact recall, facts = sentences of the reference: r with the people's recall [95 %]"
    )
    recall(realsumm_items(data / "summaries"))


def faithfulness_scores(sentences: Sequence[str], text: str) -> dict[str, float]:
    """Our score and what it must beat, of one summary."""
    found = faithfulness(sentences, Article(text=text, language="en"))
    aligner = Aligner(text, language="en")
    alignment = float(np.mean([aligner.align(sentence).score for sentence in sentences]))
    shares = {
        f"{size}-grams": float(np.mean([overlap(text, s, size=size) for s in sentences]))
        for size in (1, 3)
    }
    return {"ours": found.score or 0.0, "alignment": alignment, **shares}


def summary_item(row: dict[str, Any]) -> Item:
    """A QAGS summary; its score is the mean vote over its sentences."""
    sentences = [restore(one["sentence"]) for one in row["sentences"]]
    votes = np.array([[vote == "yes" for vote in one["votes"]] for one in row["sentences"]])
    scores = faithfulness_scores(sentences, restore(row["text"]))
    return Item(str(row["id"]), float(votes.mean()), scores, votes=tuple(votes.mean(axis=0)))


def sentence_items(row: dict[str, Any]) -> list[Item]:
    """The sentences of a QAGS summary."""
    text = restore(row["text"])
    return [
        Item(
            str(row["id"]),
            float(np.mean([vote == "yes" for vote in one["votes"]])),
            faithfulness_scores([restore(one["sentence"])], text),
            label=bool(one["majority_yes"]),
        )
        for one in row["sentences"]
    ]


def xsumfaith_items(folder: Path) -> list[Item]:
    """The one-sentence summaries of XSumFaith."""
    docs = {row["bbcid"]: restore(row["text"]) for row in read(folder / "xsumfaith_docs.jsonl")}
    return [
        Item(
            str(row["bbcid"]),
            float(np.mean(row["faithful_votes"])),
            faithfulness_scores([restore(row["summary"])], docs[row["bbcid"]]),
            label=bool(row["faithful_majority"]),
            votes=tuple(map(float, row["faithful_votes"])),
        )
        for row in read(folder / "xsumfaith_annotations.jsonl")
    ]


def realsumm_items(folder: Path) -> list[Item]:
    """REALSumm: 24 systems' summaries of 100 articles, with recall by LitePyramid."""
    references = {
        row["id"]: restore(row["reference"]) for row in read(folder / "realsumm_docs.jsonl")
    }
    return [
        Item(
            str(row["doc_id"]),
            row["litepyramid_recall"],
            recall_scores(restore(row["summary"]), references[row["doc_id"]]),
        )
        for row in read(folder / "realsumm_litepyramid.jsonl")
    ]


def recall_scores(summary: str, reference: str) -> dict[str, float]:
    """Our recall and what it must beat, of one summary."""
    facts = [sentence.text for sentence in split_sentences(reference, "en")]
    ours = key_fact_recall(summary, facts, language="en")
    found = rouge(summary, [reference], language="en")
    assert ours is not None
    assert found is not None
    mine, gold = tokens(summary), tokens(reference)
    bigrams = ngrams(gold, 2)
    shared = sum(min(bigrams.count(gram), ngrams(mine, 2).count(gram)) for gram in set(bigrams))
    return {
        "ours": ours,
        "ROUGE-2 recall": shared / max(1, len(bigrams)),
        "ROUGE-2 F1": found.rouge2,
        "ROUGE-1 F1": found.rouge1,
    }


def correlations(name: str, items: list[Item]) -> None:
    """Prints r of each score with the mean vote, and what one annotator achieves."""
    for scope in SCOPES:
        chosen = within(items, scope)
        for score in chosen[0].scores:
            r = interval(chosen, partial(r_with_people, score=score))
            line = f"  {name:11} {scope:9} n={len(chosen):4}  {score:10} r {r}"
            if score != "3-grams":
                line += f"  partial {interval(chosen, partial(partial_r, score=score))}"
            print(line)
        print(f"  {name:11} {scope:9} n={len(chosen):4}  one annotator r {ceiling(chosen):.3f}")


def areas(name: str, items: list[Item]) -> None:
    """Prints the AUC of each score."""
    for scope in SCOPES:
        chosen = within(items, scope)
        for score in chosen[0].scores:
            area = interval(chosen, partial(auc_of, score=score))
            print(f"  {name:11} {scope:9} n={len(chosen):4}  {score:10} AUC {area}")


def recall(items: list[Item]) -> None:
    """Prints r over all summaries, and the mean of the r within each article."""
    for scope in SCOPES:
        chosen = within(items, scope)
        for score in chosen[0].scores:
            pooled = interval(chosen, partial(r_with_people, score=score))
            inside = interval(r_of_documents(chosen, score=score), partial(mean_of, score=score))
            print(
                f"  {scope:9} n={len(chosen):4}  {score:14} r over all {pooled}"
                f"  mean r within an article {inside}"
            )


def within(items: list[Item], scope: str) -> list[Item]:
    """The items of one half of the documents, or all."""
    return [item for item in items if scope in ("all", half_of(item.doc))]


def r_with_people(items: Sequence[Item], *, score: str) -> float:
    """Pearson's r of a score with the people's mean."""
    return pearson([item.scores[score] for item in items], [item.human for item in items])


def partial_r(items: Sequence[Item], *, score: str) -> float:
    """The correlation that is left when both are corrected for trigram overlap."""
    ours = [item.scores[score] for item in items]
    human = [item.human for item in items]
    copied = [item.scores["3-grams"] for item in items]
    a, b, c = pearson(ours, human), pearson(ours, copied), pearson(human, copied)
    return float((a - b * c) / np.sqrt((1 - b * b) * (1 - c * c)))


def auc_of(items: Sequence[Item], *, score: str) -> float:
    """Area under the ROC curve of a score for the majority's label."""
    return auc([item.scores[score] for item in items], [item.label for item in items])


def by_document(items: Sequence[Item]) -> list[list[Item]]:
    """The items of each document, in order of first appearance."""
    groups: dict[str, list[Item]] = {}
    for item in items:
        groups.setdefault(item.doc, []).append(item)
    return list(groups.values())


def r_of_documents(items: Sequence[Item], *, score: str) -> list[Item]:
    """For each document, r over its summaries, where it exists."""
    return [
        Item(group[0].doc, 0.0, {score: r_with_people(group, score=score)})
        for group in by_document(items)
        if varies(group, score)
    ]


def mean_of(items: Sequence[Item], *, score: str) -> float:
    """Mean of a score."""
    return float(np.mean([item.scores[score] for item in items]))


def varies(items: Sequence[Item], score: str) -> bool:
    """Whether a correlation exists."""
    return len({item.human for item in items}) > 1 and len({i.scores[score] for i in items}) > 1


def ceiling(items: Sequence[Item]) -> float:
    """Mean r of one annotator with the mean of the other two."""
    votes = np.array([item.votes for item in items if len(item.votes) == 3])
    return float(
        np.mean(
            [
                pearson(votes[:, i].tolist(), np.delete(votes, i, axis=1).mean(axis=1).tolist())
                for i in range(3)
            ]
        )
    )


def interval(items: list[Item], statistic: Callable[[Sequence[Item]], float]) -> str:
    """The statistic with its bootstrap interval; a draw takes documents."""
    docs = by_document(items)
    dice = np.random.default_rng(7)
    draws = []
    for _ in range(DRAWS):
        drawn = [item for place in dice.integers(len(docs), size=len(docs)) for item in docs[place]]
        draws.append(statistic(drawn))
    low, high = np.percentile(draws, (2.5, 97.5))
    return f"{statistic(items):.3f} [{low:.3f}, {high:.3f}]"


if __name__ == "__main__":
    main()
