"""Threads of the server: so many at a time, whatever callers do."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import anyio
import pytest

from summarizer.plugins.serving import WorkerThreads


def test_a_result_comes_back() -> None:
    assert anyio.run(WorkerThreads(1).run, lambda: 7) == 7


def test_an_error_comes_back() -> None:
    def broken() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        anyio.run(WorkerThreads(1).run, broken)


class Counter:
    """Work that counts how many of it run at the same time."""

    def __init__(self) -> None:
        self.running = self.most = self.done = 0
        self._lock = threading.Lock()

    def __call__(self) -> None:
        with self._lock:
            self.running += 1
            self.most = max(self.most, self.running)
        time.sleep(0.02)
        with self._lock:
            self.running -= 1
            self.done += 1


def test_no_more_than_its_width_run_at_a_time() -> None:
    counter = Counter()

    async def many() -> None:
        threads = WorkerThreads(3)
        async with anyio.create_task_group() as group:
            for _ in range(30):
                group.start_soon(threads.run, counter)

    anyio.run(many)

    assert counter.most == 3
    assert counter.done == 30


def test_threads_whose_callers_went_away_count() -> None:
    """Else whoever calls and cancels in turn could start any number of them."""
    counter = Counter()

    async def impatient(threads: WorkerThreads, work: Callable[[], None]) -> None:
        with anyio.move_on_after(0.001):
            await threads.run(work)

    async def many() -> None:
        threads = WorkerThreads(2)
        for _ in range(20):
            await impatient(threads, counter)
        await threads.run(lambda: None)

    anyio.run(many)

    assert counter.most <= 2
    assert counter.done < 20  # those that were cancelled while they waited never began
