"""When the next request may go to an endpoint: after a failure, under a rate limit, in an outage.

One throttle for each connection, whatever the threads. A request that met a fault is sent again a
few times; one that met an outage or a rate limit for as long as the user has patience. In an outage
all wait while one at a time tries. Under a rate limit requests are paced: a refusal lowers the rate
by a fifth, each answer raises it: a little at first, and faster the longer nothing is refused.
Where answers tell what is left (``x-ratelimit-*``), no more is sent until it is there again.
"""

from __future__ import annotations

import logging
import math
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, TypeVar

from summarizer.llm.failures import LONGEST_WAIT, Fault, seconds_to_wait
from summarizer.progress import step

T = TypeVar("T")
ONE_ARTICLE: Final = 60.0  # seconds of patience
MANY_ARTICLES: Final = 600.0
_FIRST_WAIT: Final = 0.5  # seconds; doubled with each round, of which a random part is waited
_LONGEST_WAIT: Final = 20.0
_OUTAGE_ROUNDS: Final = 2  # rounds of failures without an answer until only one at a time tries
_DECREASE: Final = 0.8
# Of the rate with each answer, growing with their number: 50 answers make up for a decrease.
_INCREASE: Final = 0.002
_FASTER: Final = 20  # answers after which the increase has doubled
_FASTEST: Final = 0.05
_SLOWEST: Final = 0.02  # requests a second
_REFUSED_IN_A_ROW: Final = 5  # requests that no waiting mends, until many articles are given up
_BYTES_PER_TOKEN: Final = 4  # of a request's body, to tell how many more like it may be sent
_OBSERVED: Final = 1.0  # seconds whose requests tell the rate that was too much
_log = logging.getLogger(__name__)
_is_one_of_many: ContextVar[bool] = ContextVar("_is_one_of_many", default=False)


@contextmanager
def one_of_many() -> Iterator[None]:
    """What happens inside is for one of many articles: there is more patience."""
    token = _is_one_of_many.set(True)
    try:
        yield
    finally:
        _is_one_of_many.reset(token)


