"""What went wrong at an endpoint: a ``Fault`` for whatever was raised, and our error for users.

``failures.toml`` has the sentences by which servers are known to refuse, and what users are told of
each kind of fault. That never repeats a key, and addresses come without credentials.
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
from typing import Any, Final, Literal, NamedTuple
from urllib.parse import urlsplit

from summarizer import errors
from summarizer.errors import ContextOverflowError, SummarizerError
from summarizer.llm.endpoint import Endpoint, display_url, is_loopback

Retry = Literal["never", "soon", "outage", "rate limit"]
_LONGEST_WAIT: Final = 60.0  # seconds: a server that asks for more is not waited for
_LONGEST_READ: Final = 2000  # characters of a server's words
_LONGEST_SAID: Final = 300  # of them in a message
_MOST_TOKENS: Final = 10**9  # no window and no answer has as many: such a number is none
_SOON_STATUS: Final = frozenset({408, 409, 425})
_OUTAGE_STATUS: Final = frozenset({502, 503, 504, 520, 521, 522, 523, 524, 529})
_REJECTED_STATUS: Final = frozenset({400, 422, 501})
_OVERFLOW_STATUS: Final = frozenset({400, 413, 422, 500, 502, None})
_OVERFLOW_CODES: Final = {
    "context_length_exceeded", "exceed_context_size_error", "tokens_limit_reached"
}  # fmt: skip
_FILTER_CODES: Final = {
    "content_filter", "content_policy_violation", "ResponsibleAIPolicyViolation"
}  # fmt: skip


class CallerError(Exception):
    """What a function of the caller raised, as the cause, on its way back to the caller."""


class BrokenAnswerError(Exception):
    """The answer ended too early or is not JSON: worth another try."""


class NotAnAnswerError(Exception):
    """The server answered, but not in the chat-completions protocol."""


class OversizedAnswerError(NotAnAnswerError):
    """The answer is larger, longer or deeper than any that can be meant."""


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


class Overflow(NamedTuple):
    """A request that is too long, in tokens, as far as a server told."""

    window: int | None
    prompt: int | None


class Fault(Exception):  # noqa: N818 - an error of ours says it to users
    """A request that an endpoint did not answer as it should.

    Whatever cannot be read is the endpoint's fault, too.

    Attributes:
        error: what was raised; of what the SDK wrapped, the exception of ours in it.
        status: the HTTP status that it came with, or tells.
        said: what the server said, on one line and not endless.
        named: the same, behind the parameter that the server named, if any.
        moved_to: where the server sends its clients, maybe with credentials.
        lost: whether the connection was refused, reset or cut.
        overflow: where the request is longer than the model's window.
        is_rejection: whether the server may accept the same with fewer parameters.
        wait: seconds that the server asks for.
        retry: whether the same request may succeed in a moment; when somebody is there again; when
            fewer are sent.
    """

    def __init__(self, raised: Exception) -> None:
        super().__init__(str(raised))
        error = self.error = _relevant(raised)
        body, status = getattr(error, "body", None), getattr(error, "status_code", None)
        self.body: dict[str, Any] = body if isinstance(body, dict) else {}
        self.page = _page_of(error)
        # FastAPI's servers say "detail"; others send a text, or a page for browsers.
        told = (body.get("message") or body.get("detail")) if isinstance(body, dict) else body
        told = self.page if self.page is not None else told or getattr(error, "message", None)
        self.said = " ".join(str(told or error)[:_LONGEST_READ].split())
        self.named = f"{self.body.get('param') or ''} {self.said}".strip()
        has_status = isinstance(status, int) and _is(error, "APIStatusError", "ReportedError")
        self.status: int | None = status if has_status else None
        headers = getattr(getattr(error, "response", None), "headers", None) or {}
        self.moved_to: str = headers.get("location", "") if 300 <= (self.status or 0) < 400 else ""
        self.timed_out = _is(error, "APITimeoutError", "TimeoutException")
        # openai 2.x lets the transport's own exceptions out while a stream is read.
        lost = ("APIConnectionError", "TransportError", "BrokenAnswerError")
        self.lost = _is(error, *lost) and not self.timed_out
        self.overflow = self._overflow()
        code, inner = self.body.get("code") or self.body.get("type"), self.body.get("innererror")
        names = {str(code), str(inner.get("code")) if isinstance(inner, dict) else ""}
        self.is_filtered = bool(names & _FILTER_CODES)
        self.is_used_up = self.status == 402 or code == "insufficient_quota"
        # llama-server fails with 500 where a chat template has no place for a role.
        refused = self.status == 500 and refuses_system_role(self.said)
        rejected = self.status in _REJECTED_STATUS or refused
        self.is_rejection = rejected and not (self.overflow or self.is_filtered)
        self.wait = self._wait(headers)
        self.retry = self._retry()

    @property
    def is_of_text(self) -> bool:
        """Whether this text is refused, for what it says or its length, and others are not."""
        return self.is_filtered or self.overflow is not None

    @property
    def is_hopeless(self) -> bool:
        """Whether a connection was never made and will not be: no such name, trust or server."""
        if isinstance(self.root, ssl.SSLCertVerificationError | socket.gaierror):
            return getattr(self.root, "errno", None) != socket.EAI_AGAIN
        return isinstance(self.root, ConnectionRefusedError)

    @property
    def root(self) -> BaseException:
        """The first cause of all, which the transport wraps several times."""
        return list(_causes(self.error))[-1]

    def _overflow(self) -> Overflow | None:
        if not _is(self.error, "APIError", "ReportedError"):
            return None
        told = overflow_of(self.said)
        coded = _OVERFLOW_CODES & {str(self.body.get("code")), str(self.body.get("type"))}
        if not coded and (told is None or self.status not in _OVERFLOW_STATUS):
            return None
        window, prompt = told or (None, None)
        counts = map(token_count, (self.body.get("n_ctx"), self.body.get("n_prompt_tokens")))
        return Overflow(next(counts) or window, next(counts) or prompt)

    def _wait(self, headers: Mapping[str, str]) -> float | None:
        """By the headers (RFC 9110 10.2.3: seconds or a date) or the message."""
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
            return seconds_to_wait(self.said) if self.status in (429, 503) else None

    def _retry(self) -> Retry:
        if self.is_used_up or self.overflow or self.is_rejection:
            return "never"
        if self.status is not None:
            if self.status == 429:
                return "rate limit"
            if self.status in _OUTAGE_STATUS:
                return "outage"
            return "soon" if self.status in _SOON_STATUS or self.status >= 500 else "never"
        if any(_is(link, "ConnectError", "ConnectTimeout") for link in _causes(self.error)):
            return "outage"
        # An error event in the middle of a stream.
        reported = _is(self.error, "APIError") and not _is(self.error, "APIResponseValidationError")
        return "soon" if self.timed_out or self.lost or reported else "never"


def explain(fault: Fault, endpoint: Endpoint, *, model: str) -> SummarizerError:
    """The error of ours that says the same as ``fault``, with the next step."""
    if fault.overflow:
        window, prompt = fault.overflow
        size = f" ({prompt} tokens, window {window})" if prompt and window else ""
        return ContextOverflowError(
            f"the request is longer than the model's context window{size}",
            hint="set SUMMARIZER_CONTEXT_LENGTH to the server's real window",
            prompt_tokens=prompt,
            context_length=window,
        )
    known = _known()["told"][_kind(fault, endpoint)]
    key = endpoint.api_key.get_secret_value() if endpoint.api_key else ""
    own_variable = "OPENAI_API_KEY" if endpoint.provider == "openai" else endpoint.controls.api_key
    facts = {
        "fault": fault,
        "endpoint": endpoint,
        "where": endpoint.display_url,
        "controls": endpoint.controls,
        # Some servers repeat the key that they were sent.
        "said": (fault.said.replace(key, "[key]") if key else fault.said)[:_LONGEST_SAID],
        "key_variable": endpoint.key_source or own_variable,
        "host": urlsplit(endpoint.base_url or "").hostname,
        "distrust": getattr(fault.root, "verify_message", "") or fault.root,
        "lost": fault.error if _is(fault.error, "BrokenAnswerError") else "the connection was lost",
        "target": display_url(fault.moved_to)[:_LONGEST_SAID],
        "model": model,
    }
    explained: SummarizerError = getattr(errors, known.get("error", "EndpointError"))(
        known["message"].format_map(facts), hint=known["hint"].format_map(facts)
    )
    return explained


def _kind(fault: Fault, endpoint: Endpoint) -> str:
    """Which of the tables of failures.toml says what happened."""
    status, root = fault.status, fault.root
    here = is_loopback(endpoint.base_url or "")
    no_key, by_a_page = endpoint.api_key is None, fault.page is not None
    refused = "no_key" if no_key else "forbidden" if status == 403 else "wrong_key"
    known: dict[str, object] = {
        "timeout": fault.timed_out,
        "oversized": isinstance(fault.error, OversizedAnswerError),
        "no_answer_of_the_protocol": isinstance(fault.error, NotAnAnswerError),
        "failed": status is None and not fault.lost,
        "engine_lost": status is None and endpoint.provider == "embedded",
        "insecure": isinstance(root, ssl.SSLError),
        "unknown_host": isinstance(root, socket.gaierror),
        "nothing_listens_here": isinstance(root, ConnectionRefusedError) and here,
        "nothing_listens": isinstance(root, ConnectionRefusedError),
        "unreachable": status is None and _is(fault.error.__cause__ or fault.error, "ConnectError"),
        "cut_off": status is None,
        "filtered": fault.is_filtered,
        "used_up": fault.is_used_up,
        # 401, 403: the key, or somebody on the way who never looked at it
        "denied_by_a_page": status in (401, 403) and by_a_page,
        refused: status in (401, 403),
        "unknown_model": status == 404,
        "redirected": fault.moved_to,
        "long_wait": fault.wait is not None and fault.wait > _LONGEST_WAIT,
        "too_many_requests": fault.retry == "rate limit",
        "server_failed": status is not None and status >= 500,
    }
    return next((kind for kind, holds in known.items() if holds), "other_status")


def _relevant(raised: Exception) -> Exception:
    for link in _causes(raised):  # the SDK wraps what its transport raises
        if isinstance(link, BrokenAnswerError | NotAnAnswerError | ReportedError):
            return link
    if _is(raised, "JSONDecodeError"):  # mostly of a body that was cut
        return BrokenAnswerError("it is not JSON")
    if _is(raised, "OpenAIError", "TransportError", "TimeoutException"):
        return raised
    return OversizedAnswerError(f"cannot be read ({type(raised).__name__})")


def _causes(error: BaseException) -> Iterator[BaseException]:
    link: BaseException | None = error
    seen: set[int] = set()
    # A failure that was told already is none: this request was made where that was handled.
    while not (link is None or id(link) in seen or isinstance(link, Fault | SummarizerError)):
        yield link
        seen.add(id(link))
        link = link.__cause__ or link.__context__


def _is(error: BaseException, *names: str) -> bool:
    # By name: openai 2.x brings httpx, 3.x httpx2, and neither is imported before it is needed.
    return any(cls.__name__ in names for cls in type(error).__mro__)


def _page_of(error: BaseException) -> str | None:
    """The words of a page for browsers, None where the body is none."""
    try:
        text = str(getattr(getattr(error, "response", None), "text", ""))
    except Exception:  # a stream that was never read
        return None
    if not text.lstrip().startswith("<"):
        return None
    text = text[: 10 * _LONGEST_READ]
    title = re.search(r"<title[^<>]*>([^<]*)", text, re.IGNORECASE)
    words = re.sub(r"<(script|style).*?(?:</\1>|\Z)|<[^<>]*>", " ", text, flags=re.I | re.DOTALL)
    return " ".join(html.unescape(f"{title[1]}: {words}" if title else words).split())


def overflow_of(said: str) -> Overflow | None:
    """The numbers, as far as told, if ``said`` is of a request that is too long."""
    is_one = phrases("overflow").search(said)
    return Overflow(_number("window", said), _number("prompt", said)) if is_one else None


def refuses_system_role(said: str) -> bool:
    """Whether the model's chat template has no place for a system message."""
    return bool(phrases("no_system_role").search(said))


