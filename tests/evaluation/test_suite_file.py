"""Suites: what is accepted, what is refused with which words, and where they are looked for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from small_suite import suite, write_suite
from typer.testing import CliRunner
from whole_app import app

from summarizer.errors import ConfigurationError
from summarizer.evaluation.suite.definition import Suite
from summarizer.evaluation.suite.file import load_suite, suite_files
from summarizer.settings import data_root


def refused(folder: Path, **changes: Any) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load_suite(write_suite(folder, **changes))
    return str(caught.value)


def test_a_suite_is_read_with_its_defaults(tmp_path: Path) -> None:
    file = load_suite(write_suite(tmp_path))

    assert file.suite.data.format == "rows"
    assert file.suite.matrix.prompts == ({},)
    assert file.suite.matrix.context == (False,)
    assert file.suite.measured == ("topic_f1", "key_fact_recall", "topic_micro_f1")
    assert file.folder == tmp_path


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"epohcs": 2}, "unknown key 'epohcs'; did you mean 'epochs'? (allowed: name,"),
        (
            {"matrix": {"modles": ["x"]}},
            "key 'matrix': unknown key 'modles'; did you mean 'models'?",
        ),
        (
            {"data": {"path": "x", "formt": 1}},
            "key 'data': unknown key 'formt'; did you mean 'format'?",
        ),
        ({"settings": {"tone": "dry"}}, "key 'settings': unknown key 'tone' (allowed: taxonomy,"),
        ({"gates": [{"metric": "topic_f1", "margn": 1}]}, "key 'gates.0': unknown key 'margn'"),
        ({"metrics": {"primary": ["topic_f2"]}}, "no metric 'topic_f2'; did you mean 'topic_f1'?"),
        ({"metrics": {"primary": ["density"]}}, "'density' describes"),
        ({"metrics": {"primary": ["rouge1", "rouge2", "chrf", "topic_f1", "mrr"]}}, "at most 4"),
        ({"gates": [{"metric": "topic_ece", "margin": 0}]}, "'topic_ece' describes"),
        ({"gates": [{"metric": "rouge1", "margin": -1}]}, "key 'gates.0.margin'"),
        ({"gates": [{"metric": "rouge1", "margin": m} for m in (0, 1)]}, "a metric has two gates"),
        ({"gates": [{"metric": "rouge1"}]}, "the gate of 'rouge1' needs a margin, a limit"),
        ({"gates": [{"metric": "rouge1", "limit": 2}]}, "goes from 0 to 1; write 0.02 for 2 %"),
        ({"gates": [{"metric": "rouge1", "margin": 5}]}, "'rouge1' goes from 0 to 1"),
        ({"gates": [{"metric": "completeness", "margin": 0.1}]}, "takes a limit, no margin"),
        ({"epochs": "many"}, "key 'epochs'"),
        ({"data": "https://example.com/data.jsonl"}, "key 'data.path': an address"),
        ({"corpus": "postgresql://example.com/news"}, "key 'corpus': an address"),
        ({"matrix": {"models": []}}, "key 'matrix.models'"),
        ({"name": "../x"}, "key 'name'"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    assert words in refused(tmp_path, **changes)


@pytest.mark.parametrize(
    ("gate", "terms"),
    [
        ({"metric": "topic_f1", "margin": 0.05}, "margin 0.05"),
        ({"metric": "off_taxonomy_rate", "limit": 0.02}, "limit 0.02"),
        ({"metric": "latency_p95", "margin": 2, "limit": 20}, "margin 2, limit 20"),
        ({"metric": "completeness", "limit": 0.95}, "limit 0.95"),
    ],
)
def test_gates_have_a_margin_a_limit_or_both(
    tmp_path: Path, gate: dict[str, Any], terms: str
) -> None:
    suite = load_suite(write_suite(tmp_path, gates=[gate])).suite

    assert suite.gates[0].terms == terms
    assert "completeness" not in suite.measured


def test_a_key_that_is_missing_is_named(tmp_path: Path) -> None:
    path = write_suite(tmp_path)
    path.write_text("name: x\ndata: data.jsonl\nmatrix: {models: [extractive]}\n", encoding="utf-8")

    with pytest.raises(ConfigurationError, match="key 'metrics' is missing"):
        load_suite(path)


@pytest.mark.parametrize("text", ["- a\n- b\n", "", "a: [b", "a: &x 1\nb: *x\n"])
def test_what_is_no_mapping_of_plain_yaml_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "suite.yaml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ConfigurationError, match="suite"):
        load_suite(path)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "suite.yaml"
    path.write_bytes(b"name: \xff\xfe")

    with pytest.raises(ConfigurationError, match="not UTF-8"):
        load_suite(path)


def test_ids_stay_text(tmp_path: Path) -> None:
    """YAML 1.1 would read 01000000 as an octal number."""
    data = {"path": "data.jsonl", "labels": {"City": "01000000", "none": None, "both": ["a", "b"]}}
    path = write_suite(tmp_path, data=data)
    path.write_text(path.read_text().replace("'01000000'", "01000000"), encoding="utf-8")

    labels = load_suite(path).suite.data.labels

    assert labels == {"City": ("01000000",), "none": (), "both": ("a", "b")}


def test_a_suite_is_found_by_name_folder_or_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_suite(tmp_path / "evals" / "bridges")
    monkeypatch.chdir(tmp_path)

    found = {load_suite(name).suite.name for name in ("bridges", path.parent, path)}

    assert found == {"bridges"}
    assert "bridges" in [path.parent.name for path in suite_files()]


def test_a_suite_of_the_working_folder_comes_before_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_suite(tmp_path / "evals" / "smoke")
    monkeypatch.chdir(tmp_path)

    assert load_suite("smoke").suite.name == "bridges"


def test_a_name_that_is_not_there_lists_those_that_are() -> None:
    with pytest.raises(ConfigurationError, match="'nope'") as caught:
        load_suite("nope")
    assert "smoke" in (caught.value.hint or "")


@pytest.mark.parametrize("name", ["news", "smoke"])
def test_our_suites_are_well_formed(name: str) -> None:
    assert load_suite(name).suite.name == name


@pytest.mark.parametrize("kind", ["suite", "row"])
def test_the_stored_schema_is_fresh(kind: Any) -> None:
    """It is part of the format: ``summarizer eval schema KIND > evals/KIND.schema.json``."""
    stored = json.loads((data_root() / "evals" / f"{kind}.schema.json").read_text("utf-8"))

    assert stored == json.loads(CliRunner().invoke(app, ["eval", "schema", kind]).stdout)


def test_the_schema_knows_the_short_form_of_data() -> None:
    assert {"type": "string"} in Suite.model_json_schema()["properties"]["data"]["anyOf"]


def test_the_written_form_of_a_suite_is_read_back(tmp_path: Path) -> None:
    file = load_suite(write_suite(tmp_path))
    path = tmp_path / "again.yaml"
    path.write_text(yaml.safe_dump(file.suite.model_dump(mode="json")), encoding="utf-8")

    assert load_suite(path).suite == file.suite
    assert suite()["name"] == "bridges"
