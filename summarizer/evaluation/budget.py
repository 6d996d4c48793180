"""A limit on what a run may cost."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from summarizer.errors import ConfigurationError

if TYPE_CHECKING:
    from summarizer.digest import ModelRef

_FREE: Final = ("embedded", "extractive")


class Budget:
    """What was spent, and whether the next item can still be paid.

    An item is begun only if it and those under way fit in, each at the price of the dearest of
    its model so far, or at the expected price where that is more.

    Args:
        limit: US dollars; None: no limit.
        spent: what was paid before; None where it is not known.
    """

    def __init__(self, limit: float | None, *, spent: Iterable[float | None]) -> None:
        self.spent = 0.0
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
