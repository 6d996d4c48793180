"""Where settings come from, and what a file from somebody else may not say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from summarizer.errors import ConfigurationError
from summarizer.paths import user_config_file
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


@pytest.mark.parametrize("content", [b"length: long\n", b'length = "\xff"'])
def test_a_file_that_is_not_toml(project: Path, content: bytes) -> None:
    project.write_bytes(content)

    with pytest.raises(ConfigurationError, match=r"'summarizer\.toml' is not valid TOML"):
        load_settings()


@pytest.fixture
def users_file(isolated_environment: None) -> Path:  # noqa: ARG001 - it says where the file is
    """The per-user ``summarizer.toml``."""
    path = user_config_file()
    path.parent.mkdir(parents=True)
    return path


def test_a_file_of_the_user_that_is_not_utf8_is_named(users_file: Path) -> None:
    users_file.write_bytes(b'length = "\xff"')

    with pytest.raises(ConfigurationError, match=re.escape(str(users_file))):
        load_settings()


def test_a_byte_order_mark_does_no_harm(users_file: Path) -> None:
    users_file.write_text('length = "long"', encoding="utf-8-sig")

    assert load_settings().length == "long"


def test_the_project_comes_before_the_user(project: Path, users_file: Path) -> None:
    project.write_text('length = "long"')
    users_file.write_text('length = "medium"\nstyle = "bullets"')

    assert (load_settings().length, load_settings().style) == ("long", "bullets")


def test_a_path_may_start_at_home(users_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.delenv("SUMMARIZER_CACHE_DIR")
    users_file.write_text('cache_dir = "~/answers"')

    assert load_settings().cache_dir == Path("/home/me/answers")


def test_a_home_that_nobody_has_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"'taxonomy'.*home"):
        load_settings(taxonomy="~no-such-user/desks.yaml")


def test_an_empty_variable_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUMMARIZER_TIMEOUT", "")

    assert load_settings().timeout == 600


def test_a_variable_that_is_not_json_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUMMARIZER_PROMPT_VERSIONS", "{digest")

    with pytest.raises(ConfigurationError, match="prompt_versions"):
        load_settings()


@pytest.mark.parametrize("seconds", ["inf", "nan", "1e300"])
def test_a_time_that_no_clock_has_is_refused(seconds: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUMMARIZER_TIMEOUT", seconds)

    with pytest.raises(ConfigurationError, match="'timeout'"):
        load_settings()


@pytest.mark.parametrize("line", ['apikey = "sk-very-secret"', '[api_key]\nv = "sk-very-secret"'])
def test_a_key_in_the_wrong_place_is_not_shown(users_file: Path, line: str) -> None:
    users_file.write_text(line)

    with pytest.raises(ConfigurationError, match=r"api_?key") as caught:
        load_settings()
    assert "very-secret" not in str(caught.value)


@pytest.mark.parametrize(
    "line",
    [
        'base_url = "https://evil.example/v1"',
        'api_key = "k"',
        "allow_private_urls = true",
        "defence = false",
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
