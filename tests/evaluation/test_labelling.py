"""What is labelled, from wherever digests are, and what the labels of several raters come to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from report_runs import digest, write_run
from small_suite import article, row, write_suite
from typer.testing import CliRunner
from whole_app import app

from summarizer.errors import ConfigurationError
from summarizer.evaluation.labelling import Labels, ToLabel, rater_agreement, read_items
from summarizer.evaluation.suite.definition import Data
from summarizer.evaluation.suite.file import load_suite, read_source_rows
from summarizer.evaluation.suite.samples import load_samples
from summarizer.settings import load_settings


def items(source: Path, limit: int | None = None) -> tuple[list[ToLabel], list[str]]:
    told: list[str] = []
    found, _ = read_items(str(source), settings=load_settings(), limit=limit, left_out=told.append)
    return found, told


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    folder = tmp_path / "texts"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.txt").write_text(article(number), encoding="utf-8")
    return folder


def invoke(*arguments: object) -> str:
    done = CliRunner().invoke(app, [*map(str, arguments)])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_digests_of_a_batch(texts: Path, tmp_path: Path) -> None:
    invoke("batch", "run", texts, "--out", tmp_path / "job", "--model", "extractive")
    found, told = items(tmp_path / "job")
    assert len(found) == 3
    assert told == []
    one = found[0]
    assert one.article.text in [article(number) for number in range(3)]
    assert one.statements
    assert all(text in one.article.text for text in one.statements)


def test_the_digests_of_a_batch_are_labelled_with_its_own_topics(
    texts: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("name: mine\nversion: '1'\ntopics:\n- {id: roads, name: roads}\n", "utf-8")
    job = tmp_path / "job"
    invoke("batch", "run", texts, "--out", job, "--model", "extractive", "--taxonomy", own)
    _, topics = read_items(str(job), settings=load_settings(), limit=None, left_out=print)
    assert topics.name == "mine"


def test_a_file_of_digests_whose_articles_are_files_and_rows(texts: Path, tmp_path: Path) -> None:
    table = tmp_path / "table.jsonl"
    table.write_text("".join(json.dumps({"text": article(n)}) + "\n" for n in (3, 4)))
    made = tmp_path / "made.jsonl"
    made.write_text(
        invoke(
            "summarize", texts / "0.txt", texts / "1.txt", table, "-f", "jsonl", "-m", "extractive"
        )
    )
    (texts / "1.txt").write_text(article(5), encoding="utf-8")
    found, told = items(made)
    assert {one.article.text for one in found} == {article(n) for n in (0, 3, 4)}
    assert len(told) == 1
    assert "1.txt: the article is not there as it was" in told[0]
    assert {one.id for one in items(made, limit=2)[0]} <= {one.id for one in found}


def test_one_variant_of_a_run(tmp_path: Path) -> None:
    run = write_run(tmp_path, {"a": lambda s: digest(s, "One."), "b": lambda s: digest(s, "Two.")})
    found, _ = items(Path(f"{run}:b"))
    assert [one.statements for one in found] == [("Two.",)] * 4
    assert {one.id for one in found} == {f"bridge-{n}" for n in range(4)}


def test_a_suite_and_a_file_of_rows_have_their_gold_to_check(tmp_path: Path) -> None:
    suite = write_suite(tmp_path / "suite", rows=2)
    for source in (suite, tmp_path / "suite" / "data.jsonl"):
        found, _ = items(source)
        assert found[0].topics == ("11000000",)
        assert found[0].statements == (
            "The council voted on Tuesday.",
            "The work will take two years.",
        )
        assert found[0].story == "first"


def test_nothing_to_label_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "failed.jsonl").write_text(
        json.dumps(
            {"source": "a", "error": {"type": "bug", "message": "m", "hint": None, "exit_code": 1}}
        )
        + "\n"
    )
    with pytest.raises(ConfigurationError, match="nothing to label"):
        items(tmp_path / "failed.jsonl")
    with pytest.raises(ConfigurationError, match="there is no suite"):
        items(tmp_path / "nowhere")


def rated(folder: Path, **raters: list[tuple[list[str], list[bool]]]) -> Path:
    """Labels: of each rater and article the topics, and what is said of two statements."""
    path = folder / "labels.jsonl"
    with path.open("w") as file:
        for rater, said in raters.items():
            for number, (topics, right) in enumerate(said):
                statements = [{"text": f"s{n}", "supported": one} for n, one in enumerate(right)]
                facts = [one["text"] for one in statements if one["supported"]]
                changes: dict[str, Any] = {
                    "gold_topics": topics, "key_facts": facts, "claims": statements, "rater": rater,
                }  # fmt: skip
                file.write(json.dumps(row(number, **changes)) + "\n")
    return path


def test_what_most_raters_say_is_gold_and_the_first_one_breaks_ties(tmp_path: Path) -> None:
    path = rated(
        tmp_path,
        ann=[(["11000000"], [True, False]), (["15000000"], [True, True])],
        ben=[(["11000000", "16000000"], [False, True]), (["16000000"], [False, True])],
        eve=[(["16000000"], [False, True])],
    )
    first, second = load_samples(load_suite(path), settings=load_settings()).samples
    assert first.gold.topics == ("11000000", "16000000")
    assert first.gold.key_facts == ("s1",)
    assert second.gold.topics == ("15000000",), "one against one: the first"
    assert second.gold.key_facts == ("s0", "s1")
    merged = next(iter(read_source_rows(Data(path=path.name), folder=tmp_path))).row
    assert [claim.supported for claim in merged.claims] == [False, True]


def test_two_rows_of_one_id_without_raters_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row(1, **more)) + "\n" for more in ({}, {"rater": "ann"})))
    with pytest.raises(ConfigurationError, match="is also that of"):
        load_suite(path)


def test_agreement_is_of_what_both_labelled(tmp_path: Path) -> None:
    path = rated(
        tmp_path,
        ann=[(["11000000"], [True, False]), (["15000000"], [True, True]), ([], [True, True])],
        ben=[(["11000000"], [True, False]), (["16000000"], [True, False])],
    )
    found = rater_agreement(path)
    assert (found.raters, found.articles, found.differ) == (("ann", "ben"), 2, ("bridge-1",))
    assert found.claims.units == 4
    # Of 8 values 5 are true; one of 4 pairs differs.
    assert found.claims.alpha == pytest.approx(1 - 7 * 2 / (2 * 5 * 3))
    with pytest.raises(ConfigurationError, match="agreement takes two"):
        rater_agreement(rated(tmp_path, ann=[([], [True, True])]))


def test_what_is_begun_and_not_kept_is_there_again(tmp_path: Path) -> None:
    found, _ = items(write_suite(tmp_path / "suite", rows=2))
    labels = Labels(tmp_path / "labels.jsonl", "ann")
    labels.sketch(found[0].row("ann", ["15000000"], {"x": True}))
    labels.sketch(found[1].row("ann", [], {}))
    again = Labels(tmp_path / "labels.jsonl", "ann")
    assert {id_: one.gold_topics for id_, one in again.drafts.items()} == {
        found[0].id: ("15000000",),
        found[1].id: (),
    }
    assert Labels(tmp_path / "labels.jsonl", "ben").drafts == {}
    again.keep(again.drafts[found[0].id])
    again.keep(again.drafts[found[1].id])
    assert [path.name for path in tmp_path.glob(".*drafts")] == []
    assert list(Labels(tmp_path / "labels.jsonl", "ann").done) == [found[0].id, found[1].id]
