"""What went wrong at the endpoint: the SDK's exceptions in our words.

The one place that knows how servers phrase their errors. Messages never repeat request
headers, and addresses come without credentials.
"""

from __future__ import annotations

import email.utils
import math
import re
import time
from collections.abc import Mapping
from typing import Any, Final

from summarizer.errors import (
    AuthenticationError,
    ContextOverflowError,
    EndpointError,
    QuotaError,
    SummarizerError,
)
from summarizer.llm.endpoint import Endpoint, display_url

LONGEST_WAIT: Final = 60.0  # seconds: a server that asks for more is not waited for
_LONGEST_SAID: Final = 300  # characters of a server's words in a message
_TRANSIENT_STATUS: Final = frozenset({408, 409, 425, 429})
_REJECTED_STATUS: Final = frozenset({400, 422, 501})
_OVERFLOW_CODES: Final = frozenset({"context_length_exceeded", "exceed_context_size_error"})
# vLLM and many others say it in a sentence only.
_OVERFLOW_TEXT: Final = re.compile(
    r"maximum context length|exceeds? the (?:available )?context|context (?:window|size|length)"
    r" (?:is )?exceeded|prompt is too long"
    # Embedding servers: llama-server (with status 500), Text Embeddings Inference.
    r"|too large to process|must have (?:less|fewer) than \d+ tokens",
    re.IGNORECASE,
)
_OVERFLOW_LENGTH: Final = re.compile(
    r"(?:maximum context length (?:is|of)|must have (?:less|fewer) than|current batch size:) (\d+)",
    re.IGNORECASE,
)
_OVERFLOW_PROMPT: Final = re.compile(
    r"you requested (\d+) tokens|request has (\d+) input tokens|input \((\d+) tokens\)"
    r"|Given: (\d+)",
    re.IGNORECASE,
)


class BrokenAnswerError(Exception):
    """The answer ended too early or is not JSON: worth another try."""


class NotAnAnswerError(Exception):
    """The server answered, but not in the chat-completions protocol."""


class OversizedAnswerError(NotAnAnswerError):
    """The answer is larger, longer or deeper than any that can be meant."""


class CallerError(Exception):
    """What a function of the caller raised, as the cause, on its way back to the caller."""


def endpoint_failure(error: Exception) -> Exception:
    """``error``, or the failure that it hides: what cannot be read is the endpoint's fault."""
    link: BaseException | None = error
    while link is not None:  # the SDK wraps what its transport raises
        if isinstance(link, BrokenAnswerError | NotAnAnswerError | CallerError):
            return link
        link = link.__cause__
    if is_failure(error) and not isinstance(error, RecursionError):
        return error
    return OversizedAnswerError(f"cannot be read ({type(error).__name__})")


def is_failure(error: BaseException) -> bool:
    """Whether ``error`` is one of the endpoint; everything else is a bug of ours."""
    return (
        isinstance(error, SummarizerError | NotAnAnswerError)
        or is_timeout(error)
        or is_connection_failure(error)
        or _has_class(error, "OpenAIError")
    )


def is_timeout(error: BaseException) -> bool:
    """Whether the server took longer than allowed."""
    return _has_class(error, "APITimeoutError", "TimeoutException")


def is_connection_failure(error: BaseException) -> bool:
    """Whether the connection was refused, reset or cut."""
    # openai 2.x lets the transport's own exceptions out while a stream is read.
    # A body that was cut is no JSON.
    lost = _has_class(
        error, "APIConnectionError", "TransportError", "BrokenAnswerError", "JSONDecodeError"
    )
    return lost and not is_timeout(error)


def is_transient(error: BaseException) -> bool:
    """Whether the same request may succeed in a moment."""
    status = _status(error)
    if status is not None:
        if _code(error) == "insufficient_quota" or _is_overflow(error):
            return False
        return status in _TRANSIENT_STATUS or (status >= 500 and status not in _REJECTED_STATUS)
    if _has_class(error, "APIError") and not _has_class(
        error, "APIConnectionError", "APIResponseValidationError"
    ):
        return not _is_overflow(error)  # an error event in the middle of a stream
    return is_timeout(error) or is_connection_failure(error)


