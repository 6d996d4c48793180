"""A job by the provider's batch API: submitted, collected, and finished as every digest is.

Whatever makes a digest runs as always: a request whose answer is known gets it (``answered_by``),
one whose answer is not ends the attempt. Once there is an answer, the attempt is made again.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, ClassVar, Final, Literal, NamedTuple

from summarizer.batch.estimate import first_requests, priced
from summarizer.batch.job import Item, Job
from summarizer.batch.job_run import JobRunner, JobState
from summarizer.batch.processes import Attempted, attempt
from summarizer.batch.provider_batches import (
    DeferredAnswers,
    ProviderBatches,
    RequestKey,
    SentBatch,
    request_key,
    request_line,
)
from summarizer.digest import Usage
from summarizer.errors import ConfigurationError
from summarizer.llm.connection import StoredAnswer, answered_by
from summarizer.settings import Settings
from summarizer.summarizer import Summarizer
from summarizer.worker_pool import Budget, BudgetedPool, Worked

# What OpenAI takes in one file.
_MOST_REQUESTS: Final = 50_000
_MOST_BYTES: Final = 50_000_000
_DISCOUNT: Final = 0.5
_POLL_SECONDS: Final = 30.0
_ANSWER_TOKENS: Final = 200  # assumed where costs are limited, and more than most answers have


class ProviderReport(NamedTuple):
    """How a job stands with its provider.

    Attributes:
        state: how far the job is.
        batches: all of the job.
        submitted: requests that were submitted now.
        under_way: requests that are at the provider's.
        unsent: requests that no batch has: new ones, and those that came back without an answer.
    """

    state: JobState
    batches: tuple[SentBatch, ...]
    submitted: int
    under_way: int
    unsent: int


class ProviderRunner(JobRunner):
    """Submits what a job lacks, and makes digests of the answers.

    Args:
        job: the job.
        settings: the settings in force.
        repair: what becomes of requests that follow an answer, such as a turn that mends it:
            the next batch, or the endpoint at once.
        wait: called with how many seconds to wait for the batches.
        options: as for ``JobRunner``.
    """

    _again: ClassVar = "summarizer batch collect"

    def __init__(
        self,
        job: Job,
        settings: Settings,
        *,
        repair: Literal["batch", "online"] = "batch",
        wait: Callable[[float], object] = time.sleep,
        **options: Any,
    ) -> None:
        super().__init__(job, settings, **options)
        self._online = repair == "online"
        self._wait = wait

    def submit(self) -> ProviderReport:
        """Submit the requests of all articles that lack a digest and are not under way.

        Raises:
            ConfigurationError: another process is at the job, or no endpoint is set.
            EndpointError: the endpoint has no batch API, or refuses.
        """
        with self._opened():
            return self._advance(everything=True)

    def collect(self, *, until_done: bool = False) -> ProviderReport:
        """Fetch the answers that are there, make digests, and submit the turns that follow.

        Args:
            until_done: wait until no request is under way.

        Raises:
            ConfigurationError: another process is at the job, or no endpoint is set.
            EndpointError: the endpoint cannot be reached, or refuses.
        """
        with self._opened():
            while True:
                if self._fetch() or not until_done or self._stopping.is_set():
                    report = self._advance(everything=False)
                    if not until_done or not report.under_way or self._stopping.is_set():
                        return report
                self._wait(_POLL_SECONDS)

    @contextmanager
    def _opened(self) -> Iterator[None]:
        """The job's folder for this process alone, with its records, answers and batches."""
        if self._job.manifest.model.provider not in ("openai", "compatible"):
            raise ConfigurationError(
                "a model on this machine has no batch API",
                hint=f"summarizer batch run {self._job.path}",
            )
        with (
            ProviderBatches(self._settings) as self._batches,
            super()._opened(),
            DeferredAnswers(self._job.path) as self._answers,
        ):
            # Batches that were noted down: killed before their id was, they may be there.
            for batch in self._answers.batches():
                if batch.status == "to submit":
                    found = self._batches.find(batch.name)
                    if found is None:
                        self._answers.ended(batch.name, "not submitted", "", ())
                    else:
                        self._answers.submitted(batch.name, found)
            yield

    def _fetch(self) -> bool:
        """Keep the answers of batches that have ended; whether one has, or none is under way."""
        waiting = [batch for batch in self._answers.batches() if batch.status == "submitted"]
        has_ended = not waiting
        for batch in waiting:
            state = self._batches.state(str(batch.id))
            if not state.has_ended:
                continue
            has_ended = True
            part = self._job.path / f".{batch.name}.part"
            try:
                found = (one for file in state.files for one in self._batches.answers(file, part))
                self._answers.ended(batch.name, state.status, state.problem, found)
            finally:
                part.unlink(missing_ok=True)
        return has_ended

    def _advance(self, *, everything: bool) -> ProviderReport:
        """Make what digests can be made, and submit the requests that they wait for."""
        self._everything = everything
        self._next: list[tuple[RequestKey, bytes]] = []  # requests of the next batch
        self._bytes = 0
        self._seen: set[str] = set()
        self._counts = Counter(submitted=0, under_way=0, unsent=0)
        with Summarizer(self._settings) as summarizer:
            self._check_model(summarizer)
            self._price = first_requests(summarizer).price
            self._budget = self._budgeted(summarizer, answer_tokens=_ANSWER_TOKENS, share=_DISCOUNT)
            for _ in range(self._answers.under_way()):
                self._budget.begin()
            pool = BudgetedPool(Budget(None), stopping=self._stopping.is_set)
            answer = partial(self._answer, summarizer)
            for made in pool.results(self._pending(), answer, jobs=self._jobs):
                if isinstance(made, Attempted):
                    self._take(made)
                else:
                    self._defer(made)
        self._check_disk()
        self._send()
        return ProviderReport(self._state(), tuple(self._answers.batches()), **self._counts)

    def _answer(self, summarizer: Summarizer, item: Item) -> Worked[Attempted | _Awaited]:
        source = _Answering(self._answers, online=self._online)
        try:
            with answered_by(source.answer):
                attempted, error = attempt(summarizer.digest, self._records.claim, item)
        except _AwaitingError as awaiting:
            return _Awaited(awaiting.body, follows=source.usage.requests > 0), None
        usage, saved = attempted.usage, priced(source.usage, self._price).cost_usd
        if usage.cost_usd is not None and saved is not None:
            cost = max(0.0, usage.cost_usd - _DISCOUNT * saved)
            usage = usage.model_copy(update={"cost_usd": cost})
        return attempted._replace(usage=usage), error

    def _defer(self, awaited: _Awaited) -> None:
        """Put a request into the next batch, unless it is in one, or waits for the user's word."""
        key = request_key(awaited.body)
        if key.question in self._seen:
            return
        self._seen.add(key.question)
        if self._answers.is_under_way(key):
            self._counts["under_way"] += 1
        elif (self._everything or awaited.follows) and self._budget.begin():
            line = request_line(key, awaited.body)
            if len(self._next) == _MOST_REQUESTS or self._bytes + len(line) > _MOST_BYTES:
                self._send()
            self._next.append((key, line))
            self._bytes += len(line)
        else:
            self._counts["unsent"] += 1

    def _send(self) -> None:
        """Submit the next batch. Whatever happens, the next call looks whether it is there."""
        if not self._next:
            return
        name = f"requests-{secrets.token_hex(6)}"
        self._answers.intend(name, (key for key, _ in self._next))
        lines = b"".join(line for _, line in self._next)
        self._answers.submitted(name, self._batches.submit(lines, name=name))
        for count in ("submitted", "under_way"):
            self._counts[count] += len(self._next)
        self._next, self._bytes = [], 0


