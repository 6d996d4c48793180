"""A job by the provider's batch API: submitted, collected, and finished as every digest is."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from summarizer.batch.estimate import first_requests, some_articles, survey
from summarizer.batch.job import Job
from summarizer.batch.job_folder import DeferredAnswers, SentBatch, open_private
from summarizer.batch.job_run import Attempted, Item, JobRunner, JobState, attempt
from summarizer.batch.provider_batches import (
    ENDPOINT,
    Awaiting,
    ProviderBatches,
    RequestKey,
    request_key,
)
from summarizer.digest import ModelRef, Usage
from summarizer.errors import ConfigurationError
from summarizer.llm.connection import StoredAnswer, answered_by
from summarizer.settings import Settings
from summarizer.summarizer import Summarizer
from summarizer.worker_pool import Budget, BudgetedPool, Worked

# What OpenAI takes in one file.
MOST_REQUESTS: Final = 50_000
MOST_BYTES: Final = 50_000_000
_DISCOUNT: Final = 0.5
_POLL_SECONDS: Final = 30.0
_ANSWER_TOKENS: Final = 200  # assumed where costs are limited, and more than most answers have
# Of these the next batch may do better: the endpoint was busy or broken.
_PASSING: Final = (408, 409, 429)
_REFUSAL: Final = 400


class ProviderReport(NamedTuple):
    """How a job stands with its provider.

    Attributes:
        state: how far the job is.
        submitted: requests that were submitted now.
        under_way: requests that are at the provider's.
        unsent: requests that no batch has: new ones, and those that came back without an answer.
        batches: all of the job.
    """

    state: JobState
    submitted: int
    under_way: int
    unsent: int
    batches: tuple[SentBatch, ...]


class ProviderRunner(JobRunner):
    """Submits what a job lacks, and makes digests of the answers.

    Args:
        job: the job.
        settings: the settings in force.
        repair: what becomes of requests that follow an answer, such as a turn that mends it:
            the next batch, or the endpoint at once.
        wait: called with the batches and how many seconds to wait for them.
        options: as for ``JobRunner``.
    """

    def __init__(
        self,
        job: Job,
        settings: Settings,
        *,
        repair: Literal["batch", "online"] = "batch",
        wait: Callable[[float], object] = time.sleep,
        most_requests: int = MOST_REQUESTS,
        most_bytes: int = MOST_BYTES,
        **options: Any,
    ) -> None:
        super().__init__(job, settings, **options)
        self._repair = repair
        self._wait = wait
        self._most = {"most_requests": most_requests, "most_bytes": most_bytes}

    def submit(self) -> ProviderReport:
        """Submit the requests of all articles that lack a digest and are not under way.

        Raises:
            ConfigurationError: another process is at the job, or no endpoint is set.
            EndpointError: the endpoint has no batch API, or refuses.
        """
        with self._opened():
            self._budget = self._budgeted()
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
                self._budget = self._budgeted()
                if self._fetch() or not until_done or self._stopping.is_set():
                    report = self._advance(everything=False)
                    if not until_done or not report.under_way or self._stopping.is_set():
                        return report
                self._wait(_POLL_SECONDS)

    def _budgeted(self) -> Budget:
        """Lets a request begin if it and those under way can be paid, each at the dearest price."""
        limit = self._job.manifest.max_cost
        if limit is None:
            return Budget(None, spent=())
        model, dearest = self._expected
        if dearest is not None:
            dearest = max([dearest, *(usage.cost_usd or 0.0 for usage in self._records.usages)])
        budget = Budget(limit, spent=[self._records.spent])
        budget.expect(model, dearest)
        for _ in range(self._answers.under_way()):
            budget.begin()
        return budget

    @cached_property
    def _expected(self) -> tuple[ModelRef, float | None]:
        """The model, and what the dearest first request of some articles may cost in a batch.

        None where the price is not known. The sources are read once, not at each look for answers.
        """
        _, sample = survey(self._job, self._settings)
        some = some_articles(self._job, self._settings, sample)
        with Summarizer(self._settings) as summarizer:
            requests = first_requests(summarizer, self._settings)
            model, dearest = summarizer.engine.model, requests.dearest(some)
        if dearest is None:
            return model, None
        return model, _DISCOUNT * (dearest + requests.answer_cost(_ANSWER_TOKENS))

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
            self._alone() as self._records,
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
        ended = 0
        for batch in waiting:
            state = self._batches.state(str(batch.id))
            if not state.has_ended:
                continue
            ended += 1
            part = self._job.path / f".{batch.name}.part"
            try:
                found = (
                    (key, answer)
                    for file in state.files
                    for key, answer in self._batches.answers(file, part)
                    if _lasts(answer)
                )
                self._answers.ended(batch.name, state.status, state.problem, found)
            finally:
                part.unlink(missing_ok=True)
        return bool(ended) or not waiting

    def _advance(self, *, everything: bool) -> ProviderReport:
        """Make what digests can be made, and submit the requests that they wait for."""
        prefix = f".requests-{secrets.token_hex(6)}"
        self._files = RequestFiles(self._job.path, prefix, **self._most)
        self._everything = everything
        self._seen: set[str] = set()
        self._sent = self._under_way_there = self._unsent = 0
        self._records.begin_pass()
        with Summarizer(self._settings) as summarizer:
            self._check_model(summarizer)
            self._price = first_requests(summarizer, self._settings).price
            pool = BudgetedPool(Budget(None, spent=()), stopping=self._stopping.is_set)
            answer = partial(self._answer, summarizer)
            for attempted in pool.results(self._pending(), answer, jobs=self._jobs):
                self._take(attempted)
        for of_this_pass in (self._claimed, self._waiting, self._without_digest):
            of_this_pass.clear()
        try:
            for path, keys in self._files.files:
                name = path.stem.lstrip(".")
                # Whatever happens in between, the next call looks whether the provider has it.
                self._answers.intend(name, keys)
                self._answers.submitted(name, self._batches.submit(path, name=name))
                self._sent += len(keys)
        finally:
            for path, _ in self._files.files:
                path.unlink(missing_ok=True)
        return ProviderReport(
            state=self._state(),
            submitted=self._sent,
            under_way=self._under_way_there + self._sent,
            unsent=self._unsent,
            batches=tuple(self._answers.batches()),
        )

    def _answer(self, summarizer: Summarizer, item: Item) -> Worked[Attempted]:
        source = _Answering(self._answers, online=self._repair == "online")
        try:
            with answered_by(source.answer):
                attempted, error = attempt(summarizer.digest, self._claim, item)
        except Awaiting as awaited:
            self._defer(awaited.body, follows=source.answered > 0)
            return Attempted(item, None, None), None
        return attempted._replace(usage=self._discounted(attempted.usage, source)), error

    def _defer(self, body: dict[str, Any], *, follows: bool) -> None:
        """Put a request into the next batch, unless it is in one, or waits for the user's word."""
        key = request_key(body)
        with self._lock:
            if key.question in self._seen:
                return
            self._seen.add(key.question)
            if self._answers.is_under_way(key):
                self._under_way_there += 1
            elif (self._everything or follows) and self._budget.begin():
                self._files.add(key, body, endpoint=ENDPOINT)
            else:
                self._unsent += 1

    def _discounted(self, usage: Usage, source: _Answering) -> Usage:
        """The usage at the price of its answers: those of a batch cost half."""
        if usage.cost_usd is None or self._price is None:
            return usage
        saved = source.prompt_tokens * self._price.prompt
        saved += source.completion_tokens * self._price.completion
        cost = max(0.0, usage.cost_usd - _DISCOUNT * saved / 1e6)
        return usage.model_copy(update={"cost_usd": cost})


