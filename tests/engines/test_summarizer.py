from __future__ import annotations

import re
from pathlib import Path

import pytest

from summarizer import Summarizer
from summarizer.errors import SourceError
from summarizer.settings import Settings
from summarizer.summarizer import _is_text

SHORT = "The mayor of Marlow resigned on Monday after a vote of the council."


@pytest.mark.parametrize(
    "source",
    [
        SHORT,
        "The mayor of Marlow resigned",
        "市长周一辞职。",
        "Der Preis stieg auf 3.5 Prozent",
        "Le maire a démissionné ; un vote suivra",
        "word " * 30,
    ],
)
def test_words_that_are_no_path_are_the_article_itself(source: str) -> None:
    assert _is_text(source)


@pytest.mark.parametrize(
    "source",
    ["missing.txt", "my article.txt", "my notes/2024/draft", "https://example.com/a", "archive"],
)
def test_what_looks_like_a_path_is_read_as_one(source: str) -> None:
    assert not _is_text(source)


def test_a_file_whose_name_has_spaces_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "first draft").write_text(f"{SHORT} {SHORT.replace('Monday', 'Friday')}\n" * 4)
    monkeypatch.chdir(tmp_path)

    with Summarizer(model="extractive", length="short") as summarizer:
        digest = summarizer.summarize("first draft")

    assert digest.article.source == "first draft"


def test_a_short_text_is_not_looked_for_as_a_file() -> None:
    with Summarizer(model="extractive", length="5") as summarizer:
        assert summarizer.summarize(f"{SHORT} It met twice.").article.source == "text"


def test_a_missing_file_is_still_told_as_one() -> None:
    with Summarizer(model="extractive") as summarizer, pytest.raises(SourceError, match="no file"):
        summarizer.digest("no such article.txt")


def test_every_setting_that_the_docs_name_is_one() -> None:
    page = Path(__file__).parents[2] / "docs" / "python.md"
    listed = page.read_text(encoding="utf-8").split("Settings are keyword arguments")[1]
    names = re.findall(r"`([a-z_]+)`", listed.split("…")[0])

    assert len(names) > 5
    assert set(names) <= set(Settings.model_fields)
    keywords = re.findall(r"Summarizer\(([^)]*)\)", page.read_text(encoding="utf-8"))
    used = {name for call in keywords for name in re.findall(r"(\w+)=", call)}
    assert used <= set(Settings.model_fields)
