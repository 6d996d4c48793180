"""Running a job: what its folder lacks is digested in threads, each record on the disk at once.

An article that is named twice, or whose title and text came before, is digested once.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property, partial
from itertools import tee
from typing import ClassVar, NamedTuple

from summarizer.articles import Article, Source
from summarizer.batch.estimate import first_requests, some_articles, survey
from summarizer.batch.job import Item, Job, missing_files
from summarizer.batch.job_folder import alone, release_space, reserve_space
from summarizer.batch.processes import Attempted, attempt, digesting
from summarizer.batch.records import DONE, FAILED, INCOMPLETE, JobCounts, JobRecord, JobRecords
from summarizer.digest import Digest, Failure, Usage
from summarizer.errors import ConfigurationError, SummarizerError, system_errors
from summarizer.settings import Settings
from summarizer.summarizer import Summarizer
from summarizer.worker_pool import Budget, BudgetedPool, is_worth_starting

_log = logging.getLogger(__name__)


class JobState(NamedTuple):
    """How far a job is.

    Attributes:
        total: articles of the sources; None where they are not counted yet.
        counts: what became of them so far.
        usage: what it cost.
        per_minute: articles a minute lately; None where nothing was digested lately.
        seconds_left: None where the total or the rate is not known.
        running: whether another process is at work on it.
        note: what else people should know; "": nothing.
    """

    total: int | None
    counts: JobCounts
    usage: Usage
    per_minute: float | None
    seconds_left: float | None
    running: bool = False
    note: str = ""


class JobReport(NamedTuple):
    """How a run of a job ended.

    Attributes:
        state: how far the job is.
        stopped: why it ended before its sources did; None: it did not.
    """

    state: JobState
    stopped: str | None


class JobRunner:
    """Digests what a job lacks.

    Args:
        job: the job.
        settings: the settings in force: see ``Job.settings``.
        jobs: articles at a time.
        retry_failed: try again what failed in a way that would not mend by itself, too.
        stopping: set to let the job end: what is under way is finished, no more begins.
        progress: called after every article.
        ray: address of a Ray cluster that digests; None: threads of this process.
    """

    _again: ClassVar = "summarizer batch run"  # the command that goes on

    def __init__(
        self,
        job: Job,
        settings: Settings,
        *,
        jobs: int = 1,
        retry_failed: bool = False,
        stopping: threading.Event | None = None,
        progress: Callable[[JobState], None] = lambda _: None,
        ray: str | None = None,
    ) -> None:
        self._job = job
        self._ray = ray
        self._settings = job.pinned(settings)
        self._jobs = jobs
        self._retry_failed = retry_failed
        self._stopping = stopping or threading.Event()
        self._progress = progress
        self._began = time.time()
        self._full: OSError | None = None
        self._total: int | None = None
        self._note = ""

    def run(self) -> JobReport:
        """Digest until the sources end, the budget does, or ``stopping`` is set.

        Killed at any moment it loses at most what is under way, and the next run goes on.

        Raises:
            ConfigurationError: another process is at the job, a prompt or the model changed, or no
                price is known for a limit on costs.
            EndpointError: the endpoint is down, or refuses everything.
            SummarizerError: the disk is full.
        """
        with self._opened(), Summarizer(self._settings) as summarizer:
            self._check_model(summarizer)
            self._total = self._surveyed[0]
            for one in self._attempts(summarizer, self._budgeted(summarizer)):
                self._take(one)
            self._check_disk()
            stopped = None if self._all_taken else "max-cost"
            return JobReport(self._state(), "asked" if self._stopping.is_set() else stopped)

    @contextmanager
    def _opened(self) -> Iterator[None]:
        """The folder and its records for this process alone, with room for what is under way."""
        path = self._job.path
        problem = f"what was digested is kept, but the job's folder {str(path)!r} cannot be written"
        with (
            alone(
                path / ".lock",
                hint=f"wait for it, or look at it: summarizer batch status {path}",
            ),
            JobRecords(path) as self._records,
            system_errors(problem, SummarizerError, hint=f"make room, then: {self._again} {path}"),
        ):
            try:
                reserve_space(path)
                yield
            except sqlite3.OperationalError as error:  # so SQLite tells of a full disk
                raise OSError(str(error)) from None
            finally:
                release_space(path)

    def _check_disk(self) -> None:
        """Tell of a full disk, once what was under way is kept."""
        if self._full is not None:
            raise self._full

    @cached_property
    def _surveyed(self) -> tuple[int | None, list[Source]]:
        return survey(self._job, self._settings)

    @cached_property
    def _some(self) -> list[Article]:
        """A few articles, read once: the dearest tells a price."""
        return some_articles(self._job, self._settings, self._surveyed[1])

    def _check_model(self, summarizer: Summarizer) -> None:
        began, now = self._job.manifest.model, summarizer.engine.model
        if now != began:
            raise ConfigurationError(
                f"the job began with the model {began.name!r}, and {now.name!r} would answer now",
                hint="set what answered then, or begin a new job: another --out FOLDER",
            )

    def _budgeted(
        self, summarizer: Summarizer, *, answer_tokens: int = 0, share: float = 1.0
    ) -> Budget:
        """Lets an item begin if it can be paid, at the price of the dearest.

        Args:
            summarizer: with the settings in force.
            answer_tokens: assumed of each answer.
            share: of the price, which is paid.
        """
        budget = Budget(self._job.manifest.max_cost, spent=self._records.spent)
        if budget.is_limited:
            asked = first_requests(summarizer)
            cost = asked.dearest(self._some, answer_tokens)
            dearest = None if cost is None else max(share * cost, self._records.dearest)
            budget.expect(asked.model, dearest)
        return budget

    def _pending(self) -> Iterator[Item]:
        """The items to digest, as the sources come."""
        # By the ids of articles: their copies, and what came of no use.
        self._waiting: dict[str, list[Attempted]] = {}
        self._without_digest: dict[str, JobRecord] = {}
        self._all_taken = False
        over = (DONE,) if self._retry_failed else (DONE, FAILED, INCOMPLETE)
        # What was made of files that are gone is kept, and they are no articles that failed.
        gone = missing_files(self._job.manifest.sources) if self._records.counts().items else []
        count = 0
        for item in self._job.items(self._settings, self._records, on_passed_over=_log.warning):
            count += 1
            state = self._records.state(item.name, item.fingerprint)
            if item.source.name not in gone and state not in over:
                yield item
        self._all_taken = True
        self._total = count
        if gone:
            self._total, self._note = self._job.leave_out_gone(self._records)
        else:
            self._records.leave_out_gone()

    def _attempts(self, summarizer: Summarizer, budget: Budget) -> Iterator[Attempted]:
        """What becomes of the items, as it comes: in threads here, or on a cluster."""
        pool = BudgetedPool(budget, stopping=self._stopping.is_set)
        pending = self._pending()
        if self._ray is None:
            ahead, pending = tee(pending)
            some = is_worth_starting(item.source for item in ahead)
            del ahead  # it would hold all that the other one gives
            jobs = summarizer.engine.workers(self._jobs) if some else 1
            with digesting(summarizer, jobs=jobs, articles=self._total) as digest:
                yield from pool.results(
                    pending, partial(attempt, digest, self._records.claim), jobs=jobs
                )
            return
        from summarizer.batch.ray_data import on_cluster

        yield from pool.watched(
            on_cluster(
                pending,
                pool,
                address=self._ray,
                settings=self._settings,
                jobs=self._jobs,
                known=self._records.contents(),
            )
        )

    def _take(self, attempted: Attempted) -> None:
        """Record what became of an item, and the copies that waited for it."""
        item, article, result, usage = attempted
        record = _record(item, result, usage) if result else None
        if record is not None:
            self._keep(record)
        if article is not None:
            if record is None:
                self._waiting.setdefault(article.id, []).append(attempted)
                record = self._records.with_content(article.id)
                record = record or self._without_digest.get(article.id)
            elif record.state != DONE:
                self._without_digest[article.id] = record
            if record is not None:  # else the item whose article it is comes later
                for other in self._waiting.pop(article.id, ()):
                    self._keep(_repeated(record, other))
        self._progress(self._state())

    def _keep(self, record: JobRecord) -> None:
        """Write a record; on a full disk into the room that was held for what is under way."""
        try:
            self._records.add(record)
        except OSError as error:
            self._full = self._full or error
            self._stopping.set()
            release_space(self._job.path)
            self._records.add(record)

    def _state(self) -> JobState:
        return _state(self._records, self._total, since=self._began)._replace(note=self._note)


def job_status(job: Job) -> JobState:
    """How far a job is, whether or not a process is at work on it."""
    try:
        with alone(job.path / ".lock", hint=""):
            running = False
    except ConfigurationError:
        running = True
    with JobRecords(job.path) as records:
        total, note = job.leave_out_gone(records)
        state = _state(records, total)
    left = state.seconds_left if running else None
    return state._replace(seconds_left=left, running=running, note=note)


def _state(records: JobRecords, total: int | None, *, since: float = 0.0) -> JobState:
    counts, rate = records.counts(), records.per_minute(since=since)
    if total is not None and total < counts.items:
        total = None  # some of what was counted is gone, and its records are kept
    left = None if total is None or not rate else 60 * (total - counts.items) / rate
    return JobState(total, counts, records.usage, rate, left)


def _record(
    item: Item, result: Digest | Failure, usage: Usage, *, repeats: str | None = None
) -> JobRecord:
    """The record of an item; a digest gets ``usage`` for its own."""
    if isinstance(result, Digest):
        result = result.model_copy(update={"usage": usage})
    return JobRecord(
        item=item.name,
        row_id=item.source.row_id,
        position=item.position,
        fingerprint=item.fingerprint,
        at=round(time.time(), 3),
        repeats=repeats,
        result=result,
        spent=usage if isinstance(result, Failure) else None,
    )


def _repeated(record: JobRecord, other: Attempted) -> JobRecord:
    """The record of an item whose article another one has."""
    item, article = other.item, other.article
    result = record.result
    if isinstance(result, Failure):
        return _record(item, result.model_copy(update={"source": item.name}), Usage())
    about = {name: getattr(article, name) for name in ("source", "published", "author")}
    result = result.model_copy(update={"article": result.article.model_copy(update=about)})
    return _record(item, result, Usage(), repeats=record.repeats or record.item)
