from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from summarizer import Article, Summarizer
from summarizer.articles.article import is_text
from summarizer.digest import Digest, Failure
from summarizer.errors import ConfigurationError, SourceError, SummarizerError
from summarizer.settings import Settings

SHORT = "The mayor of Marlow resigned on Monday after a vote of the council."

STORY = (
    "The council of Ardenholm voted on Tuesday to rebuild the bridge that the flood took away.\n\n"
    "The work will cost 4 million euros and take two years, mayor Petra Lindqvist said. "
    "She promised that the ferry would stay free of charge until the bridge opens."
)


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
    assert is_text(source)


@pytest.mark.parametrize(
    "source",
    ["missing.txt", "my article.txt", "my notes/2024/draft", "https://example.com/a", "archive"],
)
def test_what_looks_like_a_path_is_read_as_one(source: str) -> None:
    assert not is_text(source)


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


def test_a_closed_summarizer_says_so() -> None:
    summarizer = Summarizer(model="extractive")
    summarizer.close()

    with pytest.raises(SummarizerError, match="Summarizer is closed"):
        summarizer.digest(STORY)
    with pytest.raises(SummarizerError, match="Summarizer is closed"):
        list(summarizer.digest_many([STORY]))


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (None, "row 2 is empty"),
        (float("nan"), "row 2 is empty"),
        (pd.NA, "row 2 is empty"),
        (" ", "row 2 is empty"),
        (3.5, "row 2 has the wrong type: float"),
        (["a"], "row 2 has the wrong type: list"),
        (np.array([1, 2]), "row 2 has the wrong type: ndarray"),
    ],
)
def test_a_cell_that_is_no_article_is_told_by_its_row(cell: object, message: str) -> None:
    with Summarizer(model="extractive") as summarizer:
        first, second, third = summarizer.digest_many([STORY, cell, STORY])  # type: ignore[list-item]

    assert isinstance(first, Digest)
    assert isinstance(third, Digest)
    assert isinstance(second, Failure)
    assert second.error.message == message
    assert second.source == "row 2"


@pytest.mark.parametrize("sources", [SHORT, b"bytes", Article(text=SHORT)])
def test_one_source_is_not_many(sources: Any) -> None:
    with (
        Summarizer(model="extractive") as summarizer,
        pytest.raises(TypeError, match="put it in a list"),
    ):
        summarizer.digest_many(sources)


def test_no_jobs_are_no_way_to_work() -> None:
    with Summarizer(model="extractive") as summarizer, pytest.raises(ValueError, match="jobs is 0"):
        summarizer.digest_many([SHORT], jobs=0)


def test_a_setting_without_its_name_is_told() -> None:
    with pytest.raises(TypeError, match="such as model='extractive'"):
        Summarizer("extractive")  # type: ignore[arg-type]


def test_what_is_no_article_is_no_source() -> None:
    with Summarizer(model="extractive") as summarizer, pytest.raises(SourceError, match="empty"):
        summarizer.digest(None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"max_topics": 1}, "'max_topics' cannot be changed"),
        ({"taxonomy": "mine.yaml"}, "'taxonomy' cannot be changed"),
        ({"model": "gpt-4"}, "'model' cannot be changed"),
        ({"depth": 0}, "'depth'.*at least 1 is wanted"),
        ({"lenght": 3}, "'lenght', which is no setting"),
        ({"style": "foo"}, "'style'"),
        ({"length": "endless"}, "length 'endless'"),
    ],
)
def test_what_a_copy_cannot_have_is_told(changed: dict[str, Any], said: str) -> None:
    with (
        Summarizer(model="extractive") as summarizer,
        pytest.raises(ConfigurationError, match=said),
    ):
        summarizer.with_settings(**changed)


def test_the_articles_own_sentences_are_in_the_articles_own_language() -> None:
    article = Article(text=STORY, language=None)
    with Summarizer(model="extractive", language="de") as summarizer:
        summary = summarizer.summarize(article).summary
    assert summary is not None
    assert summary.language is None


def test_a_copy_takes_a_length_as_a_number_and_keeps_what_is_none() -> None:
    with Summarizer(model="extractive", language="de") as summarizer:
        settings = summarizer.with_settings(length=30, language=None).settings
    assert (settings.length, settings.language) == ("30", "de")


def test_a_copy_is_not_made_of_settings_that_came_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with Summarizer(model="extractive") as summarizer:
        (tmp_path / "summarizer.toml").write_text("length = ")
        monkeypatch.setenv("SUMMARIZER_STYLE", "bullets")
        settings = summarizer.with_settings(length="medium").settings
    assert (settings.length, settings.style) == ("medium", "paragraph")


def test_a_copy_is_closed_with_the_summarizer_it_is_of() -> None:
    with Summarizer(model="extractive") as summarizer:
        copy = summarizer.with_settings(length="medium")
    with pytest.raises(SummarizerError, match="Summarizer is closed"):
        copy.digest(STORY)


def test_an_error_in_a_task_of_the_callers_own_is_not_told_to_be_ours() -> None:
    def broken(_: object) -> Digest:
        raise KeyError("column")

    with Summarizer(model="extractive") as summarizer:
        [record] = summarizer.digest_many([STORY], task=broken)

    assert isinstance(record, Failure)
    assert "unforeseen KeyError in test_summarizer.py" in record.error.message
    assert "unless it is in a function of yours" in str(record.error.hint)
