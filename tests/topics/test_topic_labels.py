from __future__ import annotations

from collections.abc import Sequence

import pytest

from summarizer.digest import TopicLabel
from summarizer.taxonomy import Taxonomy, Topic
from summarizer.topics.topic_labels import Candidate, choose_topics, language_checks

TAXONOMY = Taxonomy(
    name="t",
    version="1",
    topics=(
        Topic(id="a", name="A"),
        Topic(id="b", name="B"),
        Topic(id="a1", name="A1", parent="a"),
        Topic(id="a2", name="A2", parent="a"),
        Topic(id="a1x", name="A1X", parent="a1"),
    ),
)


def fitting(*ids: str) -> tuple[list[tuple[str, ...]], object]:
    asked: list[tuple[str, ...]] = []

    def ask(topics: Sequence[Topic]) -> list[Candidate]:
        asked.append(tuple(topic.id for topic in topics))
        return [Candidate(topic, 0.9) for topic in topics if topic.id in ids]

    return asked, ask


def chosen(ask: object, *, max_topics: int = 3, depth: int | None) -> list[str]:
    found = choose_topics(TAXONOMY, ask, max_topics=max_topics, depth=depth)  # type: ignore[arg-type]
    return [candidate.topic.id for candidate in found]


def test_one_level_asks_about_the_roots_alone() -> None:
    asked, ask = fitting("a", "a1")
    assert chosen(ask, depth=1) == ["a"]
    assert asked == [("a", "b")]


def test_a_topic_gives_way_to_its_fitting_child_down_to_the_depth() -> None:
    _, ask = fitting("a", "a1", "a1x")
    assert chosen(ask, depth=2) == ["a1"]
    assert chosen(ask, depth=None) == ["a1x"]


def test_a_topic_without_a_fitting_child_stays() -> None:
    _, ask = fitting("a", "b")
    assert chosen(ask, depth=None) == ["a", "b"]


def test_no_topic_may_fit() -> None:
    _, ask = fitting()
    assert chosen(ask, depth=None) == []


def test_there_are_never_more_topics_than_allowed() -> None:
    _, ask = fitting("a", "b")
    assert chosen(ask, max_topics=1, depth=1) == ["a"]


LABEL = TopicLabel(id="a", name="A", path=("A",), confidence=0.8, confidence_source="similarity")


def test_a_language_without_measurements_is_named() -> None:
    check = language_checks([LABEL], "sw")[0]

    assert (check.kind, check.status, check.text) == ("topic", "doubtful", "sw")
    assert "not measured in this language (sw)" in check.message


@pytest.mark.parametrize("language", ["en", "fr", None])
def test_a_measured_or_unknown_language_has_no_check(language: str | None) -> None:
    assert language_checks([LABEL], language) == ()


def test_without_a_confidence_of_similarity_there_is_no_check() -> None:
    listed = LABEL.model_copy(update={"confidence_source": "logprobs"})

    assert language_checks([listed], "sw") == language_checks([], "sw") == ()
