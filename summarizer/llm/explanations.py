"""Failures of an endpoint in our words: what happened, and what to do next.

Messages never repeat a key, and addresses come without credentials.
"""

from __future__ import annotations

import socket
import ssl
from typing import Final
from urllib.parse import urlsplit

from summarizer.errors import (
    AuthenticationError,
    ContextOverflowError,
    EndpointError,
    PromptRefusedError,
    QuotaError,
    SummarizerError,
)
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
    where = endpoint.display_url
    status = status_of(error)
    if status is not None or is_overflow(error):
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
        return _explain_loss(error, endpoint)
    return EndpointError(f"{where} failed: {_said(error, endpoint)}", hint="summarizer doctor")


def _explain_loss(error: BaseException, endpoint: Endpoint) -> EndpointError:
    """A connection that was not made, or was lost: each kind has another next step."""
    where, setting = endpoint.display_url, endpoint.controls.base_url
    cause = root_of(error)
    if isinstance(cause, ssl.SSLError):
        return EndpointError(
            f"no secure connection to {where}: {getattr(cause, 'verify_message', '') or cause}",
            hint="SSL_CERT_FILE names certificates of your own, as of a company's proxy; a server "
            "without TLS has an address that begins with http://",
        )
    if isinstance(cause, socket.gaierror):
        host = urlsplit(endpoint.base_url or "").hostname
        return EndpointError(
            f"no address is known for the host {host!r} of {where}",
            hint=f"check its spelling in {setting}, and that this machine is online",
        )
    if isinstance(cause, ConnectionRefusedError):
        start = "start the server"
        if is_loopback(endpoint.base_url or ""):
            start += ": ollama serve, llama-server -m FILE.gguf, or summarizer models serve"
        return EndpointError(
            f"nothing listens at {where} (cannot connect)", hint=f"{start}; or correct {setting}"
        )
    return EndpointError(
        f"no complete answer from {where} ({_how_lost(error)})",
        hint=f"start the server, or correct {setting}; summarizer doctor tells more",
    )


def _how_lost(error: BaseException) -> str:
    if isinstance(error, BrokenAnswerError):
        return str(error)
    if has_class(error, "JSONDecodeError"):
        return "it is not JSON"
    return (
        "cannot connect"
        if has_class(error.__cause__ or error, "ConnectError")
        else ("the connection was lost")
    )


def _explain_status(
    error: BaseException, endpoint: Endpoint, *, model: str, status: int
) -> SummarizerError:
    where, said = endpoint.display_url, _said(error, endpoint)
    if is_overflow(error):
        return _overflow(error)
    if is_filtered(error):
        return PromptRefusedError(
            f"{where} refused the request by its content filter: {said}",
            hint="another model may answer: --model NAME",
        )
    if is_used_up(error):
        return QuotaError(
            f"{where}: the account's quota is used up: {said}",
            hint=f"add credit there, or use {endpoint.controls.instead}",
        )
    if status in (401, 403):
        return _explain_denial(error, endpoint, model=model, status=status)
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


def _explain_denial(
    error: BaseException, endpoint: Endpoint, *, model: str, status: int
) -> EndpointError:
    """401 and 403: the key, or somebody on the way who never looked at it."""
    where, said = endpoint.display_url, _said(error, endpoint)
    if page_of(error) is not None:
        return EndpointError(
            f"{where} answered HTTP {status} with a page, not as an API does: {said}",
            hint="a proxy, a firewall or a gateway refused the request, by its region or content: "
            f"ask who runs it, or check {endpoint.controls.base_url}",
        )
    if endpoint.api_key is None:
        return AuthenticationError(
            f"{where} wants an API key, and none is set for this address (HTTP {status}): {said}",
            hint=f"set {_key_variable(endpoint)}",
        )
    if status == 403:
        return AuthenticationError(
            f"{where} refused the request, with the API key from {endpoint.key_source} "
            f"(HTTP 403): {said}",
            hint=f"check that the key of {_key_variable(endpoint)} may use the model {model!r} "
            "from where you are",
        )
    return AuthenticationError(
        f"{where} refused the API key (from {endpoint.key_source}, HTTP {status}): {said}",
        hint=f"check {_key_variable(endpoint)}, and that it may use the model {model!r}",
    )


def _redirect(error: BaseException) -> str:
    """Where the server sends its clients, without credentials; "" where it does not."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    moved = 300 <= (status_of(error) or 0) < 400
    return display_url(headers.get("location", ""))[:_LONGEST_SAID] if moved else ""


def _overflow(error: BaseException) -> ContextOverflowError:
    body, said = body_of(error), overflow_of(words_of(error))
    window = body.get("n_ctx") or (said and said.window)
    prompt = body.get("n_prompt_tokens") or (said and said.prompt)
    window, prompt = (int(window) if window else None), (int(prompt) if prompt else None)
    size = f" ({prompt} tokens, window {window})" if prompt and window else ""
    return ContextOverflowError(
        f"the request is longer than the model's context window{size}",
        hint="set SUMMARIZER_CONTEXT_LENGTH to the server's real window",
        prompt_tokens=prompt,
        context_length=window,
    )


def _said(error: BaseException, endpoint: Endpoint) -> str:
    """The server's message; some repeat the key that they were sent."""
    said = words_of(error)
    key = endpoint.api_key.get_secret_value() if endpoint.api_key else ""
    return (said.replace(key, "[key]") if key else said)[:_LONGEST_SAID]


def _key_variable(endpoint: Endpoint) -> str:
    return endpoint.key_source or (
        "OPENAI_API_KEY" if endpoint.provider == "openai" else endpoint.controls.api_key
    )