def is_rejection(error: BaseException) -> bool:
    """Whether the server may accept the same request with fewer parameters."""
    return _status(error) in _REJECTED_STATUS and not _is_overflow(error)


def is_oversized(error: BaseException) -> bool:
    """Whether the server may accept the same request with fewer texts in it."""
    return _status(error) == 413 or is_rejection(error)


def is_missing(error: BaseException) -> bool:
    """Whether the server has no such page."""
    return _status(error) in (404, 405, 501) or _has_class(error, "NotAnAnswerError")


def message_of(error: BaseException) -> str:
    """The parameter that the server named, if any, and what it said."""
    return f"{_body(error).get('param') or ''} {_message(error)}".strip()


def retry_after(error: BaseException) -> float | None:
    """Seconds that the server asked to wait (RFC 9110 10.2.3: seconds or a date), or None."""
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
        return None


def explain(error: BaseException, endpoint: Endpoint, *, model: str) -> SummarizerError:
    """The error of ours that says the same as ``error``, with the next step."""
    if isinstance(error, SummarizerError):
        return error
    where = endpoint.display_url
    status = _status(error)
    if status is not None or _is_overflow(error):
        return _explain_status(error, endpoint, model=model, status=status or 400)
    if is_timeout(error):
        return EndpointError(
            f"{where} did not answer in time",
            hint="raise SUMMARIZER_TIMEOUT, or use a smaller model or a shorter article",
        )
    if isinstance(error, OversizedAnswerError):
        return EndpointError(
            f"the answer of {where} {error}",
            hint=f"check {endpoint.controls.base_url} and what answers there; a slow server needs "
            "a longer SUMMARIZER_TIMEOUT",
        )
    if isinstance(error, NotAnAnswerError):
        return EndpointError(
            f"{where} does not speak the OpenAI protocol: {_said(error, endpoint)}",
            hint=f"{endpoint.controls.base_url} must be the API's root, mostly ending in /v1",
        )
    if is_connection_failure(error):
        if endpoint.provider == "embedded":
            return EndpointError(
                f"{where} was lost twice during the same request ({_how_lost(error)})",
                hint="mostly for want of memory: use a smaller model, a smaller "
                "SUMMARIZER_CONTEXT_LENGTH, or --model extractive",
            )
        return EndpointError(
            f"no complete answer from {where} ({_how_lost(error)})",
            hint=f"start the server, or correct {endpoint.controls.base_url}; "
            "summarizer doctor tells more",
        )
    return EndpointError(f"{where} failed: {_said(error, endpoint)}", hint="summarizer doctor")


def _how_lost(error: BaseException) -> str:
    if isinstance(error, BrokenAnswerError):
        return str(error)
    if _has_class(error, "JSONDecodeError"):
        return "it is not JSON"
    cause = error.__cause__ or error
    if _has_class(cause, "ConnectError"):
        return "cannot connect"
    return "the connection was lost"


def _explain_status(
    error: BaseException, endpoint: Endpoint, *, model: str, status: int
) -> SummarizerError:
    where, said = endpoint.display_url, _said(error, endpoint)
    if _is_overflow(error):
        return _overflow(error)
    if status == 402 or _code(error) == "insufficient_quota":
        return QuotaError(
            f"{where}: the account's quota is used up: {said}",
            hint=f"add credit there, or use {endpoint.controls.instead}",
        )
    if status in (401, 403):
        return AuthenticationError(
            f"{where} refused the API key ({_key_state(endpoint)}, HTTP {status})",
            hint=f"check {_key_variable(endpoint)}, and that it may use the model {model!r}",
        )
    if status == 404:
        return EndpointError(
            f"{where} knows no model {model!r}, or is not an API's root (HTTP 404): {said}",
            hint=f"name a model that it has with {endpoint.controls.model}; "
            f"{endpoint.controls.base_url} mostly ends in /v1",
        )
    if target := _redirect(error):
        return EndpointError(
            f"{where} sends requests on to {target!r} (HTTP {status}); they are not sent there "
            "unasked",
            hint=f"if you trust that address, give the API's root there with "
            f"{endpoint.controls.base_url}",
        )
    wait = retry_after(error)
    if wait is not None and wait > LONGEST_WAIT:
        return EndpointError(
            f"{where} asks to wait {wait:.0f} s before the next request (HTTP {status})",
            hint=f"try again in {wait:.0f} s, or use another model",
        )
    return EndpointError(f"{where} answered HTTP {status}: {said}", hint="summarizer doctor")


