"""Key-fact recall: how much of what an article's readers must learn is in a summary.

The facts are written once for each article and shared by every candidate, so two prompts sit
the same exam. Without a model, a fact is matched by its words: the share of its content words
that the summary has, times 0.7 where the summary lacks one of its numbers, dates or names, and 0
where the summary says the opposite. "Three" and "3", "$2bn" and "2 billion dollars" are one. A
paraphrase in other words is missed, so values are low; they order summaries, and a value alone
means little.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final, NamedTuple

from summarizer.verification.alignment import Aligner
from summarizer.verification.facts import Source
from summarizer.verification.polarity import Polarity
from summarizer.verification.terms import content_terms, terms

# On half of REALSumm, facts being the sentences of the reference: r with the people's recall
# 0.510, 0.529, 0.526, 0.521 at 1, 0.7, 0.5, 0.4. Alignment scores, pairs and bigrams did worse
# (0.47 to 0.50); static word vectors add 0.01, in English only.
_DISAGREES: Final = 0.7


class KeyFactRecall(NamedTuple):
    """How well a summary tells each key fact, 0 to 1, in the order of the facts."""

    matches: tuple[float, ...]

    @property
    def recall(self) -> float:
        """Mean over the facts, 0 to 1."""
        return sum(self.matches) / len(self.matches)


def key_fact_recall(
    summary: str,
    key_facts: Sequence[str],
    *,
    language: str | None = None,
    published: date | None = None,
) -> KeyFactRecall | None:
    """The recall of an article's key facts; None without any.

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
        if source.unsupported(fact):
            match *= _DISAGREES
        if told.opposite(fact) or _is_turned(fact, aligner, language):
            match = 0.0
        matches.append(match)
    return KeyFactRecall(tuple(matches))


def _is_turned(fact: str, aligner: Aligner, language: str | None) -> bool:
    """Whether a sentence that tells the fact best says its opposite."""
    known = Polarity([fact], language)
    return any(known.opposite(span.text) for span in aligner.align(fact).evidence)
