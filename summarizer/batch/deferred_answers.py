"""What was sent to a provider's batch API and what came back, beside the records of a job."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from summarizer.batch.job_folder import open_private
from summarizer.closing import Closing
from summarizer.llm.provider_batches import RequestKey, StoredAnswer

_FILE: Final = "provider.sqlite"
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS batches (name TEXT PRIMARY KEY, id TEXT, status TEXT, problem TEXT);
CREATE TABLE IF NOT EXISTS requests (exact TEXT PRIMARY KEY, question TEXT, batch TEXT);
CREATE INDEX IF NOT EXISTS questions_sent ON requests (question);
CREATE TABLE IF NOT EXISTS answers
    (exact TEXT PRIMARY KEY, question TEXT, status INTEGER, body TEXT);
CREATE INDEX IF NOT EXISTS questions_answered ON answers (question);
"""
_KEEP: Final = """
INSERT OR REPLACE INTO answers
    SELECT exact, question, ?, ? FROM requests WHERE exact = ? AND batch = ?
"""


class SentBatch(NamedTuple):
    """A batch: our name, the provider's id (None: not known yet), its last status, a problem."""

    name: str
    id: str | None
    status: str
    problem: str


class DeferredAnswers(Closing):
    """The batches of a job and the answers so far; what is written is on the disk.

    Args:
        folder: the job's.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / _FILE
        if not path.exists():
            open_private(path, "wb").close()
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.executescript(_SCHEMA)

    def answer(self, key: RequestKey, *, refused: bool) -> StoredAnswer | None:
        """The answer to a request, if there is one.

        Args:
            key: of the request.
            refused: whether a refusal of this question was given already in this attempt: then
                another body was made of it, and only an answer to that one counts.
        """
        row = self._one(
            "SELECT status, body FROM answers WHERE exact = ? OR (question = ? AND (status < 400 "
            "OR NOT ?)) ORDER BY status < 400 DESC, exact = ? DESC LIMIT 1",
            *(key.exact, key.question, refused, key.exact),
        )
        return StoredAnswer(row[0], json.loads(row[1])) if row else None

    def is_under_way(self, key: RequestKey) -> bool:
        """Whether a request is in a batch that has not ended."""
        return self._one("SELECT 1 FROM requests WHERE question = ?", key.question) is not None

    def under_way(self) -> int:
        """How many requests are in batches that have not ended."""
        row = self._one("SELECT COUNT(*) FROM requests")
        return int(row[0]) if row else 0

    def batches(self) -> list[SentBatch]:
        """All batches, oldest first."""
        with self._lock:
            rows = self._db.execute("SELECT name, id, status, problem FROM batches ORDER BY rowid")
            return [SentBatch(*row) for row in rows]

    def intend(self, name: str, keys: Iterable[RequestKey]) -> None:
        """Note down a batch before it is submitted, so that it is never submitted twice."""
        with self._lock, self._db:
            self._db.execute("BEGIN")
            self._db.execute("INSERT INTO batches VALUES (?, NULL, 'to submit', '')", (name,))
            rows = ((*key, name) for key in keys)
            self._db.executemany("INSERT OR REPLACE INTO requests VALUES (?, ?, ?)", rows)

    def submitted(self, name: str, batch_id: str) -> None:
        """Note down the provider's id of a batch."""
        self._one("UPDATE batches SET id = ?, status = 'submitted' WHERE name = ?", batch_id, name)

    def ended(
        self, name: str, status: str, problem: str, answers: Iterable[tuple[str, StoredAnswer]]
    ) -> None:
        """Keep the answers of a batch that has ended; requests without one are free again."""
        with self._lock, self._db:
            self._db.execute("BEGIN")
            rows = ((found.status, json.dumps(found.body), key, name) for key, found in answers)
            self._db.executemany(_KEEP, rows)
            self._db.execute("DELETE FROM requests WHERE batch = ?", (name,))
            self._db.execute(
                "UPDATE batches SET status = ?, problem = ? WHERE name = ?", (status, problem, name)
            )

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _one(self, statement: str, *values: object) -> tuple[Any, ...] | None:
        with self._lock:
            row: tuple[Any, ...] | None = self._db.execute(statement, values).fetchone()
            return row


class RequestFiles:
    """Requests in files for upload, split where a file would have too many or too much.

    Args:
        folder: where they are made.
        prefix: what their names begin with.
        most_requests: in one file.
        most_bytes: in one file.
    """

    def __init__(self, folder: Path, prefix: str, *, most_requests: int, most_bytes: int) -> None:
        self._folder = folder
        self._prefix = prefix
        self._most = (most_requests, most_bytes)
        self._keys: list[list[RequestKey]] = []
        self._size = 0

    def add(self, key: RequestKey, body: dict[str, Any], *, endpoint: str) -> None:
        """Add a request."""
        line = {"custom_id": key.exact, "method": "POST", "url": endpoint, "body": body}
        data = json.dumps(line, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"
        full = not self._keys or len(self._keys[-1]) >= self._most[0]
        if full or self._size + len(data) > self._most[1]:
            self._keys.append([])
            self._size = 0
        self._keys[-1].append(key)
        self._size += len(data)
        with open_private(self._path(len(self._keys)), "ab") as file:
            file.write(data)

    def __iter__(self) -> Iterator[tuple[Path, list[RequestKey]]]:
        for number, keys in enumerate(self._keys, start=1):
            yield self._path(number), keys

    def _path(self, number: int) -> Path:
        return self._folder / f"{self._prefix}-{number:03}.jsonl"
