"""Failures of an endpoint in our words: what happened, and what to do next.

The words are in ``explanations.toml``. They never repeat a key, and addresses come without
credentials.
"""

from __future__ import annotations

import socket
import ssl
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from summarizer import errors
from summarizer.errors import ContextOverflowError, SummarizerError
from summarizer.llm.endpoint import Endpoint, display_url, is_loopback
from summarizer.llm.failures import (
    LONGEST_WAIT,
    BrokenAnswerError,
    NotAnAnswerError,
    OversizedAnswerError,
    body_of,
    has_class,
    is_connection_failure,
    is_filtered,
    is_overflow,
    is_timeout,
    is_used_up,
    overflow_of,
    page_of,
    retry_after,
    root_of,
    status_of,
    words_of,
)

_LONGEST_SAID: Final = 300  # characters of a server's words in a message


def explain(error: BaseException, endpoint: Endpoint, *, model: str) -> SummarizerError:
    """The error of ours that says the same as ``error``, with the next step."""
    if isinstance(error, SummarizerError):
        return error
    if is_overflow(error):
        return _overflow(error)
    status = status_of(error)
    known = _known()[
        _kind(error, endpoint) if status is None else _kind_of_status(error, endpoint, status)
    ]
    facts = _facts(error, endpoint) | {"status": status, "model": model}
    explained: SummarizerError = getattr(errors, known.get("error", "EndpointError"))(
        known["message"].format_map(facts), hint=known["hint"].format_map(facts)
    )
    return explained


@cache
def _known() -> dict[str, dict[str, str]]:
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def _kind(error: BaseException, endpoint: Endpoint) -> str:
    """The name of a failure without a status: no answer, or one that cannot be read."""
    if is_timeout(error):
        return "timeout"
    if isinstance(error, OversizedAnswerError):
        return "oversized"
    if isinstance(error, NotAnAnswerError):
        return "no_answer_of_the_protocol"
    if not is_connection_failure(error):
        return "failed"
    if endpoint.provider == "embedded":
        return "engine_lost"
    cause = root_of(error)
    if isinstance(cause, ssl.SSLError):
        return "insecure"
    if isinstance(cause, socket.gaierror):
        return "unknown_host"
    if isinstance(cause, ConnectionRefusedError):
        here = is_loopback(endpoint.base_url or "")
        return "nothing_listens_here" if here else "nothing_listens"
    return "incomplete"


def _kind_of_status(error: BaseException, endpoint: Endpoint, status: int) -> str:
    if is_filtered(error):
        return "filtered"
    if is_used_up(error):
        return "used_up"
    if status in (401, 403):  # the key, or somebody on the way who never looked at it
        if page_of(error) is not None:
            return "denied_by_a_page"
        if endpoint.api_key is None:
            return "no_key"
        return "forbidden" if status == 403 else "wrong_key"
    if status == 404:
        return "unknown_model"
    if _redirect(error):
        return "redirected"
    wait = retry_after(error)
    return "long_wait" if wait is not None and wait > LONGEST_WAIT else "other_status"


def _facts(error: BaseException, endpoint: Endpoint) -> dict[str, Any]:
    """What the messages may name."""
    cause, key = root_of(error), endpoint.api_key.get_secret_value() if endpoint.api_key else ""
    said = words_of(error)
    own_variable = "OPENAI_API_KEY" if endpoint.provider == "openai" else endpoint.controls.api_key
    return {
        "error": error,
        "where": endpoint.display_url,
        # Some servers repeat the key that they were sent.
        "said": (said.replace(key, "[key]") if key else said)[:_LONGEST_SAID],
        "base_url": endpoint.controls.base_url,
        "model_setting": endpoint.controls.model,
        "instead": endpoint.controls.instead,
        "key_source": endpoint.key_source,
        "key_variable": endpoint.key_source or own_variable,
        "host": urlsplit(endpoint.base_url or "").hostname,
        "distrust": getattr(cause, "verify_message", "") or cause,
        "lost": _how_lost(error),
        "target": _redirect(error),
        "wait": retry_after(error),
    }


def _how_lost(error: BaseException) -> str:
    if isinstance(error, BrokenAnswerError):
        return str(error)
    if has_class(error, "JSONDecodeError"):
        return "it is not JSON"
    refused = has_class(error.__cause__ or error, "ConnectError")
    return "cannot connect" if refused else "the connection was lost"


def _redirect(error: BaseException) -> str:
    """Where the server sends its clients, without credentials; "" where it does not."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    moved = 300 <= (status_of(error) or 0) < 400
    return display_url(headers.get("location", ""))[:_LONGEST_SAID] if moved else ""


def _overflow(error: BaseException) -> ContextOverflowError:
    body, (said_window, said_prompt) = body_of(error), overflow_of(words_of(error)) or (None, None)
    window, prompt = body.get("n_ctx") or said_window, body.get("n_prompt_tokens") or said_prompt
    window, prompt = (int(window) if window else None), (int(prompt) if prompt else None)
    size = f" ({prompt} tokens, window {window})" if prompt and window else ""
    return ContextOverflowError(
        f"the request is longer than the model's context window{size}",
        hint="set SUMMARIZER_CONTEXT_LENGTH to the server's real window",
        prompt_tokens=prompt,
        context_length=window,
    )
