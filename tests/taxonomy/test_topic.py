from __future__ import annotations

import pytest
from pydantic import ValidationError

from summarizer.errors import TaxonomyError
from summarizer.taxonomy import Taxonomy, Topic, default_taxonomy
from summarizer.taxonomy.topic import MAX_DEPTH

SPORT = Topic(id="s", name="sport")
BALL = Topic(id="b", name="ball games", parent="s")
GOLF = Topic(id="g", name="golf", parent="b")


def taxonomy(*topics: Topic, retired: dict[str, str | None] | None = None) -> Taxonomy:
    return Taxonomy(name="desks", version="1", topics=topics, retired=retired or {})


def test_children_are_those_directly_below() -> None:
    tree = taxonomy(SPORT, BALL, GOLF)

    assert tree.roots == (SPORT,)
    assert tree.children("s") == (BALL,)
    assert tree.children("g") == ()


def test_path_goes_from_the_top_down() -> None:
    assert taxonomy(GOLF, BALL, SPORT).path("g") == ("sport", "ball games", "golf")


def test_retired_id_gives_its_successor() -> None:
    assert taxonomy(SPORT, retired={"old": "s"}).topic("old") == SPORT


def test_retired_id_without_successor_is_refused() -> None:
    with pytest.raises(TaxonomyError, match=r"'old' is retired"):
        taxonomy(SPORT, retired={"old": None}).topic("old")


def test_unknown_id_is_refused_with_the_next_command() -> None:
    with pytest.raises(TaxonomyError, match="no topic 'x'") as raised:
        taxonomy(SPORT).topic("x")

    assert raised.value.hint == "summarizer taxonomy list --taxonomy FILE shows the ids"
    with pytest.raises(TaxonomyError) as raised:
        default_taxonomy().named("no such topic at all")
    assert raised.value.hint == "summarizer taxonomy list shows ids and names"


@pytest.mark.parametrize(
    ("topics", "message"),
    [
        ((SPORT, SPORT), "'s' occurs more than once"),
        ((BALL,), "'b' has an unknown parent 's'"),
        ((Topic(id="x", name="x", parent="x"),), "'x' is its own ancestor"),
        (
            (Topic(id="x", name="x", parent="y"), Topic(id="y", name="y", parent="x")),
            "its own ancestor",
        ),
    ],
)
def test_a_broken_forest_is_refused(topics: tuple[Topic, ...], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        taxonomy(*topics)


def test_a_chain_beyond_the_depth_limit_is_refused() -> None:
    chain = [Topic(id="0", name="0")]
    chain += [Topic(id=str(i), name=str(i), parent=str(i - 1)) for i in range(1, MAX_DEPTH + 1)]

    assert taxonomy(*chain[:-1]).path(str(MAX_DEPTH - 1))
    with pytest.raises(ValidationError, match=f"more than {MAX_DEPTH} levels deep"):
        taxonomy(*chain)


def test_a_retired_id_needs_a_real_successor() -> None:
    with pytest.raises(ValidationError, match="successor 'x' is none"):
        taxonomy(SPORT, retired={"old": "x"})


@pytest.mark.parametrize(
    ("label", "meant"),
    [("politics", "politics and government"), ("Sports", "sport"), ("elecion", "election")],
)
def test_an_unknown_label_is_likest_a_topic_of_the_first_level(label: str, meant: str) -> None:
    with pytest.raises(TaxonomyError) as caught:
        default_taxonomy().named(label)
    assert caught.value.hint == f"did you mean {meant!r}?"
