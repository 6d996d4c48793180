"""What sources lead to, and what they never lead to."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from summarizer.articles.article import is_text
from summarizer.errors import ConfigurationError, SourceError, UnsafeURLError
from summarizer.plugins.service import Access, is_file_name, read_source
from summarizer.settings import Settings, load_settings


@pytest.fixture
def settings() -> Settings:
    return load_settings(allow_private_urls=True, offline=False)


@pytest.fixture
def access(folder: Path) -> Access:
    return Access.below([folder])


def test_a_text_is_read_as_it_is(talks: str, settings: Settings) -> None:
    article = read_source(talks, access=Access(), settings=settings)

    assert article.title == "Ardenia and Kovaria Agree on Joint Border Patrols"
    assert article.source == "text"


@pytest.mark.parametrize("name", ["talks.txt", "./talks.txt", "{folder}/talks.txt", " talks.txt "])
def test_a_file_below_an_open_folder_is_read(
    name: str, folder: Path, access: Access, settings: Settings
) -> None:
    article = read_source(name.format(folder=folder), access=access, settings=settings)

    assert article.source == "talks.txt"


CLOSED = [
    "{folder}/../secret.txt",
    "../secret.txt",
    "link.txt",  # leads to ../secret.txt
    ".env",
    "-",
    "",
    "/etc/passwd",
    "../../../../../../../../etc/passwd",
    "/proc/self/environ",
    "/dev/stdin",
    "~/.bashrc",
    "*.txt",
    ".",
    "talks.txt\0",
    "missing.txt",
]


@pytest.mark.parametrize("name", CLOSED)
def test_other_files_are_refused_alike(
    name: str, folder: Path, access: Access, settings: Settings
) -> None:
    with pytest.raises(SourceError, match="neither an article's text nor a file") as caught:
        read_source(name.format(folder=folder), access=access, settings=settings)

    assert caught.value.hint == f"pass the article's text itself, or a file below {folder}"


def test_a_pipe_is_not_waited_for(folder: Path, access: Access, settings: Settings) -> None:
    os.mkfifo(folder / "pipe")

    with pytest.raises(SourceError, match="neither"):
        read_source("pipe", access=access, settings=settings)


def test_no_file_is_read_without_a_root(folder: Path, settings: Settings) -> None:
    with pytest.raises(SourceError, match="neither"):
        read_source(str(folder / "talks.txt"), access=Access(), settings=settings)


ADDRESSES = [
    "file:///etc/passwd",
    "FILE:/etc/passwd",
    "ftp://news.example/a",
    "data:text/plain,hello",
    "http://127.0.0.1:9/",
    "http://localhost/",
    "http://[::1]/",
    "http://169.254.169.254/latest/meta-data/",
    "http://10.0.0.1/",
    "http://me:secret@news.example/",
]


@pytest.mark.parametrize("url", ADDRESSES)
def test_addresses_that_are_not_public_pages_are_refused(
    url: str, access: Access, settings: Settings
) -> None:
    """Although the user's own setting allows private addresses to the command line."""
    with pytest.raises(UnsafeURLError) as caught:
        read_source(url, access=access, settings=settings)

    assert caught.value.hint is not None
    assert "pass the article's text" in caught.value.hint
    assert "allow-private" not in caught.value.hint


def test_no_page_is_fetched_where_addresses_are_off(settings: Settings) -> None:
    with pytest.raises(UnsafeURLError, match="no addresses are"):
        read_source("https://news.example/a", access=Access(urls=False), settings=settings)


def test_a_text_that_is_too_large_is_refused(talks: str) -> None:
    with pytest.raises(SourceError, match="more than 100 bytes"):
        read_source(talks, access=Access(), settings=load_settings(max_article_bytes=100))


def test_a_long_name_is_not_repeated_in_full(settings: Settings) -> None:
    with pytest.raises(SourceError) as caught:
        read_source("x" * 1000, access=Access(), settings=settings)

    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("folder_name", ["/", "missing", "long" * 100])
def test_a_root_is_a_folder_and_not_everything(folder_name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        Access.below([tmp_path / folder_name])


@pytest.mark.parametrize(
    ("source", "named"),
    [("a.txt", True), ("https://a.example", False), ("file:///a", False), ("a\nb", False)],
)
def test_what_could_be_a_file(source: str, named: bool) -> None:
    assert is_file_name(source) == named


def test_a_short_sentence_is_a_text_from_the_user_and_a_name_from_a_model() -> None:
    """A model must not learn from the answer which files there are; a long text names nothing."""
    sentence = "The mayor resigned on Tuesday."
    assert is_text(sentence)
    assert is_file_name(sentence)

    assert is_text(sentence * 10)
    assert not is_file_name(sentence * 10)
