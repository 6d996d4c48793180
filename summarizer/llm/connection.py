"""The line to an endpoint: opened on first use, shared by all threads.

Opening the embedded engine fetches its weights if need be and starts its server; opening
another endpoint sends nothing. The SDK's own retries are off: throttle.py does that. Whatever an
endpoint sends is bounded in bytes, in time and, by Python's own limit of recursion, in depth.
"""

from __future__ import annotations

import json
import math
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias, TypeVar

from summarizer.errors import ConfigurationError, SummarizerError
from summarizer.llm.endpoint import Endpoint, is_loopback
from summarizer.llm.failures import (
    CallerError,
    Fault,
    NotAnAnswerError,
    OversizedAnswerError,
    explain,
)
from summarizer.llm.throttle import Throttle
from summarizer.progress import Progress, holding, step, tell_download

if TYPE_CHECKING:
    from openai import OpenAI

    from summarizer.llm.embedded.server import Server
    from summarizer.settings import Settings

T = TypeVar("T")
_AZURE_VERSION: Final = "2024-10-21"  # the newest that is generally available
_CONNECT_TIMEOUT: Final = 10.0  # seconds
# Of one answer. 64 vectors of 8,192 numbers have 12 MB; what comes compressed is read compressed.
_MAX_BYTES: Final = 16 * 1024 * 1024
_MAX_FILE_BYTES: Final = 4 * 1024 * 1024 * 1024
_WHOLE: Final = 2  # a whole answer may take so many times as long as its next bytes
_CHAT: Final = "/chat/completions"
_ALL_URLS: Final = ("all://", "http://", "https://")


class StoredAnswer(NamedTuple):
    """What an endpoint answered: the HTTP status, and the JSON."""

    status: int
    body: Any


# The answer that is known; None: the endpoint is asked now. May raise what ends the attempt.
Answers: TypeAlias = Callable[[dict[str, Any]], StoredAnswer | None]
_answers: ContextVar[Answers | None] = ContextVar("_answers", default=None)


def answered_by(answers: Answers) -> AbstractContextManager[None]:
    """Inside, chat requests get their answer from ``answers``."""
    return holding(_answers, answers)


