"""One request and its answer: with what the endpoint accepts, tried again where that helps."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from summarizer.llm.abilities import Abilities
from summarizer.llm.connection import Connection
from summarizer.llm.failures import (
    CallerError,
    explain,
    is_connection_failure,
    is_failure,
    is_rejection,
    message_of,
)
from summarizer.llm.messages import ChatRequest, Completion
from summarizer.llm.prices import cost_usd
from summarizer.llm.protocol import Answer, read_answer, read_stream, request_body
from summarizer.llm.retry import with_retries
from summarizer.llm.served import ServedModel

if TYPE_CHECKING:
    from openai import OpenAI

OnText = Callable[[str], None]


class Exchange:
    """Sends requests to one model."""

    def __init__(self, connection: Connection, served: ServedModel, *, max_retries: int) -> None:
        self._connection = connection
        self._served = served
        self._endpoint = connection.endpoint
        self._embedded = connection.endpoint.provider == "embedded"
        # llama.cpp's own: keep what was read of the prompt for requests that begin alike.
        self._extra = {"cache_prompt": True} if self._embedded else None
        self._max_retries = max_retries
        self._lock = threading.Lock()
        self._slots: threading.BoundedSemaphore | None = None
        self._limit: threading.BoundedSemaphore | None = None

    def ask(self, request: ChatRequest, on_text: OnText | None = None) -> Completion:
        """The model's answer, with as little conceded as the endpoint allows.

        Raises the errors of ``ChatClient.complete``.
        """
        attempts = _Attempts(on_text)
        before = abilities = self._served.abilities.known
        rejection: Exception | None = None  # the first: of the fullest request
        while True:
            body = request_body(
                request,
                model=self._served.name,
                provider=self._endpoint.provider,
                abilities=abilities,
                stream=on_text is not None,
            )
            try:
                with self._turn():
                    answer = self._send(body, attempts)
                break
            except CallerError as bug:
                raise bug.__cause__ or bug from None
            except Exception as error:
                if not is_failure(error):
                    raise
                weaker = self._conceding(abilities, body, error)
                if weaker is None:
                    told = rejection if rejection and is_rejection(error) else error
                    raise explain(told, self._endpoint, model=self._served.name) from None
                rejection = rejection or error
                abilities = weaker
        if "logprobs" in body and answer.text and abilities.logprobs is None:
            abilities = abilities.model_copy(update={"logprobs": answer.logprobs is not None})
        self._served.abilities.learn(before, abilities)
        return self._completion(answer, attempts)

    def _send(self, body: dict[str, Any], attempts: _Attempts) -> Answer:
        def send(sdk: OpenAI) -> Answer:
            response = sdk.chat.completions.create(**body, extra_body=self._extra)
            if not body.get("stream"):
                return read_answer(response)
            with response:
                return read_stream(response, attempts.receiver())

        def once() -> Answer:
            sdk = self._connection.sdk()
            attempts.made += 1
            began = time.monotonic()
            try:
                return self._connection.ask(send)
            except Exception as error:
                if self._embedded and is_connection_failure(error):
                    self._connection.restart(sdk)
                raise
            finally:
                attempts.seconds += time.monotonic() - began

        if self._embedded:  # its other failures are no accidents: they would come again
            return with_retries(once, max_retries=1, worth_it=is_connection_failure)
        return with_retries(once, max_retries=self._max_retries)

    def limit(self, requests: int) -> None:
        """Send at most so many requests at a time to an endpoint."""
        self._limit = threading.BoundedSemaphore(requests)

    def _turn(self) -> AbstractContextManager[Any]:
        """A slot of the embedded engine: the time limit starts when a request is served."""
        engine = self._connection.engine
        if engine is None:
            return self._limit or nullcontext()
        with self._lock:
            if self._slots is None:
                self._slots = threading.BoundedSemaphore(engine.slots)
            return self._slots

    def _conceding(
        self, abilities: Abilities, body: dict[str, Any], error: Exception
    ) -> Abilities | None:
        if self._embedded or not is_rejection(error):
            return None
        return abilities.conceding(body, said=message_of(error))

    def _completion(self, answer: Answer, attempts: _Attempts) -> Completion:
        used = answer.usage
        cost = cost_usd(
            self._endpoint,
            model=self._served.name,
            prompt_tokens=used.prompt_tokens,
            cached_tokens=used.cached_tokens,
            completion_tokens=used.completion_tokens,
        )
        usage = used.model_copy(
            update={"requests": attempts.made, "seconds": attempts.seconds, "cost_usd": cost}
        )
        return Completion(
            text=answer.text,
            finish_reason=answer.finish_reason,
            logprobs=answer.logprobs,
            usage=usage,
        )


class _Attempts:
    """How often a request was sent, and what of its answer was passed on.

    Only text beyond what an earlier attempt passed is passed; nothing once an answer differs.
    """

    def __init__(self, on_text: OnText | None) -> None:
        self.made = 0
        self.seconds = 0.0  # spent on requests, without the waits between them
        self._on_text = on_text
        self._passed = ""

    def receiver(self) -> OnText:
        """The receiver of a new stream."""
        text = ""

        def receive(piece: str) -> None:
            nonlocal text
            text += piece
            if self._on_text and text.startswith(self._passed) and text != self._passed:
                new = text[len(self._passed) :]
                self._passed = text
                try:
                    self._on_text(new)
                except Exception as bug:
                    raise CallerError from bug

        return receive
