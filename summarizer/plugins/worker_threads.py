"""Blocking work of servers, in threads that nobody has to wait for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from typing import TypeVar

import anyio

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
