"""Metrics of text alone: words that texts share, how much was copied, and form."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any, Final, Literal, NamedTuple

from summarizer.errors import require_extra
from summarizer.summaries.request import SummaryRequest
from summarizer.text import split_sentences

NGram = tuple[str, ...]
_Kind = Literal["mark", "other", "spaced", "unspaced"]
# Thai, Lao, kana, and the ideographs of Chinese and Japanese.
_UNSPACED: Final = (
    ("\u0e00", "\u0eff"),
    ("\u3040", "\u30ff"),
    ("\u3400", "\u4dbf"),
    ("\u4e00", "\u9fff"),
    ("\uf900", "\ufaff"),
    ("\U00020000", "\U0003ffff"),
)


def tokens(text: str) -> list[str]:
    """The tokens of ``text`` in order.

    >>> tokens("Mr Müller's 3rd win"), tokens("हिन्दी समाचार"), tokens("新闻")
    (['mr', 'müller', 's', '3rd', 'win'], ['हिन्दी', 'समाचार'], ['新', '闻'])
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    pieces: list[str] = []
    before: _Kind = "other"
    for character in folded:
        kind = _kind(character)
        if kind == "mark":
            # A mark belongs to the letter before it; that of an emoji goes with the emoji.
            pieces.append(character if before != "other" else "")
            continue
        if "unspaced" in (kind, before):
            pieces.append(" ")
        pieces.append(character if kind != "other" else " ")
        before = kind
    return "".join(pieces).split()


@lru_cache(maxsize=20_000)
def _kind(character: str) -> _Kind:
    category = unicodedata.category(character)[0]
    if category == "M":
        return "mark"
    if category not in "LN":
        return "other"
    unspaced = any(first <= character <= last for first, last in _UNSPACED)
    return "unspaced" if unspaced else "spaced"


def ngrams(sequence: Sequence[str], size: int) -> list[NGram]:
    """The runs of ``size`` tokens, in order; none where the sequence is shorter."""
    return [tuple(sequence[start : start + size]) for start in range(len(sequence) - size + 1)]


_TYPES: Final = ("rouge1", "rouge2", "rougeLsum")


class Rouge(NamedTuple):
    """F1, each from 0 to 1; of several references, the best for each."""

    rouge1: float
    rouge2: float
    rouge_lsum: float


class _Tokenizer:
    """What the package calls for tokens."""

    def tokenize(self, text: str) -> list[str]:
        return tokens(text)


def rouge(
    candidate: str, references: Sequence[str], *, language: str | None = None
) -> Rouge | None:
    """ROUGE of a summary; None without a reference.

    Args:
        candidate: the summary.
        references: summaries by people.
        language: ISO 639-1 code, for splitting sentences.

    Raises:
        MissingExtraError: ``rouge-score`` is not installed.
    """
    if not references:
        return None
    golden = [_lines(reference, language) for reference in references]
    found = _scorer().score_multi(golden, _lines(candidate, language))
    return Rouge(*(float(found[name].fmeasure) for name in _TYPES))


def _lines(text: str, language: str | None) -> str:
    return "\n".join(
        " ".join(sentence.text.split()) for sentence in split_sentences(text, language)
    )


@cache
def _scorer() -> Any:
    require_extra("rouge_score", what="ROUGE", extra="evals")
    # Brings nltk, half a second; only ROUGE needs it.
    from rouge_score.rouge_scorer import RougeScorer  # type: ignore[import-untyped]

    return RougeScorer(list(_TYPES), use_stemmer=False, tokenizer=_Tokenizer())


def chrf(candidate: str, references: Sequence[str]) -> float | None:
    """chrF2 of a summary, 0 to 1: the best over its references; None without a reference.

    F-score of character n-grams (Popović 2015, https://aclanthology.org/W15-3049), by sacrebleu:
    ``chrF2|nc:6|nw:0|space:no``.

    Raises:
        MissingExtraError: ``sacrebleu`` is not installed.
    """
    if not references:
        return None
    return float(_chrf().sentence_score(candidate, list(references)).score) / 100


@cache
def _chrf() -> Any:
    require_extra("sacrebleu", what="chrF", extra="evals")
    from sacrebleu.metrics.chrf import CHRF

    return CHRF()


class Extractiveness(NamedTuple):
    """How extractive a summary is.

    Attributes:
        coverage: share of the summary's tokens in copied fragments, 0 to 1.
        density: mean length of the fragment that a token of the summary is in, in tokens.
        compression: tokens of the article for each token of the summary.
        longest_copy: the longest copied run of tokens; a guard of copyright, too.
        novel_bigrams: share of the summary's distinct bigrams that the article does not have;
            None for a summary of one token (See et al. 2017).
    """

    coverage: float
    density: float
    compression: float
    longest_copy: int
    novel_bigrams: float | None


def extractiveness(summary: str, article: str) -> Extractiveness | None:
    """The measures of one summary; None where it has no token."""
    ours, theirs = tokens(summary), tokens(article)
    if not ours:
        return None
    lengths = fragments(ours, theirs)
    return Extractiveness(
        coverage=sum(lengths) / len(ours),
        density=sum(length**2 for length in lengths) / len(ours),
        compression=len(theirs) / len(ours),
        longest_copy=max(lengths, default=0),
        novel_bigrams=novel_share(ours, theirs, size=2),
    )


def fragments(summary: Sequence[str], article: Sequence[str]) -> list[int]:
    """Lengths of the fragments, in order: at each token the longest run that the article has.

    >>> fragments("the red dog barked at us".split(), "a red dog barked ; he ran at us".split())
    [3, 2]
    """
    # Python finds a text in a text in linear time, whatever the two are.
    text = f" {' '.join(article)} "
    found = []
    start = 0
    while start < len(summary):
        end = start
        while end < len(summary) and f" {' '.join(summary[start : end + 1])} " in text:
            end += 1
        if end > start:
            found.append(end - start)
        start = max(end, start + 1)
    return found


def novel_share(summary: Sequence[str], article: Sequence[str], *, size: int) -> float | None:
    """Share of the summary's distinct n-grams that the article lacks; None where it has none."""
    ours = set(ngrams(summary, size))
    return len(ours - set(ngrams(article, size))) / len(ours) if ours else None


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