def _redirect(error: BaseException) -> str:
    """Where the server sends its clients, without credentials; "" where it does not."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    moved = 300 <= (_status(error) or 0) < 400
    return display_url(headers.get("location", ""))[:_LONGEST_SAID] if moved else ""


def _overflow(error: BaseException) -> ContextOverflowError:
    body = _body(error)
    said = _OVERFLOW_LENGTH.search(_message(error))
    asked = _OVERFLOW_PROMPT.search(_message(error))
    window = body.get("n_ctx") or (said and said.group(1))
    prompt = body.get("n_prompt_tokens") or (asked and asked.group(asked.lastindex or 0))
    window, prompt = (int(window) if window else None), (int(prompt) if prompt else None)
    size = f" ({prompt} tokens, window {window})" if prompt and window else ""
    return ContextOverflowError(
        f"the request is longer than the model's context window{size}",
        hint="set SUMMARIZER_CONTEXT_LENGTH to the server's real window",
        prompt_tokens=prompt,
        context_length=window,
    )


def _is_overflow(error: BaseException) -> bool:
    if not _has_class(error, "APIError"):
        return False
    body = _body(error)
    if _OVERFLOW_CODES & {str(body.get("code")), str(body.get("type"))}:
        return True
    return _status(error) in (400, 413, 422, 500, None) and bool(
        _OVERFLOW_TEXT.search(_message(error))
    )


def _status(error: BaseException) -> int | None:
    status = getattr(error, "status_code", None)
    return status if isinstance(status, int) and _has_class(error, "APIStatusError") else None


def _code(error: BaseException) -> str:
    body = _body(error)
    return str(body.get("code") or body.get("type") or "")


def _body(error: BaseException) -> dict[str, Any]:
    body = getattr(error, "body", None)
    return body if isinstance(body, dict) else {}


def _message(error: BaseException) -> str:
    """What the server said, on one line and not endless."""
    return _one_line(_words(error))


def _said(error: BaseException, endpoint: Endpoint) -> str:
    """The server's message; some repeat the key that they were sent."""
    said = _words(error)
    key = endpoint.api_key.get_secret_value() if endpoint.api_key else ""
    return _one_line(said.replace(key, "[key]") if key else said)


def _words(error: BaseException) -> str:
    body = getattr(error, "body", None)
    # FastAPI's servers say "detail"; others send a bare text, or a page for browsers.
    said = (body.get("message") or body.get("detail")) if isinstance(body, dict) else body
    if isinstance(said, str) and said.lstrip().startswith("<"):
        said = None
    return str(said or getattr(error, "message", None) or error)


def _one_line(text: str) -> str:
    return " ".join(text.split())[:_LONGEST_SAID]


def _key_variable(endpoint: Endpoint) -> str:
    return endpoint.key_source or (
        "OPENAI_API_KEY" if endpoint.provider == "openai" else endpoint.controls.api_key
    )


def _key_state(endpoint: Endpoint) -> str:
    return f"from {endpoint.key_source}" if endpoint.api_key else "none is set for this address"


def _has_class(error: BaseException, *names: str) -> bool:
    # By name: openai 2.x brings httpx, 3.x httpx2, and neither is imported before it is needed.
    return any(cls.__name__ in names for cls in type(error).__mro__)
