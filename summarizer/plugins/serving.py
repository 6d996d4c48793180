"""What servers need: where they listen and to whom, and threads for work that blocks.

MCP hosts reach theirs on standard input and output, or by HTTP with a bearer token.
"""

from __future__ import annotations

import asyncio
import hmac
import io
import os
import re
import socket
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from contextvars import copy_context
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import anyio

from summarizer.errors import ConfigurationError
from summarizer.llm.endpoint import is_loopback_host

if TYPE_CHECKING:
    from mcp.server import Server
    from mcp.server.transport_security import TransportSecuritySettings
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
_FEWEST_TOKEN_CHARACTERS: Final = 16
MCP_PATH: Final = "/mcp"
PROBLEM: Final = "application/problem+json"
# In JSON: both halves of a surrogate pair, one half alone, or another escape.
_ESCAPE: Final = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
    r"|\\."
)
GRACE: Final = 5  # seconds for answers that are under way at the end
# Seconds that an idle connection is kept: longer than by clients, so that none is closed on them.
_IDLE: Final = 65


class HttpOptions(NamedTuple):
    """Where the server listens, and to whom.

    Attributes:
        host: address to listen on; one beyond the loopback needs a token.
        port: 0 takes a free one.
        token: what clients must send as ``Authorization: Bearer …``; None lets every local
            program in.
        allowed_hosts: names by which clients reach the server, besides ``host`` and the loopback.
        token_variable: the environment variable that can hold the token.
    """

    host: str = "127.0.0.1"
    port: int = 8765
    token: str | None = None
    allowed_hosts: Sequence[str] = ()
    token_variable: str = "SUMMARIZER_MCP_TOKEN"  # noqa: S105 - a name

    @property
    def names(self) -> tuple[str, ...]:
        """The hosts that a request may name, without port and brackets."""
        return tuple(dict.fromkeys([*LOOPBACK, self.host, *self.allowed_hosts]))


def serve(
    app: ASGIApp,
    options: HttpOptions,
    *,
    path: str = "/",
    ready: Callable[[str], None],
    ending: Callable[[], None] = lambda: None,
) -> None:
    """Serve ``app`` until Ctrl-C or SIGTERM; answers that come within 5 s are given first.

    Args:
        app: what to serve; behind the token, if there is one.
        options: where.
        path: of the address that is told.
        ready: called with the address as soon as clients can connect.
        ending: called when no more requests are taken, before the answers under way are waited for.

    Raises:
        ConfigurationError: the address cannot be listened on.
    """
    import uvicorn

    class Server(uvicorn.Server):
        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            ending()
            await super().shutdown(sockets)

    listener = _listen(options)
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=GRACE + 1,
        timeout_keep_alive=_IDLE,
    )
    ready(f"http://{shown}:{port}{path}")
    with listener:
        Server(config).run(sockets=[listener])


def check(options: HttpOptions) -> None:
    """Raise ConfigurationError unless it is safe to listen there."""
    if options.token is None and not is_loopback_host(options.host):
        raise ConfigurationError(
            f"host {options.host!r} can be reached from other machines, so clients need a token",
            hint=f"set {options.token_variable}, or leave --host at 127.0.0.1",
        )
    if options.token is not None and len(options.token) < _FEWEST_TOKEN_CHARACTERS:
        raise ConfigurationError(
            f"the token is shorter than {_FEWEST_TOKEN_CHARACTERS} characters",
            hint="openssl rand -hex 32 makes one",
        )


class RequireToken:
    """ASGI: answers 401 to requests without the token; nothing else of them is looked at.

    ``open_paths`` need none.
    """

    def __init__(
        self, app: ASGIApp, token: str, *, open_paths: Collection[str] = frozenset()
    ) -> None:
        self._app = app
        self._open_paths = open_paths
        self._expected = f"bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through or refuse it."""
        is_open = scope["type"] == "lifespan" or scope.get("path") in self._open_paths
        if is_open or self._is_allowed(scope):
            await self._app(scope, receive, send)
            return
        refused = problem(401, "the bearer token is missing or wrong")
        await problem_response(refused, {"WWW-Authenticate": "Bearer"})(scope, receive, send)

    def _is_allowed(self, scope: Scope) -> bool:
        given = [value for name, value in scope["headers"] if name == b"authorization"]
        if scope["type"] != "http" or len(given) != 1:
            return False
        scheme, _, token = given[0].partition(b" ")
        # The whole of both is compared, whatever differs, so that the time tells nothing.
        return hmac.compare_digest(scheme.lower() + b" " + token.strip(), self._expected)


def problem(
    status: int, detail: str, *, kind: str | None = None, hint: str | None = None
) -> dict[str, Any]:
    """An error as problem details (RFC 9457): type, title, status, detail, hint."""
    found = {
        "type": f"urn:summarizer:{kind}" if kind else "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    return found | ({"hint": hint} if hint else {})


def problem_response(found: dict[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    """A problem as an answer."""
    from starlette.responses import JSONResponse

    return JSONResponse(found, found["status"], headers, media_type=PROBLEM)


def _listen(options: HttpOptions) -> socket.socket:
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    try:
        return socket.create_server((options.host, options.port), family=family, backlog=128)
    except (OSError, OverflowError) as error:
        raise ConfigurationError(
            f"{options.host}:{options.port} cannot be listened on: {error}",
            hint="--port 0 takes a free one",
        ) from None


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
        streamable_http_path=MCP_PATH, host=options.host, transport_security=_security(options)
    )
    if options.token:
        app = RequireToken(app, options.token)
    serve(app, options, path=MCP_PATH, ready=ready)


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


T = TypeVar("T")


class WorkerThreads:
    """Blocking work in up to ``width`` threads at a time; other calls wait their turn, in order.

    A place is free again when its thread has ended, not when its caller went away, so calls that
    are cancelled one after the other cannot pile up threads. Threads are daemons: the server may
    end while one still waits for a model.
    """

    def __init__(self, width: int) -> None:
        self._places = anyio.CapacityLimiter(width)

    async def run(self, work: Callable[[], T]) -> T:
        """The result of ``work()``; raises what it raises.

        Cancelled while it waits, the work never begins; cancelled later, it is left alone: it
        must find out by itself.
        """
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[T] = loop.create_future()
        holder = object()
        await self._places.acquire_on_behalf_of(holder)

        def settle(result: T | None, error: BaseException | None) -> None:
            self._places.release_on_behalf_of(holder)
            if outcome.done():  # the caller went away
                return
            if error is not None:
                outcome.set_exception(error)
            else:
                outcome.set_result(result)  # type: ignore[arg-type]  # None only if T has it

        def body() -> None:
            result, failure = None, None
            try:
                result = context.run(work)
            except BaseException as error:
                failure = error
            with suppress(RuntimeError):  # the loop is closed: nobody waits
                loop.call_soon_threadsafe(settle, result, failure)

        context = copy_context()
        thread = threading.Thread(target=body, name="worker", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            self._places.release_on_behalf_of(holder)
            raise
        return await outcome
