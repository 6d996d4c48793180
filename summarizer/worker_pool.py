"""Work in threads: some items at a time, and each with a result of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextvars import copy_context
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Final, TypeVar

from summarizer.articles import Source
from summarizer.digest import Digest, ErrorInfo, Failure
from summarizer.errors import SummarizerError

T = TypeVar("T")
R = TypeVar("R")
# Results that wait behind the oldest unfinished article, per job: enough to keep all jobs busy
# behind a slow one, few enough that they do not pile up in memory.
_WAITING: Final = 4
_LOOKED_AT: Final = 100


def is_worth_starting(sources: Iterable[Source]) -> bool:
    """Whether a model may be needed, which would have to be fetched or started: one can be read.

    The first of the sources are looked at. An address counts as readable: only fetching it tells.
    """
    left = iter(sources)
    for source in islice(left, _LOOKED_AT):
        if "://" in source.name:
            return True
        try:
            source.load()
        except SummarizerError:
            continue
        return True
    return next(left, None) is not None


def run_many(
    sources: Iterable[T],
    task: Callable[[T], Digest],
    *,
    jobs: int,
    name: Callable[[T], str],
    out_of_turn: Callable[[Digest | Failure], None] = lambda _: None,
) -> Iterator[Digest | Failure]:
    """The results in the order of ``sources``, which are read lazily.

    When the consumer stops early (Ctrl-C, a closed generator), articles that have not begun are
    dropped and those under way are not waited for. The same where an error would meet all that
    follow (a key that is refused, an endpoint that stays down): it is raised after what is done.

    Args:
        sources: any number.
        task: what to do with each.
        jobs: articles at a time.
        name: how a failure calls its source.
        out_of_turn: after Ctrl-C takes the results that had to wait for an earlier article.
    """
    waiting: dict[int, Digest | Failure] = {}
    following = 0
    try:
        for number, record in as_completed(
            enumerate(sources),
            lambda numbered: (numbered[0], _attempt(task, numbered[1], name)),
            jobs=jobs,
            may_begin=lambda: len(waiting) < jobs * _WAITING,
        ):
            waiting[number] = record
            while following in waiting:
                yield waiting.pop(following)
                following += 1
    except KeyboardInterrupt:
        for record in waiting.values():
            out_of_turn(record)
        raise
    except SummarizerError:
        yield from waiting.values()
        raise


def as_completed(
    items: Iterable[T],
    work: Callable[[T], R],
    *,
    jobs: int,
    may_begin: Callable[[], bool] = lambda: True,
) -> Iterator[R]:
    """The results as they come, until no item is left or may begin and none is under way.

    An item is taken and begun only when a worker is free for it. Ctrl-C and a closed generator
    wait for no worker, neither here nor when the process ends.

    Args:
        items: read lazily.
        work: called in threads, ``jobs`` at a time; in this one if that is 1.
        jobs: workers.
        may_begin: asked before an item is begun, and again when a result has been taken.

    Raises:
        BaseException: what ``work`` raised, as soon as it is known.
    """
    left = iter(items)
    taken: list[T] = []
    finished: SimpleQueue[Future[R]] = SimpleQueue()
    under_way = 0

    def attempt(item: T) -> None:
        result: Future[R] = Future()
        try:
            result.set_result(work(item))
        except BaseException as bug:  # raised where it is seen
            result.set_exception(bug)
        finished.put(result)

    while True:
        while under_way < jobs:
            taken = taken or list(islice(left, 1))
            if not taken or not may_begin():
                break
            if jobs == 1:
                attempt(taken.pop())
            else:
                # A daemon: nobody waits for an answer that may take minutes.
                begin = copy_context().run
                Thread(target=begin, args=(attempt, taken.pop()), daemon=True).start()
            under_way += 1
        if not under_way:
            return
        under_way -= 1
        yield finished.get().result()


def in_parallel(items: Iterable[T], work: Callable[[T], R], *, jobs: int) -> list[R]:
    """The results in the order of ``items``; see ``as_completed``."""
    found = as_completed(
        enumerate(items), lambda numbered: (numbered[0], work(numbered[1])), jobs=jobs
    )
    return [result for _, result in sorted(found, key=lambda numbered: numbered[0])]


def _attempt(task: Callable[[T], Digest], source: T, name: Callable[[T], str]) -> Digest | Failure:
    from summarizer.llm.throttle import one_of_many  # what indexes articles needs no model

    try:
        with one_of_many():
            return task(source)
    except Exception as error:
        if isinstance(error, SummarizerError) and error.stops_batch:
            raise
        return failure(error, source=name(source))


def failure(error: Exception, *, source: str) -> Failure:
    """An error as the record of its source; one that nobody foresaw is of the type "bug"."""
    return Failure(
        # A file's name may have bytes of another encoding, which no JSON can hold.
        source=source.encode("utf-8", "surrogateescape").decode("utf-8", "replace"),
        error=ErrorInfo.of(error) if isinstance(error, SummarizerError) else _bug(error),
    )


def _bug(error: Exception) -> ErrorInfo:
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = ""
    if place is not None:
        where = f" in {Path(place.tb_frame.f_code.co_filename).name}, line {place.tb_lineno}"
    return ErrorInfo(
        type="bug",
        message=f"unforeseen {type(error).__name__}{where}: {error}",
        hint="this is a bug in summarizer: report it, with this message and the article if you "
        "may, where you got summarizer from",
        exit_code=1,
    )
