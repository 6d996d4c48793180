"""Sessions of the SDK's own client with a real server, for tests that are not asynchronous."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import anyio
from anyio.from_thread import BlockingPortal, start_blocking_portal
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.types import CallToolResult, TextContent

T = TypeVar("T")
COMMAND = [sys.executable, "-m", "summarizer", "mcp"]
TOKEN = "a-token-of-the-tests"


class Session(NamedTuple):
    """A client that is connected, to be used from tests."""

    client: Client
    portal: BlockingPortal

    def do(self, work: Callable[[Client], Awaitable[T]]) -> T:
        """The result of ``await work(client)``; a server that does not answer fails the test."""

        async def in_time() -> T:
            with anyio.fail_after(300):
                return await work(self.client)

        return self.portal.call(in_time)

    def call(self, name: str, **arguments: Any) -> CallToolResult:
        """What a tool returns."""
        return self.do(lambda client: client.call_tool(name, arguments))


def environment(folder: Path, **more: str) -> dict[str, str]:
    """The variables of a server that keeps everything in ``folder``."""
    own = {
        "SUMMARIZER_CACHE_DIR": str(folder / "cache"),
        "SUMMARIZER_DATA_DIR": str(folder / "data"),
        "SUMMARIZER_OFFLINE": "1",
        "XDG_CONFIG_HOME": str(folder / "config"),
        "PYTHONWARNINGS": "error",
    }
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("SUMMARIZER_", "OPENAI_"))}
    return kept | own | more


@contextmanager
def connected(transport: Any, **client: Any) -> Iterator[Session]:
    """A session over ``transport``."""
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(Client(transport, **client)) as found,
    ):
        yield Session(found, portal)


def stdio(
    *arguments: str, folder: Path, variables: dict[str, str] | None = None, **client: Any
) -> AbstractContextManager[Session]:
    """A session with a server in a process of its own, over its standard streams."""
    parameters = StdioServerParameters(
        command=COMMAND[0],
        args=[*COMMAND[1:], *arguments],
        env=environment(folder, **(variables or {})),
        cwd=folder,
    )
    return connected(parameters, **client)


@contextmanager
def http_server(*arguments: str, folder: Path, token: str | None = TOKEN) -> Iterator[str]:
    """The address of a server over HTTP."""
    more = {"SUMMARIZER_MCP_TOKEN": token} if token else {}
    with subprocess.Popen(
        [*COMMAND, "--http", "--port", "0", *arguments],
        env=environment(folder, **more),
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stderr is not None
            line = process.stderr.readline()
            assert "MCP server at " in line, line + process.stderr.read()
            yield line.split("MCP server at ")[1].split(",")[0]
        finally:
            process.terminate()


@asynccontextmanager
async def http(url: str, token: str | None = TOKEN) -> AsyncIterator[Any]:
    """The transport of a client with a token."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with (
        create_mcp_http_client(headers=headers) as client,
        streamable_http_client(url, http_client=client) as streams,
    ):
        yield streams


def text(result: CallToolResult) -> str:
    """The text of a tool's result."""
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text