def most_tokens(said: str) -> int | None:
    """The longest answer that the server says it allows; not the most of another parameter."""
    return _number("most_tokens", said) if "token" in said.lower() else None


def seconds_to_wait(said: str) -> float | None:
    """How long a server asks to wait in its message.

    >>> seconds_to_wait("Rate limit reached. Please try again in 1m12.5s.")
    72.5
    """
    found = phrases("wait").search(said)
    if found is None or not any(found.groups()):
        return None
    hours, minutes, seconds = (float(part or 0) for part in found.groups()[:3])
    wait = 3600 * hours + 60 * minutes + seconds / (1000 if found[4] in ("ms", "MS") else 1)
    return wait if math.isfinite(wait) else None


def _number(name: str, said: str) -> int | None:
    found = phrases(name).search(said)
    text = next((group for group in found.groups() if group), None) if found else None
    return token_count(int(text.replace(",", ""))) if text else None


def token_count(value: object) -> int | None:
    """``value``, where it can be a number of tokens: a server may send anything."""
    return value if type(value) is int and 0 < value < _MOST_TOKENS else None


@cache
def _known() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


@cache
def phrases(name: str) -> re.Pattern[str]:
    """Any of the phrases that failures.toml has under a name."""
    found = "|".join(_known()["phrases"][name])
    return re.compile(found.replace("NUMBER", r"[\d,]*\d"), re.IGNORECASE)
