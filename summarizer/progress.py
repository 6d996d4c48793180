"""Steps of an operation, reported to whoever waits for it.

    with listening(on_step):
        ...             # anywhere below: step("reading the article")

The listener belongs to the call, so it need not be handed through every function. An exception
that it raises stops the operation there: that is how a call is cancelled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import TypeVar

T = TypeVar("T")
OnStep = Callable[[str | None], None]
Progress = Callable[[int, int], None]  # called with the bytes that are here, and those in all
_listener: ContextVar[OnStep | None] = ContextVar("listener", default=None)


class Cancelled(BaseException):
    """Nobody waits for the result any more. Not an Exception: no handler may swallow it."""


def step(message: str | None) -> None:
    """Tell the listener what happens now, in a few words.

    None is nothing new: the listener can stop the operation here.
    """
    listener = _listener.get()
    if listener is not None:
        listener(message)


def is_watched() -> bool:
    """Whether anybody listens: only then is it worth finding out what to tell."""
    return _listener.get() is not None


@contextmanager
def holding(variable: ContextVar[T], value: T) -> Iterator[None]:
    """Inside, ``variable`` has this value."""
    token = variable.set(value)
    try:
        yield
    finally:
        variable.reset(token)


def listening(on_step: OnStep) -> AbstractContextManager[None]:
    """Gives ``on_step`` each step of this thread, and None to ask whether to go on."""
    return holding(_listener, on_step)


def tell_download(done: int, total: int) -> None:
    """Tell the listener how much of a model's weights is here, in bytes."""
    step(f"downloading the model, {100 * done // total} % of {size(total)}")


def size(count: int) -> str:
    """``count`` bytes for people.

    >>> size(1_117_320_768), size(98_362_432), size(95_000)
    ('1.1 GB', '98 MB', '0.1 MB')
    """
    if count >= 1e9:
        return f"{count / 1e9:.1f} GB"
    return f"{count / 1e6:.0f} MB" if count >= 1e7 else f"{count / 1e6:.1f} MB"


@contextmanager
def within(part: str) -> Iterator[None]:
    """The steps in the block are those of a part: "story 2 of 5: choosing topics"."""
    outer = _listener.get()
    if outer is None:
        yield
        return
    outer(part)
    with listening(lambda message: outer(message and f"{part}: {message}")):
        yield
