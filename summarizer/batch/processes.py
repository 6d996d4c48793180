"""What a worker makes of an item, and processes of this machine that digest.

A process uses one core for its own part, as Python does. Its stdin brings the settings and then
articles, its stdout takes back what became of them, both pickled; it ends with its stdin, however
its parent ended.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import IO, Any, Final, NamedTuple, cast

from summarizer.articles import Article
from summarizer.articles.content import child_command
from summarizer.batch.job import Item
from summarizer.closing import Closing
from summarizer.digest import Digest, ErrorInfo, Failure, Usage, count_usage, metered
from summarizer.errors import ConfigurationError, SummarizerError, system_errors
from summarizer.llm.embedded.model_catalog import usable_cores
from summarizer.llm.throttle import one_of_many
from summarizer.settings import Settings
from summarizer.summarizer import Summarizer
from summarizer.worker_pool import Worked, attempted

# Articles at a time that leave a core enough to do, beside an endpoint and without one.
_JOBS_ASKING: Final = 8
_JOBS_EXTRACTING: Final = 1
_FEWEST: Final = 200  # articles for which the start of a process, 3 CPU seconds, is worth it
# What became of an article, and what was paid for it.
_Made = tuple[Digest | Exception, list[Usage]]


# Called with an article's id and an item's name: whether no other item digests it or has done so.
Claim = Callable[[str, str], bool]


class Attempted(NamedTuple):
    """What a worker made of an item.

    Attributes:
        item: which.
        article: what was read; None where it could not be.
        result: None where another item with the same article is under way or done.
        usage: what it cost, whether it is a digest or a failure.
    """

    item: Item
    article: Article | None
    result: Digest | Failure | None
    usage: Usage = Usage()


def attempt(digest: Callable[[Article], Digest], claim: Claim, item: Item) -> Worked[Attempted]:
    """What a worker does with an item; ``claim`` tells whether the article is its to digest."""
    article = None

    def make() -> Digest | None:
        nonlocal article
        article = item.source.load()
        return digest(article) if claim(article.id, item.name) else None

    result, spent, known = attempted(make, source=item.name)
    usage = result.usage if isinstance(result, Digest) else spent
    return Attempted(item, article, result, usage), known


@contextmanager
def digesting(
    summarizer: Summarizer, *, jobs: int, articles: int | None
) -> Iterator[Callable[[Article], Digest]]:
    """What digests an article soonest: the summarizer itself, or processes with one each.

    Args:
        summarizer: with the settings in force.
        jobs: articles at a time, each in a thread of its own.
        articles: how many there are; None: it is not known.
    """
    count = _useful(jobs, articles, provider=summarizer.engine.model.provider)
    if count == 1:
        yield summarizer.digest
        return
    with Processes(summarizer.settings, count=count) as processes:
        yield processes.digest


def _useful(jobs: int, articles: int | None, *, provider: str) -> int:
    """How many processes do the work sooner than the threads of one."""
    # The embedded engine uses all cores by itself.
    if provider == "embedded" or (articles is not None and articles < _FEWEST):
        return 1
    each = _JOBS_EXTRACTING if provider == "extractive" else _JOBS_ASKING
    return max(1, min(usable_cores(), jobs // each))


class Processes(Closing):
    """Digests articles in processes; safe to use from as many threads as there are articles.

    Args:
        settings: the settings in force. A key in them goes through a pipe, to no disk.
        count: how many processes.
    """

    def __init__(self, settings: Settings, *, count: int) -> None:
        self._settings = settings
        self._count = count
        self._lock = threading.Lock()
        self._children: list[_Child] = []

    def digest(self, article: Article) -> Digest:
        """``Summarizer.digest``, in the process that has least to do.

        Raises:
            SummarizerError: as there; or the process ended, and another one as well.
        """
        for _ in range(2):  # an article that ended two processes would end the next, too
            try:
                result, usages = self._least_busy().give(article).result()
            except _EndedError:
                continue
            for usage in usages:
                count_usage(usage)
            if isinstance(result, Exception):
                raise result
            return result
        raise ConfigurationError(  # of this machine: the next run tries again
            "the process that digested it ended without a word, twice",
            hint="fewer --jobs need less memory; with --jobs 1 what ended it may be told",
        )

    def close(self) -> None:
        """End the processes; what is under way there is lost."""
        for child in self._children:
            child.end()

    def _least_busy(self) -> _Child:
        with self._lock:
            self._children = [child for child in self._children if not child.has_ended]
            while len(self._children) < self._count:
                self._children.append(_Child(self._settings))
            return min(self._children, key=lambda child: child.busy)


class _EndedError(Exception):
    """A process ended before it answered."""


class _Child:
    """One process, and what it was given."""

    def __init__(self, settings: Settings) -> None:
        # In a session of its own: Ctrl-C is for the parent, which finishes what is under way.
        # It has the modules of the parent, and none from the folder it is run in.
        with system_errors("cannot start a process that digests", hint="name fewer --jobs"):
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                child_command(__name__, list(filter(None, sys.path))),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,
            )
        self._articles = cast("IO[bytes]", self._process.stdin)
        self._answers = cast("IO[bytes]", self._process.stdout)
        self._lock = threading.Lock()
        self._given: dict[int, Future[_Made]] = {}
        self._number = 0
        self.has_ended = False
        self._send(settings)
        self._receiver = threading.Thread(target=self._receive, daemon=True)
        self._receiver.start()

    @property
    def busy(self) -> int:
        """How many articles are under way."""
        return len(self._given)

    def give(self, article: Article) -> Future[_Made]:
        """Let it digest an article; the future raises ``_EndedError`` if the process ends."""
        future: Future[_Made] = Future()
        with self._lock:
            if self.has_ended:
                raise _EndedError
            self._number += 1
            self._given[self._number] = future
            self._send((self._number, article))
        return future

    def end(self) -> None:
        """End it at once."""
        self._process.kill()
        self._receiver.join()

    def _send(self, value: object) -> None:
        # It may have ended, which the thread that receives will see.
        with suppress(OSError):
            pickle.dump(value, self._articles)
            self._articles.flush()

    def _receive(self) -> None:
        try:
            with suppress(EOFError, OSError, pickle.UnpicklingError):
                while True:
                    number, made = _received(self._answers)
                    self._given.pop(number).set_result(made)
        finally:  # whatever it was that could not be read: nobody waits for ever
            self._process.kill()
            with self._lock:
                self.has_ended = True
                self._process.wait()
                for stream in (self._articles, self._answers):
                    with suppress(OSError):  # what could not be sent is in it still
                        stream.close()
                for future in self._given.values():
                    future.set_exception(_EndedError())


def serve() -> None:
    """Digest what comes, each article in a thread of its own, until no more can come."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints does not print among the answers
    lock = threading.Lock()

    def answer(number: int, article: Article) -> None:
        made = _digested(summarizer, article)
        with lock, suppress(OSError):  # the parent is gone
            pickle.dump((number, made), answers)
            answers.flush()

    try:
        summarizer = Summarizer(_received(sys.stdin.buffer))
        while True:
            given = _received(sys.stdin.buffer)
            threading.Thread(target=answer, args=given, daemon=True).start()
    except EOFError:
        os._exit(0)  # the parent is gone, and nobody waits for what is under way


def _received(stream: IO[bytes]) -> Any:
    return pickle.load(stream)  # noqa: S301 - what our own parent or child sent


def _digested(summarizer: Summarizer, article: Article) -> _Made:
    with metered() as usages, one_of_many():
        try:
            return summarizer.digest(article), usages
        except SummarizerError as error:
            return error, usages
        except Exception as bug:  # it may be of a kind that cannot be sent
            return RuntimeError(ErrorInfo.of(bug).message), usages
