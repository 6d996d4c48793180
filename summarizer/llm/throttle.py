"""When the next request may go to an endpoint: after a failure, under a rate limit, in an outage.

One throttle for each connection, whatever the threads. A request that met a fault is sent again a
few times; one that met an outage or a rate limit for as long as the user has patience. In an outage
all wait while one at a time tries. Under a rate limit fewer are sent at a time, as TCP does it: a
refusal lowers their number by a share, each answer raises it a little (additive increase,
multiplicative decrease: Chiu and Jain, 1989). Less than one at a time is one, and then a pause.
With a stand-in for 5 requests a second and answers in .1 s, 16 threads get 100 in 20 s (19 at best)
and 10 % after the first 20 are refused; 32 threads at 10 a second 150 in 16 s (14), 13 %.
"""

from __future__ import annotations

import logging
import math
import random
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from contextvars import ContextVar
from time import sleep
from typing import Final, TypeVar

from summarizer.errors import RefusalError
from summarizer.llm.failures import Fault
from summarizer.progress import holding, step

T = TypeVar("T")
ONE_ARTICLE: Final = 60.0  # seconds of patience
MANY_ARTICLES: Final = 600.0
_FIRST_WAIT: Final = 0.5  # seconds; doubled with each round, of which a random part is waited
_LONGEST_WAIT: Final = 20.0
_OUTAGE_ROUNDS: Final = 2  # rounds of failures without an answer until only one at a time tries
_DECREASE: Final = 0.7  # of the requests at a time, where one is refused for their rate
_INCREASE: Final = 0.3  # requests at a time more, when as many as there are were answered, and ...
_FASTEST: Final = 0.02  # ... at most this share more with each answer
_LEAST: Final = 0.01  # requests at a time: one, and then a pause 99 times as long
_REFUSED_IN_A_ROW: Final = 5  # requests that no waiting mends, until many articles are given up
_log = logging.getLogger(__name__)
_is_one_of_many: ContextVar[bool] = ContextVar("_is_one_of_many", default=False)


def one_of_many() -> AbstractContextManager[None]:
    """What happens inside is for one of many articles: there is more patience."""
    return holding(_is_one_of_many, True)


