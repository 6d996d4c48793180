from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from summarizer.articles.article import Article
from summarizer.errors import TaxonomyError
from summarizer.taxonomy import Taxonomy, Topic
from summarizer.topics.similarity import TopicScorer
from summarizer.topics.topic_head import (
    DIMENSION,
    LearntLevel,
    TopicHead,
    head_beside,
    pooled,
    probabilities,
    taxonomy_key,
    word_weights,
    write_head,
)

DESKS = Taxonomy(
    name="desks",
    version="1",
    topics=(
        Topic(id="boats", name="Boats", description="Ferries and harbours."),
        Topic(id="bees", name="Bees", description="Hives, honey and keepers."),
        Topic(id="rare", name="Rare", description="Whatever is rare."),
    ),
)
WORDS = {"ferry": 0, "honey": 1}
TEXT = "The ferry to the island sails twice a day from May, the harbour office said on Monday."


def head(*, exclusive: bool = True, any_text: tuple[str, ...] = ()) -> TopicHead:
    """Boats where the text says ferry, bees where it says honey."""
    weights = np.zeros((2, len(WORDS) + DIMENSION), np.float32)
    weights[0, 0] = weights[1, 1] = 6.0
    level = LearntLevel(
        topics=("boats", "bees"), exclusive=exclusive, pooling=(1.0, 0.2, 0.0), any_text=any_text
    )
    bias = np.zeros(2, np.float32)
    tensors = {"idf": np.ones(2, np.float32), "weights:": weights, "bias:": bias}
    return TopicHead({"": level}, tensors, WORDS, taxonomy_key(DESKS), "better")


def scores(text: str, own: TopicHead | None) -> dict[str, float]:
    scored = TopicScorer(DESKS, own).scores(Article(text=text, language="en"), DESKS.roots)
    return {topic.id: score for topic, score in scored}


def test_what_was_learnt_decides() -> None:
    assert scores(TEXT, head())["boats"] > 0.9 > 0.1 > scores(TEXT, head())["bees"]


def test_topics_without_enough_articles_keep_their_score() -> None:
    assert scores(TEXT, head())["rare"] == scores(TEXT, None)["rare"]


def test_a_text_that_is_no_news_gets_no_learnt_topic_unless_its_articles_are_none_either() -> None:
    code = "def ferry(a, b):\n    return a + b\n\nclass Ferry:\n    x = 1\n    y = [ferry(1, 2)]\n"

    assert scores(code, head())["boats"] < 0.1
    assert scores(code, head(any_text=("boats",)))["boats"] > 0.5


def test_word_weights_have_length_one_and_know_no_other_words() -> None:
    article = Article(title="Honey", text="Ferry, honey and snow.")
    columns, values = word_weights(article, WORDS, np.array([1.0, 2.0], np.float32))

    assert columns == [1, 0]
    assert values == pytest.approx(np.array([2 * (1 + np.log(2)), 1.0]) / np.hypot(3.386, 1), 1e-3)


def test_no_known_word_is_no_error() -> None:
    assert word_weights(Article(text="Snow."), WORDS, np.ones(2, np.float32))[0] == []


def test_classes_exclude_each_other_or_not() -> None:
    logits = np.array([[2.0, 2.0]])

    assert probabilities(logits, exclusive=True).tolist() == [[0.5, 0.5]]
    assert probabilities(logits, exclusive=False) == pytest.approx(0.881, abs=1e-3)


def test_a_text_that_resembles_no_topic_gets_less() -> None:
    assert pooled(np.array(0.9), np.array(0.01), (1, 0.5, 0)) < pooled(
        np.array(0.9), np.array(0.5), (1, 0.5, 0)
    )


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "desks.yaml"
    write_head(head(), tmp_path / "desks.safetensors")
    assert [path.name for path in tmp_path.iterdir()] == ["desks.safetensors"]
    read = head_beside(file, DESKS)

    assert read is not None
    assert (read.digest, read.report) == (head().digest, "better")
    assert scores(TEXT, read) == scores(TEXT, head())


def test_nothing_learnt_is_none(tmp_path: Path) -> None:
    assert head_beside(tmp_path / "desks.yaml", DESKS) is None


def test_other_topics_are_refused(tmp_path: Path) -> None:
    write_head(head(), tmp_path / "desks.safetensors")
    changed = DESKS.model_copy(update={"topics": DESKS.topics[:2]})

    with pytest.raises(TaxonomyError, match="no longer those") as caught:
        head_beside(tmp_path / "desks.yaml", changed)
    assert "taxonomy fit" in str(caught.value.hint)


def test_a_better_description_is_no_other_topic() -> None:
    better = DESKS.topics[0].model_copy(update={"description": "Ships."})
    changed = DESKS.model_copy(update={"topics": (better, *DESKS.topics[1:])})

    assert taxonomy_key(changed) == taxonomy_key(DESKS)


def damaged(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "desks.safetensors").write_bytes(content)
    with pytest.raises(TaxonomyError, match="cannot use"):
        head_beside(tmp_path / "desks.yaml", DESKS)


@pytest.mark.parametrize("content", [b"", b"\x80\x04pickle", b"\xff" * 64, b"{}" * 50])
def test_what_is_no_such_file_is_one_error(content: bytes, tmp_path: Path) -> None:
    damaged(content, tmp_path)


def test_every_cut_is_one_error(tmp_path: Path) -> None:
    file = tmp_path / "desks.safetensors"
    write_head(head(), file)
    whole = file.read_bytes()
    for size in range(0, len(whole), max(len(whole) // 20, 1)):
        damaged(whole[:size], tmp_path)


@pytest.mark.parametrize(
    "changes",
    [
        {"weights:": np.zeros((2, 5), np.float32)},
        {"weights:": np.full((2, 2 + DIMENSION), np.nan, np.float32)},
        {"bias:": np.zeros(9, np.float32)},
        {"idf": np.ones(7, np.float32)},
        {"idf": np.ones(2, np.float64)},
    ],
)
def test_parts_that_do_not_fit_are_one_error(
    changes: dict[str, np.ndarray], tmp_path: Path
) -> None:
    file = tmp_path / "desks.safetensors"
    own = head()
    write_head(own._replace(tensors={**own.tensors, **changes}), file)

    damaged(file.read_bytes(), tmp_path)


@pytest.mark.parametrize(
    ("name", "topics"), [("", ("boats", "cars")), ("", ()), ("boats", ("bees",))]
)
def test_topics_of_another_level_are_one_error(
    name: str, topics: tuple[str, ...], tmp_path: Path
) -> None:
    own = head()
    level = own.levels[""].model_copy(update={"topics": topics})
    size = (max(len(topics), 1), len(WORDS) + DIMENSION)
    more = {
        f"weights:{name}": np.zeros(size, np.float32),
        f"bias:{name}": np.zeros(size[0], np.float32),
    }
    changed = own._replace(levels={name: level}, tensors={**own.tensors, **more})
    write_head(changed, tmp_path / "desks.safetensors")

    damaged((tmp_path / "desks.safetensors").read_bytes(), tmp_path)


def test_without_its_metadata_it_is_one_error(tmp_path: Path) -> None:
    save_file(dict(head().tensors), tmp_path / "other.safetensors")

    damaged((tmp_path / "other.safetensors").read_bytes(), tmp_path)
