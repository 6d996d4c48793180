"""The MCP server over HTTP: through the SDK's client, and with requests it must refuse."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from mcp import Client
from mcp_sessions import COMMAND, TOKEN, Session, connected, environment, http, http_server, text

from summarizer.digest import Digest
from summarizer.errors import ConfigurationError
from summarizer.plugins.serving import HttpOptions, RequireToken, check

HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
ACCEPT = {"Accept": "application/json, text/event-stream"}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with http_server("--model", "extractive", folder=tmp_path_factory.mktemp("http")) as found:
        yield found


@pytest.fixture(params=["auto", "legacy"])
def session(request: pytest.FixtureRequest, url: str) -> Iterator[Session]:
    """Of the newest protocol, and of the one before."""
    with connected(http(url), mode=request.param) as found:
        yield found


def hello(url: str, **headers: str) -> httpx.Response:
    return httpx.post(url, json=HELLO, headers={**ACCEPT, **headers}, timeout=120)


def test_a_digest(session: Session, talks: str) -> None:
    result = session.call("digest_article", source=talks)

    assert Digest.model_validate(result.structured_content).topics


def test_fifty_calls_at_once_are_all_answered(session: Session, talks: str) -> None:
    titles = [f"Report number {number} from the border" for number in range(50)]
    answers: dict[str, str] = {}

    async def all_at_once(client: Client) -> None:
        async def one(title: str) -> None:
            source = f"---\ntitle: {title}\n---\n{talks[:900]}"
            result = await client.call_tool("extract_article", {"source": source})
            assert isinstance(result.structured_content, dict)
            answers[title] = result.structured_content["title"]

        async with anyio.create_task_group() as group:
            for title in titles:
                group.start_soon(one, title)

    session.do(all_at_once)

    assert answers == {title: title for title in titles}


def test_an_error_is_a_result(session: Session) -> None:
    result = session.call("extract_article", source="/etc/passwd")

    assert result.is_error
    assert text(result).startswith("SourceError: ")


def test_with_the_token_a_client_is_let_in(url: str) -> None:
    assert hello(url, Authorization=f"Bearer {TOKEN}").status_code == 200
    assert hello(url, Authorization=f"bearer  {TOKEN}").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer wrong"},
        {"Authorization": TOKEN},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": f"Bearer {TOKEN[:-1]}"},
    ],
)
def test_without_it_none_is(url: str, headers: dict[str, str]) -> None:
    refused = hello(url, **headers)

    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == "Bearer"
    assert TOKEN not in refused.text


def test_two_tokens_are_none(url: str) -> None:
    both = [("Authorization", f"Bearer {TOKEN}"), ("Authorization", "Bearer x"), *ACCEPT.items()]

    assert httpx.post(url, json=HELLO, headers=both).status_code == 401


def test_a_page_that_rebinds_its_name_is_refused(url: str) -> None:
    refused = hello(url, Authorization=f"Bearer {TOKEN}", Host="evil.example:80")

    assert refused.status_code == 421


def test_a_page_of_another_origin_is_refused(url: str) -> None:
    refused = hello(url, Authorization=f"Bearer {TOKEN}", Origin="https://evil.example")

    assert refused.status_code == 403


def test_a_request_that_is_too_large_is_refused(url: str) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}", **ACCEPT, "content-type": "application/json"}

    assert httpx.post(url, content=b"x" * 5_000_000, headers=headers).status_code == 413


def test_without_a_token_every_local_program_is_let_in(tmp_path: Path) -> None:
    with http_server("--model", "extractive", folder=tmp_path, token=None) as url:
        assert hello(url).status_code == 200


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        (HttpOptions(host="0.0.0.0"), "need a token"),  # noqa: S104 - it is refused
        (HttpOptions(host="::"), "need a token"),
        (HttpOptions(host="192.168.1.5"), "need a token"),
        (HttpOptions(host="host.example"), "need a token"),
        (HttpOptions(token="short"), "shorter than 16"),
    ],
)
def test_what_is_not_safe_is_refused_at_the_start(options: HttpOptions, fault: str) -> None:
    with pytest.raises(ConfigurationError, match=fault):
        check(options)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.0.0.7"])
def test_the_loopback_is_safe(host: str) -> None:
    check(HttpOptions(host=host))


def test_the_command_refuses_it_too(tmp_path: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "--http", "--host", "0.0.0.0"],  # noqa: S104 - it is refused
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert "error: host '0.0.0.0' can be reached" in done.stderr
    assert "try: set SUMMARIZER_MCP_TOKEN" in done.stderr


def test_a_port_in_use_is_an_error_that_says_so(url: str, tmp_path: Path) -> None:
    port = url.split(":")[2].split("/")[0]
    done = subprocess.run(
        [*COMMAND, "--http", "--port", port],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert "cannot be listened on" in done.stderr


def test_the_token_is_needed_for_every_kind_of_connection() -> None:
    async def app(*_: Any) -> None:
        raise AssertionError("it was let in")

    refused: list[Any] = []

    async def send(message: Any) -> None:
        refused.append(message)

    async def ask() -> None:
        scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
        await RequireToken(app, TOKEN)(scope, None, send)  # type: ignore[arg-type]

    anyio.run(ask)
    assert refused[0]["status"] == 401
