"""Which language a text is in, by ``py3langid`` (97 languages, Naive Bayes over byte n-grams)."""

from __future__ import annotations

import threading
from functools import cache
from typing import Any

# Of 3,300 news texts in English and French (words and tables) none is called another language at
# 0.7, three are at 0.5; 268 are left without one, all but 4 of them tables of company figures.
_MIN_CONFIDENCE = 0.7
_MIN_LETTERS = 20
# The first paragraphs are enough, and keep long articles fast.
_SAMPLE = 3000
_loading = threading.Lock()


def detect_language(text: str) -> str | None:
    """The ISO 639-1 code of the main language; None where the text is too short or unclear."""
    sample = text[:_SAMPLE]
    if sum(map(str.isalpha, sample)) < _MIN_LETTERS:
        return None
    with _loading:  # threads that begin together would each load a model of 50 MB
        identifier = _identifier()
    language, confidence = identifier.classify(sample)
    return language if len(language) == 2 and confidence >= _MIN_CONFIDENCE else None


def iso_639_1(code: object) -> str | None:
    """The two-letter language of a tag such as ``en-GB``; None for anything else."""
    primary = str(code or "").strip().replace("_", "-").partition("-")[0].lower()
    return primary if len(primary) == 2 and primary.isascii() and primary.isalpha() else None


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
