from __future__ import annotations

import re

import pytest
from for_each import for_each

from summarizer.taxonomy import Topic, default_taxonomy

TOPICS = default_taxonomy().topics
ROOTS = default_taxonomy().roots


def test_has_the_two_levels_of_iptc() -> None:
    assert len(ROOTS) == 17
    assert len(TOPICS) == 148
    assert all(len(default_taxonomy().path(topic.id)) <= 2 for topic in TOPICS)


@pytest.mark.parametrize(
    ("topic_id", "path"),
    [
        ("01000000", ("arts, culture, entertainment and media",)),
        ("11000000", ("politics and government",)),
        ("16000000", ("conflict, war and peace",)),
        ("20000638", ("politics and government", "international relations")),
        ("20000070", ("conflict, war and peace", "coup d'etat")),
    ],
)
def test_ids_and_names_are_iptcs(topic_id: str, path: tuple[str, ...]) -> None:
    assert default_taxonomy().path(topic_id) == path


@for_each(TOPICS, lambda topic: topic.id)
def test_every_topic_is_described(topic: Topic) -> None:
    assert re.fullmatch(r"[0-9]{8}", topic.id)
    assert 25 <= len(topic.description) <= 260
    assert topic.description.endswith(".")


@for_each(ROOTS, lambda topic: topic.id)
def test_every_top_topic_has_examples(topic: Topic) -> None:
    assert len(set(topic.examples)) == len(topic.examples) >= 15


def test_descriptions_are_short_enough_for_a_prompt() -> None:
    # Words for all 17: names and descriptions have to fit a hosted model's instructions.
    assert sum(len(f"{t.name} {t.description}".split()) for t in ROOTS) < 450


def test_iptc_is_credited() -> None:
    assert "IPTC" in default_taxonomy().source
    assert "CC BY 4.0" in default_taxonomy().source
