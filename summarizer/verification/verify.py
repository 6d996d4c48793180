"""``verify_summary``: every sentence of a summary held against its article.

Two questions to each sentence: is there a passage that it can rest on (alignment), and are its
numbers, dates, names and quotations in the article (facts)? A "no" becomes a flagged ``Check``
whose message is fit for a person and for a model that shall repair the sentence. What only a
related article says is told apart: a claim from the context, not from the article.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from summarizer.articles.article import Article
from summarizer.digest import Check, SummarySentence
from summarizer.verification.alignment import Aligner, Alignment
from summarizer.verification.facts import Finding, article_source
from summarizer.verification.polarity import Polarity
from summarizer.verification.subjects import Subjects

# A sentence is borrowed when the related article covers it this well and so much better than the
# article does. On 150 BBC articles and 100 of CNN/DM, each with its nearest neighbour as the
# related one: sentences of the neighbour 98 %, of its human summary 92 %; of the article itself 0,
# of its own human summary 1.9 %. Flat from 0.3 to 0.6 and from 0.15 to 0.4.
_RELATED_COVERS: Final = 0.4
_RELATED_LEADS: Final = 0.2


class RelatedSource:
    """A related article, indexed once for any number of claims."""

    def __init__(self, article: Article) -> None:
        self._name = article.title or article.source
        self._language = article.language
        self._aligner = Aligner(article.text, language=article.language)
        self._source = article_source(article)

    def only_source_of(
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
        better = here >= _RELATED_COVERS and here - own.score >= _RELATED_LEADS
        return sentence if better or (unsupported and here - own.score >= _RELATED_LEADS) else None

    def check(self, words: str, *, index: int) -> Check:
        """What was found, for a person and for a model that shall repair the sentence."""
        return Check(
            kind="context",
            status="flagged",
            message=f"only the related article {self._name!r} says this, not the article",
            text=words,
            sentence=index,
        )


# Below this share of its content a sentence rests on nothing. Measured from 0.15 to 0.35: at 0.2
# 97 % of sentences from another article of the same section fall below, and 1 % of human
# reference sentences; at 0.3 it is 98 % and 4 % (docs/verification.md).
MIN_COVERED: Final = 0.2


class Verification(NamedTuple):
    """A checked summary.

    Attributes:
        sentences: The sentences in order, with their evidence.
        checks: What was found wrong; ``Check.sentence`` is the index of the sentence.
    """

    sentences: tuple[SummarySentence, ...]
    checks: tuple[Check, ...]


def verify_summary(
    sentences: Sequence[str],
    article: Article,
    *,
    excluded: Sequence[tuple[int, int]] = (),
    language: str | None = None,
    related: Sequence[Article] = (),
) -> Verification:
    """Checks the sentences of a summary against the article.

    Args:
        sentences: The summary, sentence by sentence.
        article: What it must follow from.
        excluded: Character spans of ``article.text`` that may support nothing, such as passages
            that look like an injection.
        language: ISO 639-1 code of the summary; None means that of the article. A translated
            summary shares few words with its article: only its numbers and dates are judged.
        related: Articles that the summary's author read as background; they support nothing.
    """
    spoken = language or article.language
    translated = spoken != article.language
    aligner = Aligner(article.text, language=article.language, excluded=excluded)
    source = article_source(article, excluded=excluded)
    polarity = Polarity(
        [article.title or "", *(found.text for found in aligner.sentences)], article.language
    )
    subjects = Subjects(aligner, article.language)
    others = [RelatedSource(article) for article in related]
    verified: list[SummarySentence] = []
    checks: list[Check] = []
    for index, sentence in enumerate(sentences):
        alignment = aligner.align(sentence)
        findings = source.unsupported(sentence, language=spoken)
        found = [_check(finding, index) for finding in findings]
        support: tuple[Check, ...] = ()
        if not translated:
            support = tuple(_support_checks(sentence, alignment, polarity, subjects, index=index))
        for other in others:
            words = other.only_source_of(
                sentence,
                own=alignment,
                findings=findings,
                unsupported=bool(support),
                language=spoken,
            )
            if words is not None:
                # The whole sentence is told to come from there, so its parts are not told again.
                found, support = [other.check(words, index=index)], ()
                break
        found += support
        checks += found
        verified.append(
            SummarySentence(text=sentence, supported=not found, evidence=alignment.evidence)
        )
    return Verification(tuple(verified), tuple(checks))


def _check(finding: Finding, index: int) -> Check:
    return Check(
        kind=finding.kind,
        status="flagged",
        message=finding.message,
        text=finding.text,
        sentence=index,
    )


def _support_checks(
    sentence: str, alignment: Alignment, polarity: Polarity, subjects: Subjects, *, index: int
) -> Iterator[Check]:
    if alignment.covered < MIN_COVERED:
        message, text = "no passage of the article supports this sentence", sentence
    elif turned := polarity.opposite(sentence):
        message, text = f"{turned!r} says the opposite of the article", turned
    elif other := subjects.other(sentence):
        text, whom = other
        message = f"the article says this of {whom!r}, not of {text!r}"
    else:
        return
    yield Check(kind="support", status="flagged", message=message, text=text, sentence=index)
