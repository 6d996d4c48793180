"""How hosts reach the server: standard input and output, or HTTP with a bearer token."""

from __future__ import annotations

import hmac
import io
import ipaddress
import os
import re
import socket
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import anyio

from summarizer.errors import ConfigurationError

if TYPE_CHECKING:
    from mcp.server import Server
    from mcp.server.transport_security import TransportSecuritySettings
    from starlette.types import ASGIApp, Receive, Scope, Send

PATH: Final = "/mcp"
_LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")
_FEWEST_TOKEN_CHARACTERS: Final = 16
# In JSON: both halves of a surrogate pair, one half alone, or another escape.
_ESCAPE: Final = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
    r"|\\."
)


class HttpOptions(NamedTuple):
    """Where the server listens, and to whom.

    Attributes:
        host: address to listen on; one beyond the loopback needs a token.
        port: 0 takes a free one.
        token: what clients must send as ``Authorization: Bearer …``; None lets every local
            program in.
        allowed_hosts: names by which clients reach the server, besides ``host`` and the loopback.
    """

    host: str = "127.0.0.1"
    port: int = 8765
    token: str | None = None
    allowed_hosts: Sequence[str] = ()


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
    import uvicorn

    listener = _listen(options)
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    app: ASGIApp = server.streamable_http_app(
        streamable_http_path=PATH, host=options.host, transport_security=_security(options)
    )
    if options.token:
        app = RequireToken(app, options.token)
    config = uvicorn.Config(app, log_level="warning", access_log=False)
    ready(f"http://{shown}:{port}{PATH}")
    with listener:
        uvicorn.Server(config).run(sockets=[listener])


def check(options: HttpOptions) -> None:
    """Raise ConfigurationError unless it is safe to listen there."""
    if options.token is None and not _is_loopback(options.host):
        raise ConfigurationError(
            f"host {options.host!r} can be reached from other machines, so clients need a token",
            hint="set SUMMARIZER_MCP_TOKEN, or leave --host at 127.0.0.1",
        )
    if options.token is not None and len(options.token) < _FEWEST_TOKEN_CHARACTERS:
        raise ConfigurationError(
            f"the token is shorter than {_FEWEST_TOKEN_CHARACTERS} characters",
            hint="openssl rand -hex 32 makes one",
        )


class RequireToken:
    """ASGI: answers 401 to requests without the token; nothing else of them is looked at."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._expected = f"bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through or refuse it."""
        if scope["type"] == "lifespan" or self._is_allowed(scope):
            await self._app(scope, receive, send)
            return
        from starlette.responses import JSONResponse

        refused = JSONResponse(
            {"error": "the bearer token is missing or wrong"},
            status_code=401,
            headers={"WWW-Authenticate": "Bearer"},
        )
        await refused(scope, receive, send)

    def _is_allowed(self, scope: Scope) -> bool:
        given = [value for name, value in scope["headers"] if name == b"authorization"]
        if scope["type"] != "http" or len(given) != 1:
            return False
        scheme, _, token = given[0].partition(b" ")
        # The whole of both is compared, whatever differs, so that the time tells nothing.
        return hmac.compare_digest(scheme.lower() + b" " + token.strip(), self._expected)


def _security(options: HttpOptions) -> TransportSecuritySettings:
    """The names a request may use; a page that rebinds its DNS name to us uses its own."""
    from mcp.server.transport_security import TransportSecuritySettings

    host = f"[{options.host}]" if ":" in options.host else options.host
    names = dict.fromkeys([*_LOOPBACK, host, *options.allowed_hosts])
    hosts = [pattern for name in names for pattern in (name, f"{name}:*")]
    return TransportSecuritySettings(
        enable_dns_rebinding_protection=True,
        allowed_hosts=hosts,
        allowed_origins=[f"{scheme}://{name}" for name in hosts for scheme in ("http", "https")],
    )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _listen(options: HttpOptions) -> socket.socket:
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    try:
        return socket.create_server((options.host, options.port), family=family, backlog=128)
    except (OSError, OverflowError) as error:
        raise ConfigurationError(
            f"{options.host}:{options.port} cannot be listened on: {error}",
            hint="--port 0 takes a free one",
        ) from None
