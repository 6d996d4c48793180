"""The extractive summary beside other methods, against the lead sentences of the same length.

    pip install rouge-score
    python benchmarks/extractive.py DATA/summaries

DATA/summaries holds realsumm_docs.jsonl (CNN/DailyMail) and xsum_references.jsonl (BBC), rows with
text and reference. Each method fills the words of the first three sentences, or 50; it is paired
with the whole lead sentences whose number of words is nearest to its own. ROUGE-1/2/Lsum (F1,
stemmed) and key-fact recall, the facts being the sentences of the reference; 95 % intervals of
the difference from 2,000 draws of articles. Choices were made on the even rows.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from faithfulness import restore
from numpy.typing import NDArray

from summarizer.articles.article import Article
from summarizer.evaluation.metrics.faithfulness import key_fact_recall
from summarizer.retrieval.embedding import load_embedder
from summarizer.summaries.extractive import extractive_summary
from summarizer.text import count_words, split_sentences

KINDS: Final = ("rouge1", "rouge2", "rougeLsum")
DRAWS: Final = 2_000


class Document(NamedTuple):
    """An article as sentences with their unit vectors, and its reference."""

    text: str
    sentences: list[str]
    counts: list[int]
    vectors: NDArray[np.float32]
    reference: list[str]


Method = Callable[[Document, int], list[str]]


def main() -> None:
    """Print a line per set, half, length and method."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--half", choices=("even", "odd"), action="append")
    args = parser.parse_args()
    scorer = Scorer()
    for name in ("realsumm_docs", "xsum_references"):
        documents = read(args.data / f"{name}.jsonl")
        for half in args.half or ("even", "odd"):
            chosen = documents[half == "odd" :: 2]
            for words in (None, 50):
                print(f"\n{name} {half} rows n={len(chosen)}, {words or 'words of 3 sentences'}")
                for title, method in METHODS.items():
                    print(f"  {title:22}", compared(chosen, method, words, scorer))


def read(path: Path) -> list[Document]:
    """The rows of a set, as text that a reader would see."""
    embedder = load_embedder("wordllama")
    documents = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        text = untokenized(row["text"])
        sentences = [" ".join(s.text.split()) for s in split_sentences(text, "en")]
        documents.append(
            Document(
                text,
                sentences,
                [count_words(sentence) for sentence in sentences],
                embedder.embed(sentences),
                [untokenized(part) for part in re.split(r"(?<= \.) ", row["reference"])],
            )
        )
    return documents


def untokenized(text: str) -> str:
    """Punctuation where it stands in print: "saved £ 600m , he said ." has spaces before it."""
    text = re.sub(r" ([.,;:!?%)\]])(?= |$)", r"\1", restore(text))
    return re.sub(r"([(\[£$]) ", r"\1", text)


class Scorer:
    """ROUGE-1/2/Lsum and key-fact recall, 0 to 100, of a summary."""

    def __init__(self) -> None:
        from rouge_score.rouge_scorer import RougeScorer  # type: ignore[import-untyped]

        self._rouge = RougeScorer(KINDS, use_stemmer=True)

    def score(self, document: Document, summary: Sequence[str]) -> list[float]:
        """The four values of one summary."""
        found = self._rouge.score("\n".join(document.reference), "\n".join(summary))
        facts = key_fact_recall(" ".join(summary), document.reference, language="en")
        assert facts is not None
        return [*(100 * found[kind].fmeasure for kind in KINDS), 100 * facts]


