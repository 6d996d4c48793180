"""One test for many rows of data: what fails is named, and the other rows are still looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


def for_each(
    items: Iterable[T], name: Callable[[T], str] = str
) -> Callable[[Callable[[T], None]], Callable[[], None]]:
    """Makes a test of one item a test of all items.

    Args:
        items: what the test gets, one after the other.
        name: tells a person which item failed.
    """
    rows = list(items)
    assert rows, "nothing to test"

    def decorate(test: Callable[[T], None]) -> Callable[[], None]:
        def run() -> None:
            failures = []
            for item in rows:
                try:
                    test(item)
                except Exception as failure:
                    failure.add_note(f"for {name(item)}")
                    failures.append(failure)
            if failures:
                raise ExceptionGroup(f"{test.__name__}: {len(failures)} failed", failures)

        run.__name__, run.__doc__, run.__module__ = test.__name__, test.__doc__, test.__module__
        return run

    return decorate
