"""The provider's batch API: files of requests that are answered within a day, at half the price.

https://platform.openai.com/docs/guides/batch: the answers come in any order, those that failed in a
file of their own. What was submitted and what came back is kept in the job's folder.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from summarizer.batch.job_folder import DEFERRED, open_private
from summarizer.closing import Closing
from summarizer.errors import EndpointError
from summarizer.llm.connection import Connection, StoredAnswer
from summarizer.llm.endpoint import choose_endpoint
from summarizer.llm.failures import Fault, NotAnAnswerError
from summarizer.settings import Settings

T = TypeVar("T")
# What the SDK gives is Any here: only the chat client's package imports it.
_ENDPOINT: Final = "/v1/chat/completions"
_NAME: Final = "summarizer"  # of what a batch's metadata says
_ENDED: Final = ("completed", "failed", "expired", "cancelled")
_LOOKED_AT: Final = 10_000  # batches: a server may list the same page over and over
# Of these the next batch may do better: the endpoint was busy or broken.
_PASSING: Final = (408, 409, 429)
_SCHEMA: Final = """
PRAGMA synchronous = FULL;
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


class RequestKey(NamedTuple):
    """What tells requests from each other, in 64 hex digits.

    Attributes:
        exact: the whole body; its custom id in a batch.
        question: model, messages and seed. What else a body has depends on what is known of the
            endpoint by then, such as whether it gives log-probabilities.
    """

    exact: str
    question: str


def request_key(body: dict[str, Any]) -> RequestKey:
    """The key of a request."""
    asked = {name: body.get(name) for name in ("model", "messages", "seed")}
    parts = (json.dumps(part, sort_keys=True, ensure_ascii=False) for part in (body, asked))
    return RequestKey(*(hashlib.sha256(_encoded(part)).hexdigest() for part in parts))


def request_line(key: RequestKey, body: dict[str, Any]) -> bytes:
    """A request as a line of a file that is submitted."""
    line = {"custom_id": key.exact, "method": "POST", "url": _ENDPOINT, "body": body}
    return _encoded(json.dumps(line, ensure_ascii=False)) + b"\n"


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


class BatchState(NamedTuple):
    """A batch.

    Attributes:
        status: as the provider says, such as "in_progress" or "expired".
        problem: why it was refused as a whole; empty where it was not.
        files: of the answers, and of those that failed.
    """

    status: str
    problem: str
    files: tuple[str, ...]

    @property
    def has_ended(self) -> bool:
        """Whether no more answers will come."""
        return self.status in _ENDED


class ProviderBatches(Closing):
    """The batches of one endpoint.

    Args:
        settings: the user's: which endpoint, which key.
    """

    def __init__(self, settings: Settings) -> None:
        self._connection = Connection(choose_endpoint(settings), settings)

    def submit(self, lines: bytes, *, name: str) -> str:
        """Have requests answered; the batch's id.

        Raises:
            EndpointError: the endpoint has no batch API, or refuses the file.
        """

        def send(sdk: Any) -> str:
            uploaded = sdk.files.create(file=(f"{name}.jsonl", lines), purpose="batch")
            batch = sdk.batches.create(
                input_file_id=uploaded.id,
                endpoint=_ENDPOINT,
                completion_window="24h",
                metadata={_NAME: name},
            )
            return str(batch.id)

        # Never a second time by itself: a batch whose answer was lost may be there, and is paid.
        return self._asked(self._connection.ask, send)

    def find(self, name: str) -> str | None:
        """The id of the batch that was submitted under a name, whoever noted it down."""

        def look(sdk: Any) -> str | None:
            for batch in islice(sdk.batches.list(limit=100), _LOOKED_AT):
                if (batch.metadata or {}).get(_NAME) == name:
                    return str(batch.id)
            return None

        return self._asked(self._connection.insist, look)

    def state(self, batch_id: str) -> BatchState:
        """How far a batch is."""

        def look(sdk: Any) -> BatchState:
            batch = sdk.batches.retrieve(batch_id)
            if not isinstance(getattr(batch, "status", None), str):
                raise NotAnAnswerError("expected a batch")
            problems = (batch.errors.data if batch.errors else None) or []
            problem = "; ".join(str(problem.message) for problem in problems[:3])
            files = (batch.output_file_id, batch.error_file_id)
            return BatchState(batch.status, problem, tuple(filter(None, files)))

        return self._asked(self._connection.insist, look)

    def answers(self, file_id: str, path: Path) -> Iterator[tuple[str, StoredAnswer]]:
        """Custom id and answer, line by line of a file of the provider's, which goes to ``path``.

        A line that is no answer is left out, as of a request that expired, and an answer that
        another batch may better: the request counts as not answered.
        """

        def fetch(sdk: Any) -> None:
            with sdk.files.with_streaming_response.content(file_id) as response:
                response.stream_to_file(path)

        self._asked(self._connection.insist, fetch)
        with path.open("rb") as lines:
            for line in lines:
                try:
                    found: Any = json.loads(line)
                    answer = found["response"]
                    status, body = int(answer["status_code"]), answer["body"]
                    key = str(found["custom_id"])
                except (ValueError, KeyError, TypeError, RecursionError):
                    continue
                if status < 500 and status not in _PASSING:
                    yield key, StoredAnswer(status, body)

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()

    def _asked(self, ask: Callable[[Callable[[Any], T]], T], send: Callable[[Any], T]) -> T:
        try:
            return ask(send)
        except Fault as fault:
            if fault.status in (404, 405, 501):
                url = self._connection.endpoint.display_url
                raise EndpointError(
                    f"{url} has no batch API", hint="summarizer batch run asks it one by one"
                ) from None
            raise self._connection.explained(fault, model="batch") from None


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
        path = folder / DEFERRED
        open_private(path, "ab").close()
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.executescript(_SCHEMA)

    def answer(self, key: RequestKey, *, refused: bool) -> StoredAnswer | None:
        """The answer to a request, if there is one.

        Args:
            key: of the request.
            refused: whether a refusal of this question was given already in this attempt: then
                another body was made of it, and only an answer to that one counts.
        """
        rows = self._rows(
            "SELECT status, body FROM answers WHERE exact = ? OR (question = ? AND (status < 400 "
            "OR NOT ?)) ORDER BY status < 400 DESC, exact = ? DESC LIMIT 1",
            *(key.exact, key.question, refused, key.exact),
        )
        return StoredAnswer(rows[0][0], json.loads(rows[0][1])) if rows else None

    def is_under_way(self, key: RequestKey) -> bool:
        """Whether a request is in a batch that has not ended."""
        return bool(self._rows("SELECT 1 FROM requests WHERE question = ?", key.question))

    def under_way(self) -> int:
        """How many requests are in batches that have not ended."""
        return int(self._rows("SELECT COUNT(*) FROM requests")[0][0])

    def batches(self) -> list[SentBatch]:
        """All batches, oldest first."""
        rows = self._rows("SELECT name, id, status, problem FROM batches ORDER BY rowid")
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
        self._rows("UPDATE batches SET id = ?, status = 'submitted' WHERE name = ?", batch_id, name)

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

    def _rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._db.execute(statement, values).fetchall()
