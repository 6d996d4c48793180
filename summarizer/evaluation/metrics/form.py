"""Form of a summary: its length, what it repeats, and whether it is prose about the news."""

from __future__ import annotations

import re
from typing import Final

from summarizer.evaluation.metrics.overlap import ngrams, tokens
from summarizer.summaries.request import SummaryRequest


def length_ratio(words: int, *, wanted: int) -> float:
    """Words of the summary for each word asked for; 1 is exact."""
    return words / wanted


def is_compliant(words: int, request: SummaryRequest) -> bool:
    """Whether so many words are within the bounds that the product itself promises."""
    return request.shortest <= words <= request.longest


def redundancy(summary: str, *, size: int = 3) -> float | None:
    """Share of the n-grams that occurred before in the summary; None where it has none.

    >>> redundancy("he won the race and then he won the race")
    0.25
    """
    found = ngrams(tokens(summary), size)
    return 1 - len(set(found)) / len(found) if found else None


_ASKED: Final = r"(?:who|what|where|when|why|how)"
_TALKS: Final = (
    r"(?:the|this) (?:article|text|passage|report) (?:also )?(?:is about|discuss|mention|state|"
    r"describe|highlight|note|focus|explain|explore|cover|provide|report|emphasi|argue|suggest)",
    r"(?:der|dieser) (?:artikel|text|beitrag) (?:handelt|beschreibt|berichtet|behandelt|befasst)",
    r"(?:l'|l’|cet |le |ce )(?:article|texte) (?:parle|décrit|traite|explique|mentionne|présente)",
    r"(?:el|este) (?:artículo|texto) (?:habla|describe|trata|explica|menciona|analiza|informa)",
    r"(?:o|este) (?:artigo|texto) (?:fala|descreve|trata|explica|menciona|aborda|discute|informa)",
    r"(?:l'|l’|questo )articolo (?:parla|descrive|tratta|spiega|menziona|discute)",
    r"(?:het|dit) artikel (?:gaat over|beschrijft|bespreekt|behandelt|vermeldt|meldt)",
)
_FAULTS: Final = re.compile(
    r"(?:^|(?<=[.!?]\s))[ \t]*(?:#{1,6}\s|```|\|)"
    rf"|(?:^|(?<=[.!?\w]\s)){_ASKED}(?: \w+)?:"
    rf"|(?:^|(?<=[.!?]\s)){_ASKED}(?:, (?:and )?{_ASKED})+\b"
    r"|(?:^|(?<=[.!?]\s))(?:summary|news brief|news|headline|title|answer|fact \d+):"
    r"|\b(?:" + "|".join(_TALKS) + ")",
    re.IGNORECASE | re.MULTILINE,
)


def form_fault(summary: str, *, article: str) -> str | None:
    """The first words of the summary that are no prose about the news; None where all are.

    >>> form_fault("Who, what, where, when? A bridge was closed.", article="The bridge is closed.")
    'Who, what, where, when'
    >>> form_fault("The article discusses a bridge.", article="The bridge is closed.")
    'The article discuss'
    """
    known = article.casefold()
    for found in _FAULTS.finditer(summary):
        fault = found.group().strip()
        if fault.casefold() not in known:
            return fault
    return None
