"""Work done in parallel within a budget, until it is done or the endpoint is down."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, Protocol, TypeVar

from summarizer.errors import (
    AuthenticationError,
    ConfigurationError,
    ContextOverflowError,
    EndpointError,
    ModelUnavailableError,
    QuotaError,
    SummarizerError,
)
from summarizer.llm.throttle import one_of_many
from summarizer.worker_pool import as_completed

if TYPE_CHECKING:
    from summarizer.digest import ModelRef, Usage

# These will meet every other request, too.
_HOPELESS: Final = (AuthenticationError, QuotaError, ModelUnavailableError)
# So many items in a row that the endpoint fails: it is down, not unlucky.
_MOST_IN_A_ROW: Final = 5


class Paid(Protocol):
    """A result that may have cost something."""

    @property
    def usage(self) -> Usage:
        """What it cost."""


Item = TypeVar("Item")
Result = TypeVar("Result", bound=Paid)
Stopped = Literal["max-cost", "max-tokens-total"]
Worked = tuple[Result, SummarizerError | None]


class RunProgress(NamedTuple):
    """How far a run has come, in this call and the ones before."""

    done: int
    total: int
    failed: int
    variant: str
    cost_usd: float


class Report(NamedTuple):
    """How a run ended.

    Attributes:
        total: digests, or a judge's answers, that the run consists of.
        made: those that are there.
        failed: failures that are there instead, with records of their own.
        cost_usd: what all of it cost, as far as prices are known.
        stopped: why it ended early; None: it did not.
    """

    total: int
    made: int
    failed: int
    cost_usd: float
    stopped: Stopped | None

    @property
    def completeness(self) -> float:
        """The share that is there, 0 to 1; of nothing, all is."""
        return self.made / self.total if self.total else 1.0


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
        self._tokens = tokens or Budget(None, spent=())
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
        return not self.is_ending and self._tokens.begin() and self._budget.begin()

    def results(
        self, items: Iterable[Item], work: Callable[[Item], Worked[Result]], *, jobs: int
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


def _patiently(work: Callable[[Item], Worked[Result]], item: Item) -> Worked[Result]:
    with one_of_many():
        return work(item)


_FREE: Final = ("embedded", "extractive")


class Budget:
    """What was spent, and whether the next item can still be paid.

    An item is begun only if it and those under way fit in, each at the price of the dearest of
    its model so far, or at the expected price where that is more. Tokens are counted likewise.

    Attributes:
        spent: so far.
        refused: whether an item could not be paid.

    Args:
        limit: US dollars, or tokens; None: no limit.
        spent: what was paid before; None where it is not known.
    """

    def __init__(self, limit: float | None, *, spent: Iterable[float | None]) -> None:
        self.spent = 0.0
        self.refused = False
        self._limit = limit
        self._dearest = 0.0
        self._under_way = 0
        for cost in spent:
            self._count(cost)

    @property
    def is_limited(self) -> bool:
        """Whether there is a limit to keep."""
        return self._limit is not None

    def expect(self, model: ModelRef, cost: float | None) -> None:
        """Items of a model begin, each of which may cost ``cost``.

        Raises:
            ConfigurationError: no price is known, so that no limit can be kept.
        """
        self._dearest = 0.0
        if model.provider in _FREE:
            return
        if cost is None:
            raise ConfigurationError(
                f"no price is known for {model.name!r}, so a limit cannot be kept",
                hint="leave out --max-cost; --limit N bounds the articles",
            )
        self._dearest = cost

    def begin(self) -> bool:
        """Whether one more item can be paid; if so, it counts as begun."""
        needed = self.spent + self._dearest * (self._under_way + 1)
        if self._limit is not None and needed > self._limit:
            self.refused = True
            return False
        self._under_way += 1
        return True

    def add(self, cost: float | None) -> None:
        """An item that was begun is done."""
        self._under_way -= 1
        self._count(cost)

    def _count(self, cost: float | None) -> None:
        self.spent += cost or 0.0
        self._dearest = max(self._dearest, cost or 0.0)
