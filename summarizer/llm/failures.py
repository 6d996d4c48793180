"""Of which kind a failure of an endpoint is: what was raised, and how servers phrase it.

``failures.toml`` has the sentences that servers are known to use.
"""

from __future__ import annotations

import email.utils
import html
import math
import re
import socket
import ssl
import time
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from summarizer.errors import SummarizerError

LONGEST_WAIT: Final = 60.0  # seconds: a server that asks for more is not waited for
_LONGEST_READ: Final = 2000  # characters of a server's words
_TRANSIENT_STATUS: Final = frozenset({408, 409, 425, 429})
_OUTAGE_STATUS: Final = frozenset({502, 503, 504, 520, 521, 522, 523, 524, 529})
_REJECTED_STATUS: Final = frozenset({400, 422, 501})
_OVERFLOW_CODES: Final = frozenset(
    {"context_length_exceeded", "exceed_context_size_error", "tokens_limit_reached"}
)
_FILTER_CODES: Final = frozenset({"content_filter", "content_policy_violation"})


class BrokenAnswerError(Exception):
    """The answer ended too early or is not JSON: worth another try."""


class NotAnAnswerError(Exception):
    """The server answered, but not in the chat-completions protocol."""


class ReportedError(Exception):
    """An error inside an answer that claims to be none; as if it had come with its status.

    Attributes:
        body: the error object.
        status_code: the status in it; 500 where it has none, for nothing says that nobody is there.
    """

    def __init__(self, body: dict[str, Any]) -> None:
        super().__init__(str(body.get("message") or body))
        self.body = body
        code = str(body.get("code") or body.get("status") or "")
        told = int(code[:4]) if code.isdecimal() else 0
        self.status_code = told if 400 <= told < 600 else 500


class OversizedAnswerError(NotAnAnswerError):
    """The answer is larger, longer or deeper than any that can be meant."""


class CallerError(Exception):
    """What a function of the caller raised, as the cause, on its way back to the caller."""


def endpoint_failure(error: Exception) -> Exception:
    """``error``, or the failure that it hides: what cannot be read is the endpoint's fault."""
    link: BaseException | None = error
    while link is not None:  # the SDK wraps what its transport raises
        if isinstance(link, BrokenAnswerError | NotAnAnswerError | ReportedError | CallerError):
            return link
        link = link.__cause__
    if is_failure(error) and not isinstance(error, RecursionError):
        return error
    return OversizedAnswerError(f"cannot be read ({type(error).__name__})")


def is_failure(error: BaseException) -> bool:
    """Whether ``error`` is one of the endpoint; everything else is a bug of ours."""
    return (
        isinstance(error, SummarizerError | NotAnAnswerError | ReportedError)
        or is_timeout(error)
        or is_connection_failure(error)
        or has_class(error, "OpenAIError")
    )


def is_timeout(error: BaseException) -> bool:
    """Whether the server took longer than allowed."""
    return has_class(error, "APITimeoutError", "TimeoutException")


def is_connection_failure(error: BaseException) -> bool:
    """Whether the connection was refused, reset or cut."""
    # openai 2.x lets the transport's own exceptions out while a stream is read.
    # A body that was cut is no JSON.
    lost = has_class(
        error, "APIConnectionError", "TransportError", "BrokenAnswerError", "JSONDecodeError"
    )
    return lost and not is_timeout(error)


def is_transient(error: BaseException) -> bool:
    """Whether the same request may succeed in a moment."""
    status = status_of(error)
    if status is not None:
        if is_used_up(error) or is_overflow(error) or is_rejection(error):
            return False
        return status in _TRANSIENT_STATUS or (status >= 500 and status not in _REJECTED_STATUS)
    if has_class(error, "APIError") and not has_class(
        error, "APIConnectionError", "APIResponseValidationError"
    ):
        return not is_overflow(error)  # an error event in the middle of a stream
    return is_timeout(error) or is_connection_failure(error)


def is_rate_limit(error: BaseException) -> bool:
    """Whether the server wants fewer requests."""
    return status_of(error) == 429


def is_outage(error: BaseException) -> bool:
    """Whether nobody is there: a fault that has nothing to do with the request."""
    unreached = any(has_class(link, "ConnectError", "ConnectTimeout") for link in _links(error))
    return unreached or status_of(error) in _OUTAGE_STATUS


def is_hopeless(error: BaseException) -> bool:
    """Whether a connection that was never made will not be: a wrong name, no trust, no server."""
    cause = root_of(error)
    if isinstance(cause, ssl.SSLCertVerificationError | socket.gaierror):
        return getattr(cause, "errno", None) != socket.EAI_AGAIN
    return isinstance(cause, ConnectionRefusedError)


def is_rejection(error: BaseException) -> bool:
    """Whether the server may accept the same request with fewer parameters."""
    status = status_of(error)
    if is_overflow(error) or is_filtered(error):
        return False
    # llama-server fails with 500 where a chat template has no place for a role.
    return status in _REJECTED_STATUS or (status == 500 and refuses_system_role(words_of(error)))


def is_used_up(error: BaseException) -> bool:
    """Whether the account's quota is used up, which no waiting mends."""
    return status_of(error) == 402 or code_of(error) == "insufficient_quota"


def is_oversized(error: BaseException) -> bool:
    """Whether the server may accept the same request with fewer texts in it."""
    return status_of(error) == 413 or is_rejection(error)


