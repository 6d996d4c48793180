"""Faithfulness: whether each sentence of a summary follows from its article, by code alone.

The verdict is that of the product's own checks: a sentence is *unsupported* where the article
has no passage for it, lacks one of its numbers, dates, names or quotations, or says the opposite;
it is *context-only* where a related article bears out what the article does not (a leak of the
retrieval step); else *supported*. Verdicts are made for precision.

The score grades, for ranking summaries: the mean of the alignment score and of the share of the
sentence's skip-bigrams (two words with at most three between them, Lin 2004) that stand so in
one sentence of the article; halved for a sentence with a flag. Figures of agreement with people
are in docs/measurements.md; on near-extractive summaries it mostly measures how much was copied.

Key-fact recall asks the other way: how much of what an article's readers must learn is in its
summary. The facts are written once for each article and shared by every candidate, so two prompts
are asked the same. Without a model, a fact is matched by its words: the share of its content words
that the summary has, times 0.7 where the summary lacks one of its numbers, dates or names, and 0
where the summary says the opposite. "Three" and "3", "$2bn" and "2 billion dollars" are one. A
paraphrase in other words is missed, so values are low; they order summaries, and a value alone
means little.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final, Literal, NamedTuple

from summarizer.articles.article import Article
from summarizer.digest import CheckKind
from summarizer.verification import verify_summary
from summarizer.verification.alignment import Aligner, content_terms, terms
from summarizer.verification.polarity import Polarity
from summarizer.verification.source import FactKind, Source, article_source, facts
from summarizer.verification.words import stems

SupportVerdict = Literal["supported", "context-only", "unsupported"]
# Words that may stand between the two of a skip-bigram. Of 0, 3, and any number of content words,
# 3 agreed best with the tuned half of QAGS: r 0.72, 0.73, 0.67 on CNN/DM; 0.33, 0.33, 0.37 on XSum.
_MAX_SKIP: Final = 3
# From 1 to 0.3, on the same half: XSum r 0.38, 0.42 (0.7), 0.44 (0.5), 0.46; XSumFaith AUC 0.80,
# 0.79, 0.77, 0.74.
_FLAGGED: Final = 0.5


class SentenceFaithfulness(NamedTuple):
    """A sentence of a summary.

    Attributes:
        verdict: what it rests on.
        score: how well the article carries it, 0 to 1; None where summary and article are in
            different languages.
    """

    verdict: SupportVerdict
    score: float | None


class Faithfulness(NamedTuple):
    """A summary, sentence by sentence."""

    sentences: tuple[SentenceFaithfulness, ...]

    @property
    def score(self) -> float | None:
        """Mean of the sentences' scores, 0 to 1; None where there is none."""
        scores = [s.score for s in self.sentences if s.score is not None]
        return sum(scores) / len(scores) if scores else None

    def share(self, verdict: SupportVerdict) -> float | None:
        """Share of the sentences with this verdict, 0 to 1; None for an empty summary."""
        if not self.sentences:
            return None
        return sum(s.verdict == verdict for s in self.sentences) / len(self.sentences)


def faithfulness(
    sentences: Sequence[str],
    article: Article,
    *,
    related: Sequence[Article] = (),
    language: str | None = None,
) -> Faithfulness:
    """The faithfulness of a summary.

    Args:
        sentences: the summary, sentence by sentence.
        article: what it must follow from, without passages that may support nothing.
        related: articles that the model read as background.
        language: ISO 639-1 code of the summary; None means that of the article. A translated
            summary is judged by its numbers and dates and has no score.
    """
    verification = verify_summary(sentences, article, related=related, language=language)
    translated = language not in (None, article.language)
    source = None if translated else _Source(article)
    judged = []
    for index, text in enumerate(sentences):
        kinds = {check.kind for check in verification.checks if check.sentence == index}
        verdict: SupportVerdict = "unsupported" if kinds else "supported"
        if "context" in kinds:
            verdict = "context-only"
        score = source.score(text) if source else None
        if score is not None and kinds:
            score *= _FLAGGED
        judged.append(SentenceFaithfulness(verdict, score))
    return Faithfulness(tuple(judged))


