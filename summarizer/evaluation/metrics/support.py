"""Fact support: how many of a summary's numbers, dates, names and quotations the article has.

A hard check and a weak measure of faithfulness: most errors of models are wrong relations
between words that the article has. A summary that states none of a kind is unscored for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from summarizer.articles.article import Article
from summarizer.verification import numbers, quotations
from summarizer.verification.article_source import article_source
from summarizer.verification.facts import FactKind, facts


class Support(NamedTuple):
    """Facts of one kind in a summary: how many it states, and how many the article bears out."""

    stated: int
    supported: int

    @property
    def share(self) -> float | None:
        """Supported of stated, 0 to 1; None where nothing is stated."""
        return self.supported / self.stated if self.stated else None


def fact_support(
    sentences: Sequence[str], article: Article, *, language: str | None = None
) -> dict[FactKind, Support]:
    """The support of each kind of fact.

    Args:
        sentences: the summary, sentence by sentence.
        article: what it must follow from, without passages that may support nothing.
        language: ISO 639-1 code of the summary; None means that of the article. Names and
            quotations of a translated summary cannot be looked up, so none count as stated.
    """
    spoken = language or article.language
    source = article_source(article)
    stated: Counter[FactKind] = Counter()
    missing: Counter[FactKind] = Counter()
    for sentence in sentences:
        stated.update(_stated(sentence, spoken, translated=spoken != article.language))
        missing.update(f.kind for f in source.unsupported(sentence, language=spoken))
    kinds: tuple[FactKind, ...] = ("number", "date", "name", "quotation")
    return {kind: Support(stated[kind], stated[kind] - missing[kind]) for kind in kinds}


def _stated(sentence: str, language: str | None, *, translated: bool) -> dict[FactKind, int]:
    """How many facts of each kind ``Source.unsupported`` looks up."""
    found = facts(sentence, language)
    return {
        "number": sum(numbers.is_checkable(number, language) for number in found.numbers),
        # One text can be read as several moments ("3/4/2020").
        "date": len({moment[:3] for moment in found.dates}),
        "name": 0 if translated else len(found.names),
        "quotation": 0 if translated else sum(map(quotations.is_checkable, found.quotations)),
    }
