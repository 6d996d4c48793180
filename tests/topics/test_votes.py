from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.retrieval.related import Neighbour
from summarizer.taxonomy import Taxonomy, Topic
from summarizer.topics.votes import NO_VOTES, Tally, count_votes

TOPICS = (
    Topic(id="pol", name="Politics"),
    Topic(id="vote", name="Elections", parent="pol"),
    Topic(id="law", name="Bills", parent="pol"),
    Topic(id="spo", name="Sport"),
    Topic(id="foot", name="Football", parent="spo"),
)
DESKS = Taxonomy(name="desks", version="1", topics=TOPICS, retired={"polls": "vote", "gone": None})
NEAR = 0.6


def near(*labels: str, similarity: float = NEAR) -> Neighbour:
    return Neighbour(labels, similarity)


probabilities = st.floats(0, 1)
labels = st.lists(st.sampled_from(["pol", "Sport", "vote", "foot", "weather"]), max_size=3)
neighbours = st.lists(st.builds(Neighbour, labels.map(tuple), st.floats(0, 1)), max_size=25)


def test_near_neighbours_decide() -> None:
    tally = count_votes(DESKS, [near("pol"), near("pol")], parent=None)

    assert tally.combined("pol", 0.2) > 0.9
    assert tally.combined("spo", 0.8) < 0.2


@pytest.mark.parametrize("prior", [0.0, 0.3, 1.0])
def test_without_neighbours_the_probability_stays(prior: float) -> None:
    assert NO_VOTES.combined("pol", prior) == prior
    assert NO_VOTES.pooled("pol", prior) == prior


def test_far_neighbours_say_next_to_nothing() -> None:
    tally = count_votes(DESKS, [near("spo", similarity=0.0)] * 3, parent=None)

    assert tally.combined("pol", 0.7) == pytest.approx(0.7, abs=0.02)


def test_a_nearer_neighbour_outweighs_a_farther_one() -> None:
    tally = count_votes(
        DESKS, [near("pol", similarity=0.6), near("spo", similarity=0.5)], parent=None
    )

    assert tally.combined("pol", 0.5) > 0.5 > tally.combined("spo", 0.5)


def test_a_neighbour_speaks_for_each_of_its_topics() -> None:
    tally = count_votes(DESKS, [near("pol", "spo")], parent=None)

    assert tally.votes["pol"] == tally.votes["spo"] == tally.weight


@pytest.mark.parametrize("label", ["pol", "POL", "politics", " Politics ", "Elections", "polls"])
def test_labels_are_ids_or_names_of_the_topic_or_of_one_below(label: str) -> None:
    assert set(count_votes(DESKS, [near(label)], parent=None).votes) == {"pol"}


def test_two_labels_below_one_topic_are_one_vote() -> None:
    tally = count_votes(DESKS, [near("vote", "law")], parent=None)

    assert tally.votes == {"pol": tally.weight}


def test_below_the_first_level_only_neighbours_with_the_parent_vote() -> None:
    voters = [near("vote"), near("Sport"), near("foot"), near("weather")]
    tally = count_votes(DESKS, voters, parent="pol")

    assert tally.votes == {"vote": pytest.approx(tally.weight)}


def test_a_neighbour_that_stays_at_the_parent_votes_against_its_children() -> None:
    tally = count_votes(DESKS, [near("pol")], parent="pol")

    assert tally.votes == {}
    assert tally.combined("vote", 0.5) < 0.5


def test_an_id_means_its_topic_even_where_another_has_it_as_its_name() -> None:
    topics = (Topic(id="a", name="b"), Topic(id="b", name="other"))
    tree = Taxonomy(name="x", version="1", topics=topics)

    assert set(count_votes(tree, [near("b")], parent=None).votes) == {"b"}


def test_an_archive_with_other_labels_says_nothing() -> None:
    voters = [near("weather"), near("gone"), near()]

    assert count_votes(DESKS, voters, parent=None).combined("pol", 0.7) == 0.7


def test_unknown_labels_count_as_another_topic_where_the_archive_uses_the_taxonomy() -> None:
    voters = [near("weather"), near("weather"), *[near("spo", similarity=0.1)] * 18]

    assert count_votes(DESKS, voters, parent=None).combined("pol", 0.7) < 0.3


def test_a_near_copy_with_unknown_labels_takes_no_sure_topic_away() -> None:
    voters = [near("weather", similarity=1.0), *[near("pol", similarity=0.1)] * 19]

    assert count_votes(DESKS, voters, parent=None).combined("pol", 0.9) > 0.5


def test_only_the_nearest_twenty_vote() -> None:
    voters = [near("spo", similarity=0.5)] * 30 + [near("pol", similarity=0.9)] * 20

    assert set(count_votes(DESKS, voters, parent=None).votes) == {"pol"}


@given(neighbours, probabilities)
def test_a_combined_probability_is_one(voters: list[Neighbour], prior: float) -> None:
    tally = count_votes(DESKS, voters, parent=None)

    for topic_id in ("pol", "spo", "none"):
        assert 0 <= tally.combined(topic_id, prior) <= 1
        assert 0 <= tally.pooled(topic_id, prior) <= 1


@given(neighbours, probabilities, probabilities)
def test_what_was_likelier_before_stays_likelier(
    voters: list[Neighbour], low: float, high: float
) -> None:
    low, high = sorted((low, high))
    tally = count_votes(DESKS, voters, parent=None)

    assert tally.combined("pol", low) <= tally.combined("pol", high) + 1e-12


@given(neighbours, probabilities, st.floats(0, 1))
def test_one_more_vote_for_a_topic_never_lowers_it(
    voters: list[Neighbour], prior: float, similarity: float
) -> None:
    known = [voter for voter in voters if voter.labels and "weather" not in voter.labels][:19]
    before = count_votes(DESKS, known, parent=None)
    after = count_votes(DESKS, [*known, near("pol", similarity=similarity)], parent=None)

    # A prior of exactly 1 is taken a millionth lower, as soon as there is any vote.
    assert after.combined("pol", prior) >= before.combined("pol", prior) - 1e-6


def test_the_order_of_neighbours_does_not_matter() -> None:
    voters = [near("pol"), near("spo", similarity=0.4), near("vote", similarity=0.2)]

    forward = count_votes(DESKS, voters, parent=None)
    backward = count_votes(DESKS, voters[::-1], parent=None)
    assert forward.weight == pytest.approx(backward.weight)
    assert forward.votes == pytest.approx(dict(backward.votes))


def test_the_pool_lies_between_model_and_vote() -> None:
    tally = Tally(votes={}, weight=5.0)

    assert tally.combined("pol", 0.95) < tally.pooled("pol", 0.95) < 0.95


def test_a_vote_that_agrees_raises_the_models_probability() -> None:
    assert Tally(votes={"pol": 9.0}, weight=9.0).pooled("pol", 0.6) > 0.6


def test_what_examples_taught_outweighs_a_few_neighbours() -> None:
    plain = Taxonomy(
        name="plain", version="1", topics=(Topic(id="a", name="a"), Topic(id="b", name="b"))
    )
    taught = plain.model_copy(
        update={
            "topics": tuple(
                t.model_copy(update={"examples": ("An example",)}) for t in plain.topics
            )
        }
    )
    against = [Neighbour(("b",), similarity=0.4)] * 3

    loss = {
        name: 0.9 - count_votes(taxonomy, against, parent=None).combined("a", 0.9)
        for name, taxonomy in (("plain", plain), ("taught", taught))
    }

    assert 0 < loss["taught"] < loss["plain"]