def is_missing(error: BaseException) -> bool:
    """Whether the server has no such page."""
    return status_of(error) in (404, 405, 501) or has_class(error, "NotAnAnswerError")


def message_of(error: BaseException) -> str:
    """The parameter that the server named, if any, and what it said."""
    return f"{body_of(error).get('param') or ''} {words_of(error)}".strip()


def retry_after(error: BaseException) -> float | None:
    """Seconds to wait by the headers (RFC 9110 10.2.3: seconds or a date) or the message."""
    response = getattr(error, "response", None)
    headers: Mapping[str, str] = getattr(response, "headers", None) or {}
    value = headers.get("retry-after", "")
    for text, unit in ((headers.get("retry-after-ms", ""), 0.001), (value, 1.0)):
        try:
            seconds = float(text) * unit
        except ValueError:
            continue
        return max(0.0, seconds) if math.isfinite(seconds) else None
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, OverflowError):
        return seconds_to_wait(words_of(error)) if status_of(error) in (429, 503) else None


def is_overflow(error: BaseException) -> bool:
    """Whether the request is longer than the model's window."""
    if not has_class(error, "APIError", "ReportedError"):
        return False
    if _OVERFLOW_CODES & {str(body_of(error).get("code")), str(body_of(error).get("type"))}:
        return True
    return status_of(error) in (400, 413, 422, 500, 502, None) and bool(
        overflow_of(words_of(error))
    )


def is_filtered(error: BaseException) -> bool:
    """Whether a content filter refused the request itself (Azure: status 400)."""
    body = body_of(error)
    inner = body.get("innererror")
    codes = {code_of(error), str(inner.get("code")) if isinstance(inner, dict) else ""}
    return bool(codes & (_FILTER_CODES | {"ResponsibleAIPolicyViolation"}))


def status_of(error: BaseException) -> int | None:
    """The HTTP status that the error came with, or tells."""
    status = getattr(error, "status_code", None)
    known = isinstance(status, int) and has_class(error, "APIStatusError", "ReportedError")
    return status if known else None


def code_of(error: BaseException) -> str:
    """The server's own name for the error."""
    body = body_of(error)
    return str(body.get("code") or body.get("type") or "")


def body_of(error: BaseException) -> dict[str, Any]:
    """The error object; empty where there is none."""
    body = getattr(error, "body", None)
    return body if isinstance(body, dict) else {}


def words_of(error: BaseException) -> str:
    """What the server said, on one line and not endless."""
    body = getattr(error, "body", None)
    # FastAPI's servers say "detail"; others send a bare text, or a page for browsers.
    said = (body.get("message") or body.get("detail")) if isinstance(body, dict) else body
    page = page_of(error)
    text = str(page if page is not None else said or getattr(error, "message", None) or error)
    return " ".join(text[:_LONGEST_READ].split())


def page_of(error: BaseException) -> str | None:
    """The words of a page for browsers, None where the body is none."""
    response = getattr(error, "response", None)
    try:
        text = str(getattr(response, "text", "") or "") if response is not None else ""
    except Exception:  # a stream that was never read
        text = ""
    if not text.lstrip().startswith("<"):
        return None
    text = text[: 10 * _LONGEST_READ]
    title = re.search(r"<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
    words = re.sub(r"<(script|style).*?</\1>|<[^>]*>", " ", text, flags=re.I | re.DOTALL)
    return " ".join(html.unescape(f"{title[1]}: {words}" if title else words).split())


def root_of(error: BaseException) -> BaseException:
    """The first cause of all, which the transport wraps several times."""
    return list(_links(error))[-1]


def _links(error: BaseException) -> Iterator[BaseException]:
    link: BaseException | None = error
    seen: set[int] = set()
    while link is not None and id(link) not in seen:
        yield link
        seen.add(id(link))
        link = link.__cause__ or link.__context__


def has_class(error: BaseException, *names: str) -> bool:
    """Whether the error is of a class with one of these names."""
    # By name: openai 2.x brings httpx, 3.x httpx2, and neither is imported before it is needed.
    return any(cls.__name__ in names for cls in type(error).__mro__)


def overflow_of(said: str) -> tuple[int | None, int | None] | None:
    """(window, prompt) in tokens, as far as told, if ``said`` is of a request that is too long."""
    if not _pattern("overflow").search(said):
        return None
    return _number("window", said), _number("prompt", said)


def refuses_system_role(said: str) -> bool:
    """Whether the model's chat template has no place for a system message."""
    return bool(_pattern("no_system_role").search(said))


def most_tokens(said: str) -> int | None:
    """The longest answer that the server allows, in tokens, where it names one."""
    return _number("most_tokens", said)


def seconds_to_wait(said: str) -> float | None:
    """How long a server asks to wait in its message.

    >>> seconds_to_wait("Rate limit reached. Please try again in 1m12.5s.")
    72.5
    """
    found = _pattern("wait").search(said)
    if found is None or not any(found.groups()):
        return None
    hours, minutes, seconds, unit = found.groups()
    last = float(seconds or 0) * (0.001 if unit and unit.lower() == "ms" else 1)
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + last


def _number(name: str, said: str) -> int | None:
    found = _pattern(name).search(said)
    text = next((group for group in found.groups() if group), None) if found else None
    return int(text.replace(",", "")) if text else None


@cache
def _pattern(name: str) -> re.Pattern[str]:
    """Any of the phrases that failures.toml has under a name."""
    known = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return re.compile("|".join(known[name]).replace("NUMBER", r"[\d,]*\d"), re.IGNORECASE)
