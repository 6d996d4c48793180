from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from summarizer.cli.main import app
from summarizer.taxonomy import load_taxonomy

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
    assert "field 'topics' must be a list" in result.stderr


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
