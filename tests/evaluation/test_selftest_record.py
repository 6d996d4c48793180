from __future__ import annotations

import json
from pathlib import Path

import pytest
from small_suite import write_suite
from typer.testing import CliRunner
from whole_app import app

from summarizer.errors import ConfigurationError
from summarizer.evaluation.compare.gating import rules_of
from summarizer.evaluation.metrics import JUDGED, METRICS
from summarizer.evaluation.run.manifest import content_sha256
from summarizer.evaluation.scores import METRICS_CODE, code_shape, hash_code
from summarizer.evaluation.selftest.record import (
    SelfTest,
    code_sha256,
    load_stored,
    save,
    staleness,
)
from summarizer.evaluation.suite.file import load_suite
from summarizer.settings import data_root

EVALS = data_root() / "evals"


@pytest.fixture
def stored() -> SelfTest:
    return SelfTest.model_validate_json((EVALS / "selftest.json").read_bytes())


def test_ours_covers_every_metric(stored: SelfTest) -> None:
    assert {test.metric for test in stored.metrics} == METRICS.keys() - set(JUDGED)


def test_ours_is_of_the_data_as_it_is(stored: SelfTest) -> None:
    assert stored.data_sha256 == content_sha256(EVALS / stored.suite / "data.jsonl")


def test_the_gates_of_our_suites_may_gate(stored: SelfTest) -> None:
    for path in EVALS.glob("*/suite.yaml"):
        for metric in rules_of(load_suite(path).suite).gated:
            assert stored.refusal(metric) is None, metric


def test_without_a_folder_of_suites_ours_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stored: SelfTest
) -> None:
    monkeypatch.chdir(tmp_path)

    assert load_stored() == stored


def test_a_metric_that_was_not_tested_may_not_gate(stored: SelfTest) -> None:
    older = stored.model_copy(update={"metrics": ()})

    assert "eval selftest" in (older.refusal("topic_f1") or "")


def test_a_change_of_the_code_is_told(stored: SelfTest) -> None:
    assert "changed" in (staleness(stored.model_copy(update={"code_sha256": "0"})) or "")


def test_a_change_of_the_gold_data_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stored: SelfTest
) -> None:
    write_suite(tmp_path / "evals/news")
    monkeypatch.chdir(tmp_path)
    current = stored.model_copy(update={"code_sha256": code_sha256()})
    save(current)

    assert "the gold data of 'news' changed" in (staleness(current) or "")


def test_data_that_is_not_beside_the_record_is_taken_to_be_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stored: SelfTest
) -> None:
    (tmp_path / "evals").mkdir()
    monkeypatch.chdir(tmp_path)
    current = stored.model_copy(update={"code_sha256": code_sha256()})
    save(current)

    assert staleness(current) is None


CODE = b"""
def area(side):
    return side * side
"""


def test_code_that_reads_otherwise_and_does_the_same_is_the_same() -> None:
    other = b'''"""Areas."""
import math

def area(side):
    """In square metres."""
    return (side *
            side)  # of a square
'''

    assert code_shape(CODE) == code_shape(other)


@pytest.mark.parametrize("other", [b"side + side", b"side * 2", b"side * f'{side}'"])
def test_code_that_does_something_else_differs(other: bytes) -> None:
    assert code_shape(CODE) != code_shape(CODE.replace(b"side * side", other))


def test_a_damaged_record_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "evals").mkdir()
    (tmp_path / "evals/selftest.json").write_text("{}")

    with pytest.raises(ConfigurationError, match="not a self-test of this version") as caught:
        load_stored()
    assert "eval selftest" in (caught.value.hint or "")


def test_saving_needs_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stored: SelfTest
) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(ConfigurationError, match="cannot write"):
        save(stored)


def test_the_command_prints_a_verdict_for_each_metric(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    suite = write_suite(tmp_path / "evals/bridges", rows=4)

    done = CliRunner().invoke(app, ["eval", "selftest", str(suite.parent), "--save"])

    assert done.exit_code == 0, done.output
    assert "topic_f1: may" in done.stdout
    assert "4 articles" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 100
    assert load_stored().suite == "bridges"


def test_json_has_the_rates_and_the_verdicts(tmp_path: Path) -> None:
    suite = write_suite(tmp_path / "suite", rows=4)

    done = CliRunner().invoke(app, ["eval", "selftest", str(suite), "--json"])

    tests = {test["metric"]: test for test in json.loads(done.stdout)["metrics"]}
    assert tests["topic_f1"]["may_gate"] is True
    assert tests["topic_f1"]["faults"][0]["rate"] == 1
    assert tests["density"]["refusal"]


def test_ours_is_of_this_code(stored: SelfTest) -> None:
    """`summarizer eval selftest --save` brings it up to date."""
    assert staleness(stored) is None, staleness(stored)


def test_the_words_of_a_language_are_part_of_the_version_of_the_metrics(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("summarizer.evaluation.scores._PACKAGE", tmp_path)
    words = tmp_path / "verification" / "languages.toml"
    words.parent.mkdir()
    words.write_text("[en]\nnot = 'not never'\n")
    before = hash_code(METRICS_CODE)
    words.write_text("[en]\nnot = 'not'\n")
    assert hash_code(METRICS_CODE) != before
