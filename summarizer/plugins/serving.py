"""What servers need: where they listen and to whom, and threads for work that blocks."""

from __future__ import annotations

import asyncio
import hmac
import socket
import threading
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from contextvars import copy_context
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

import anyio

from summarizer.errors import ConfigurationError
from summarizer.llm.endpoint import is_loopback_host

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
_FEWEST_TOKEN_CHARACTERS: Final = 16
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
        from starlette.responses import JSONResponse

        refused = JSONResponse(
            {
                "type": "about:blank",
                "title": "Unauthorized",
                "status": 401,
                "detail": "the bearer token is missing or wrong",
            },
            status_code=401,
            headers={"WWW-Authenticate": "Bearer"},
            media_type="application/problem+json",
        )
        await refused(scope, receive, send)

    def _is_allowed(self, scope: Scope) -> bool:
        given = [value for name, value in scope["headers"] if name == b"authorization"]
        if scope["type"] != "http" or len(given) != 1:
            return False
        scheme, _, token = given[0].partition(b" ")
        # The whole of both is compared, whatever differs, so that the time tells nothing.
        return hmac.compare_digest(scheme.lower() + b" " + token.strip(), self._expected)


def _listen(options: HttpOptions) -> socket.socket:
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    try:
        return socket.create_server((options.host, options.port), family=family, backlog=128)
    except (OSError, OverflowError) as error:
        raise ConfigurationError(
            f"{options.host}:{options.port} cannot be listened on: {error}",
            hint="--port 0 takes a free one",
        ) from None


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
