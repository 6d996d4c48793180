"""JSON lines that only grow: what a crash tears off the end is dropped, nothing else is lost."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final, Generic, Self, TypeVar

from pydantic import BaseModel, ValidationError

from summarizer.closing import Closing
from summarizer.errors import ConfigurationError

R = TypeVar("R", bound=BaseModel)
_BLOCK: Final = 1 << 16


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
        self._file: IO[bytes] = self._path.open("ab")
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
