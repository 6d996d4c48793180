"""Data of a suite: our rows, tables, and labels as topics."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from small_suite import article, row, write_suite

from summarizer.articles import Article
from summarizer.articles.content import article_from_record
from summarizer.errors import ConfigurationError
from summarizer.evaluation.suite.file import load_suite
from summarizer.evaluation.suite.samples import (
    SuiteSamples,
    label_meanings,
    load_samples,
    scorable,
    taxonomy_of,
)
from summarizer.settings import load_settings
from summarizer.taxonomy import default_taxonomy


def samples(folder: Path, **changes: Any) -> SuiteSamples:
    options = {name: changes.pop(name) for name in ("limit", "slices") if name in changes}
    return load_samples(
        load_suite(write_suite(folder, **changes)), settings=load_settings(), **options
    )


def of_format(folder: Path, name: str, path: Path, **data: Any) -> SuiteSamples:
    return samples(folder / "suite", data={"path": str(path), "format": name, **data})


def jsonl(path: Path, *records: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def test_rows_become_samples(tmp_path: Path) -> None:
    (sample, *_) = samples(tmp_path).samples

    assert sample.article.title == "Bridge 0 to be rebuilt"
    assert str(sample.article.published) == "2025-03-01"
    assert sample.gold.topics == ("11000000",)
    assert sample.gold.key_facts[1] == "The work will take two years."
    assert (sample.story, sample.slices) == ("first", ("even",))


def test_an_empty_story_is_no_story(tmp_path: Path) -> None:
    found = samples(tmp_path, rows=[row(number, story_id="") for number in range(2)])

    assert [sample.story for sample in found.samples] == [None, None]


def test_a_path_is_seen_from_the_data_file(tmp_path: Path) -> None:
    (tmp_path / "bridge.txt").write_text(article(1), encoding="utf-8")
    by_path = row(1, path="../bridge.txt")
    del by_path["article"]

    (sample,) = samples(tmp_path / "suite", rows=[by_path]).samples

    assert sample.article.text.startswith("The council of Ravnsund")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"gold_topic": []}, "data.jsonl:1: unknown key 'gold_topic'; did you mean 'gold_topics'?"),
        ({"path": "x.txt"}, "must have either 'article' or 'path'"),
        ({"article": None}, "must have either 'article' or 'path'"),
        ({"article": None, "path": "http://example.com"}, "not a file of this machine"),
        ({"article": None, "path": "-"}, "not a file of this machine"),
        ({"article": None, "path": "missing.txt"}, "row 'bridge-1': there is no file"),
        ({"gold_topics": ["99999999"]}, "no topic of 'IPTC Media Topics' for '99999999'"),
        ({"gold_topics": "11000000"}, "key 'gold_topics'"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        samples(tmp_path, rows=[row(1, **changes)])
    assert words in str(caught.value)


def test_an_id_may_not_occur_twice(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"data\.jsonl:2: the id 'bridge-1' is also that"):
        samples(tmp_path, rows=[row(1), row(1)])


def test_a_row_that_is_no_article_is_left_out_and_told(tmp_path: Path) -> None:
    found = samples(tmp_path, rows=[row(1), row(2, article="Page not found")])

    assert [sample.id for sample in found.samples] == ["bridge-1"]
    assert found.refused[0].startswith("bridge-2: ")


def test_whatever_a_source_raises_costs_its_article_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(record: dict[str, Any], **more: Any) -> Article:
        if record["title"] == "Bridge 1 to be rebuilt":
            raise ZeroDivisionError("nobody foresaw it")
        return article_from_record(record, **more)

    monkeypatch.setattr("summarizer.evaluation.suite.samples.article_from_record", crash)
    found = samples(tmp_path)

    assert len(found.samples) == 3
    assert found.refused[0].startswith("bridge-1: unforeseen ZeroDivisionError")


def test_a_larger_limit_adds_to_a_smaller_one(tmp_path: Path) -> None:
    few = [sample.id for sample in samples(tmp_path, rows=8, limit=3).samples]
    more = [sample.id for sample in samples(tmp_path, rows=8, limit=5).samples]

    assert len(few) == 3
    assert set(few) < set(more)
    assert more == sorted(more)
    assert few != ["bridge-0", "bridge-1", "bridge-2"]  # files are often sorted by label


def test_slices_are_chosen_by_name(tmp_path: Path) -> None:
    assert [sample.id for sample in samples(tmp_path, slices=["odd"]).samples] == [
        "bridge-1",
        "bridge-3",
    ]
    with pytest.raises(ConfigurationError, match="'none'") as caught:
        samples(tmp_path, slices=["none"])
    assert "even, odd" in str(caught.value.hint)


def test_a_fingerprint_changes_with_the_gold_and_with_the_article(tmp_path: Path) -> None:
    plain, gold, text = (
        samples(tmp_path, rows=[record]).samples[0].fingerprint
        for record in (row(1), row(1, key_facts=["x"]), row(1, article=article(2)))
    )
    assert len({plain, gold, text}) == 3


def test_a_table_has_columns_of_any_name(tmp_path: Path) -> None:
    table = jsonl(
        tmp_path / "own.jsonl",
        {"nr": 7, "koerper": article(1), "desk": "city; sport", "abstract": "A bridge."},
    )
    fields = {"id": "nr", "article": "koerper", "labels": "desk", "reference": "abstract"}

    found = of_format(tmp_path, "table", table, fields=fields)

    assert found.samples[0].id == "7"
    assert found.samples[0].gold.references == ("A bridge.",)
    assert found.samples[0].gold.topics == ("city", "sport")
    assert found.taxonomy is not None
    assert [topic.name for topic in found.taxonomy.topics] == ["city", "sport"]


def test_a_table_with_the_usual_columns_is_a_suite(tmp_path: Path) -> None:
    table = tmp_path / "desk.csv"
    lines = [f'{n},"{article(n)}",{("city", "sport")[n % 2]}' for n in range(2)]
    table.write_text("\n".join(["guid,body,desk", *lines]), encoding="utf-8")
    file = load_suite(table)
    found = load_samples(file, settings=load_settings())

    assert (file.suite.name, file.suite.metrics.primary) == ("desk", ("topic_f1",))
    assert [sample.gold.topics for sample in found.samples] == [("city",), ("sport",)]
    table.write_text("guid,body\n1,x", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="has topics or key facts"):
        load_suite(table)


def test_a_name_that_no_topic_has_is_told_with_its_label() -> None:
    with pytest.raises(ConfigurationError, match=r"'city' \(mapped to sprot\)") as refused:
        label_meanings(["city"], default_taxonomy(), {"city": ("sprot",)}, where="x")
    assert refused.value.hint == "did you mean 'sport'?"


def test_a_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    table = jsonl(tmp_path / "own.jsonl", {"text": article(1), "desk": "x"})

    with pytest.raises(ConfigurationError, match="no column 'ressort'") as caught:
        of_format(tmp_path, "table", table, fields={"labels": "ressort"})
    assert "text, desk" in str(caught.value.hint)


def test_a_csv_may_name_several_labels(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text(f'text;labels\n"{article(1)}";"a|b"\n', encoding="utf-8")

    assert of_format(tmp_path, "table", path).samples[0].gold.topics == ("a", "b")


def test_a_reference_in_a_table_stays_whole(tmp_path: Path) -> None:
    path = tmp_path / "cnn.csv"
    highlights = "Council votes; ferry stays.\nTwo years of work."
    path.write_text(f'id,article,highlights\n1,"{article(1)}","{highlights}"\n', encoding="utf-8")

    assert of_format(tmp_path, "table", path).samples[0].gold.references == (highlights,)


@pytest.mark.parametrize("name", ["rows", "table"])
def test_data_that_is_not_there_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match="does not exist"):
        of_format(tmp_path, name, tmp_path / "missing")


def test_labels_are_mapped_to_topics_by_id_or_name(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "own.jsonl", {"text": article(1), "labels": ["City", "Misc", "Sport"]})
    labels = {"City": ["11000000", "16000000"], "Misc": None, "Sport": "sport"}

    found = of_format(tmp_path, "table", path, labels=labels)

    assert found.samples[0].gold.topics == ("11000000", "16000000", "15000000")
    assert found.taxonomy is None


def test_labels_without_a_topic_are_listed(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "own.jsonl", {"text": article(1), "labels": ["City", "Misc"]})

    with pytest.raises(ConfigurationError, match="for 'Misc'") as caught:
        of_format(tmp_path, "table", path, labels={"City": "11000000"})
    assert "data.labels" in str(caught.value.hint)


@pytest.mark.parametrize("field", ["key_facts", "references"])
@pytest.mark.parametrize("text", ["", " ", "..."])
def test_gold_that_says_nothing_is_refused_with_its_row(
    field: str, text: str, tmp_path: Path
) -> None:
    rows = [row(0), row(1, **{field: ["The bridge is open.", text]})]

    with pytest.raises(
        ConfigurationError, match=r"data\.jsonl:2: .* of row 'bridge-1' says nothing"
    ):
        samples(tmp_path, rows=rows)


def test_a_taxonomy_of_ones_own_is_looked_up_by_name(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "own.jsonl", {"text": article(1), "labels": "City Desk"})
    (tmp_path / "suite").mkdir()
    (tmp_path / "suite" / "desks.yaml").write_text(
        "name: Desks\nversion: '1'\ntopics: [{id: c, name: City desk}]\n", encoding="utf-8"
    )

    found = samples(
        tmp_path / "suite",
        data={"path": str(path), "format": "table"},
        settings={"taxonomy": "desks.yaml"},
    )

    assert found.samples[0].gold.topics == ("c",)
    assert found.taxonomy is not None
    assert found.taxonomy.name == "Desks"


def test_labels_of_the_same_letters_get_ids_of_their_own() -> None:
    taxonomy = taxonomy_of(["Sci/Tech", "sci-tech", "Ökonomie", "!"], name="x")

    assert len({topic.id for topic in taxonomy.topics}) == 4
    assert {topic.name for topic in taxonomy.topics} == {"Sci/Tech", "sci-tech", "Ökonomie", "!"}


def test_every_label_finds_its_own_topic() -> None:
    labels = ["Sci/Tech", "sci-tech", "sci-tech-2", "Two  words", "two words", "World", "WORLD"]
    taxonomy = taxonomy_of(labels, name="x")
    found = label_meanings(labels, taxonomy, where="data.jsonl")

    names = {label: taxonomy.topic(found[label][0]).name.casefold() for label in labels}
    assert names == {label: " ".join(label.split()).casefold() for label in labels}
    assert [topic.name for topic in taxonomy.topics] == [
        "Sci/Tech", "Two words", "WORLD", "sci-tech", "sci-tech-2",
    ]  # fmt: skip


def test_texts_are_no_labels(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "own.jsonl", {"text": article(1), "labels": "City"})

    with pytest.raises(ConfigurationError, match="is no label: it has") as caught:
        of_format(tmp_path, "table", path, fields={"labels": "text"})
    assert "data.fields.labels" in str(caught.value.hint)
    assert len(str(caught.value)) < 150


@pytest.mark.parametrize(
    ("labels", "topics"),
    [("", None), (None, None), ([], ()), ("city", ("city",)), (["City", "city"], ("city",))],
)
def test_an_empty_field_is_unlabelled_an_empty_list_is_not(
    tmp_path: Path, labels: object, topics: object
) -> None:
    other = {"text": article(2), "labels": "city"}
    path = jsonl(tmp_path / "own.jsonl", {"text": article(1), "labels": labels}, other)

    assert of_format(tmp_path, "table", path).samples[0].gold.topics == topics


def test_an_id_that_is_too_long_is_named(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "own.jsonl", {"id": "x" * 201, "text": article(1)})

    with pytest.raises(ConfigurationError, match=r"own.jsonl:1: key 'id': .* 200 characters"):
        of_format(tmp_path, "table", path)


def test_a_metric_that_decides_and_that_nothing_scores_is_told(tmp_path: Path) -> None:
    rows = [row(number, key_facts=[], gold_topics=[]) for number in range(2)]
    found = samples(tmp_path, rows=rows, metrics={"primary": ["topic_f1", "key_fact_recall"]})

    assert [doubt for doubt in found.doubts if "decides" in doubt] == [
        "key_fact_recall decides nothing: no article has key facts"
    ]
    assert len(scorable(found.samples, "topic_f1")) == 2  # that no topic fits is gold, too
    assert scorable(found.samples, "attack_success") == []
