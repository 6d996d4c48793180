"""``Admission``: how much is worked on at a time, how much may wait, and for how long."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeVar

from starlette.exceptions import HTTPException

from summarizer.plugins.serving import GRACE, WorkerThreads
from summarizer.progress import Cancelled, listening
from summarizer.web.problems import BusyError, TimeLimitError

if TYPE_CHECKING:
    from summarizer.plugins.service import Service

T = TypeVar("T")
_OTHER_CALLS: Final = 4  # threads for what needs no model
_ENDING: Final = "the server ends; ask again when it is back: what the model said by now is kept"
_FIRST_GUESS: Final = 10.0  # seconds of a digest, before one was made


class Admission:
    """Lets work in, up to a number; what waits is begun in order, and what is too much refused.

    Args:
        service: whose model says how many articles at a time are worth working on.
        jobs: at most so many at a time.
        waiting: so many more may wait.
        seconds: so long may each take, with the time that it waits.
    """

    def __init__(self, service: Service, *, jobs: int, waiting: int, seconds: float) -> None:
        self._service = service
        self._jobs = jobs
        self._most = jobs + waiting
        self._seconds = seconds
        self._others = WorkerThreads(_OTHER_CALLS)
        self._model: WorkerThreads | None = None
        self._opening = asyncio.Lock()
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
        """The result of ``work()``, which ends at its next step if nobody waits for it any more.

        Args:
            work: called in a thread.
            uses_model: whether it takes one of the model's places.
            on_step: hears of its steps, in that thread.

        Raises:
            BusyError: there is no place.
            TimeLimitError: it took too long.
            HTTPException: the server ends.
            Exception: what ``work`` raises.
        """
        if self.inside >= self._most:
            raise BusyError(max(1, math.ceil(self._usual * self.inside / self._jobs / 2)))
        over = threading.Event()

        def hear(message: str | None) -> None:
            if over.is_set():
                raise Cancelled
            if message is not None:
                on_step(message)

        def body() -> T:
            with listening(hear):
                hear(None)
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
                threads = await self._model_threads() if uses_model else self._others
                return await threads.run(body)
        except TimeoutError:
            if self._ending:
                raise HTTPException(503, _ENDING) from None
            raise TimeLimitError from None
        finally:
            self._limits.remove(limit)
            self.inside -= 1
            over.set()

    def end(self) -> None:
        """Let what is under way take 5 s more, and no longer: the server ends."""
        self._ending = True
        latest = asyncio.get_running_loop().time() + GRACE
        for limit in self._limits:
            limit.reschedule(min(latest, limit.when() or latest))

    async def _model_threads(self) -> WorkerThreads:
        """As many as the model serves well; the first call waits for the model to be there."""
        async with self._opening:
            if self._model is None:
                width = await self._others.run(
                    lambda: self._service.summarizer().engine.workers(self._jobs)
                )
                self._model = WorkerThreads(width)
            return self._model
