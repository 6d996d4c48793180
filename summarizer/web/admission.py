"""Which requests are let in, by name, origin and size; and how many are worked on at a time."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Collection
from typing import Final, NamedTuple, TypeVar
from urllib.parse import urlsplit

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from summarizer.plugins.service import Service, ServiceThreads
from summarizer.plugins.serving import GRACE, LOOPBACK
from summarizer.web.problems import BusyError, TimeLimitError, response_of

_HEADERS: Final = (
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)


class Guard:
    """ASGI: refuses requests by other names and pages, and bodies that are too large.

    A page of another site that rebinds its DNS name to this machine uses its own name: the host
    must be one of ours, and so must the origin, where a browser sends one.

    Args:
        app: what is guarded.
        names: hosts by which it may be reached, without port.
        most_bytes: the largest body.
        registry: where requests are counted.
        end: lets what is under way end, when the server does.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        names: Collection[str],
        most_bytes: int,
        registry: CollectorRegistry,
        end: Callable[[], None],
    ) -> None:
        self._app = app
        self.end = end
        self._names = {name.lower() for name in names}
        self._most_bytes = most_bytes
        self._requests = Counter(
            "summarizer_requests", "Requests.", ("path", "status"), registry=registry
        )
        self._seconds = Histogram(
            "summarizer_request_seconds",
            "Seconds until the end of the answer.",
            ("path",),
            registry=registry,
            buckets=(0.1, 0.5, 1, 5, 10, 30, 60, 120, 300, 600),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.monotonic(), 500

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), *_HEADERS]
            await send(message)

        try:
            await self._pass(scope, receive, sent)
        finally:
            route = getattr(scope.get("route"), "path", "other")
            self._requests.labels(route, status).inc()
            self._seconds.labels(route).observe(time.monotonic() - began)

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused = self._refusal(scope)
        if refused is not None:
            await response_of(refused)(scope, receive, send)
            return
        received = 0

        async def limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._most_bytes:
                raise self._too_large  # the application answers it
            return message

        await self._app(scope, limited, send)

    def _refusal(self, scope: Scope) -> HTTPException | None:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        host = _address(f"//{headers.get(b'host', b'').decode('latin-1')}")
        if host.name not in self._names:
            name = "this server is not known by that name; --allowed-host adds one"
            return HTTPException(421, name)
        origin = headers.get(b"origin")
        if origin is not None and not self._is_own(_address(origin.decode("latin-1")), host):
            return HTTPException(403, "requests of pages of other sites are refused")
        size = headers.get(b"content-length", b"0")
        if not size.isdigit() or int(size) > self._most_bytes:
            return self._too_large
        return None

    def _is_own(self, page: _Address, host: _Address) -> bool:
        """Other servers of this machine have its name, too, and a port of their own."""
        return page.name in self._names and (page.name not in LOOPBACK or page.port == host.port)

    @property
    def _too_large(self) -> HTTPException:
        return HTTPException(413, f"the request has more than {self._most_bytes:,} bytes")


class _Address(NamedTuple):
    """Host and port of an address; a port that need not be named is None."""

    name: str
    port: int | None


def _address(url: str) -> _Address:
    try:
        parts = urlsplit(url)
        port = None if parts.port in (80, 443) else parts.port
        return _Address((parts.hostname or "").lower(), port)
    except ValueError:
        return _Address("", None)


T = TypeVar("T")
_ENDING: Final = "the server ends; ask again when it is back: what the model said by now is kept"
_FIRST_GUESS: Final = 10.0  # seconds of a digest, before one was made


class Admission(ServiceThreads):
    """Lets work in, up to a number; what waits is begun in order, and what is too much refused.

    Args:
        service: whose model says how many articles at a time are worth working on.
        jobs: at most so many at a time.
        waiting: so many more may wait.
        seconds: so long may each take, with the time that it waits.
    """

    def __init__(self, service: Service, *, jobs: int, waiting: int, seconds: float) -> None:
        super().__init__(service, jobs=jobs)
        self._most = jobs + waiting
        self._seconds = seconds
        self._usual = _FIRST_GUESS
        self._limits: set[asyncio.Timeout] = set()
        self._ending = False
        self.inside = 0  # being worked on, or waiting

    async def run(
        self,
        work: Callable[[], T],
        *,
        uses_model: bool,
        on_step: Callable[[str], None] = lambda _: None,
    ) -> T:
        """See ServiceThreads.

        Raises:
            BusyError: there is no place.
            TimeLimitError: it took too long.
            HTTPException: the server ends.
            Exception: what ``work`` raises.
        """
        if self.inside >= self._most:
            raise BusyError(max(1, math.ceil(self._usual * self.inside / self._jobs / 2)))

        def body() -> T:
            began = time.monotonic()
            result = work()
            if uses_model:
                self._usual = 0.8 * self._usual + 0.2 * (time.monotonic() - began)
            return result

        self.inside += 1
        limit = asyncio.timeout(self._seconds)
        self._limits.add(limit)
        try:
            if uses_model and self._model is None:
                on_step("starting the model")
            async with limit:
                return await super().run(body, uses_model=uses_model, on_step=on_step)
        except TimeoutError:
            if self._ending:
                raise HTTPException(503, _ENDING) from None
            raise TimeLimitError from None
        finally:
            self._limits.remove(limit)
            self.inside -= 1

    def end(self) -> None:
        """Let what is under way take 5 s more, and no longer: the server ends."""
        self._ending = True
        latest = asyncio.get_running_loop().time() + GRACE
        for limit in self._limits:
            limit.reschedule(min(latest, limit.when() or latest))
