"""Every dialect end to end: topics and a summary, exit code 0, and no request paid twice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from dialects import DIALECTS, FIRST, SECOND, Dialect, Played, long_article, summary_of, table
from standin import StandIn
from typer.testing import CliRunner
from whole_app import app

from summarizer.llm import throttle

DOCS = Path(__file__).parents[2] / "docs" / "endpoints.md"


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "sleep", lambda _: None)


@pytest.mark.parametrize("dialect", DIALECTS, ids=[dialect["name"] for dialect in DIALECTS])
def test_an_article_is_digested(
    dialect: Dialect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = []
    with StandIn(default=Played(dialect)) as server:
        if dialect.get("azure"):
            monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", server.base_url.removesuffix("/v1"))
            monkeypatch.setenv("AZURE_OPENAI_API_KEY", "azure-key")
        else:
            monkeypatch.setenv("SUMMARIZER_BASE_URL", server.base_url)
        for text in (FIRST, SECOND):
            path = tmp_path / "article.txt"
            path.write_text(long_article(text) if dialect.get("article") else text)
            before = len(server.requests)
            result = CliRunner().invoke(
                app, ["summarize", str(path), "--model", dialect["model"], "--json"]
            )
            assert result.exit_code == 0, result.output
            digest = json.loads(result.stdout)
            assert digest["summary"]["text"] == summary_of(dialect)
            assert [topic["name"] for topic in digest["topics"]] == ["politics and government"]
            counts.append(len(server.requests) - before)
    assert counts == dialect["requests"]


def test_azure_gets_its_key_in_its_own_header(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "article.txt"
    path.write_text(FIRST)
    with StandIn(default=Played({"name": "Azure"})) as server:
        monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", server.base_url.removesuffix("/v1"))
        monkeypatch.setenv("AZURE_OPENAI_API_KEY", "azure-key")
        monkeypatch.setenv("OPENAI_ORG_ID", "not-for-azure")
        CliRunner().invoke(app, ["summarize", str(path), "--model", "our-gpt"])
        monkeypatch.setenv("AZURE_OPENAI_AD_TOKEN", "entra-token")
        monkeypatch.setenv("OPENAI_API_VERSION", "2025-01-01-preview")
        CliRunner().invoke(app, ["summarize", str(path), "--model", "our-gpt", "--no-cache"])
    first, second = server.requests
    assert first.path == "/openai/deployments/our-gpt/chat/completions?api-version=2024-10-21"
    assert first.headers["api-key"] == "azure-key"
    assert "authorization" not in first.headers
    assert "openai-organization" not in first.headers
    assert second.path.endswith("api-version=2025-01-01-preview")
    assert second.headers["authorization"] == "Bearer entra-token"
    assert "api-key" not in second.headers


def test_the_documentation_shows_the_table() -> None:
    assert table() in DOCS.read_text(encoding="utf-8")
