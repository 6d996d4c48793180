"""Errors as problem details (RFC 9457)."""

from __future__ import annotations

import logging
from traceback import format_exception
from typing import Any, Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from summarizer.errors import (
    ConfigurationError,
    ContextOverflowError,
    CorpusError,
    EndpointError,
    FetchError,
    ModelOutputError,
    SourceError,
    SummarizerError,
    UnsafeURLError,
    plain_words,
)
from summarizer.plugins.serving import problem, problem_response
from summarizer.plugins.tools import error_info

_log = logging.getLogger(__name__)
_SEND_JSON: Final = "send JSON, as application/json"
# The first that fits counts.
_STATUS: Final[tuple[tuple[type[SummarizerError], int], ...]] = (
    (UnsafeURLError, 403),
    (FetchError, 502),
    (SourceError, 422),
    (CorpusError, 404),
    (ConfigurationError, 400),
    (ContextOverflowError, 413),
    (EndpointError, 502),
    (ModelOutputError, 502),
)


class BusyError(HTTPException):
    """All places are taken; ``seconds`` says after how many to try again."""

    def __init__(self, seconds: int) -> None:
        detail = "all places are taken, and the queue is full"
        super().__init__(429, detail, {"Retry-After": str(seconds)})
        self.kind, self.hint, self.seconds = "Busy", f"try again in {seconds} s", seconds


class TimeLimitError(HTTPException):
    """The work took longer than it may."""

    def __init__(self) -> None:
        super().__init__(504, "the digest took longer than this server allows")
        self.kind = "TimeLimit"


def problem_of(error: Exception) -> dict[str, Any]:
    """The error as the members of a problem: type, title, status, detail, hint."""
    if isinstance(error, SummarizerError):
        info = error_info(error)
        status = next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
        return problem(status, info.message, kind=info.type, hint=info.hint)
    if isinstance(error, HTTPException) and error.status_code == 400:
        # FastAPI's own, for bad UTF-8, too many brackets, or too many digits.
        return problem(422, "the request cannot be read", hint=_SEND_JSON)
    if isinstance(error, HTTPException):
        about = {name: getattr(error, name, None) for name in ("kind", "hint")}
        return problem(error.status_code, str(error.detail), **about)
    if isinstance(error, RequestValidationError):
        wrong = error.errors()[:20]
        faults = [
            {"place": ".".join(map(str, fault["loc"])), "message": plain_words(fault)}
            for fault in wrong
        ]
        # Of what is not sent as JSON nothing was read but its bytes.
        unread = isinstance(error.body, bytes) or wrong[0]["type"] == "json_invalid"
        hint = _SEND_JSON if unread else "GET /openapi.json has the schema"
        found = problem(422, "the request is not as the schema says", hint=hint)
        return found | {"errors": faults}
    # A bug of ours is for our log.
    _log.error("a request failed unexpectedly\n%s", "".join(format_exception(error)))
    return problem(500, "a bug in the summarizer; the server's log says more", kind="bug")


def response_of(error: Exception) -> Response:
    """The error as an answer."""
    headers = error.headers if isinstance(error, HTTPException) else None
    return problem_response(problem_of(error), headers)


def answer_with_problems(app: FastAPI) -> None:
    """Let every error of ``app`` be a problem."""

    async def handle(_: Request, error: Exception) -> Response:
        return response_of(error)

    for kind in (SummarizerError, HTTPException, RequestValidationError, Exception):
        app.add_exception_handler(kind, handle)
