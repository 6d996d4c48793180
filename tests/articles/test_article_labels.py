"""The topics that came with an article, where they are asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from summarizer.articles import Article, expand
from summarizer.settings import Settings

TEXT = "The council voted for the new plan on Monday after a debate of nine hours, 31 to 22."


def load(path: Path, content: str, *, labels_field: str | None) -> Article:
    path.write_text(content, encoding="utf-8")
    (source,) = expand([str(path)], settings=Settings(), labels_field=labels_field)
    return source.load()


@pytest.mark.parametrize(
    ("value", "labels"),
    [
        (["grain", "wheat"], ("grain", "wheat")),
        ("grain; wheat;", ("grain", "wheat")),
        ("grain", ("grain",)),
        (4, ("4",)),
        (["grain", "grain", ""], ("grain",)),
        (None, ()),
    ],
)
def test_labels_of_a_row(tmp_path: Path, value: object, labels: tuple[str, ...]) -> None:
    row = json.dumps({"text": TEXT, "Topics": value})

    assert load(tmp_path / "a.jsonl", row, labels_field="topics").labels == labels


def test_labels_of_a_page_in_a_row(tmp_path: Path) -> None:
    page = f"<html><body><article><p>{TEXT}</p><p>{TEXT}</p></article></body></html>"
    row = json.dumps({"text": page, "topics": "grain"})

    assert load(tmp_path / "a.jsonl", row, labels_field="topics").labels == ("grain",)


@pytest.mark.parametrize("suffix", [".txt", ".md"])
def test_labels_of_a_front_matter(tmp_path: Path, suffix: str) -> None:
    content = f"---\ntitle: Plan\ntags: [grain, wheat]\n---\n{TEXT}\n"

    article = load(tmp_path / f"a{suffix}", content, labels_field="tags")

    assert article.labels == ("grain", "wheat")


def test_no_labels_unless_they_are_asked_for(tmp_path: Path) -> None:
    row = json.dumps({"text": TEXT, "labels": "grain"})

    assert load(tmp_path / "a.jsonl", row, labels_field=None).labels == ()


def test_dots_in_a_text_of_toml_do_not_end_the_front_matter() -> None:
    from summarizer.articles.plain import split_front_matter

    found = split_front_matter('+++\ntitle = "Roads"\nnote = """\n...\n"""\n+++\nThe council met.')

    assert (found.fields.title, found.text) == ("Roads", "The council met.")
