"""Claims that a related article bears out and the article itself does not: context leakage.

A model that reads earlier reports beside an article may tell what only they say. Such a claim is
true of something, so a reader cannot see that it is not in the article.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from summarizer.articles.article import Article
from summarizer.digest import Check
from summarizer.verification.alignment import Aligner, Alignment
from summarizer.verification.article_source import article_source
from summarizer.verification.facts import Finding

# A sentence is borrowed when the related article covers it this well and so much better than the
# article does. On 150 BBC articles and 100 of CNN/DM, each with its nearest neighbour as the
# related one: sentences of the neighbour 98 %, of its human summary 92 %; of the article itself 0,
# of its own human summary 1.9 %. Flat from 0.3 to 0.6 and from 0.15 to 0.4.
MIN_SCORE: Final = 0.4
MIN_LEAD: Final = 0.2


class RelatedSource:
    """A related article, indexed once for any number of claims."""

    def __init__(self, article: Article) -> None:
        self._name = article.title or article.source
        self._language = article.language
        self._aligner = Aligner(article.text, language=article.language)
        self._source = article_source(article)

    def lends(
        self,
        sentence: str,
        *,
        own: Alignment,
        findings: Sequence[Finding],
        unsupported: bool,
        language: str | None,
    ) -> str | None:
        """The words of ``sentence`` that come from here and not from its own article, or None.

        Args:
            sentence: a sentence of the summary.
            own: its alignment with the article.
            findings: its facts that the article lacks.
            unsupported: whether the article supports the sentence as a whole.
            language: of the summary; in another than this article's, nothing can be compared.
        """
        if language != self._language:
            return None
        if findings:
            missing = {(f.kind, f.text) for f in self._source.unsupported(sentence)}
            found = [f.text for f in findings if (f.kind, f.text) not in missing]
            if found:
                return found[0]
        here = self._aligner.align(sentence).score
        better = here >= MIN_SCORE and here - own.score >= MIN_LEAD
        return sentence if better or (unsupported and here - own.score >= MIN_LEAD) else None

    def check(self, words: str, *, index: int) -> Check:
        """What was found, for a person and for a model that shall repair the sentence."""
        return Check(
            kind="context",
            status="flagged",
            message=f"only the related article {self._name!r} says this, not the article",
            text=words,
            sentence=index,
        )
