"""ROUGE-1, ROUGE-2 and ROUGE-Lsum (Lin 2004, https://aclanthology.org/W04-1013).

Computed by the package ``rouge-score`` with two parts of our own: tokens of every script
(``metrics.tokens``; the package itself deletes what is not ASCII) and sentences for ROUGE-Lsum
(``summarizer.text``; without them Lsum silently becomes L). Not stemmed. On ASCII text the
values are those of the package. A canary, never a gate: summaries of equal worth may differ by
0.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Final, NamedTuple

from summarizer.errors import MissingExtraError
from summarizer.evaluation.metrics.tokens import tokens
from summarizer.text import split_sentences

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


def rouge_signature() -> str:
    """What the values depend on, for the manifest of a run."""
    from importlib.metadata import version

    return (
        f"rouge-score {version('rouge-score')} | tokens: Unicode, NFKC, case folded | no stemming"
        f" | sentences: sentencex {version('sentencex')} | F1, best of the references"
    )


def _lines(text: str, language: str | None) -> str:
    return "\n".join(
        " ".join(sentence.text.split()) for sentence in split_sentences(text, language)
    )


@cache
def _scorer() -> Any:
    try:
        # Brings nltk, half a second; only ROUGE needs it.
        from rouge_score.rouge_scorer import RougeScorer  # type: ignore[import-untyped]
    except ImportError:
        raise MissingExtraError("ROUGE", extra="evals") from None
    return RougeScorer(list(_TYPES), use_stemmer=False, tokenizer=_Tokenizer())
