"""Folders that the user opened in the host: asked of the client, in both protocols."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import pytest
from mcp.types import (
    CallToolRequestParams,
    CallToolResult,
    ClientCapabilities,
    ListRootsResult,
    Root,
    RootsCapability,
)
from mcp_sessions import Session, connected, http, http_server, stdio, text
from pydantic import FileUrl

from summarizer.plugins import Service
from summarizer.plugins.mcp_server import SummarizerServer


class Host:
    """A host whose user opened some folders."""

    def __init__(self, *uris: str) -> None:
        self.roots = [Root(uri=FileUrl(uri)) for uri in uris]
        self.asked = 0

    async def __call__(self, _: Any) -> ListRootsResult:
        self.asked += 1
        return ListRootsResult(roots=self.roots)


@pytest.fixture
def host(folder: Path) -> Host:
    return Host("file:///missing", "file://server/share", "file:///", folder.as_uri())


@pytest.fixture(params=["auto", "legacy"])
def session(request: pytest.FixtureRequest, host: Host, tmp_path: Path) -> Iterator[Session]:
    with stdio(
        "--model", "extractive", folder=tmp_path, mode=request.param, list_roots_callback=host
    ) as found:
        yield found


def test_a_file_below_a_clients_root_is_read(session: Session) -> None:
    result = session.call("extract_article", source="talks.txt")

    assert not result.is_error, text(result)
    assert result.structured_content["source"] == "talks.txt"
    prompt = session.do(lambda client: client.get_prompt("summarize_v2", {"article": "talks.txt"}))
    assert "Ardenia" in getattr(prompt.messages[0].content, "text", "")
    for closed in ("../secret.txt", "link.txt", "/etc/passwd", ".env"):
        assert session.call("extract_article", source=closed).is_error


def test_roots_that_are_no_files_open_nothing(service: Service) -> None:
    """A host has some where its user opened a folder on another machine."""

    async def send_request(*_: Any) -> ListRootsResult:
        return ListRootsResult.model_validate({"roots": [{"uri": "vscode-vfs://github/a/b"}]})

    session = SimpleNamespace(
        client_capabilities=ClientCapabilities(roots=RootsCapability()),
        can_send_request=True,
        send_request=send_request,
    )
    params = CallToolRequestParams(name="extract_article", arguments={"source": "secret.txt"})
    server = SummarizerServer(service, jobs=1, client_roots=True)
    context: Any = SimpleNamespace(session=session)

    result = anyio.run(server.call_tool, context, params)

    assert isinstance(result, CallToolResult)
    assert text(result).startswith("SourceError: ")


def test_for_a_text_the_client_is_not_asked(session: Session, host: Host, talks: str) -> None:
    assert not session.call("extract_article", source=talks).is_error
    assert host.asked == 0


def test_a_client_without_roots_opens_nothing(tmp_path: Path, folder: Path) -> None:
    with stdio("--model", "extractive", folder=tmp_path) as session:
        assert session.call("extract_article", source=str(folder / "talks.txt")).is_error


def test_they_can_be_turned_off(host: Host, tmp_path: Path) -> None:
    arguments = ("--model", "extractive", "--no-client-roots")
    with stdio(*arguments, folder=tmp_path, list_roots_callback=host) as session:
        assert session.call("extract_article", source="talks.txt").is_error
    assert host.asked == 0


def test_a_client_over_http_opens_nothing(host: Host, tmp_path: Path) -> None:
    with (
        http_server("--model", "extractive", folder=tmp_path) as url,
        connected(http(url), list_roots_callback=host) as session,
    ):
        assert session.call("extract_article", source="talks.txt").is_error
    assert host.asked == 0
