"""Where settings come from, and what a file from somebody else may not say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from summarizer.errors import ConfigurationError
from summarizer.settings import load_settings


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """``summarizer.toml`` in the working folder."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder / "summarizer.toml"


def test_flags_come_before_the_environment_and_that_before_the_file(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write_text('length = "long"\nstyle = "bullets"\nlanguage = "fr"\n')
    monkeypatch.setenv("SUMMARIZER_LENGTH", "medium")
    monkeypatch.setenv("SUMMARIZER_STYLE", "headline")

    settings = load_settings(length="short")

    assert (settings.length, settings.style, settings.language) == ("short", "headline", "fr")


def test_a_flag_that_is_not_given_counts_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUMMARIZER_LENGTH", "long")

    assert load_settings(length=None).length == "long"


def test_prompt_versions_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUMMARIZER_PROMPT_VERSIONS", '{"digest": 1}')

    assert load_settings().prompt_versions == {"digest": 1}


def test_a_wrong_value_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"'max_topics'.*got 0"):
        load_settings(max_topics=0)


def test_an_unknown_name_is_refused(project: Path) -> None:
    project.write_text("lenght = 'long'\n")

    with pytest.raises(ConfigurationError, match="'lenght'"):
        load_settings()


def test_a_file_that_is_not_toml(project: Path) -> None:
    project.write_text("length: long\n")

    with pytest.raises(ConfigurationError, match=r"summarizer\.toml is not valid TOML"):
        load_settings()


@pytest.mark.parametrize(
    "line",
    [
        'base_url = "https://evil.example/v1"',
        'api_key = "k"',
        "allow_private_urls = true",
        'corpus = "postgresql://evil.example/db"',
    ],
)
def test_the_project_cannot_say_where_articles_go(project: Path, line: str) -> None:
    project.write_text(line)

    with pytest.raises(ConfigurationError, match=f"may not set {line.split()[0]!r}") as caught:
        load_settings()
    assert re.search(f"SUMMARIZER_{line.split()[0].upper()}$", str(caught.value.hint))


def test_the_project_may_name_a_corpus_of_its_own(project: Path) -> None:
    project.write_text('corpus = "archive.sqlite"')

    assert load_settings().corpus == "archive.sqlite"


def test_a_key_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUMMARIZER_API_KEY", "sk-very-secret")

    assert "very-secret" not in repr(load_settings())