def compared(
    documents: Sequence[Document], method: Method, words: int | None, scorer: Scorer
) -> str:
    """The method's means, and its difference from the lead with an interval."""
    ours, lead, sizes, kept = [], [], [], 0
    begin = time.perf_counter()
    summaries = [method(d, words or sum(d.counts[:3])) for d in documents]
    milliseconds = 1000 * (time.perf_counter() - begin) / len(documents)
    for document, summary in zip(documents, summaries, strict=True):
        size = sum(map(count_words, summary))
        ends = np.cumsum(document.counts)
        first = document.sentences[: int(np.argmin(np.abs(ends - size))) + 1]
        ours.append(scorer.score(document, summary))
        lead.append(scorer.score(document, first))
        sizes.append((size, sum(map(count_words, first))))
        kept += summary[0].split()[-3:] == first[0].split()[-3:]
    difference = np.array(ours) - np.array(lead)
    dice = np.random.default_rng(7)
    draws = dice.integers(len(difference), size=(DRAWS, len(difference)))
    low, high = np.percentile(difference[draws].mean(axis=1), (2.5, 97.5), axis=0)
    means = "/".join(f"{mean:.1f}" for mean in np.mean(ours, axis=0))
    against = "  ".join(
        f"{mean:+.1f} [{a:+.1f}, {b:+.1f}]"
        for mean, a, b in zip(difference.mean(axis=0), low, high, strict=True)
    )
    length, other = np.mean(sizes, axis=0)
    return (
        f"{means}  against the lead {against}  words {length:.0f}/{other:.0f}"
        f"  first sentence in {100 * kept / len(documents):.0f} %  {milliseconds:.0f} ms"
    )


def ours(document: Document, words: int) -> list[str]:
    """What the product gives."""
    found = extractive_summary(Article(text=document.text, language="en"), words=words)
    return [" ".join(sentence.text.split()) for sentence in found]


def ranked(score: Callable[[Document], NDArray[Any]]) -> Method:
    """A method that takes sentences by a score, without those that repeat, to fill the length."""

    def method(document: Document, words: int) -> list[str]:
        kept: list[int] = []
        total = 0
        for place in np.argsort(-score(document), kind="stable"):
            repeats = (document.vectors[kept] @ document.vectors[place] > 0.9).any()
            if not repeats and total + document.counts[place] <= 1.15 * words:
                kept.append(int(place))
                total += document.counts[place]
            if total >= 0.85 * words:
                break
        kept = kept or [int(np.argmax(score(document)))]
        return [document.sentences[place] for place in sorted(kept)]

    return method


def similarities(document: Document) -> NDArray[Any]:
    """Cosines between sentences, none with itself."""
    found = np.clip(document.vectors @ document.vectors.T, 0, 1).astype(float)
    np.fill_diagonal(found, 0)
    return np.asarray(found)


def textrank(document: Document) -> NDArray[Any]:
    """Centrality in the graph of similarities (Mihalcea & Tarau 2004, LexRank)."""
    weights = similarities(document)
    totals = weights.sum(axis=1, keepdims=True)
    size = len(weights)
    steps = np.divide(weights, totals, out=np.full_like(weights, 1 / size), where=totals > 0)
    rank = np.full(size, 1 / size)
    for _ in range(30):
        rank = 0.15 / size + 0.85 * (steps.T @ rank)
    return np.asarray(rank)


def centroid(document: Document) -> NDArray[Any]:
    """Nearness to the mean of the article's vectors."""
    return np.asarray(document.vectors @ document.vectors.mean(axis=0))


def pacsum(document: Document) -> NDArray[Any]:
    """Similarity with what follows, less that with what is before (Zheng & Lapata 2019)."""
    weights = similarities(document)
    return np.asarray(np.triu(weights).sum(axis=1) - np.tril(weights).sum(axis=1))


def position(document: Document) -> NDArray[Any]:
    """The order of the text."""
    return -np.arange(len(document.sentences)).astype(float)


METHODS: Final[dict[str, Method]] = {
    "position": ranked(position),
    "graph (TextRank)": ranked(textrank),
    "graph with position": ranked(
        lambda d: textrank(d) / textrank(d).max() + np.exp(-np.arange(len(d.counts)) / 12)
    ),
    "directed graph (PacSum)": ranked(pacsum),
    "embedding centrality": ranked(centroid),
    "ours (coverage)": ours,
}


if __name__ == "__main__":
    main()
