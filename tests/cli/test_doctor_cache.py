from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner
from whole_app import app

from summarizer.llm.response_cache import FILE_NAME, ResponseCache


def fill(folder: Path) -> None:
    cache = ResponseCache(folder)
    for number in range(3):
        cache.put(str(number), "x" * 100_000)
    cache.close()


def test_info_counts_answers(tmp_path: Path) -> None:
    fill(tmp_path / "cache")
    result = CliRunner().invoke(app, ["cache", "info", "--json"])
    found = json.loads(result.stdout)
    assert found["entries"] == 3
    assert found["bytes"] == 300_000
    assert found["path"] == str(tmp_path / "cache" / FILE_NAME)
    assert found["enabled"] is True


def test_info_is_readable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path / "cache")
    monkeypatch.setenv("SUMMARIZER_CACHE", "false")
    result = CliRunner().invoke(app, ["cache", "info"])
    assert "3 answers, 0.3 MB of at most 537 MB (off)" in result.stdout


def test_info_of_an_empty_cache_makes_nothing(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["cache", "info"])
    assert (result.exit_code, "0 answers" in result.stdout) == (0, True)
    assert not (tmp_path / "cache").exists()


def test_clear_deletes_all_that_is_kept(tmp_path: Path) -> None:
    fill(tmp_path / "cache")
    result = CliRunner().invoke(app, ["cache", "clear"])
    assert result.stdout == "3 answers deleted\n"
    assert '"entries": 0' in CliRunner().invoke(app, ["cache", "info", "--json"]).stdout


def test_clear_gets_rid_of_a_corrupt_file(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    folder.mkdir()
    (folder / FILE_NAME).write_bytes(b"no database" * 100)
    result = CliRunner().invoke(app, ["cache", "clear"])
    assert result.exit_code == 0
    assert not list(folder.glob("*.corrupt"))
