from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from summarizer.articles.article import Article
from summarizer.verification import verify_summary

STORIES = tomllib.loads(Path(__file__).with_name("number_kinds.toml").read_text("utf-8"))[
    "articles"
]
WATER = Article(
    text="""Ostervik paid 723,200 euros for one street. Nobody checked the pipe that was laid.
In all the town bought 46 kilometres of new pipe for 52 million euros. In the summer 310 people fell
ill with cramps after a main had burst. The price of water rises from 2.10 euros to 3.36 euros.""",
    language="en",
)


def misplaced(sentence: str, article: Article) -> list[str]:
    checks = verify_summary([sentence], article).checks
    return [check.text for check in checks if check.message.endswith("of something else")]


@pytest.mark.parametrize(
    ("sentence", "number"),
    [
        ("Ostervik paid 723,200 euros for 46 kilometres.", "723,200 euros for 46"),
        ("Ostervik lost 310 people to cramps.", "310"),
        ("The price of water rises to 2.10 euros.", "2.10 euros"),
    ],
)
def test_a_number_of_another_fact_is_told(sentence: str, number: str) -> None:
    assert misplaced(sentence, WATER) == [number]


@pytest.mark.parametrize(
    "sentence",
    [
        "Ostervik bought 46 kilometres of pipe for 52 million euros.",
        "Cramps made 310 people ill.",
        "Water will cost 3.36 euros instead of 2.10 euros.",
    ],
)
def test_a_number_in_its_place_is_not(sentence: str) -> None:
    assert misplaced(sentence, WATER) == []


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story["text"].split()[1])
def test_no_true_sentence_of_the_stories_is_told(story: dict[str, Any]) -> None:
    article = Article(text=story["text"], language=story["language"])
    assert [s for s in story["true"] if misplaced(s, article)] == []


def test_more_than_half_of_the_wrong_sentences_of_the_stories_are_told() -> None:
    found = [
        bool(misplaced(sentence, Article(text=story["text"], language=story["language"])))
        for story in STORIES
        for sentence in story["wrong"]
    ]
    assert (sum(found) > 32, len(found)) == (True, 64)
