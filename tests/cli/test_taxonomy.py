from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from typer.testing import CliRunner
from whole_app import app

from summarizer.articles import Article
from summarizer.retrieval.corpus import Corpus
from summarizer.taxonomy import Taxonomy, load_taxonomy
from summarizer.topics import head_fit, self_training
from summarizer.topics.topic_head import DIMENSION, LearntLevel, TopicHead, taxonomy_key

DESKS = """
name: Desks
version: "1"
topics:
  - {id: metro, name: City desk, description: Councils and traffic., examples: [Tram stops]}
  - {id: trams, name: Trams, parent: metro}
  - {id: world, name: World desk}
"""


@pytest.fixture
def desks(tmp_path: Path) -> str:
    file = tmp_path / "desks.yaml"
    file.write_text(DESKS)
    return str(file)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["taxonomy", *arguments])


def test_list_shows_iptc_by_default() -> None:
    lines = run("list").stdout.splitlines()

    assert len(lines) == 148
    assert lines[0] == "01000000    arts, culture, entertainment and media"
    assert lines[1] == "  20000002  arts and entertainment"


def test_list_stops_at_the_depth() -> None:
    assert len(run("list", "--depth", "1").stdout.splitlines()) == 17


def test_list_reads_a_file(desks: str) -> None:
    assert run("list", "--taxonomy", desks).stdout.split("\n") == [
        "metro    City desk",
        "  trams  Trams",
        "world    World desk",
        "",
    ]


def test_list_as_json_has_paths(desks: str) -> None:
    records = json.loads(run("list", "--taxonomy", desks, "--json").stdout)

    assert records[1] == {
        "id": "trams",
        "name": "Trams",
        "description": "",
        "parent": "metro",
        "examples": [],
        "path": ["City desk", "Trams"],
    }