class _Answering:
    """Answers the requests of one attempt, and counts the tokens of a batch among them."""

    def __init__(self, answers: DeferredAnswers, *, online: bool) -> None:
        self._answers = answers
        self._online = online
        self._lock = threading.Lock()
        self._refused: set[str] = set()
        self.answered = 0
        self.prompt_tokens = 0
        self.completion_tokens = 0

    def answer(self, body: dict[str, Any]) -> StoredAnswer | None:
        """The answer of a batch; None: the endpoint is asked."""
        key = request_key(body)
        found = self._answers.answer(key, refused=key.question in self._refused)
        if found is None:
            if self._online and self.answered:
                return None
            raise Awaiting(body)
        with self._lock:
            self.answered += 1
            if found.status >= _REFUSAL:
                self._refused.add(key.question)
            self.prompt_tokens += _counted(found.body, "prompt_tokens")
            self.completion_tokens += _counted(found.body, "completion_tokens")
        return found


def _counted(body: Any, name: str) -> int:
    """The tokens that an answer tells; 0 where it tells none, or something else."""
    usage = body.get("usage") if isinstance(body, dict) else None
    count = usage.get(name) if isinstance(usage, dict) else None
    return count if isinstance(count, int) else 0


def _lasts(answer: StoredAnswer) -> bool:
    """Whether asking again would bring the same: an answer, or a refusal of the request itself."""
    return answer.status < 500 and answer.status not in _PASSING


class RequestFiles:
    """Requests in files for upload, split where a file would have too many or too much.

    Args:
        folder: where they are made.
        prefix: what their names begin with.
        most_requests: in one file.
        most_bytes: in one file.

    Attributes:
        files: each with the keys of its requests.
    """

    def __init__(self, folder: Path, prefix: str, *, most_requests: int, most_bytes: int) -> None:
        self._folder = folder
        self._prefix = prefix
        self._most = (most_requests, most_bytes)
        self._size = 0
        self.files: list[tuple[Path, list[RequestKey]]] = []

    def add(self, key: RequestKey, body: dict[str, Any], *, endpoint: str) -> None:
        """Add a request."""
        line = {"custom_id": key.exact, "method": "POST", "url": endpoint, "body": body}
        data = json.dumps(line, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"
        full = not self.files or len(self.files[-1][1]) >= self._most[0]
        if full or self._size + len(data) > self._most[1]:
            name = f"{self._prefix}-{len(self.files) + 1:03}.jsonl"
            self.files.append((self._folder / name, []))
            self._size = 0
        path, keys = self.files[-1]
        keys.append(key)
        self._size += len(data)
        with open_private(path, "ab") as file:
            file.write(data)