class _AwaitingError(BaseException):
    """The answer to a request is not there yet.

    No ``Exception``, so that nothing that handles errors takes it for one: it ends the attempt as
    Ctrl-C would.
    """

    def __init__(self, body: dict[str, Any]) -> None:
        super().__init__()
        self.body = body


class _Awaited(NamedTuple):
    """A request that a digest waits for; ``follows``: others of the article were answered."""

    body: dict[str, Any]
    follows: bool
    usage: Usage = Usage()


class _Answering:
    """Answers the requests of one attempt, and counts what a batch answered."""

    def __init__(self, answers: DeferredAnswers, *, online: bool) -> None:
        self._answers = answers
        self._online = online
        self._lock = threading.Lock()
        self._refused: set[str] = set()
        self.usage = Usage()

    def answer(self, body: dict[str, Any]) -> StoredAnswer | None:
        """The answer of a batch; None: the endpoint is asked."""
        key = request_key(body)
        found = self._answers.answer(key, refused=key.question in self._refused)
        if found is None:
            if self._online and self.usage.requests:
                return None
            raise _AwaitingError(body)
        with self._lock:
            self.usage += _usage(found.body)
            if found.status >= 400:
                self._refused.add(key.question)
        return found


def _usage(body: Any) -> Usage:
    """What an answer says that it took; no tokens where it says none, or something else."""
    usage = body.get("usage") if isinstance(body, dict) else None
    told = usage if isinstance(usage, dict) else {}
    counts = {name: told.get(name) for name in ("prompt_tokens", "completion_tokens")}
    known = {name: count for name, count in counts.items() if isinstance(count, int) and count > 0}
    return Usage(requests=1, **known)
