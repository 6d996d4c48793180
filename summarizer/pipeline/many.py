"""Many articles: in order, some at a time, and each with a result of its own."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from summarizer.digest import Digest, ErrorInfo, Failure
from summarizer.errors import SummarizerError

T = TypeVar("T")
# Work that is submitted ahead of the oldest unfinished article, per job: enough to keep all jobs
# busy behind a slow one, few enough that results do not pile up in memory.
_AHEAD = 4


def run_many(
    sources: Iterable[T], task: Callable[[T], Digest], *, jobs: int, name: Callable[[T], str]
) -> Iterator[Digest | Failure]:
    """The results in the order of ``sources``, which are read lazily.

    When the consumer stops early (Ctrl-C, a closed generator), articles that have not begun are
    dropped and those under way are not waited for. ``name`` is how a failure calls its source.
    """
    if jobs <= 1:
        for source in sources:
            yield _attempt(task, source, name)
        return
    pool = ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="digest")
    waiting: deque[Future[Digest | Failure]] = deque()
    try:
        for source in sources:
            waiting.append(pool.submit(_attempt, task, source, name))
            if len(waiting) >= jobs * _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _attempt(task: Callable[[T], Digest], source: T, name: Callable[[T], str]) -> Digest | Failure:
    try:
        return task(source)
    except SummarizerError as error:
        return failure(error, source=name(source))


def failure(error: SummarizerError, *, source: str) -> Failure:
    """An error as the record of its source."""
    return Failure(
        source=source,
        error=ErrorInfo(
            type=type(error).__name__,
            message=str(error),
            hint=error.hint,
            exit_code=error.exit_code,
        ),
    )
