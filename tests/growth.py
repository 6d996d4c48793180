"""How the time of some work grows with its size: a ratio, which no slow machine changes."""

from __future__ import annotations

import time
import timeit
from collections.abc import Callable

TIMES = 8
# Linear work takes 8 times as long and quadratic work 64 times; this is the middle of the two.
MOST = 23


def assert_linear(work: Callable[[int], object], size: int) -> None:
    """Fail where `work(size)` takes the CPU as long as quadratic work would beside an eighth of it.

    Other work on the machine may slow any one run, so that it is tried three times.
    """
    work(size // TIMES)  # what is loaded or built the first time
    ratios = []
    for _ in range(3):
        ratios.append(_seconds(work, size) / max(_seconds(work, size // TIMES), 1e-3))
        if ratios[-1] < MOST:
            return
    raise AssertionError(f"{TIMES} times the size takes {min(ratios):.0f} times as long")


def _seconds(work: Callable[[int], object], size: int) -> float:
    return timeit.timeit(lambda: work(size), number=1, timer=time.thread_time)
