"""One request and its answer: with what the endpoint accepts, tried again where that helps."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from summarizer.digest import Usage, count_usage
from summarizer.errors import ContextOverflowError, RefusalError, SummarizerError
from summarizer.llm.abilities import SHORTEST, Abilities, effort_parameters
from summarizer.llm.answers import read_answer, read_stream
from summarizer.llm.connection import Connection
from summarizer.llm.failures import CallerError, Fault
from summarizer.llm.messages import ChatRequest, Completion, request_body
from summarizer.llm.served import ServedModel, cost_usd
from summarizer.progress import alive

if TYPE_CHECKING:
    from openai import OpenAI

OnText = Callable[[str], None]
_LONG_PROMPT: Final = 8_000  # characters
_EXTRA: Final = ("chat_template_kwargs",)  # parameters that the SDK does not know


class Exchange:
    """Sends requests to one model."""

    def __init__(self, connection: Connection, served: ServedModel, *, reasoning: str) -> None:
        self._connection = connection
        self._served = served
        self._endpoint = connection.endpoint
        self._embedded = connection.endpoint.provider == "embedded"
        self._reasoning = reasoning

    def ask(self, request: ChatRequest, on_text: OnText | None = None) -> Completion:
        """The model's answer, with as little conceded as the endpoint allows.

        What an error took is counted.

        Raises the errors of ``ChatClient.complete``.
        """
        length = sum(len(message.content) for message in request.messages)
        # The engine tells of its reading, which may take a minute, in a stream alone.
        is_long = self._embedded and length > _LONG_PROMPT and request.max_tokens > 1
        attempts = _Attempts(on_text)
        try:
            answer = self._answer(request, attempts, stream=on_text is not None or is_long)
        except SummarizerError as error:
            # What comes to nothing is paid, too; an endpoint that never answered charges nothing.
            if isinstance(error, RefusalError) or attempts.usage.tokens:
                count_usage(self._paid(attempts))
            raise
        return answer.model_copy(update={"usage": self._paid(attempts)})

    def _answer(self, request: ChatRequest, attempts: _Attempts, *, stream: bool) -> Completion:
        abilities = self._served.abilities.known
        rejection: Fault | None = None  # the first: of the fullest request
        while True:
            before, body = abilities, self._body(request, abilities, stream=stream)
            try:
                answer = self._send(body, attempts, abilities)
            except CallerError as bug:
                raise bug.__cause__ or bug from None
            except SummarizerError as error:
                raise self._explained(error) from None
            except Fault as fault:
                if not fault.is_rejection:
                    raise self._explained(fault) from None
                rejection = rejection or fault
                weaker = None if self._embedded else abilities.conceding(body, said=fault.named)
                if weaker is None:
                    raise self._explained(rejection) from None
                abilities = weaker
                continue
            abilities = self._shown(abilities, request, answer)
            self._served.abilities.learn(self._served.abilities.known, abilities)
            starved = _may_have_starved(request, answer)
            if not (starved and self._served.room(abilities) > self._served.room(before)):
                return answer

    def _body(self, request: ChatRequest, abilities: Abilities, *, stream: bool) -> dict[str, Any]:
        family, provider = self._served.family, self._endpoint.provider
        return request_body(
            request,
            model=self._served.name,
            provider=provider,
            abilities=abilities,
            stream=stream,
            room=self._served.room(abilities) if request.max_tokens >= SHORTEST else 0,
            effort=effort_parameters(abilities, family, provider=provider, wanted=self._reasoning),
        )

    def _explained(self, error: Fault | SummarizerError) -> SummarizerError:
        known = self._connection.explained(error, model=self._served.name)
        if isinstance(known, ContextOverflowError):
            self._served.learn_window(known)
        return known

    def _shown(self, abilities: Abilities, request: ChatRequest, answer: Completion) -> Abilities:
        """The abilities with what an answer shows of them."""
        found: dict[str, Any] = {"unopened": abilities.unopened or answer.unopened}
        if request.top_logprobs and answer.text and abilities.logprobs is None:
            found["logprobs"] = answer.logprobs is not None
        thought = answer.usage.reasoning_tokens
        if _may_have_starved(request, answer):
            # All of the room went into it, and more would have.
            thought = max(thought, self._served.room(abilities), 1)
        if thought:
            found |= {"thinks": True, "thought": max(abilities.thought, thought)}
        return abilities.model_copy(update=found)

    def _send(self, body: dict[str, Any], attempts: _Attempts, abilities: Abilities) -> Completion:
        unopened = abilities.unopened or self._served.family.unopened
        extra = {name: body[name] for name in _EXTRA if name in body}
        if self._embedded:
            # llama.cpp's own: what was read of the prompt is kept for requests that begin alike,
            # and reading is told of, so that a long prompt is not taken for silence.
            extra["cache_prompt"] = True
            extra |= {"return_progress": True} if body.get("stream") else {}
        known = {name: value for name, value in body.items() if name not in _EXTRA}

        def send(sdk: OpenAI) -> Completion:
            began, paid = time.monotonic(), Usage()
            try:
                response = sdk.chat.completions.create(**known, extra_body=extra or None)
                if body.get("stream"):
                    with response:
                        answer = read_stream(response, attempts.receiver(), unopened=unopened)
                else:
                    answer = read_answer(response, unopened=unopened)
                paid = answer.usage
                return answer
            except RefusalError as refused:
                paid = refused.usage
                raise
            finally:
                attempts.usage += paid
                attempts.usage += Usage(requests=1, seconds=time.monotonic() - began)

        return self._connection.insist(send)

    def _paid(self, attempts: _Attempts) -> Usage:
        cost = cost_usd(self._endpoint, model=self._served.name, usage=attempts.usage)
        return attempts.usage.model_copy(update={"cost_usd": cost})


def _may_have_starved(request: ChatRequest, answer: Completion) -> bool:
    """Whether an answer was cut by a limit that reasoning may have used up."""
    if answer.finish_reason != "length":
        return False
    visible = answer.usage.completion_tokens - answer.usage.reasoning_tokens
    hidden = bool(answer.usage.reasoning_tokens) and visible < request.max_tokens
    return request.max_tokens >= SHORTEST and (hidden or not answer.text)


class _Attempts:
    """What a request used in all that was sent, and what of its answer was passed on.

    Only text beyond what an earlier attempt passed is passed; nothing once an answer differs.
    """

    def __init__(self, on_text: OnText | None) -> None:
        self.usage = Usage()  # also of answers of no use; without the waits between requests
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
                    alive()  # whoever listens to the progress may end the work here
                    self._on_text(new)
                except Exception as bug:
                    raise CallerError from bug

        return receive
