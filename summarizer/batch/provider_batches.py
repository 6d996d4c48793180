"""The provider's batch API: files of requests that are answered within a day, at half the price.

https://platform.openai.com/docs/guides/batch: the answers come in any order, those that failed in a
file of their own.

Whatever makes a digest runs as always: a request whose answer is known gets it (``answered_by``),
one whose answer is not ends the attempt with ``Awaiting``, which carries the request. Once there is
an answer, the attempt is made again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from summarizer.closing import Closing
from summarizer.errors import EndpointError
from summarizer.llm.connection import Connection, StoredAnswer
from summarizer.llm.endpoint import choose_endpoint
from summarizer.llm.failures import Fault, NotAnAnswerError

if TYPE_CHECKING:
    from summarizer.settings import Settings

T = TypeVar("T")
# What the SDK gives is Any here: only the chat client's package imports it.
ENDPOINT: Final = "/v1/chat/completions"
_WINDOW: Final = "24h"
_NAME: Final = "summarizer"  # of what a batch's metadata says
_ENDED: Final = ("completed", "failed", "expired", "cancelled")
_NOT_FOUND: Final = (404, 405, 501)
_LOOKED_AT: Final = 10_000  # batches: a server may list the same page over and over


class Awaiting(BaseException):
    """The answer to a request is not there yet.

    No error, so that nothing that handles errors takes it for one: it ends the attempt as Ctrl-C
    would.
    """

    def __init__(self, body: dict[str, Any]) -> None:
        super().__init__()
        self.body = body


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
    exact, question = (
        hashlib.sha256(
            json.dumps(part, sort_keys=True, ensure_ascii=False).encode("utf-8", "surrogatepass")
        ).hexdigest()
        for part in (body, asked)
    )
    return RequestKey(exact, question)


class BatchState(NamedTuple):
    """How far a batch is.

    Attributes:
        status: as the provider says, such as "in_progress" or "expired".
        files: of the answers, and of those that failed.
        problem: why it was refused as a whole; empty where it was not.
    """

    status: str
    files: tuple[str, ...]
    problem: str

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

    def submit(self, path: Path, *, name: str) -> str:
        """Upload a file of requests and have it answered; the batch's id.

        Raises:
            EndpointError: the endpoint has no batch API, or refuses the file.
        """

        def send(sdk: Any) -> str:
            with path.open("rb") as file:
                uploaded = sdk.files.create(file=file, purpose="batch")
            batch = sdk.batches.create(
                input_file_id=uploaded.id,
                endpoint=ENDPOINT,
                completion_window=_WINDOW,
                metadata={_NAME: name},
            )
            return str(batch.id)

        # Never a second time by itself: a batch whose answer was lost may be there, and is paid.
        return self._insist(send, once=True)

    def find(self, name: str) -> str | None:
        """The id of the batch that was submitted under a name, whoever noted it down."""

        def look(sdk: Any) -> str | None:
            for batch in islice(sdk.batches.list(limit=100), _LOOKED_AT):
                if (batch.metadata or {}).get(_NAME) == name:
                    return str(batch.id)
            return None

        return self._insist(look)

    def state(self, batch_id: str) -> BatchState:
        """How far a batch is."""
        return self._insist(lambda sdk: _state(sdk.batches.retrieve(batch_id)))

    def answers(self, file_id: str, path: Path) -> Iterator[tuple[str, StoredAnswer]]:
        """Custom id and answer, line by line of a file of the provider's.

        The file is kept at ``path`` meanwhile. A line that is no answer is left out, as of a
        request that expired: the request counts as not answered.
        """

        def fetch(sdk: Any) -> None:
            with sdk.files.with_streaming_response.content(file_id) as response:
                response.stream_to_file(path)

        self._insist(fetch)
        with path.open("rb") as lines:
            for line in lines:
                found = _answer(line)
                if found is not None:
                    yield found

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()

    def _insist(self, send: Callable[[Any], T], *, once: bool = False) -> T:
        try:
            return self._connection.ask(send) if once else self._connection.insist(send)
        except Fault as fault:
            if fault.status in _NOT_FOUND:
                url = self._connection.endpoint.display_url
                raise EndpointError(
                    f"{url} has no batch API", hint="summarizer batch run asks it one by one"
                ) from None
            raise self._connection.explained(fault, model="batch") from None


def _state(batch: Any) -> BatchState:
    if not isinstance(getattr(batch, "status", None), str):
        raise NotAnAnswerError("expected a batch")
    problems = (batch.errors.data if batch.errors else None) or []
    files = (batch.output_file_id, batch.error_file_id)
    return BatchState(
        status=batch.status,
        files=tuple(name for name in files if name),
        problem="; ".join(str(problem.message) for problem in problems[:3]),
    )


def _answer(line: bytes) -> tuple[str, StoredAnswer] | None:
    try:
        found: Any = json.loads(line)
        response = found["response"]
        return str(found["custom_id"]), StoredAnswer(int(response["status_code"]), response["body"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
