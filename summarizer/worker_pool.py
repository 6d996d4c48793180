"""Work in threads: some items at a time, each with a result of its own, within a budget."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextvars import copy_context
from functools import partial
from itertools import islice
from queue import SimpleQueue
from threading import Thread
from typing import Final, Literal, Protocol, TypeVar

from summarizer.articles import Source
from summarizer.digest import Digest, Failure, ModelRef, Usage, metered
from summarizer.errors import (
    AuthenticationError,
    ConfigurationError,
    ContextOverflowError,
    EndpointError,
    ModelUnavailableError,
    QuotaError,
    SummarizerError,
)

T = TypeVar("T")
R = TypeVar("R")
# Results that wait behind the oldest unfinished article, per job: enough to keep all jobs busy
# behind a slow one, few enough that they do not pile up in memory.
_WAITING: Final = 4
_LOOKED_AT: Final = 100
# These will meet every other request, too.
_HOPELESS: Final = (AuthenticationError, QuotaError, ModelUnavailableError)
# So many items in a row that the endpoint fails: it is down, not unlucky.
_MOST_IN_A_ROW: Final = 5
_FREE: Final = ("embedded", "extractive")


def is_worth_starting(sources: Iterable[Source]) -> bool:
    """Whether a model may be needed, which would have to be fetched or started: one can be read.

    The first of the sources are looked at. An address counts as readable: only fetching it tells.
    """
    left = iter(sources)
    for source in islice(left, _LOOKED_AT):
        if "://" in source.name or source.is_readable():
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
        for number in sorted(waiting):
            out_of_turn(waiting[number])
        raise
    except SummarizerError:
        yield from (waiting[number] for number in sorted(waiting))
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
    wait for no worker, neither here nor when the process ends. Where ``items`` fail in the middle,
    those under way are waited for, and the error is raised after their results.

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
    failed: list[Exception] = []
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
        while under_way < jobs and not failed:
            try:
                taken = taken or list(islice(left, 1))
            except Exception as error:
                failed.append(error)
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
            if failed:
                raise failed[0]
            return
        under_way -= 1
        yield finished.get().result()


def in_parallel(items: Iterable[T], work: Callable[[T], R], *, jobs: int) -> list[R]:
    """The results in the order of ``items``; see ``as_completed``."""
    found = as_completed(enumerate(items), lambda one: (one[0], work(one[1])), jobs=jobs)
    return [result for _, result in sorted(found, key=lambda one: one[0])]


def _attempt(task: Callable[[T], Digest], source: T, name: Callable[[T], str]) -> Digest | Failure:
    try:
        return _patiently(task, source)
    except Exception as error:
        if isinstance(error, SummarizerError) and error.stops_batch:
            raise
        return Failure.of(error, source=name(source))


class Paid(Protocol):
    """A result that may have cost something."""

    @property
    def usage(self) -> Usage:
        """What it cost."""


Result = TypeVar("Result", bound=Paid)
Stopped = Literal["max-cost", "max-tokens-total"]
Problem = SummarizerError | None  # None: there is none, or it is a bug
Worked = tuple[Result, Problem]


def attempted(make: Callable[[], T], *, source: str) -> tuple[T | Failure, Usage, Problem]:
    """What ``make`` gives, and what was asked of models meanwhile.

    An error, which may be a bug, is the failure of this one ``source``: the others go on.
    """
    with metered() as usages:
        try:
            return make(), sum(usages, Usage()), None
        except Exception as error:
            known = error if isinstance(error, SummarizerError) else None
            return Failure.of(error, source=source), sum(usages, Usage()), known


class BudgetedPool:
    """Works items off, within budgets and until the endpoint is down.

    Args:
        budget: US dollars that the items may cost.
        tokens: that they may send and generate; None: any number.
        stopping: whether no more items are to begin.
    """

    def __init__(
        self,
        budget: Budget,
        *,
        tokens: Budget | None = None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self._budget = budget
        self._tokens = tokens or Budget(None)
        self._stopping = stopping
        self._in_a_row = 0
        self._fatal: SummarizerError | None = None

    @property
    def is_ending(self) -> bool:
        """Whether no more items are to begin, whatever the budgets are."""
        return self._fatal is not None or self._stopping()

    @property
    def refused_by(self) -> Stopped:
        """The limit for which items were left."""
        return "max-tokens-total" if self._tokens.refused else "max-cost"

    def may_begin(self) -> bool:
        """Whether one more item is to begin; if so, it counts as begun."""
        if self.is_ending or not self._tokens.begin():
            return False
        if not (fits := self._budget.begin()):
            self._tokens.add(None)  # it did not begin after all
        return fits

    def results(
        self, items: Iterable[T], work: Callable[[T], Worked[Result]], *, jobs: int
    ) -> Iterator[Result]:
        """The results of work in threads, as they come; see ``watched``.

        Args:
            items: what is to be done.
            work: makes the result of an item, and the error that it is the record of.
            jobs: items at a time.
        """
        task = partial(_patiently, work)
        return self.watched(as_completed(items, task, jobs=jobs, may_begin=self.may_begin))

    def watched(self, found: Iterator[Worked[Result]]) -> Iterator[Result]:
        """The results as they come; fewer than the items where a budget does not suffice.

        Where no more may begin, those under way are waited for: they may be paid already. A
        request rides out an outage as one of many; what the endpoint would have failed whatever it
        was is no result, and is missing still.

        Args:
            found: results, each of an item that ``may_begin`` let begin.

        Raises:
            EndpointError: the endpoint is down, or refuses everything; all results were given out
                before.
        """
        for result, error in found:
            self._budget.add(result.usage.cost_usd)
            self._tokens.add(result.usage.tokens)
            if error is None or not _meets_all(error):
                yield result
            if error is not None and self._is_fatal(error):
                self._fatal = self._fatal or error
            elif error is None:
                self._in_a_row = 0
        if self._fatal is not None:
            raise self._fatal

    def _is_fatal(self, error: SummarizerError) -> bool:
        """Whether the error is that of an endpoint that will not answer the others either."""
        if isinstance(error, ContextOverflowError):
            return False
        self._in_a_row = self._in_a_row + 1 if isinstance(error, EndpointError) else 0
        return isinstance(error, _HOPELESS) or _meets_all(error) or self._in_a_row >= _MOST_IN_A_ROW


def _meets_all(error: SummarizerError) -> bool:
    """Whether every other item would meet it; a text beyond the window says nothing of others."""
    return error.stops_batch and not isinstance(error, ContextOverflowError)


def _patiently(work: Callable[[T], R], item: T) -> R:
    from summarizer.llm.throttle import one_of_many  # what indexes articles needs no model

    with one_of_many():
        return work(item)


class Budget:
    """What was spent, and whether the next item can still be paid.

    An item is begun only if it and those under way fit in, each at the price of the dearest so
    far, or at the highest expected price where that is more. Tokens are counted likewise.

    Attributes:
        spent: so far.
        refused: whether an item could not be paid.

    Args:
        limit: US dollars, or tokens; None: no limit.
        spent: what was paid before.
    """

    def __init__(self, limit: float | None, *, spent: float = 0.0) -> None:
        self.spent = spent
        self.refused = False
        self._limit = limit
        self._dearest = 0.0
        self._under_way = 0

    @property
    def is_limited(self) -> bool:
        """Whether there is a limit to keep."""
        return self._limit is not None

    def expect(self, model: ModelRef, cost: float | None) -> None:
        """Items of a model begin, each of which may cost ``cost``, as one like them did before.

        Raises:
            ConfigurationError: no price is known, so that no limit can be kept.
        """
        self._dearest = max(self._dearest, cost or 0.0)
        if cost is None and model.provider not in _FREE:
            raise ConfigurationError(
                f"no price is known for {model.name!r}, so a limit cannot be kept",
                hint="leave out --max-cost; --limit N bounds the articles; evals also take "
                "--price IN,OUT and --max-tokens-total N",
            )

    def begin(self) -> bool:
        """Whether one more item can be paid; if so, it counts as begun."""
        needed = self.spent + self._dearest * (self._under_way + 1)
        if self._limit is not None and (needed > self._limit or 0 < self._limit <= self.spent):
            self.refused = True
            return False
        self._under_way += 1
        return True

    def add(self, cost: float | None) -> None:
        """An item that was begun is done."""
        self._under_way -= 1
        self.spent += cost or 0.0
        self._dearest = max(self._dearest, cost or 0.0)