class Connection:
    """The SDK client of one endpoint and what the server says of itself.

    Args:
        endpoint: which endpoint, and why.
        settings: the user's settings.
        verbose: let the embedded engine log.
        progress: called with bytes here and bytes in all while weights are downloaded.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        settings: Settings,
        *,
        verbose: bool = False,
        progress: Progress | None = None,
    ) -> None:
        self.endpoint = endpoint
        self.settings = settings
        self._verbose = verbose
        self._progress = progress
        self._throttle = Throttle(max_retries=settings.max_retries, patience=settings.retry_seconds)
        self._lock = threading.RLock()
        self._listing = threading.Lock()  # closing must not wait for a list that does not come
        self._sdk: OpenAI | None = None
        self._closed = False
        self._engine: Server | None = None
        self._slots = threading.BoundedSemaphore()  # of the engine; as many as it has, once it runs
        self._listed: list[dict[str, Any]] | None = None

    def sdk(self) -> OpenAI:
        """The client, opened if it is not. SummarizerError once the connection is closed."""
        with self._lock:
            if self._closed:  # what is under way sends nothing again
                raise SummarizerError("Summarizer is closed", hint="use it inside its with block")
            if self._sdk is None:
                self._sdk = self._open()
            return self._sdk

    @property
    def is_open(self) -> bool:
        """Whether the client is open: for the embedded engine, whether the server runs."""
        return self._sdk is not None

    @property
    def engine(self) -> Server | None:
        """The handle of the embedded server; None for other endpoints."""
        if self.endpoint.provider == "embedded":
            self.sdk()
        return self._engine

    def ask(self, send: Callable[[OpenAI], T]) -> T:
        """The result of ``send`` with the client, tried once: the one place that asks an endpoint.

        Raises:
            Fault: the endpoint failed.
            Exception: ``CallerError``, and errors of ours that are raised in ``send``.
        """
        sdk = self.sdk()
        try:
            return send(sdk)
        except (SummarizerError, CallerError):
            raise
        except Exception as error:
            raise Fault(error) from error

    def insist(self, send: Callable[[OpenAI], T]) -> T:
        """The result of ``ask``, in its turn, and asked again where that may help."""
        if self.endpoint.provider != "embedded":
            return self._throttle.call(lambda: self.ask(send))
        self.sdk()
        with self._slots:  # the time limit starts when a request is served
            sdk = self.sdk()
            try:
                return self.ask(send)
            except Fault as fault:
                if not fault.lost:  # its other failures would come again
                    raise
            with self._lock:
                if self._sdk is sdk:  # else another thread has started it again
                    self._give_back()
                    self._sdk = self._open()
            return self.ask(send)

    def explained(self, error: Fault | SummarizerError, *, model: str) -> SummarizerError:
        """The error of ours that says the same; one of many articles ends them all with it."""
        self._throttle.count_failure(error)
        if isinstance(error, Fault):
            error = explain(error, self.endpoint, model=model)
        error.stops_batch = error.stops_batch or self._throttle.has_given_up
        return error

    def listed_models(self) -> list[dict[str, Any]]:
        """The server's own list of models, fetched once. Fault for any other page."""
        with self._listing:
            if self._listed is None:
                self._listed = self.insist(_list_models)
            return self._listed

    def close(self) -> None:
        """Give the connections back. The embedded server is shared: it ends with the process."""
        with self._lock:
            self._closed = True
            self._give_back()

    def _give_back(self) -> None:
        with self._lock:
            sdk, self._sdk, self._engine = self._sdk, None, None
        if sdk is not None:
            sdk.close()

    def _open(self) -> OpenAI:
        if self.endpoint.base_url is not None:
            key = self.endpoint.api_key
            # The SDK insists on one; local servers ignore it.
            return self._client(self.endpoint.base_url, key.get_secret_value() if key else "none")
        from summarizer.llm.embedded.model_catalog import DEFAULT_MODEL
        from summarizer.llm.embedded.shared import shared_server
        from summarizer.llm.embedded.weights import ensure_weights

        path = ensure_weights(
            self.endpoint.model or DEFAULT_MODEL,
            settings=self.settings,
            progress=self._progress or tell_download,
        )
        step("starting the model")
        self._engine = shared_server(path, settings=self.settings, verbose=self._verbose)
        self._slots = threading.BoundedSemaphore(self._engine.slots)
        return self._client(self._engine.base_url, self._engine.api_key)

    def _client(self, base_url: str, key: str) -> OpenAI:
        import openai

        timeout = self.settings.timeout
        try:
            options: dict[str, Any] = {
                "http_client": _client_class()(
                    # A proxy cannot reach this machine's own loopback.
                    mounts=dict.fromkeys(_ALL_URLS) if is_loopback(base_url) else None,
                    # Articles and keys go where the user sends them, and no further.
                    follow_redirects=False,
                    # A compressed answer is as large as it likes once it is unpacked.
                    headers={"Accept-Encoding": "identity"},
                    event_hooks={"response": [_bound]},
                ),
                "max_retries": 0,
                "timeout": openai.Timeout(timeout, connect=min(timeout, _CONNECT_TIMEOUT)),
            }
            sdk: OpenAI
            if self.endpoint.azure:
                has_token = self.endpoint.key_source == "AZURE_OPENAI_AD_TOKEN"
                options["azure_ad_token" if has_token else "api_key"] = key
                version = os.environ.get("OPENAI_API_VERSION") or _AZURE_VERSION
                sdk = openai.AzureOpenAI(azure_endpoint=base_url, api_version=version, **options)
                if not has_token:  # openai 2.x takes it from the environment, whoever it is for
                    sdk._azure_ad_token = None
            else:
                sdk = openai.OpenAI(base_url=base_url, api_key=key, **options)
        except Exception as error:  # nothing was sent yet: it is what the user has set
            raise ConfigurationError(
                f"no connection to {self.endpoint.display_url} can be opened: {error}",
                hint="check the address, and the variables HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and "
                "SSL_CERT_FILE",
            ) from None
        _time_answers(sdk._client, _WHOLE * timeout)
        if self.endpoint.key_source != "OPENAI_API_KEY":
            # These come from OPENAI_* variables, which belong to another endpoint.
            sdk.organization = sdk.project = None
            sdk._custom_headers = {}
            if hasattr(sdk, "admin_api_key"):
                sdk.admin_api_key = None
        return sdk


