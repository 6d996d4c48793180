"""``Pool``: work done in parallel within a budget, until it is done or the endpoint is down."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, Literal, NamedTuple, Protocol, TypeVar

from summarizer.errors import (
    AuthenticationError,
    ContextOverflowError,
    EndpointError,
    ModelUnavailableError,
    QuotaError,
    SummarizerError,
)
from summarizer.evaluation.budget import Budget
from summarizer.pipeline.many import as_completed

# These will meet every other request, too.
_HOPELESS: Final = (AuthenticationError, QuotaError, ModelUnavailableError)
# So many items in a row that the endpoint fails: it is down, not unlucky.
_MOST_IN_A_ROW: Final = 5


class Paid(Protocol):
    """A result that may have cost something."""

    @property
    def cost_usd(self) -> float | None:
        """US dollars, where they are known."""


Item = TypeVar("Item")
Result = TypeVar("Result", bound=Paid)
Stopped = Literal["max-cost"]
Worked = tuple[Result, SummarizerError | None]


class Progress(NamedTuple):
    """How far a run has come, in this call and the ones before."""

    done: int
    total: int
    failed: int
    cell: str
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


class Pool:
    """Works items off in threads.

    Args:
        budget: what the items may cost.
    """

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._in_a_row = 0

    def results(
        self, items: Iterable[Item], work: Callable[[Item], Worked[Result]], *, jobs: int
    ) -> Iterator[Result]:
        """The results as they come; fewer than the items where the budget does not suffice.

        Args:
            items: what is to be done.
            work: makes the result of an item, and the error that it is the record of.
            jobs: items at a time.

        Raises:
            EndpointError: the endpoint is down, or refuses everything; the result that shows it
                was given out before.
        """
        found = as_completed(items, work, jobs=jobs, may_begin=self._budget.begin)
        for result, error in found:
            self._budget.add(result.cost_usd)
            yield result
            self._watch(error)

    def _watch(self, error: SummarizerError | None) -> None:
        """Raises the error of an endpoint that will not answer the others either."""
        # A text beyond the window says nothing of the next one.
        down = isinstance(error, EndpointError) and not isinstance(error, ContextOverflowError)
        self._in_a_row = self._in_a_row + 1 if down else 0
        if isinstance(error, _HOPELESS) or (error and self._in_a_row >= _MOST_IN_A_ROW):
            raise error
