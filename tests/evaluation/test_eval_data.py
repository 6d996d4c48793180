"""The gold data of the eval suites is complete, consistent, and true to the articles' numbers."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from for_each import for_each

from summarizer.articles import Article, load
from summarizer.settings import data_root, load_settings
from summarizer.taxonomy import default_taxonomy
from summarizer.text import count_words

Row = dict[str, Any]

EVALS = data_root() / "evals"
SEEDS = data_root() / "seeds"
FIELDS = {
    "id", "path", "gold_topics", "references", "key_facts", "story_id", "slices", "language",
    "title", "date",
}  # fmt: skip
SLICES = ("boilerplate", "long", "injection", "multilingual", "numbers-heavy", "two-topics")
# The manifest's own names of slices, and the suite's names that include them.
INCLUDED_IN = {
    "dump": "boilerplate",
    "html": "boilerplate",
    "numbers": "numbers-heavy",
    "french": "multilingual",
    "german": "multilingual",
}
# Slices that the manifest does not have.
ADDED = {"boilerplate", "multilingual", "numbers-heavy", "two-topics"}
LONG = 900
NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
NUMBER_WORD = re.compile(
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven"
    r"|eigh|nine)teen|(?:twen|thir|for|fif|six|seven|eigh|nine)ty(?:-\w+)?|half|dozen)\b"
)
QUOTATION = re.compile(r'"([^"]+)"')
DATED_WEEKDAY = re.compile(
    r"(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day,? (\d{1,2}) (January|February|March|April|May|June"
    r"|July|August|September|October|November|December) (20\d\d)"
)
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


def rows_of(suite: str) -> list[Row]:
    lines = (EVALS / suite / "data.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


NEWS = rows_of("news")
SMOKE = rows_of("smoke")
OURS = [row for row in NEWS if row["path"].startswith("articles/")]


def id_of(row: Row) -> str:
    return str(row["id"])


each_row = for_each(NEWS, id_of)
each_of_ours = for_each(OURS, id_of)
each_attack = for_each([row for row in NEWS if "injection" in row], id_of)


def file_of(row: Row, *, suite: str = "news") -> Path:
    return Path(EVALS, suite, row["path"]).resolve()


@cache
def loaded(path: Path) -> Article:
    return load(str(path), settings=load_settings())


def told(row: Row) -> str:
    """All that the article tells: its title and date, which may surround it, and its text."""
    text = loaded(file_of(row)).text
    return " ".join(f"{row['title']} {row['date']} {text}".split())


def claims(row: Row) -> list[str]:
    return [*row["references"], *row["key_facts"]]


@each_row
def test_row_has_all_fields_in_their_form(row: Row) -> None:
    assert set(row) - {"injection"} == FIELDS
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", row["id"])
    assert row["id"] == Path(row["path"]).stem
    assert date(2024, 1, 1) <= date.fromisoformat(row["date"]) <= date(2026, 12, 31)
    assert len(set(row["slices"])) == len(row["slices"]) > 0
    assert len(row["references"]) == 1
    assert 40 <= count_words(row["references"][0]) <= 60
    assert 4 <= len(set(row["key_facts"])) == len(row["key_facts"]) <= 8


@each_row
def test_topics_are_one_to_three_of_the_first_level(row: Row) -> None:
    topics = row["gold_topics"]
    assert 1 <= len(set(topics)) == len(topics) <= 3
    assert set(topics) <= {topic.id for topic in default_taxonomy().roots}


@each_row
def test_article_loads_in_its_language(row: Row) -> None:
    assert loaded(file_of(row)).language == row["language"]


@each_of_ours
def test_title_and_date_are_those_of_the_file(row: Row) -> None:
    # Some files hide them in what surrounds the article, as dumps do.
    article = loaded(file_of(row))
    assert article.title in (row["title"], None)
    assert article.published in (date.fromisoformat(row["date"]), None)


@each_of_ours
def test_length_is_that_of_its_kind(row: Row) -> None:
    words = count_words(loaded(file_of(row)).text)
    low, high = (LONG, 1800) if "long" in row["slices"] else (150, 520)
    assert low <= words <= high


@each_row
def test_numbers_of_the_gold_data_are_in_the_article(row: Row) -> None:
    numbers = set(NUMBER.findall(told(row)))
    for claim in claims(row):
        assert set(NUMBER.findall(claim)) <= numbers


@each_row
def test_number_words_of_the_gold_data_are_in_the_article(row: Row) -> None:
    words = set(NUMBER_WORD.findall(told(row).casefold()))
    for claim in claims(row) if row["language"] == "en" else []:
        assert set(NUMBER_WORD.findall(claim.casefold())) <= words


@each_row
def test_quotations_of_the_gold_data_are_in_the_article(row: Row) -> None:
    for claim in claims(row):
        assert all(words in told(row) for words in QUOTATION.findall(claim))


@each_of_ours
def test_weekdays_match_their_dates(row: Row) -> None:
    for weekday, day, month, year in DATED_WEEKDAY.findall(file_of(row).read_text("utf-8")):
        found = date(int(year), MONTHS.index(month) + 1, int(day))
        assert f"{found:%A}" == f"{weekday}day"


def test_ids_are_unique() -> None:
    assert max(Counter(row["id"] for row in NEWS).values()) == 1


def test_every_article_has_a_row() -> None:
    files = {file_of(row) for row in NEWS}
    articles = {path.resolve() for path in (EVALS / "news" / "articles").iterdir()}
    assert articles == {file_of(row) for row in OURS}
    assert len(files) == len(NEWS) >= 64


def test_every_topic_is_gold_three_times() -> None:
    topics = Counter(topic for row in NEWS for topic in row["gold_topics"])
    assert all(topics[topic.id] >= 3 for topic in default_taxonomy().roots)


@pytest.mark.parametrize("name", SLICES)
def test_slice_has_six_rows(name: str) -> None:
    assert sum(name in row["slices"] for row in NEWS) >= 6


@each_row
def test_slices_are_what_they_say(row: Row) -> None:
    slices = set(row["slices"])
    assert ("two-topics" in slices) == (len(row["gold_topics"]) > 1)
    assert ("injection" in slices) == ("injection" in row)
    assert ("multilingual" in slices) == (row["language"] != "en")
    assert slices >= {INCLUDED_IN[name] for name in slices & set(INCLUDED_IN)}


def test_six_languages_beside_english() -> None:
    assert {row["language"] for row in NEWS} == {"en", "fr", "de", "es", "ar", "zh", "pt"}


def test_stories_are_told_by_two_or_three_articles_of_different_days() -> None:
    days: dict[str, list[str]] = {}
    for row in NEWS:
        if row["story_id"] is not None:
            days.setdefault(row["story_id"], []).append(row["date"])
    assert len(days) >= 8
    assert all(2 <= len(set(told)) == len(told) <= 3 for told in days.values())


@each_attack
def test_attack_can_be_scored(row: Row) -> None:
    attack = row["injection"]
    assert set(attack) == {"order", "goal", "canary", "forbidden_topic"}
    assert attack["goal"]
    raw = " ".join(file_of(row).read_text("utf-8").split())
    honest = raw.replace(attack["order"], "")
    assert honest != raw
    assert attack["canary"]
    assert attack["canary"] in attack["order"]
    assert attack["canary"].casefold() not in honest.casefold()
    assert attack["forbidden_topic"] not in row["gold_topics"]
    assert attack["forbidden_topic"] in {None, *(topic.id for topic in default_taxonomy().roots)}


@each_attack
def test_order_is_no_part_of_the_gold_data(row: Row) -> None:
    assert not any(row["injection"]["canary"] in claim for claim in claims(row))


def test_rows_of_seeds_equal_the_manifest() -> None:
    manifest = yaml.safe_load((SEEDS / "manifest.yaml").read_text("utf-8"))
    expected = {
        seed["file"]: (
            seed["title"], str(seed["date"]), seed["language"], seed["topics"], seed["story"],
            [seed["summary"]], seed["key_facts"], set(seed["slices"]),
        )
        for seed in manifest
    }  # fmt: skip
    found = {
        Path(row["path"]).name: (
            row["title"], row["date"], row["language"], row["gold_topics"], row["story_id"],
            row["references"], row["key_facts"], set(row["slices"]) - ADDED,
        )
        for row in NEWS
        if row not in OURS
    }  # fmt: skip
    assert found == expected


def test_smoke_suite_is_eight_rows_of_the_news_suite() -> None:
    news = {row["id"]: row for row in NEWS}
    assert len(SMOKE) == len({row["id"] for row in SMOKE}) == 8
    for row in SMOKE:
        assert {**news[row["id"]], "path": row["path"]} == row
        assert file_of(row, suite="smoke") == file_of(news[row["id"]])


def test_smoke_suite_has_every_slice() -> None:
    assert {name for row in SMOKE for name in row["slices"]} >= set(SLICES)
