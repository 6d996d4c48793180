"""What a job keeps on the disk: logs that only grow, and files that change all at once.

A log has a JSON record on each line. What a crash tears off its end is dropped, and nothing else
is lost. Records hold articles and what is said of them, so only their owner may read the files.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, Generic, Self, TypeVar

from filelock import FileLock, Timeout
from pydantic import BaseModel, ValidationError

from summarizer.closing import Closing
from summarizer.digest import Failure
from summarizer.errors import ConfigurationError

R = TypeVar("R", bound=BaseModel)
_BLOCK: Final = 1 << 16
# Failures that say something of the network or the account, nothing of the article or the model.
_ENDPOINT_FAILED: Final = 4


class AppendLog(Closing, Generic[R]):
    """Writes records to the end of a file, one a line, each on the disk when ``append`` returns.

    >>> with AppendLog(path) as log:  # doctest: +SKIP
    ...     log.append(generation)
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def append(self, record: R) -> None:
        """Add a record."""
        self._file.write(record.model_dump_json().encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def __enter__(self) -> Self:
        self._file: IO[bytes] = open_private(self._path, "ab")
        self._file.truncate(_end_of_lines(self._path))
        return self

    def close(self) -> None:
        """No more is added."""
        self._file.close()


def read_log(path: Path, record: type[R]) -> Iterator[R]:
    """The records of a log, oldest first; none where it does not exist.

    Raises:
        ConfigurationError: a whole line is damaged, which no crash does.
    """
    if not path.exists():
        return
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.endswith(b"\n"):
                return
            try:
                yield record.model_validate_json(line)
            except ValidationError as error:
                problem = error.errors(include_url=False)[0]["msg"]
                raise ConfigurationError(
                    f"line {number} of {str(path)!r} is damaged: {problem}",
                    hint="remove that line to have it made again",
                ) from None


def is_transient(result: object) -> bool:
    """Whether a record's result is a failure that the next attempt may not meet."""
    return isinstance(result, Failure) and result.error.exit_code == _ENDPOINT_FAILED


@contextmanager
def alone(lock: Path, *, hint: str) -> Iterator[None]:
    """The folder of ``lock`` for this process alone; a process that is killed leaves it free.

    Args:
        lock: a file of its own in the folder.
        hint: what the user can do where another process is at work.

    Raises:
        ConfigurationError: another process is at work.
    """
    try:
        with FileLock(lock, timeout=0, mode=0o600):
            yield
    except Timeout:
        raise ConfigurationError(
            f"another process is at work in {str(lock.parent)!r}", hint=hint
        ) from None


def make_private_folder(path: Path) -> None:
    """Make a folder that only its owner can look into; one that is there stays as it is."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)


def open_private(path: Path, mode: str) -> IO[bytes]:
    """Open a file for writing that only its owner may read, whatever the umask is."""
    return open(path, mode, opener=lambda name, flags: os.open(name, flags, 0o600))


def write_lines(path: Path, records: Iterable[BaseModel]) -> None:
    """The records as JSON lines; the file changes all at once."""
    replace_file(path, "".join(record.model_dump_json() + "\n" for record in records))


def replace_file(path: Path, text: str) -> None:
    """Write a file that nobody ever sees half written, and that only its owner may read."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    with open_private(part, "wb") as file:
        file.write(text.encode())
    part.replace(path)


def _end_of_lines(path: Path) -> int:
    """The size of the file without a torn last line."""
    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        while end:
            start = max(0, end - _BLOCK)
            file.seek(start)
            found = file.read(end - start).rfind(b"\n")
            if found >= 0:
                return start + found + 1
            end = start
    return 0
