"""What a job keeps on the disk: logs that only grow, and files that change all at once.

A log has a JSON record on each line. What a crash tears off its end is dropped, and nothing else
is lost. Records hold articles and what is said of them, so only their owner may read the files.
"""

from __future__ import annotations

import mmap
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final, Generic, TypeVar, cast

from filelock import FileLock, Timeout
from pydantic import BaseModel, ValidationError

from summarizer.closing import Closing
from summarizer.digest import Failure
from summarizer.errors import (
    ConfigurationError,
    ContextOverflowError,
    EndpointError,
    FetchError,
    first_fault,
    system_errors,
)

R = TypeVar("R", bound=BaseModel)
# Exit codes of failures that say something of the network, the account or what is installed here,
# nothing of the article or the model.
_MAY_PASS: Final = (ConfigurationError.exit_code, EndpointError.exit_code)
_RESERVE: Final = ".reserve"
# What a job is made of.
MANIFEST: Final = "manifest.json"
SHARDS: Final = "records-*.jsonl"  # of digests, numbered
FAILURES: Final = "failures.jsonl"
DEFERRED: Final = "provider.sqlite"
# What a folder is made of, by the file that makes it one.
_OWN: Final = {
    MANIFEST: (
        SHARDS, FAILURES, f"{DEFERRED}*", "taxonomy.yaml", "cases.jsonl", "corpus.jsonl",
        "corpus.sqlite*", "generations.jsonl", "judge.jsonl", "looks.json", "preferences.jsonl",
        "related.jsonl", "results.json", "scores.jsonl",
    ),
    "suite.yaml": ("baseline.json",),
}  # fmt: skip


class AppendLog(Closing, Generic[R]):
    """Writes records to the end of a file, one a line, each on the disk when ``append`` returns.

    >>> with AppendLog(path) as log:  # doctest: +SKIP
    ...     log.append(generation)
    """

    def __init__(self, path: Path) -> None:
        self._file = open_private(path, "ab", buffering=0)
        self._size = _end_of_lines(path)
        self._file.truncate(self._size)

    def append(self, record: R) -> int:
        """Add a record; the position at which its line begins.

        Raises:
            OSError: it cannot be written, as on a full disk; then nothing of it is in the file.
        """
        line = record.model_dump_json().encode() + b"\n"
        try:
            written = 0
            while written < len(line):
                written += self._file.write(line[written:])
            os.fsync(self._file.fileno())
        except OSError:
            self._file.truncate(self._size)
            raise
        self._size += len(line)
        return self._size - len(line)

    def close(self) -> None:
        """No more is added."""
        self._file.close()


def read_log(path: Path, record: type[R]) -> Iterator[R]:
    """The records of a log, oldest first; none where it does not exist.

    Raises:
        ConfigurationError: a whole line is damaged, which no crash does.
    """
    for _, found in read_placed(path, record):
        yield found


def read_placed(path: Path, record: type[R]) -> Iterator[tuple[int, R]]:
    """``read_log``, each record with the position in the file at which its line begins."""
    if not path.exists():
        return
    place = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.endswith(b"\n"):
                return
            try:
                yield place, record.model_validate_json(line)
            except ValidationError as error:
                raise ConfigurationError(
                    f"line {number} of {str(path)!r} is damaged: {first_fault(error)}",
                    hint="remove that line to have it made again",
                ) from None
            place += len(line)


def read_at(path: Path, place: int, record: type[R]) -> R:
    """The record whose line begins at a position that ``read_placed`` or ``append`` told."""
    with path.open("rb") as file:
        file.seek(place)
        return record.model_validate_json(file.readline())


def is_transient(result: object) -> bool:
    """Whether a record's result is a failure that the next attempt may not meet."""
    if not isinstance(result, Failure) or result.error.type == ContextOverflowError.__name__:
        return False
    # A page that a server did not deliver, too, may be there tomorrow.
    return result.error.exit_code in _MAY_PASS or result.error.type == FetchError.__name__


@contextmanager
def alone(lock: Path, *, hint: str) -> Iterator[None]:
    """The folder of ``lock`` for this process alone; a process that is killed leaves it free.

    Args:
        lock: a file of its own in the folder.
        hint: what the user can do where another process is at work.

    Raises:
        ConfigurationError: another process is at work.
    """
    with system_errors(f"cannot lock {str(lock)!r}"):
        try:
            held = FileLock(lock, timeout=0, mode=0o600).acquire()
        except Timeout:
            raise ConfigurationError(
                f"another process is at work in {str(lock.parent)!r}", hint=hint
            ) from None
    with held:
        yield


def check_place(path: Path, sources: Iterable[str]) -> None:
    """Raise ConfigurationError where no job can be: at an address, or in one of its sources."""
    if re.match(r"[A-Za-z0-9+.-]{2,}:/", str(path)):
        address = str(path).replace(":/", "://", 1)  # a path has no double slash
        raise ConfigurationError(
            f"{address!r} is an address, and a job's log needs a disk that can be locked",
            hint="name a folder of this machine; then copy what `summarizer batch export` "
            "writes, as with: aws s3 cp FILE ADDRESS",
        )
    for source in sources:
        folder = Path(source.partition("**")[0])
        if folder.is_dir() and path.resolve().is_relative_to(folder.resolve()):
            raise ConfigurationError(
                f"the job's folder {str(path)!r} is in the source {source!r}, of which its own "
                "records would be articles, without an end",
                hint="--out FOLDER names one beside it",
            )


def make_private_folder(path: Path) -> None:
    """Make a folder that only its owner can look into; one that is there stays as it is."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)


def open_private(path: Path, mode: str, *, buffering: int = -1) -> IO[bytes]:
    """Open a file for writing that only its owner may read, whatever the umask is.

    In a folder that somebody else made, a name may be a link to a file of the user's: no link is
    followed.
    """
    own = getattr(os, "O_NOFOLLOW", 0)
    return cast(
        "IO[bytes]",
        open(path, mode, buffering, opener=lambda name, flags: os.open(name, flags | own, 0o600)),
    )


def write_lines(path: Path, records: Iterable[BaseModel]) -> None:
    """The records as JSON lines; the file changes all at once."""
    replace_file(path, "".join(record.model_dump_json() + "\n" for record in records))


def replace_file(path: Path, text: str) -> None:
    """Write a file that nobody ever sees half written, and that only its owner may read."""
    with replacing(path) as file:
        file.write(text.encode())


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A file to write that takes its name when the block ends well; only its owner may read it.

    A device, such as /dev/null, is written to and stays.
    """
    if path.exists() and not path.is_file():
        with path.open("wb") as device:
            yield device
        return
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open_private(part, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def reserve_space(folder: Path) -> None:
    """Hold room on the disk for what is under way when it becomes full."""
    with open_private(folder / _RESERVE, "wb") as file:
        file.write(bytes(2 << 20))


def release_space(folder: Path) -> None:
    """Give that room back."""
    (folder / _RESERVE).unlink(missing_ok=True)


def _end_of_lines(path: Path) -> int:
    """The size of the file without a torn last line."""
    with path.open("rb") as file:
        if not os.fstat(file.fileno()).st_size:  # of nothing there is no map
            return 0
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return content.rfind(b"\n") + 1


def is_own_file(path: Path) -> bool:
    """Whether a job, a run of an eval or a suite is made of it: nothing else takes its place."""
    return any(
        path.match(name)
        for mark, names in _OWN.items()
        if (path.parent / mark).is_file()
        for name in (mark, *names)
    )