class Throttle:
    """Paces the requests to one endpoint; safe to share between threads.

    Args:
        max_retries: how often a request is sent again that met a fault of its own; 0: nothing is
            sent again, whatever it met.
        patience: seconds to ride out an outage; None: a minute for one article, ten for many.
    """

    def __init__(self, *, max_retries: int, patience: float | None) -> None:
        self._max_retries = max_retries
        self._patience = patience
        self._changed = threading.Condition()
        self._answered = False
        self._rounds = 0  # of failures since the last answer
        self._failed_at = 0.0
        self._trouble_since: float | None = None
        self._probing = False
        self._next_try = 0.0
        self._given_up = 0  # how often
        self._last_failure: Exception | None = None
        self._refused = 0  # requests in a row that were refused for good
        self._most = math.inf  # requests at a time, as far as none was refused for their rate
        self._lowered_at = 0.0
        self._closed_until = 0.0
        self._in_flight = 0

    @property
    def has_given_up(self) -> bool:
        """Whether more requests are of no use: an outage lasts, or all are refused alike."""
        with self._changed:
            return self._last_failure is not None or self._refused >= _REFUSED_IN_A_ROW

    def count_failure(self, error: Exception) -> None:
        """Note that a request came to nothing, once for all that was tried of it."""
        # A text that is too long, or that a model or a filter refuses, says nothing of the others.
        of_text = isinstance(error, RefusalError) or getattr(error, "is_of_text", False)
        with self._changed:
            if of_text or not isinstance(error, Fault) or error.retry == "never":
                self._refused = 0 if of_text else self._refused + 1

    def call(self, send: Callable[[], T]) -> T:
        """The result of ``send()``, called again where that may help.

        Raises:
            Exception: the last one that ``send`` raised, as it is.
        """
        tries, delay = 0, 0.0
        while True:
            if delay:
                sleep(delay)  # without a place among those that are sent: another one has it
            began, probing = self._enter()
            try:
                result = send()
            except Exception as error:
                tries += 1
                delay = self._next_delay(error, began=began, tries=tries)
                step(self._asking_again(error))
            else:
                self._succeeded(began)
                return result
            finally:
                self._leave(probing=probing)

    def _enter(self) -> tuple[float, bool]:
        """Wait for this request's turn; when it begins, and whether it tries for all."""
        while True:
            probing, wait = self._turn()
            try:
                if wait > 1:
                    step(f"waiting {wait:.0f} s for the endpoint")
                if wait:
                    sleep(wait)
            except BaseException:  # Ctrl-C, or nobody waits any more: another one may try
                self._leave(probing=probing)
                raise
            with self._changed:
                # What began to fail meanwhile is not for all who waited to try.
                if probing or not self._is_down:
                    return time.monotonic(), probing
            self._leave(probing=False)

    def _turn(self) -> tuple[bool, float]:
        """Whether this request is the one that tries for all, and how long it has to wait."""
        with self._changed:
            given_up = self._given_up
            while (self._is_down and self._probing) or self._in_flight + 1 > max(self._most, 1):
                self._changed.wait()
                if self._given_up > given_up and self._last_failure is not None:
                    raise self._last_failure
            now = time.monotonic()
            self._in_flight += 1
            if self._is_down:
                self._probing = True
                return True, max(0.0, self._next_try - now)
            return False, max(0.0, self._closed_until - now)

    def _leave(self, *, probing: bool) -> None:
        with self._changed:
            self._in_flight -= 1
            if probing:
                self._probing = False
            self._changed.notify_all()

    @property
    def _is_down(self) -> bool:
        return self._rounds >= _OUTAGE_ROUNDS

    def _succeeded(self, began: float) -> None:
        with self._changed:
            self._answered = True
            self._rounds = self._refused = 0
            self._trouble_since = self._last_failure = None
            if self._most < 1:  # a pause that makes it this share of the time
                now = time.monotonic()
                pause = (now - began) * (1 / self._most - 1)
                self._closed_until = max(self._closed_until, now + pause)
            self._most += min(_INCREASE / self._most, _FASTEST * self._most)

    def _next_delay(self, error: Exception, *, began: float, tries: int) -> float:
        """Seconds to wait before the next try; else ``error`` again."""
        with self._changed:
            if not isinstance(error, Fault) or error.retry == "never":
                self._rounds = 0  # it is there
                raise error
            hopeless = not self._answered and error.is_hopeless
            if hopeless:
                self._last_failure = error
            if hopeless or self._max_retries == 0:
                raise error
            if error.retry == "soon":
                if tries > self._max_retries or (error.wait or 0.0) > self._seconds:
                    raise error
                return _delay(error, tries)
            return self._until_there(error, began, now=time.monotonic())

    def _until_there(self, fault: Fault, began: float, *, now: float) -> float:
        """The same for an outage or a rate limit, which all requests meet."""
        if self._trouble_since is None or now - self._failed_at > self._seconds:
            self._trouble_since, self._rounds = now, 0
        if began >= self._failed_at or self._rounds == 0:
            self._rounds += 1
            self._failed_at = now
        if fault.retry == "rate limit":
            self._slow_down(began, now=now, asked=fault.wait)
        left = self._trouble_since + self._seconds - now
        delay = _delay(fault, self._rounds, most=max(left, 0.0))
        if left <= 0 or delay > left:
            self._given_up += 1
            self._last_failure = fault
            raise fault
        self._next_try = now + delay
        # Not what the server said: some repeat the key that they were sent.
        _log.info("failed (%s), next try in %.1f s", fault.status or fault.retry, delay)
        return delay

    def _asking_again(self, error: Exception) -> str:
        """What is told while a request waits to be sent again."""
        status = getattr(error, "status", None)
        failed = f"the endpoint answered HTTP {status}" if status else "no answer from the endpoint"
        return f"{failed}, asking again for at most {self._seconds:.0f} s"

    def _slow_down(self, began: float, *, now: float, asked: float | None) -> None:
        if began >= self._lowered_at:  # else it was sent together with one that counted
            self._most = max(_DECREASE * min(self._most, self._in_flight), _LEAST)
            self._lowered_at = now
        # Beyond anybody's patience the refusal is told; later requests see whether it still holds.
        if asked is not None and asked <= self._seconds:
            self._closed_until = max(self._closed_until, now + asked)

    @property
    def _seconds(self) -> float:
        if self._patience is not None:
            return self._patience
        return MANY_ARTICLES if _is_one_of_many.get() else ONE_ARTICLE


def _delay(fault: Fault, rounds: int, *, most: float = _LONGEST_WAIT) -> float:
    """As long as the server asks; where that is next to nothing, at least as long as by ourselves.

    Who is told to come back at once, over and over, would send requests without a pause.
    """
    asked = fault.wait or 0.0
    return asked if asked >= _FIRST_WAIT else max(asked, min(_jitter(rounds), most))


def _jitter(rounds: int) -> float:
    """Full jitter: any time up to the longest of the round."""
    longest = min(_FIRST_WAIT * 2 ** min(rounds - 1, 10), _LONGEST_WAIT)
    return random.uniform(0, longest)  # noqa: S311 - nothing depends on it being unforeseeable
