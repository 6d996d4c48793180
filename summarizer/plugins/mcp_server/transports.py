"""How hosts reach the server: standard input and output, or HTTP with a bearer token."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import anyio

from summarizer.plugins.serving import HttpOptions, RequireToken, check, serve

if TYPE_CHECKING:
    from mcp.server import Server
    from mcp.server.transport_security import TransportSecuritySettings
    from starlette.types import ASGIApp

PATH: Final = "/mcp"
# In JSON: both halves of a surrogate pair, one half alone, or another escape.
_ESCAPE: Final = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
    r"|\\."
)


def serve_stdio(server: Server[Any]) -> None:
    """Serve one client on standard input and output until it closes them."""

    async def run() -> None:
        from mcp.server.stdio import stdio_server

        requests = anyio.wrap_file(
            _RequestLines(_private_stdin(), encoding="utf-8", errors="replace")
        )
        async with stdio_server(stdin=requests) as (reader, writer):
            await server.run(reader, writer, server.create_initialization_options())

    anyio.run(run)


class _RequestLines(io.TextIOWrapper):
    r"""Requests, a line each, in which half of a surrogate pair (``\ud800``) becomes U+FFFD.

    The SDK drops a line with such a half, which is no character, and the client waits for ever.
    """

    def readline(self, size: int = -1, /) -> str:  # type: ignore[override]  # the stub of TextIOBase
        line = super().readline(size)
        return _ESCAPE.sub(lambda escape: r"\ufffd" if escape["half"] else escape[0], line)


def _private_stdin() -> io.BufferedReader:
    """What the client writes; whatever else reads standard input finds it at its end."""
    requests = os.fdopen(os.dup(0), "rb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return requests


def serve_http(server: Server[Any], options: HttpOptions, *, ready: Callable[[str], None]) -> None:
    """Serve any number of clients over streamable HTTP until Ctrl-C.

    Args:
        server: what to serve.
        options: where, and to whom.
        ready: called with the address as soon as clients can connect.

    Raises:
        ConfigurationError: a host that is not the loopback without a token, a short token, or an
            address that cannot be listened on.
    """
    check(options)
    app: ASGIApp = server.streamable_http_app(
        streamable_http_path=PATH, host=options.host, transport_security=_security(options)
    )
    if options.token:
        app = RequireToken(app, options.token)
    serve(app, options, path=PATH, ready=ready)


def _security(options: HttpOptions) -> TransportSecuritySettings:
    """The names a request may use; a page that rebinds its DNS name to us uses its own."""
    from mcp.server.transport_security import TransportSecuritySettings

    names = [f"[{name}]" if ":" in name else name for name in options.names]
    hosts = [pattern for name in names for pattern in (name, f"{name}:*")]
    return TransportSecuritySettings(
        enable_dns_rebinding_protection=True,
        allowed_hosts=hosts,
        allowed_origins=[f"{scheme}://{name}" for name in hosts for scheme in ("http", "https")],
    )
