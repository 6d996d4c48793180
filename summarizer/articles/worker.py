"""A child process that reads what may take long: PDF files, office documents and large pages.

A file of 90 kB can keep a parser busy for an hour, and a thread cannot be ended: a process can.
A worker is kept for the next file, so that only the first one pays for the start (0.5 s). Its
answers are JSON: what a hostile file may have made of the child can run nothing here.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import IO, Any, Final, cast

from summarizer.articles.article import Article
from summarizer.errors import NotAnArticleError, SourceError

# The slowest of 80 news pages takes 0.4 s, a PDF file about 0.03 s a page.
CPU_SECONDS: Final = 30
# Where the machine is busy, or has no limit of CPU time (Windows).
_WALL_SECONDS: Final = 4 * CPU_SECONDS
_MEMORY: Final = 4 << 30
_RAISED: Final = {kind.__name__: kind for kind in (SourceError, NotAnArticleError)}

_idle: list[_Worker] = []
_slots = threading.BoundedSemaphore(min(4, os.cpu_count() or 1))


def read_in_worker(data: bytes, *, source: str, **others: Any) -> Article:
    """``content.read_bytes`` in a child process, ended when its time or memory is used up.

    ``others`` are its other arguments. Raises SourceError, or what the child raised.
    """
    with _slots:
        try:
            worker = _idle.pop()
        except IndexError:
            worker = _Worker()
        answer = worker.ask(data, {"source": source, **others})
        if answer is None:
            worker.end()
            raise SourceError(
                f"{source!r} takes more than {CPU_SECONDS} seconds or {_MEMORY >> 30} GB to read",
                hint="save its text as a .txt file, and pass that",
            )
        _idle.append(worker)
    if "error" in answer:
        raise _error(answer)
    return Article.model_validate(answer["article"])


def _error(answer: dict[str, Any]) -> Exception:
    kind = _RAISED.get(answer["error"], SourceError)
    return kind(str(answer["message"]), hint=answer["hint"])


def child_command(module: str, path: Sequence[str]) -> list[str]:
    """Starts a process of this program, which calls ``serve`` of a module found on ``path``."""
    code = f"import sys; sys.path[:] = {[*path]!r}; from {module} import serve; serve()"
    return [sys.executable, "-c", code]


class _Worker:
    """One child, which reads one file at a time."""

    def __init__(self) -> None:
        self._child = subprocess.Popen(  # noqa: S603 (this program itself)
            child_command(__name__, sys.path),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        )
        self._requests = cast("IO[bytes]", self._child.stdin)
        self._answers = cast("IO[bytes]", self._child.stdout)

    def ask(self, data: bytes, about: dict[str, Any]) -> dict[str, Any] | None:
        """The child's answer, a line of JSON; None where it was ended before it had one."""
        timer = threading.Timer(_WALL_SECONDS, self._child.kill)
        timer.start()
        try:
            pickle.dump((CPU_SECONDS, data, about), self._requests)
            self._requests.flush()
            answer = json.loads(self._answers.readline())
        except (OSError, ValueError):
            return None
        finally:
            timer.cancel()
        return answer if isinstance(answer, dict) else None

    def end(self) -> None:
        """End the child, whatever it does."""
        self._child.kill()
        for stream in (self._requests, self._answers):
            with contextlib.suppress(OSError):
                stream.close()
        self._child.wait()


@atexit.register
def end_workers() -> None:
    """End the children that wait for a file."""
    while _idle:
        _idle.pop().end()


if hasattr(os, "register_at_fork"):  # a forked process must not talk to its parent's children
    os.register_at_fork(after_in_child=_idle.clear)


def serve() -> None:
    """Read files from standard input until it is closed: the child's main function."""
    requests, answers = os.fdopen(0, "rb"), os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)  # a library that prints must not spoil an answer
    with contextlib.suppress(EOFError, BrokenPipeError, KeyboardInterrupt):
        while True:
            # From the parent, never from a file.
            seconds, data, about = pickle.load(requests)  # noqa: S301
            _limit(seconds)
            answers.write(json.dumps(_answer(data, about)) + "\n")
            answers.flush()


def _answer(data: bytes, about: dict[str, Any]) -> dict[str, Any]:
    from summarizer.articles.article import unreadable
    from summarizer.articles.content import read_bytes

    try:
        return {"article": read_bytes(data, **about).model_dump(mode="json")}
    except SourceError as error:
        return {"error": type(error).__name__, "message": str(error), "hint": error.hint}
    except Exception as error:
        wrong = unreadable(about["source"], error)
        return {"error": SourceError.__name__, "message": str(wrong), "hint": wrong.hint}


def _limit(cpu_seconds: int) -> None:
    """Give this process its CPU time for one more file; the system ends it when that is over."""
    try:
        import resource
    except ImportError:  # Windows, where the parent's clock is the only limit
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime) + cpu_seconds
    for limit, value in ((resource.RLIMIT_CPU, seconds), (resource.RLIMIT_AS, _MEMORY)):
        hard = resource.getrlimit(limit)[1]
        soft = value if hard == resource.RLIM_INFINITY else min(value, hard)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(limit, (soft, hard))