def sleep(seconds: float) -> None:
    """Wait before the next try."""
    time.sleep(seconds)


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
        self._rate: float | None = None  # requests a second; None: no limit is known
        self._slowed_at = 0.0
        self._next_slot = 0.0
        self._answers = 0  # since the rate was lowered
        self._in_flight = 0
        self._left: int | None = None  # requests that the server said it takes until ...
        self._left_until = 0.0
        self._begun: deque[float] = deque(maxlen=1000)
        self._answered_at: deque[float] = deque(maxlen=1000)

    @property
    def has_given_up(self) -> bool:
        """Whether more requests are of no use: an outage lasts, or all are refused alike."""
        with self._changed:
            return self._last_failure is not None or self._refused >= _REFUSED_IN_A_ROW

    def call(self, send: Callable[[], T]) -> T:
        """The result of ``send()``, called again where that may help.

        Raises:
            Exception: the last one that ``send`` raised, as it is.
        """
        tries, delay = 0, 0.0
        while True:
            began, probing = self._enter(delay)
            try:
                result = send()
            except Exception as error:
                tries += 1
                delay = self._next_delay(error, began=began, tries=tries)
            else:
                self._succeeded()
                return result
            finally:
                self._leave(probing=probing)

    def heed(self, headers: Mapping[str, str], *, size: int) -> None:
        """Keep to what an answer says is left: ``x-ratelimit-*``, in requests and in tokens.

        Args:
            headers: of any answer.
            size: bytes of the request; others are taken to be as long.
        """
        with self._changed:
            for unit, each in (("-requests", 1), ("-tokens", size // _BYTES_PER_TOKEN), ("", 1)):
                left = _number(headers.get(f"x-ratelimit-remaining{unit}"))
                seconds = _seconds(headers.get(f"x-ratelimit-reset{unit}"))
                # What takes longer is told by a refusal, whose wait counts as the user's patience.
                if left is None or seconds is None or not 0 < seconds <= LONGEST_WAIT:
                    continue
                until = time.monotonic() + seconds
                requests = int(left / max(each, 1)) - max(self._in_flight - 1, 0)
                if self._left is None or time.monotonic() >= self._left_until:
                    self._left, self._left_until = requests, until
                elif requests <= self._left:
                    self._left, self._left_until = requests, max(until, self._left_until)

    def _enter(self, delay: float) -> tuple[float, bool]:
        """Wait for this request's turn; when it begins, and whether it tries for all."""
        while True:
            probing, wait = self._turn(delay)
            try:
                if wait > 1:
                    step(f"waiting {wait:.0f} s for the endpoint")
                if wait > 0:
                    sleep(wait)
            except BaseException:  # Ctrl-C, or nobody waits any more: another one may try
                self._leave(probing=probing, sent=0)
                raise
            with self._changed:
                # What began to fail meanwhile is not for all who waited to try.
                if probing or not self._is_down:
                    began = time.monotonic()
                    self._begun.append(began)
                    self._in_flight += 1
                    return began, probing
            delay = 0.0

    def _turn(self, delay: float) -> tuple[bool, float]:
        """Whether this request is the one that tries for all, and how long it has to wait."""
        with self._changed:
            given_up = self._given_up
            while self._is_down and self._probing:
                self._changed.wait()
                if self._given_up > given_up and self._last_failure is not None:
                    raise self._last_failure
            now = time.monotonic()
            if self._is_down:
                self._probing = True
                return True, max(0.0, self._next_try - now)
            slot = max(now + delay, self._next_slot)
            if self._left is not None and slot < self._left_until:
                slot = slot if self._left > 0 else self._left_until
                self._left -= 1
            if self._rate is not None:
                self._next_slot = slot + 1 / self._rate
            return False, slot - now

    def _leave(self, *, probing: bool, sent: int = 1) -> None:
        with self._changed:
            self._in_flight -= sent
            if probing:
                self._probing = False
            self._changed.notify_all()

    @property
    def _is_down(self) -> bool:
        return self._rounds >= _OUTAGE_ROUNDS

    def _succeeded(self) -> None:
        with self._changed:
            self._answered = True
            self._rounds = self._refused = 0
            self._trouble_since = self._last_failure = None
            if self._rate is not None:
                self._answers += 1
                self._answered_at.append(time.monotonic())
                self._rate *= 1 + min(_INCREASE * (1 + self._answers / _FASTER), _FASTEST)

    def _next_delay(self, error: Exception, *, began: float, tries: int) -> float:
        """Seconds to wait before the next try; ``error`` again where there is none."""
        with self._changed:
            if not isinstance(error, Fault) or error.retry == "never":
                self._refused += 1
                self._rounds = 0  # it is there
                raise error
            hopeless = not self._answered and error.is_hopeless
            if hopeless:
                self._last_failure = error
            if hopeless or self._max_retries == 0:
                raise error
            if error.retry == "soon":
                delay = _delay(error, tries)
                if tries > self._max_retries or delay > self._seconds:
                    raise error
                return delay
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

    def _slow_down(self, began: float, *, now: float, asked: float | None) -> None:
        # Of requests that were sent together and refused together, the first one counts; and of
        # those that are refused one after the other, since the limit is the same.
        if began >= self._slowed_at and self._rounds <= 1:
            if self._rate is None:
                rate = _recent(self._begun, now)
            else:
                rate = min(self._rate, max(_recent(self._answered_at, now), 1.0))
            self._rate = max(_DECREASE * rate, _SLOWEST)
            self._slowed_at, self._answers = now, 0
        # Beyond anybody's patience the refusal is told; later requests see whether it still holds.
        if asked is not None and asked <= self._seconds:
            self._next_slot = max(self._next_slot, now + asked)

    @property
    def _seconds(self) -> float:
        if self._patience is not None:
            return self._patience
        return MANY_ARTICLES if _is_one_of_many.get() else ONE_ARTICLE


def _recent(times: deque[float], now: float) -> float:
    """How many a second there were lately."""
    return sum(1 for time_ in tuple(times) if time_ > now - _OBSERVED) / _OBSERVED


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _seconds(text: str | None) -> float | None:
    """Seconds until a limit is new: "6m0s", "120ms", "12", or the time of the day it will be."""
    number = _number(text)
    if number is None:
        return seconds_to_wait(f"wait {text}") if text else None
    if number > 1e9:  # since 1970, in seconds or milliseconds
        return (number / 1000 if number > 1e11 else number) - time.time()
    return number


def _delay(fault: Fault, rounds: int, *, most: float = _LONGEST_WAIT) -> float:
    """As long as the server asks; where that is next to nothing, at least as long as by ourselves.

    Who is told to come back at once, over and over, would send requests without a pause.
    """
    if fault.wait is not None and fault.wait >= _FIRST_WAIT:
        return fault.wait
    return max(fault.wait or 0.0, min(_jitter(rounds), most))


def _jitter(rounds: int) -> float:
    """Full jitter: any time up to the longest of the round."""
    longest = min(_FIRST_WAIT * 2 ** min(rounds - 1, 10), _LONGEST_WAIT)
    return random.uniform(0, longest)  # noqa: S311 - nothing depends on it being unforeseeable
