from __future__ import annotations

import numpy as np
import pytest

from summarizer.articles.article import Article
from summarizer.errors import TaxonomyError
from summarizer.taxonomy import Taxonomy, Topic, default_taxonomy
from summarizer.topics import head_fit
from summarizer.topics.head_fit import fit_head
from summarizer.topics.scope import in_scope
from summarizer.topics.self_training import teach_itself
from summarizer.topics.similarity import ArticleVector, TopicScorer, article_vector

# Names that say nothing: only labelled articles can tell these topics apart.
TOPICS = (Topic(id="a", name="Alpha"), Topic(id="b", name="Beta"), Topic(id="c", name="Gamma"))
DESKS = Taxonomy(name="desks", version="1", topics=TOPICS)
BOATS = "The ferry number {n} left the harbour of the island on Monday, the company said."
BEES = "The hives number {n} gave more honey than last summer, the keepers told the council."
BOTH = "The ferry number {n} brought the hives and their keepers to the island on Monday."


@pytest.fixture(autouse=True)
def words_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Vectors that say nothing about the topics, and no neighbours: these texts are all alike."""

    def vector(_title: str, text: str) -> ArticleVector:
        row = np.random.default_rng(len(text)).normal(size=(1, 384)).astype(np.float32)
        row /= np.linalg.norm(row)
        return ArticleVector(row, "en", row[0], 400)

    monkeypatch.setattr(head_fit, "article_vector", vector)
    monkeypatch.setattr(head_fit, "as_neighbours", lambda *_, **__: ())
    monkeypatch.setattr(head_fit, "in_scope", lambda _row, text: "hives" not in text)


def articles(**counts: int) -> list[Article]:
    texts = {"a": BOATS, "b": BEES, "both": BOTH}
    return [
        Article(text=texts[kind].format(n=n), labels=("a", "Beta") if kind == "both" else (kind,))
        for kind, count in counts.items()
        for n in range(count)
    ]


def test_topics_are_learnt_and_the_report_says_how_well() -> None:
    head = fit_head(articles(a=14, b=14), DESKS)

    assert head.levels[""].topics == ("a", "b")
    assert head.levels[""].exclusive
    assert "in 18 articles, more in 0: p = 3.8e-06; log loss: p = " in head.report
    assert "28 articles, 2 of 3 topics have 10 or more" in head.report
    scored = TopicScorer(DESKS, head).scores(Article(text=BEES.format(n=99)), DESKS.roots)
    assert scored[0].topic.id == "b"


def test_the_same_articles_teach_the_same() -> None:
    assert fit_head(articles(a=12, b=12), DESKS).digest == (
        fit_head(articles(a=12, b=12), DESKS).digest
    )


def test_topics_that_articles_share_do_not_exclude_each_other() -> None:
    head = fit_head(articles(a=12, b=12, both=12), DESKS)

    assert not head.levels[""].exclusive
    article = Article(text=BOTH.format(n=77))
    scores = dict(TopicScorer(DESKS, head).scores(article, DESKS.roots))
    assert min(scores[TOPICS[0]], scores[TOPICS[1]]) > 0.4


def test_topics_whose_articles_are_no_news_are_told() -> None:
    assert fit_head(articles(a=12, b=12), DESKS).levels[""].any_text == ("b",)


def test_articles_of_other_labels_are_on_none_of_the_topics() -> None:
    snow = [Article(text=f"Snow fell on hill {n} all night.", labels=("x",)) for n in range(12)]
    head = fit_head([*articles(a=12, b=12), *snow], DESKS)

    article = Article(text="Snow fell on hill 99 all night.")
    assert TopicScorer(DESKS, head).scores(article, DESKS.roots)[0].score < 0.3


def test_labels_by_chance_are_not_used() -> None:
    mixed = [
        article.model_copy(update={"labels": ("ab"[n % 2],)})
        for n, article in enumerate(articles(a=30))
    ]
    head = fit_head(mixed, DESKS)

    assert head.levels == {}
    assert "not better beyond chance: not used" in head.report


@pytest.mark.parametrize("of_loss", [True, False])
def test_what_may_be_better_by_chance_is_not_used(
    monkeypatch: pytest.MonkeyPatch, of_loss: bool
) -> None:
    monkeypatch.setattr(head_fit, "_CHANCE", (1.0, 0.0) if of_loss else (0.0, 1.0))
    head = fit_head(articles(a=14, b=14), DESKS)

    assert head.levels == {}
    assert "not better beyond chance: not used" in head.report


@pytest.mark.parametrize("found", [[], articles(a=30), articles(a=12, b=9)])
def test_too_few_articles_are_an_error(found: list[Article]) -> None:
    with pytest.raises(TaxonomyError, match="no two topics have 10"):
        fit_head(found, DESKS)


def test_a_level_below_learns_from_the_articles_of_its_parent() -> None:
    below = tuple(Topic(id=f"a{n}", name=f"A {n}", parent="a") for n in (1, 2))
    tree = Taxonomy(name="tree", version="1", topics=(*TOPICS, *below))
    found = [
        article.model_copy(update={"labels": ({"a": "a2", "Beta": "a1", "b": "a1"}[kind],)})
        for article in articles(a=12, b=12)
        for kind in article.labels
    ]
    head = fit_head(found, tree)

    assert head.levels["a"].topics == ("a1", "a2")
    assert "below 'Alpha'" in head.report


OWN = Taxonomy(
    name="own",
    version="1",
    topics=(
        Topic(id="t", name="Public transport", description="Trams, buses, trains and fares."),
        Topic(id="s", name="Sport", description="Matches, players, coaches and results."),
    ),
)
TRAMS = (
    "The tram drivers stop work on Friday. Buses replace trams on six lines.",
    "Bus fares rise in May. A day ticket for all trains costs nine crowns.",
)
MATCH = "The striker scored twice in the cup final. The coach praised the players after the match."


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(head_fit, "article_vector", article_vector)
    monkeypatch.setattr(head_fit, "in_scope", in_scope)


@pytest.mark.usefixtures("embedded")
def test_articles_without_topics_teach_what_resembles_them() -> None:
    seen = [Article(text=text) for text in (*TRAMS, MATCH, "milk, eggs, bread, butter, rice")]
    head = teach_itself(seen, OWN)
    tram = Article(text="Night trains stop at every station again, and the ticket gets cheaper.")

    assert head.report == "4 articles, 3 clearly on a topic: Public transport 2, Sport 1"
    before, after = (TopicScorer(OWN, h).scores(tram, OWN.roots)[0] for h in (None, head))
    assert (before.topic.id, after.topic.id) == ("t", "t")
    assert before.score != after.score


@pytest.mark.usefixtures("embedded")
@pytest.mark.parametrize(
    ("texts", "topics", "message"),
    [
        (["milk, eggs, bread, butter, rice"], OWN.topics, "none of 1 articles"),
        ([MATCH], OWN.topics[:1], "two or more topics"),
        ([MATCH], default_taxonomy().roots, "two or more topics of your own"),
    ],
)
def test_nothing_to_learn_from_is_a_users_error(
    texts: list[str], topics: tuple[Topic, ...], message: str
) -> None:
    taxonomy = Taxonomy(name="own", version="1", topics=topics)

    with pytest.raises(TaxonomyError, match=message):
        teach_itself([Article(text=text) for text in texts], taxonomy)