def test_list_uses_the_settings(desks: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUMMARIZER_TAXONOMY", desks)

    assert "metro" in run("list").stdout


def test_show_prints_everything_about_a_topic(desks: str) -> None:
    assert run("show", "metro", "--taxonomy", desks).stdout.splitlines() == [
        "metro  City desk",
        "Councils and traffic.",
        "example: Tram stops",
        "below: trams  Trams",
    ]


def test_show_as_json(desks: str) -> None:
    record = json.loads(run("show", "trams", "--taxonomy", desks, "--json").stdout)

    assert record["path"] == ["City desk", "Trams"]


def test_show_of_an_unknown_id_is_a_usage_error() -> None:
    result = run("show", "99")

    assert result.exit_code == 2
    assert "no topic '99'" in result.stderr
    assert result.stdout == ""


def test_a_broken_file_is_a_usage_error(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text("topics: 1")
    result = run("list", "--taxonomy", str(file))

    assert result.exit_code == 2
    assert "field 'name' is missing" in result.stderr


@pytest.fixture
def skos(tmp_path: Path) -> str:
    concepts = [
        {"qcode": "medtop:1", "prefLabel": {"en-GB": "sport"}},
        {"qcode": "medtop:2", "prefLabel": {"en-GB": "old"}, "retired": "2020-01-01"},
    ]
    file = tmp_path / "skos.json"
    file.write_text(json.dumps({"prefSchemeAlias": "medtop", "conceptSet": concepts}))
    return str(file)


def test_import_writes_a_file_that_loads(skos: str, tmp_path: Path) -> None:
    out = tmp_path / "out.yaml"
    result = run("import", skos, "-o", str(out))

    assert result.exit_code == 0
    assert result.stdout == ""
    assert "1 topics; 1 retired ids, 0 of them with a successor" in result.stderr
    assert load_taxonomy(out).roots[0].name == "sport"


def test_import_does_not_overwrite_unasked(skos: str, tmp_path: Path) -> None:
    out = tmp_path / "out.yaml"
    out.write_text("mine")

    assert run("import", skos, "-o", str(out)).exit_code == 2
    assert out.read_text() == "mine"
    assert run("import", skos, "-o", str(out), "--force").exit_code == 0


def test_import_in_a_language_that_is_not_there(skos: str, tmp_path: Path) -> None:
    result = run("import", skos, "-o", str(tmp_path / "out.yaml"), "--language", "fr")

    assert result.exit_code == 2
    assert "it has: en-GB" in result.stderr


TEXT = "The council of Ardenholm voted on Tuesday to rebuild the bridge that the flood took away."


def label(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["label", *arguments])


def test_label_adds_articles_and_corrects_their_topics(desks: str, tmp_path: Path) -> None:
    file, corpus = tmp_path / "bridge.txt", str(tmp_path / "c.sqlite")
    file.write_text(TEXT)
    first = label(str(file), "-t", "world", "--taxonomy", desks, "--corpus", corpus)
    second = label(str(file), "-t", "CITY DESK", "--taxonomy", desks, "--corpus", corpus)

    assert "labelled World desk: 1 added" in first.stderr
    assert "labelled City desk: 0 added, 1 changed" in second.stderr
    with Corpus.open(corpus) as index:
        assert [entry.labels for entry in index.articles()] == [("City desk",)]


def test_label_does_the_others_where_one_cannot_be_read(desks: str, tmp_path: Path) -> None:
    file, corpus = tmp_path / "bridge.txt", str(tmp_path / "c.sqlite")
    file.write_text(TEXT)
    nothing = str(tmp_path / "nothing.txt")
    result = label(nothing, str(file), "-t", "world", "--taxonomy", desks, "--corpus", corpus)

    assert result.exit_code == 1
    assert "there is no file" in result.stderr
    assert "labelled World desk: 1 added" in result.stderr


def test_label_takes_the_key_of_an_article(desks: str, tmp_path: Path) -> None:
    corpus = str(tmp_path / "c.sqlite")
    article = Article(text=TEXT)
    with Corpus.open(corpus, create=True, embedding="fast") as index:
        index.add([article])
    result = label(article.id, "-t", "trams", "--taxonomy", desks, "--corpus", corpus)

    assert result.exit_code == 0, result.stderr
    with Corpus.open(corpus) as index:
        assert [entry.labels for entry in index.articles()] == [("Trams",)]


@pytest.mark.parametrize("folder", ["b", "empty"])
@pytest.mark.parametrize("absolute", [True, False])
def test_label_changes_the_article_that_is_named_wherever_it_is_done(
    folder: str, absolute: bool, desks: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = str(tmp_path / "c.sqlite")
    for name in ("a", "b", "empty"):
        (tmp_path / name).mkdir()
    for name, text in (("a", TEXT), ("b", "The orchestra of Brill plays Mahler in the old mill.")):
        (tmp_path / name / "story.txt").write_text(text)
        monkeypatch.chdir(tmp_path / name)
        with Corpus.open(corpus, create=True, embedding="fast") as index:
            index.add([Article(text=text, source="story.txt")])
    monkeypatch.chdir(tmp_path / folder)
    named = str(tmp_path / "a" / "story.txt") if absolute else "../a/story.txt"
    result = label(named, "-t", "trams", "--taxonomy", desks, "--corpus", corpus)

    assert result.exit_code == 0, result.stderr
    with Corpus.open(corpus) as index:
        found = {entry.key: entry.labels for entry in index.articles()}
        other = index.get(str(tmp_path / "b" / "story.txt"))
    stories = [str(tmp_path / name / "story.txt") for name in ("a", "b")]
    assert found == {stories[0]: ("Trams",), stories[1]: ()}
    assert other is not None
    assert "Mahler" in other.text


def test_label_keeps_the_key_of_a_file_that_is_gone(desks: str, tmp_path: Path) -> None:
    file, corpus = tmp_path / "bridge.txt", str(tmp_path / "c.sqlite")
    file.write_text(TEXT)
    label(str(file), "-t", "world", "--taxonomy", desks, "--corpus", corpus)
    file.unlink()
    label(str(file), "-t", "trams", "--taxonomy", desks, "--corpus", corpus)

    with Corpus.open(corpus) as index:
        assert [(entry.key, entry.labels) for entry in index.articles()] == [
            (str(file), ("Trams",))
        ]


def test_label_with_an_unknown_topic_changes_nothing(desks: str, tmp_path: Path) -> None:
    corpus = tmp_path / "c.sqlite"
    result = label("x.txt", "-t", "Wrld desk", "--taxonomy", desks, "--corpus", str(corpus))

    assert result.exit_code == 2
    assert "did you mean 'World desk'?" in result.stderr
    assert not corpus.exists()


@pytest.fixture
def fitted(monkeypatch: pytest.MonkeyPatch) -> list[Article]:
    """What fit_head was given; it finds something where there are two articles."""
    seen: list[Article] = []

    def fit(articles: list[Article], taxonomy: Taxonomy) -> TopicHead:
        seen.extend(articles)
        level = LearntLevel(topics=("metro", "world"), exclusive=True, pooling=(1, 0, 0))
        tensors = {
            "idf": np.ones(0, np.float32),
            "weights:": np.zeros((2, DIMENSION), np.float32),
            "bias:": np.array([9, -9], np.float32),
        }
        levels = {"": level} if len(articles) > 1 else {}
        return TopicHead(levels, tensors, {}, taxonomy_key(taxonomy), "the table")

    monkeypatch.setattr(head_fit, "fit_head", fit)
    return seen


def rows(tmp_path: Path, count: int) -> str:
    file = tmp_path / "rows.jsonl"
    row = json.dumps({"text": TEXT, "labels": ["metro"]})
    file.write_text(f"{row}\n" * count)
    return str(file)


def test_fit_reports_and_writes_what_classify_then_uses(
    desks: str, tmp_path: Path, fitted: list[Article]
) -> None:
    result = run("fit", desks, "--on", rows(tmp_path, 2))

    assert result.exit_code == 0, result.stderr
    assert result.stdout == "the table\n"
    assert [article.labels for article in fitted] == [("metro",)] * 2
    assert re.search(r"desks.safetensors: written, [1-9]\d* kB", result.stderr)
    file = tmp_path / "a.txt"
    file.write_text(TEXT)
    command = ["classify", str(file), "--taxonomy", desks, "-m", "extractive", "--depth", "1"]
    digest = json.loads(CliRunner().invoke(app, [*command, "--format", "json"]).stdout)
    assert [(t["id"], t["confidence_source"]) for t in digest["topics"]] == [("metro", "combined")]
    assert digest["taxonomy"]["version"].startswith("1+")


@pytest.mark.usefixtures("fitted")
def test_fit_does_not_write_over_what_it_reads(desks: str, tmp_path: Path) -> None:
    for file in (desks, table := rows(tmp_path, 2)):
        assert run("fit", desks, "--on", table, "-o", file).exit_code == 2
    assert load_taxonomy(Path(desks)).topics
    assert "metro" in Path(table).read_text()


def test_fit_writes_nothing_that_is_not_better(
    desks: str, tmp_path: Path, fitted: list[Article]
) -> None:
    result = run("fit", desks, "--on", rows(tmp_path, 1))

    assert (len(fitted), result.exit_code) == (1, 0)
    assert "nothing is written" in result.stderr
    assert not (tmp_path / "desks.safetensors").exists()


def test_fit_names_an_empty_row_and_learns_from_the_others(
    desks: str, tmp_path: Path, fitted: list[Article]
) -> None:
    table = Path(rows(tmp_path, 2))
    table.write_text('{"text": "", "labels": ["metro"]}\n' + table.read_text())
    result = run("fit", desks, "--on", str(table))

    assert (len(fitted), result.exit_code) == (2, 1)
    assert "rows.jsonl" in result.stderr
    assert "desks.safetensors: written" in result.stderr


def test_what_was_fitted_for_other_topics_says_how_it_is_made_anew(
    desks: str, tmp_path: Path, fitted: list[Article]
) -> None:
    table = rows(tmp_path, 2)
    run("fit", desks, "--on", table)
    taxonomy = Path(desks)
    taxonomy.write_text(taxonomy.read_text() + "  - {id: chess, name: Chess}\n")
    result = CliRunner().invoke(app, ["classify", table, "--taxonomy", desks, "-m", "extractive"])

    assert len(fitted) == 2
    assert f"summarizer taxonomy fit {desks} --on ARTICLES makes it anew" in result.stderr


def test_fit_takes_the_labelled_articles_of_a_corpus(
    desks: str, tmp_path: Path, fitted: list[Article]
) -> None:
    corpus = str(tmp_path / "c.sqlite")
    with Corpus.open(corpus, create=True, embedding="fast") as index:
        index.add([Article(text=TEXT, labels=("metro",)), Article(text=f"{TEXT} No labels.")])
    run("fit", desks, "--on", corpus)

    assert [article.labels for article in fitted] == [("metro",)]


@pytest.mark.usefixtures("fitted")
def test_fit_without_labels_says_how_to_give_them(desks: str, tmp_path: Path) -> None:
    result = run("fit", desks, "--on", rows(tmp_path, 2), "--labels", "tags")

    assert result.exit_code == 2
    assert "--labels FIELD" in result.stderr


def test_fit_unlabelled_reads_articles_without_topics(
    desks: str, tmp_path: Path, fitted: list[Article], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(self_training, "teach_itself", head_fit.fit_head)
    result = run("fit", desks, "--on", rows(tmp_path, 2), "--unlabelled")

    assert result.exit_code == 0, result.stderr
    assert [article.labels for article in fitted] == [()] * 2
