"""``summarizer trust``: a settings file of the working folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner
from whole_app import app

from summarizer.errors import ConfigurationError
from summarizer.settings import load_settings


def test_trust_shows_what_the_file_sets_but_no_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "summarizer.toml").write_text(
        'base_url = "http://gateway.example/\\u001b[31mv1"\napi_key = "sk-very-secret"\n'
    )

    result = CliRunner().invoke(app, ["trust"])

    assert result.exit_code == 0
    assert result.stdout == (
        f"trusted: {tmp_path / 'summarizer.toml'}\n"
        "  base_url = 'http://gateway.example/\\x1b[31mv1'\n"
        "  api_key = (not shown)\n"
    )
    assert load_settings().api_key is not None


def test_undo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "summarizer.toml").write_text("cache = false")
    CliRunner().invoke(app, ["trust"])

    result = CliRunner().invoke(app, ["trust", "--undo"])

    assert (result.exit_code, result.stdout[:12]) == (0, "not trusted:")
    with pytest.raises(ConfigurationError, match="may not set 'cache'"):
        load_settings()


def test_a_folder_that_wants_more_says_how_to_allow_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "summarizer.toml").write_text('BASE_URL = "http://evil.example/v1"')

    result = CliRunner().invoke(app, ["summarize", "-", "--model", "extractive"], input="text")

    assert result.exit_code == 2
    assert "may not set 'base_url'" in result.stderr
    assert "summarizer trust" in result.stderr
