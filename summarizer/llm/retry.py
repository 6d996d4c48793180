"""Another try after failures that pass: bounded, backing off, as the server asks."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeVar

from summarizer.llm.failures import LONGEST_WAIT, is_transient, retry_after

if TYPE_CHECKING:
    from tenacity import RetryCallState

T = TypeVar("T")
_FIRST_WAIT: Final = 0.5  # seconds; doubles with each try, plus up to as much jitter
_LONGEST_BACKOFF: Final = 30.0
_log = logging.getLogger(__name__)


def sleep(seconds: float) -> None:
    """Wait before the next try."""
    time.sleep(seconds)


def with_retries(
    send: Callable[[], T],
    *,
    max_retries: int,
    worth_it: Callable[[BaseException], bool] = is_transient,
) -> T:
    """The result of ``send()``, called again up to ``max_retries`` times where that may help.

    A ``Retry-After`` up to a minute is honoured; a longer one ends the tries. The last
    exception comes out as it is.
    """
    from tenacity import Retrying, retry_if_exception, stop_after_attempt

    return Retrying(
        retry=retry_if_exception(lambda error: worth_it(error) and _is_soon(error)),
        stop=stop_after_attempt(max_retries + 1),
        wait=_wait,
        sleep=lambda seconds: sleep(seconds),
        before_sleep=_tell,
        reraise=True,
    )(send)


def _is_soon(error: BaseException) -> bool:
    return (retry_after(error) or 0.0) <= LONGEST_WAIT


def _wait(state: RetryCallState) -> float:
    from tenacity import wait_exponential, wait_random

    error = state.outcome.exception() if state.outcome else None
    asked = retry_after(error) if error else None
    if asked is not None:
        return asked
    backoff = wait_exponential(multiplier=_FIRST_WAIT, max=_LONGEST_BACKOFF)(state)
    return backoff + wait_random(0, backoff)(state)


def _tell(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    wait = state.next_action.sleep if state.next_action else 0.0
    _log.info(
        "try %d failed (%s), next in %.1f s", state.attempt_number, type(error).__name__, wait
    )
