"""The model of languages, and where it lies unpacked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from summarizer import settings
from summarizer import text as language

FRENCH = "Le conseil municipal a voté mardi la reconstruction du pont emporté par la crue."


@pytest.fixture
def cache_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setattr(settings, "user_cache_dir", lambda: folder)
    return folder


def load() -> Any:
    return language._identifier.__wrapped__()


def test_the_unpacked_model_says_what_the_packed_one_does(cache_dir: Path) -> None:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    packed = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    first = load()
    (folder,) = cache_dir.iterdir()
    second = load()

    assert folder.name.startswith("language-")
    for text in (FRENCH, "The bridge was rebuilt.", "", "橋は再建された。"):
        assert first.classify(text) == second.classify(text) == packed.classify(text)


def test_what_lies_there_is_used(cache_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load()
    monkeypatch.setattr(language, "_unpack", None)  # cannot be called

    assert load().classify(FRENCH)[0] == "fr"
    assert len(list(cache_dir.iterdir())) == 1


@pytest.mark.parametrize("fault", ["no folder can be made", "no home", "half a file"])
def test_without_a_cache_the_packed_model_is_read(
    fault: str, cache_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if fault == "no folder can be made":
        cache_dir.write_text("a file", encoding="utf-8")
    elif fault == "no home":

        def nobody() -> Path:
            raise RuntimeError("Could not determine home directory.")

        monkeypatch.setattr(settings, "user_cache_dir", nobody)
    else:
        load()
        (part,) = cache_dir.glob("*/3.npy")
        part.write_bytes(part.read_bytes()[:1000])

    assert load().classify(FRENCH)[0] == "fr"