def _list_models(sdk: OpenAI) -> list[dict[str, Any]]:
    page: Any = sdk.get("/models", cast_to=object)
    found = page.get("data") if isinstance(page, dict) else None
    if not isinstance(found, list):
        raise NotAnAnswerError("its /models is no list of models")
    return [model for model in found if isinstance(model, dict)]


class _Timed:
    """A network stream on which an answer ends so many seconds after its request.

    A limit for each read alone lets a server that sends a byte now and then hold the program.
    """

    def __init__(self, stream: Any, seconds: float) -> None:
        self._stream, self._seconds, self._deadline = stream, seconds, math.inf

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def start_tls(self, *args: Any, **others: Any) -> _Timed:
        return _Timed(self._stream.start_tls(*args, **others), self._seconds)

    def write(self, *args: Any, **others: Any) -> None:
        self._stream.write(*args, **others)
        self._deadline = time.monotonic() + self._seconds

    def read(self, *args: Any, **others: Any) -> Any:
        if time.monotonic() > self._deadline:
            raise OversizedAnswerError(f"did not end in {self._seconds:g} s")
        return self._stream.read(*args, **others)


def _time_answers(client: Any, seconds: float) -> None:
    """Let each answer to ``client``, status line and headers too, take so long, and no longer."""
    for transport in filter(None, (client._transport, *client._mounts.values())):
        network = transport._pool._network_backend
        connect = network.connect_tcp
        network.connect_tcp = lambda connect=connect, **where: _Timed(connect(**where), seconds)


def _bound(response: Any) -> None:
    """Let ``response`` of the HTTP client have so many bytes, and no more."""
    if response.headers.get("content-encoding", "identity") != "identity":
        raise NotAnAnswerError("it compresses its answers, which nobody asked for")
    stream = response.stream
    # The answers to 50,000 requests are one file, which is written to the disk as it comes.
    most = _MAX_FILE_BYTES if response.request.url.path.endswith("/content") else _MAX_BYTES

    class Bounded(_httpx().SyncByteStream):  # type: ignore[misc]  # known at run time only
        def __iter__(self) -> Iterator[bytes]:
            received = 0
            for part in stream:
                received += len(part)
                if received > most:
                    raise OversizedAnswerError(f"has more than {most >> 20} MB")
                yield part

        def close(self) -> None:
            stream.close()

    response.stream = Bounded()


def _client_class() -> Any:
    """The SDK's HTTP client, asking ``answered_by`` first, where there is one."""
    import openai

    class Client(openai.DefaultHttpxClient):
        def send(self, request: Any, **options: Any) -> Any:
            answers, found = _answers.get(), None
            if answers is not None and request.url.path.endswith(_CHAT):
                found = answers(json.loads(request.content))
            if found is None:
                return super().send(request, **options)
            # As it was stored: the SDK reads what no JSON of a standard has, such as NaN.
            content = json.dumps(found.body).encode()
            headers = {"Content-Type": "application/json"}
            return _httpx().Response(
                found.status, content=content, headers=headers, request=request
            )

    return Client


def _httpx() -> Any:
    """The package of the SDK's HTTP client: openai 2.x brings httpx, 3.x httpx2."""
    import openai

    return sys.modules[openai.DefaultHttpxClient.__mro__[1].__module__.partition(".")[0]]
