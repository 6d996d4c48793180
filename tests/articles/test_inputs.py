"""Files as users have them (tests/articles/data), and what is to be read from each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from summarizer.articles import Article, expand
from summarizer.errors import SourceError
from summarizer.settings import Settings

DATA = Path(__file__).parent / "data"
EXPECTED: dict[str, list[dict[str, Any]] | str] = json.loads(
    (DATA / "expected.json").read_text("utf-8")
)


def read(name: str) -> list[Article]:
    return [source.load() for source in expand([str(DATA / name)], settings=Settings())]


def fields(article: Article) -> dict[str, Any]:
    found = {
        "title": article.title,
        "published": article.published and article.published.isoformat(),
        "author": article.author,
        "notes": list(article.notes),
        "labels": list(article.labels),
        "text": article.text.split("\n\n"),
    }
    return {name: value for name, value in found.items() if value}


def test_every_file_is_expected() -> None:
    assert {path.name for path in DATA.iterdir()} - {"expected.json"} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_what_is_read(name: str) -> None:
    expected = EXPECTED[name]
    if isinstance(expected, str):
        with pytest.raises(SourceError) as caught:
            read(name)
        assert str(caught.value).replace(f"{DATA}/", "") == expected
    else:
        assert list(map(fields, read(name))) == expected


def test_half_a_character_from_a_program_keeps_nobody_from_writing_the_text() -> None:
    article = Article(text="A bridge \ud83d opens.", title="Half \udc80")

    assert (article.text, article.title) == ("A bridge ? opens.", "Half ?")
    assert article.id
