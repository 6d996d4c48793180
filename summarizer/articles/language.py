"""Which language a text is in, by ``py3langid`` (97 languages, Naive Bayes over byte n-grams)."""

from __future__ import annotations

import hashlib
import tempfile
import threading
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from summarizer.settings import user_cache_dir

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
    """The model, from a folder of the cache where it lies unpacked.

    To unpack its 68 MB takes half a CPU second, a quarter of what a first digest costs. What lies
    in the cache is mapped: it is shared by all processes, and only what a text needs is read.
    """
    import numpy as np
    from py3langid.langid import MODEL_DIR, MODEL_FILE, LanguageIdentifier

    packed = Path(MODEL_DIR) / MODEL_FILE
    try:
        name = hashlib.sha256(packed.read_bytes()).hexdigest()[:16]
        folder = user_cache_dir() / f"language-{name}"
        if not folder.is_dir():
            _unpack(packed, folder)
        parts = [np.asarray(np.load(folder / f"{n}.npy", mmap_mode="r")) for n in range(6)]
    except (OSError, ValueError, RuntimeError):  # no home, no room, half a file
        return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    weights, priors, languages, moves, rows, features = parts
    return LanguageIdentifier(
        weights,
        priors,
        languages.tolist(),
        moves.data,
        features.tolist(),
        norm_probs=True,
        tk_row=rows.data,
    )


def _unpack(packed: Path, folder: Path) -> None:
    """Put the parts of the model into ``folder``, all or none."""
    import numpy as np
    from py3langid.modelio import load_model

    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, ignore_cleanup_errors=True) as made:
        for number, part in enumerate(load_model(packed)):
            np.save(Path(made, f"{number}.npy"), np.asarray(part), allow_pickle=False)
        with suppress(OSError):  # another process was faster
            Path(made).rename(folder)
