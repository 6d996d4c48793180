"""Tool calls: progress and cancellation, errors as results."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from traceback import format_exception
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from mcp.types import CallToolResult, TextContent

from summarizer.errors import SummarizerError
from summarizer.plugins.tools import error_info
from summarizer.plugins.worker_threads import WorkerThreads
from summarizer.progress import Cancelled, listening

if TYPE_CHECKING:
    from mcp.server.context import ServerRequestContext

    from summarizer.digest import Value

T = TypeVar("T")
_PAUSE: Final = 0.2  # seconds between two notifications of progress
_log = logging.getLogger(__name__)


class Call:
    """A call while it is worked on: ``async with Call(context) as call: await call.run(...)``.

    Its steps are sent to the client, the newest one where they come fast. At the block's end,
    cancellation included, work that still runs is stopped at its next step.
    """

    def __init__(self, context: ServerRequestContext[Any, Any]) -> None:
        self._context = context
        self._over = threading.Event()
        self._steps: asyncio.Queue[str] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._sender = asyncio.create_task(self._send())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._over.set()
        self._sender.cancel()

    async def run(self, work: Callable[[], T], *, threads: WorkerThreads) -> T:
        """The result of ``work()``; raises what it raises."""

        def body() -> T:
            with listening(self._on_step):
                return work()

        return await threads.run(body)

    def _on_step(self, message: str | None) -> None:
        if self._over.is_set():
            raise Cancelled
        if message is not None:
            self._loop.call_soon_threadsafe(self._steps.put_nowait, message)

    async def _send(self) -> None:
        number = 0
        while True:
            message = await self._steps.get()
            while not self._steps.empty():
                message = self._steps.get_nowait()
            number += 1
            await self._context.session.report_progress(float(number), message=message)
            await asyncio.sleep(_PAUSE)


def result_of(value: Value) -> CallToolResult:
    """A value as a tool's result: structured, and the same as text for older clients."""
    return CallToolResult(
        content=[TextContent(type="text", text=value.model_dump_json())],
        structured_content=value.model_dump(mode="json"),
    )


def result_of_error(error: Exception) -> CallToolResult:
    """An error as a tool's result: what, why, and what to do next."""
    if isinstance(error, SummarizerError):
        info = error_info(error)
        text = f"{info.type}: {info.message}" + (f"\nNext: {info.hint}" if info.hint else "")
    else:
        # A bug of ours is for our log; the model only needs to know that it cannot help it.
        _log.error("a tool failed unexpectedly\n%s", "".join(format_exception(error)))
        text = (
            f"{type(error).__name__}: a bug in the summarizer; its log says more\n"
            "Next: do without this tool, and tell the user"
        )
    return CallToolResult(content=[TextContent(type="text", text=text)], is_error=True)
