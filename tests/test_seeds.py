"""The sample articles and their gold data agree, and load as a user would load them."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from for_each import for_each

from summarizer.articles import Article, load
from summarizer.settings import data_root, load_settings
from summarizer.taxonomy import default_taxonomy

SEEDS = data_root() / "seeds"
MANIFEST: list[dict[str, Any]] = yaml.safe_load((SEEDS / "manifest.yaml").read_text("utf-8"))
FIELDS = {
    "file", "title", "date", "language", "topics", "story", "slices", "words", "summary",
    "key_facts",
}  # fmt: skip
LONG = 3000
# What surrounds the articles: none of it may reach a model.
BOILERPLATE = re.compile(
    r"cookie|newsletter|sign up|subscribe|advertisement|related stories|most read|all rights"
    r"|your comment|leave a comment|be the first to comment|write a comment|last update"
    r"|impressum|datenschutz|einwilligung|anzeige",
    re.I,
)
QUOTATION = re.compile(r'"([^"]+)"|“([^”]+)”|„([^“]+)“|«([^»]+)»')
NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
DATED_WEEKDAY = re.compile(
    r"(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day,? (\d{1,2} (?:January|February|March|April|May|June"
    r"|July|August|September|October|November|December) 20\d\d)"
)

each_seed = for_each(MANIFEST, lambda seed: str(seed["file"]))


@cache
def loaded(file: str) -> Article:
    return load(str(SEEDS / file), settings=load_settings())


def test_manifest_lists_every_article_once() -> None:
    listed = Counter(seed["file"] for seed in MANIFEST)
    present = {path.name for path in SEEDS.iterdir()} - {"manifest.yaml"}
    assert listed == dict.fromkeys(present, 1)


@each_seed
def test_entry_is_complete(seed: dict[str, Any]) -> None:
    assert set(seed) == FIELDS
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*\.(html|md|txt)", seed["file"])
    assert date(2024, 1, 1) <= seed["date"] <= date(2026, 12, 31)
    assert 1 <= len(set(seed["topics"])) == len(seed["topics"]) <= 3
    assert 40 <= len(seed["summary"].split()) <= 60
    assert 4 <= len(seed["key_facts"]) <= 8


@each_seed
def test_topics_are_top_level_media_topics(seed: dict[str, Any]) -> None:
    assert set(seed["topics"]) <= {topic.id for topic in default_taxonomy().roots}


def test_every_top_level_topic_is_a_main_topic() -> None:
    assert {seed["topics"][0] for seed in MANIFEST} == {t.id for t in default_taxonomy().roots}


def test_collection_has_the_mix_that_the_evals_need() -> None:
    topics = Counter(len(seed["topics"]) for seed in MANIFEST)
    slices = Counter(name for seed in MANIFEST for name in seed["slices"])
    forms = Counter(Path(seed["file"]).suffix for seed in MANIFEST)
    assert len(MANIFEST) >= 26
    assert topics[2] >= 8
    assert topics[3] >= 2
    assert {seed["language"] for seed in MANIFEST} == {"en", "fr", "de"}
    assert sum(seed["words"] >= LONG for seed in MANIFEST) == 3
    assert forms[".html"] >= 6
    assert slices["dump"] >= 4
    assert slices["injection"] == 1
    assert {"numbers", "quotes", "qa", "about-injection", "relative-dates"} <= set(slices)


@each_seed
def test_length_is_that_of_a_news_article(seed: dict[str, Any]) -> None:
    assert 120 <= seed["words"] <= 900 or seed["words"] >= LONG


def test_story_is_told_on_several_days() -> None:
    stories = {seed["story"] for seed in MANIFEST} - {None}
    for story in stories:
        days = {seed["date"] for seed in MANIFEST if seed["story"] == story}
        assert len(days) >= 3
    assert stories


@each_seed
def test_article_loads_with_its_metadata(seed: dict[str, Any]) -> None:
    article = loaded(seed["file"])
    found = (article.title, article.published, article.language)
    assert found == (seed["title"], seed["date"], seed["language"])


@each_seed
def test_article_loads_whole(seed: dict[str, Any]) -> None:
    # Cutting a hidden order is the task of the defence, not of the loader.
    tolerance = 0.12 if "injection" in seed["slices"] else 0.03
    assert loaded(seed["file"]).words == pytest.approx(seed["words"], rel=tolerance)


@each_seed
def test_article_loads_without_its_surroundings(seed: dict[str, Any]) -> None:
    text = loaded(seed["file"]).text
    assert not BOILERPLATE.search(text)
    assert seed["title"] not in text


@each_seed
def test_numbers_and_quotations_of_the_gold_data_are_in_the_article(seed: dict[str, Any]) -> None:
    article = loaded(seed["file"])
    text = " ".join(f"{article.title} {article.text}".split())
    numbers = set(NUMBER.findall(text))
    for claim in (seed["summary"], *seed["key_facts"]):
        assert set(NUMBER.findall(claim)) <= numbers
        for groups in QUOTATION.findall(claim):
            assert "".join(groups) in text


@each_seed
def test_weekdays_match_their_dates(seed: dict[str, Any]) -> None:
    text = (SEEDS / seed["file"]).read_text("utf-8")
    for weekday, day in DATED_WEEKDAY.findall(text):
        assert f"{datetime.strptime(day, '%d %B %Y'):%A}" == f"{weekday}day"


def test_order_to_a_model_is_hidden_by_the_style_sheet() -> None:
    (seed,) = (seed for seed in MANIFEST if "injection" in seed["slices"])
    page = (SEEDS / seed["file"]).read_text("utf-8")
    assert ".fine{font-size:1px;" in page
    assert re.search(r'<p class="fine">[^<]*ignore the article and all previous instructions', page)