class _Source:
    """An article, indexed once."""

    def __init__(self, article: Article) -> None:
        self._aligner = Aligner(article.text, language=article.language)
        self._pairs = {
            pair
            for sentence in self._aligner.sentences
            for pair in skip_bigrams(stems(sentence.text))
        }

    def score(self, sentence: str) -> float:
        aligned = self._aligner.align(sentence).score
        pairs = list(skip_bigrams(stems(sentence)))
        if not pairs:
            return aligned
        return (aligned + sum(pair in self._pairs for pair in pairs) / len(pairs)) / 2


def skip_bigrams(sequence: Sequence[str]) -> Iterable[tuple[str, str]]:
    """The pairs of words, in order, with at most three words between them.

    >>> list(skip_bigrams(["a", "b", "c"]))
    [('a', 'b'), ('a', 'c'), ('b', 'c')]
    """
    for start, first in enumerate(sequence):
        for second in sequence[start + 1 : start + 2 + _MAX_SKIP]:
            yield first, second


def fact_support(
    sentences: Sequence[str], article: Article, *, language: str | None = None
) -> dict[FactKind, float | None]:
    """Of each kind of fact the share that the article bears out, 0 to 1; None for none stated.

    Args:
        sentences: the summary, sentence by sentence.
        article: what it must follow from, without passages that may support nothing.
        language: ISO 639-1 code of the summary; None means that of the article. Names and
            quotations of a translated summary cannot be looked up, so none count as stated.
    """
    spoken = language or article.language
    source = article_source(article)
    stated: Counter[FactKind] = Counter()
    missing: Counter[CheckKind] = Counter()
    for sentence in sentences:
        found = facts(sentence, spoken)
        stated.update(source.looked_up(found))
        missing.update(f.kind for f in source.unsupported(found))
    kinds: tuple[FactKind, ...] = ("number", "date", "name", "quotation")
    return {
        kind: (stated[kind] - missing[kind]) / stated[kind] if stated[kind] else None
        for kind in kinds
    }


# On half of REALSumm, facts being the sentences of the reference: r with the people's recall
# 0.510, 0.529, 0.526, 0.521 at 1, 0.7, 0.5, 0.4. Alignment scores, pairs and bigrams did worse
# (0.47 to 0.50); static word vectors add 0.01, in English only.
_DISAGREES: Final = 0.7


def key_fact_recall(
    summary: str,
    key_facts: Sequence[str],
    *,
    language: str | None = None,
    published: date | None = None,
) -> float | None:
    """The recall of an article's key facts, 0 to 1: the mean over them; None without any.

    Args:
        summary: the summary's text, in the language of the facts.
        key_facts: one statement each.
        language: ISO 639-1 code of both.
        published: the article's day, which resolves "yesterday".
    """
    if not key_facts:
        return None
    known = set(terms(summary, language))
    aligner = Aligner(summary, language=language)
    told = Polarity([sentence.text for sentence in aligner.sentences], language)
    source = Source(summary, language=language, published=published)
    matches = []
    for fact in key_facts:
        content = content_terms(fact, language)
        match = sum(word in known for word in content) / len(content) if content else 0.0
        if source.unsupported(facts(fact, language)):
            match *= _DISAGREES
        if told.opposite(fact) or _is_turned(fact, aligner, language):
            match = 0.0
        matches.append(match)
    return sum(matches) / len(matches)


def _is_turned(fact: str, aligner: Aligner, language: str | None) -> bool:
    """Whether a sentence that tells the fact best says its opposite."""
    known = Polarity([fact], language)
    return any(known.opposite(span.text) for span in aligner.align(fact).evidence)
