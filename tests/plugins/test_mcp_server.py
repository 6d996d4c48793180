"""The MCP server in this process: what is hard to see from outside."""

from __future__ import annotations

import anyio
import pytest
from mcp import Client
from mcp.types import CallToolResult
from mcp_sessions import text

from summarizer.plugins import Service
from summarizer.plugins.mcp_server import SummarizerServer


def call(service: Service, name: str, **arguments: object) -> CallToolResult:
    async def ask() -> CallToolResult:
        server = SummarizerServer(service, jobs=1, client_roots=False).build()
        async with Client(server) as client:
            return await client.call_tool(name, arguments)

    return anyio.run(ask)


def test_a_bug_is_a_tools_error_and_its_traceback_is_in_the_log(
    talks: str, service: Service, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a secret detail")

    monkeypatch.setattr("summarizer.plugins.service.read_source", broken)

    result = call(service, "extract_article", source=talks)

    assert result.is_error
    assert text(result).startswith("ZeroDivisionError: a bug in the summarizer")
    assert "secret detail" not in text(result)
    assert "in broken" in caplog.text


def test_a_server_needs_no_model_for_what_needs_none(talks: str) -> None:
    with Service(base_url="http://127.0.0.1:9/v1", model="m", max_retries=0) as service:
        assert not call(service, "extract_article", source=talks).is_error
        failed = call(service, "digest_article", source=talks)

    assert failed.is_error
    assert text(failed).startswith("EndpointError: ")
    assert "\nNext: " in text(failed)
