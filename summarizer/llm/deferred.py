"""Answers that come later: requests are collected, and answered when they are made again.

A provider's batch API answers within a day, at half the price. Whatever makes a digest runs as
always: a request whose answer is known gets it, one whose answer is not ends the attempt with
``Awaiting``, which carries the request. Once there is an answer, the attempt is made again.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from openai import OpenAI

_CHAT: Final = "/chat/completions"


class StoredAnswer(NamedTuple):
    """What an endpoint answered: the HTTP status, and the JSON."""

    status: int
    body: Any


class Awaiting(BaseException):
    """The answer to a request is not there yet.

    No error, so that nothing that handles errors takes it for one: it ends the attempt as Ctrl-C
    would.
    """

    def __init__(self, body: dict[str, Any]) -> None:
        super().__init__()
        self.body = body


# The answer that is known; None: the endpoint is asked now. May raise Awaiting.
Answers = Callable[[dict[str, Any]], StoredAnswer | None]
_answers: ContextVar[Answers | None] = ContextVar("_answers", default=None)


@contextmanager
def answered_by(answers: Answers) -> Iterator[None]:
    """Inside, chat requests get their answer from ``answers``."""
    token = _answers.set(answers)
    try:
        yield
    finally:
        _answers.reset(token)


def answering() -> Answers | None:
    """What answers chat requests here; None: the endpoint."""
    return _answers.get()


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


def answering_client(sdk: OpenAI) -> Any:
    """An HTTP client that asks ``answering()`` first, and the endpoint where that knows nothing."""
    online = sdk._client
    # openai 2.x brings httpx, 3.x httpx2: the client takes a transport of its own package.
    package = sys.modules[_package_of(online)]

    class Stored(package.BaseTransport):  # type: ignore[misc,name-defined] # known at run time only
        def handle_request(self, request: Any) -> Any:
            answers = answering()
            found = None
            if answers is not None and request.url.path.endswith(_CHAT):
                found = answers(json.loads(request.content))
            if found is None:
                return online._transport_for_url(request.url).handle_request(request)
            return package.Response(found.status, json=found.body, request=request)

    return package.Client(transport=Stored())


def _package_of(client: object) -> str:
    names = (kind.__module__.partition(".")[0] for kind in type(client).__mro__)
    return next(name for name in names if name.startswith("httpx"))
