"""Fit what tells a report from other texts: ``summarizer/summaries/genre.py``.

    python benchmarks/genre.py DATA

Reports are the even rows of the public sets in DATA (topics/bbc_news.jsonl, masakhanews_eng.jsonl,
masakhanews_fra.jsonl, summaries/realsumm_docs.jsonl, xsum_references.jsonl), the articles of
evals/news and those of ``scope`` that are called so. None are the fitted texts of ``long_texts``,
cut to some lengths, and the columns, letters, interviews of ``scope``. It prints the weights and
the share of each set that is called a report: of the odd rows of the public sets, and of each
person's long texts by weights that were fitted without them.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import extractive
import long_texts
import numpy as np
from sklearn.linear_model import LogisticRegression

from summarizer.articles import load
from summarizer.articles.article import Article
from summarizer.settings import load_settings
from summarizer.summaries.candidates import find_candidates, unquoted
from summarizer.summaries.genre import form
from summarizer.text import count_words, split_sentences

HERE: Final = Path(__file__).parent
SUITE: Final = HERE.parent / "evals/news"
TOPICS: Final = {"bbc_news": "en", "masakhanews_eng": "en", "masakhanews_fra": "fr"}
SUMMARIES: Final = ("realsumm_docs", "xsum_references")
CUTS: Final = (300, 500, 700, 1_000, 9_999)
SHORTEST: Final = 60  # words of a text of ``scope``
LANGUAGES: Final = ("en", "de", "fr", "es", "it", "pt", "nl")
MIXED: Final = {"long", "qa", "service", "radio", "injection"}  # slices that may be no reports
REPORTS: Final = {
    *("report", "news report", "full report", "wire copy", "wire brief", "wire-report", "brief"),
    *("news in brief", "court report", "court_report", "match_report", "local-report"),
    *("agenturbericht", "market_report", "data_story", "press release"),
}
OTHERS: Final = {
    *("column", "essay", "interview", "feature", "letter", "letter to the editor", "opinion"),
    *("first-person column", "speech", "interview excerpt", "profile", "reportage", "analysis"),
    *("explainer", "editorial", "reader letter"),
}
# The weight of each group of texts of one kind; 1 of the long texts and of our own articles.
WEIGHT: Final = {"scope": 0.5, **dict.fromkeys((*TOPICS, *SUMMARIES), 0.3)}


class Text(NamedTuple):
    """The signs of a text, where it is from, and whether it is a report."""

    group: str
    signs: tuple[float, ...]
    is_report: bool


def main() -> None:
    """Print the weights and the shares."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    data = parser.parse_args().data
    texts = [*public(data, 0), *ours(), *scope(), *long()]
    model = fitted(texts)
    print("weights", model.coef_[0].round(1), "least", -model.intercept_.round(1)[0])
    shown = [*public(data, 1), *ours()]
    for group in (*TOPICS, *SUMMARIES, "evals"):
        print(f"{group}: {share(model, [t for t in shown if t.group == group]):.0%} are reports")
    for group in long_texts.FITTED:
        model = fitted([text for text in texts if text.group != group])
        print(f"{group}: {share(model, [t for t in texts if t.group == group]):.0%} are reports")


def fitted(texts: Sequence[Text]) -> LogisticRegression:
    """The regression; each group of texts of one kind has the same weight, whatever its size."""
    kinds = [("long" if t.group in long_texts.FITTED else t.group, t.is_report) for t in texts]
    sizes = Counter(kinds)
    weights = [100 * WEIGHT.get(kind[0], 1.0) / sizes[kind] for kind in kinds]
    model = LogisticRegression(max_iter=3_000)
    return model.fit([t.signs for t in texts], [t.is_report for t in texts], weights)


def share(model: LogisticRegression, texts: Sequence[Text]) -> float:
    """How many of them are called reports."""
    return float(np.mean(model.predict([text.signs for text in texts])))


def public(data: Path, half: int) -> Iterator[Text]:
    """Every second row of the public sets."""
    for name in SUMMARIES:
        for document in extractive.read(data / f"summaries/{name}.jsonl")[half::2]:
            yield signed(name, Article(text=document.text, language="en"), is_report=True)
    for name, language in TOPICS.items():
        for row in rows(data / f"topics/{name}.jsonl")[half::2]:
            yield signed(name, Article(text=row["text"], language=language), is_report=True)


def ours() -> Iterator[Text]:
    """The articles of the suite."""
    for row in rows(SUITE / "data.jsonl"):
        if MIXED.isdisjoint(row["slices"]):
            article = load(str(SUITE / row["path"]), settings=load_settings())
            yield signed("evals", article, is_report=True)


def scope() -> Iterator[Text]:
    """The texts of ``scope`` that are called reports, or something else."""
    for path in sorted((HERE / "scope").glob("*_news.jsonl")):
        for row in rows(path):
            text, language = row["text"], row["lang"]
            known = row["kind"] in REPORTS | OTHERS and language in LANGUAGES
            if known and count_words(text) >= SHORTEST and len(split_sentences(text)) > 3:
                article = Article(text=text, language=language)
                yield signed("scope", article, is_report=row["kind"] in REPORTS)


def long() -> Iterator[Text]:
    """The fitted long texts, cut to each length."""
    for name in long_texts.FITTED:
        for row in long_texts.read(name):
            for words in CUTS:
                article = long_texts.article(long_texts.cut(row, words))
                yield signed(name, article, is_report=False)


def signed(group: str, article: Article, *, is_report: bool) -> Text:
    """An article by its signs."""
    sentences = [candidate.sentence for candidate in find_candidates(article).sentences]
    outside = unquoted(sentences, article.text)
    signs = form([sentence.text for sentence in sentences], outside, article.language)
    return Text(group, signs, is_report)


def rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    main()
