"""The chat client: one way to every model, with a response cache."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from summarizer.closing import Closing
from summarizer.digest import Message, ModelRef, Usage, count_usage
from summarizer.errors import ContextOverflowError, RefusalError, SummarizerError
from summarizer.llm.abilities import (
    SHORTEST,
    Abilities,
    SchemaMode,
    effort_parameters,
    may_have_starved,
    thinks,
)
from summarizer.llm.answers import Attempts, OnText, read_answer, read_stream
from summarizer.llm.connection import Connection
from summarizer.llm.endpoint import Endpoint, choose_endpoint
from summarizer.llm.failures import CallerError, Fault
from summarizer.llm.messages import ChatRequest, Completion, request_body
from summarizer.llm.response_cache import ResponseCache, cache_key
from summarizer.llm.served import ServedModel, cost_usd
from summarizer.llm.structured import tells_yes_from_no
from summarizer.progress import alive

if TYPE_CHECKING:
    from openai import OpenAI

    from summarizer.settings import Settings

Progress = Callable[[int, int], None]
_LONG_PROMPT: Final = 8_000  # characters
_EXTRA: Final = ("chat_template_kwargs",)  # parameters that the SDK does not know
_FORMAT: Final = 1  # of what is cached: a change makes old answers unreachable
_PROBE: Final = ChatRequest(
    messages=(Message(role="user", content="Is snow white? Answer yes or no."),),
    max_tokens=16,
    top_logprobs=10,
)


def open_client(
    settings: Settings, *, verbose: bool = False, progress: Progress | None = None
) -> ChatClient:
    """The client of the model that ``settings`` and the environment choose.

    Nothing is sent, downloaded or started before the first use.

    Args:
        settings: the user's settings.
        verbose: let the embedded engine log.
        progress: called with bytes here and bytes in all while weights are downloaded.

    Raises:
        ConfigurationError: the model is unknown and no endpoint is set.
    """
    return ChatClient(choose_endpoint(settings), settings, verbose=verbose, progress=progress)


class ChatClient(Closing):
    """Sends chat requests to one model; safe to use from many threads.

    Attributes:
        endpoint: which endpoint, and why.
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
        self._epoch = settings.epoch
        self._temperature = settings.temperature
        self._reasoning = settings.reasoning
        self._cache = ResponseCache(settings.cache_dir if settings.cache else None)
        self._connection = Connection(endpoint, settings, verbose=verbose, progress=progress)
        self._served = ServedModel(self._connection, settings, cache=self._cache)
        self._is_embedded = endpoint.provider == "embedded"

    def complete(
        self, request: ChatRequest, *, on_text: OnText | None = None, epoch: int = 0
    ) -> Completion:
        """The answer to ``request``, from the cache or from the model.

        Args:
            request: what to send.
            on_text: called with each piece of the answer as it comes. After a broken stream the
                request is sent again, and only what goes beyond the text already passed is
                passed. Should the new answer start differently, nothing more is passed: then
                the joined pieces are not the completion's text, which is the one that counts.
            epoch: number of the sample, where several answers to one request are wanted; it is
                added to the epoch that is set.

        Raises:
            EndpointError: the endpoint failed (see its subclasses).
            RefusalError: the model refused.
            BaseException: what a listener of ``progress`` ends the work with.
        """
        alive()
        request, epoch = self._as_set(request), self._epoch + epoch
        key = self._key(request, epoch)
        cached = self._cached(key)
        if cached is not None:
            count_usage(cached.usage)
            if on_text and cached.text:
                on_text(cached.text)
            return cached
        seeded = request.model_copy(update={"seed": request.seed + epoch})
        completion = self._ask(seeded, on_text)
        count_usage(completion.usage)
        self._cache.put(key, completion.model_dump_json())
        return completion

    def forget(self, request: ChatRequest, *, epoch: int = 0) -> None:
        """Drop the answer to ``request`` from the cache: it was of no use."""
        self._cache.forget(self._key(self._as_set(request), self._epoch + epoch))

    @property
    def model(self) -> ModelRef:
        """The model that answers; asks the server for its first model where none was named."""
        return self._served.ref

    @property
    def context_length(self) -> int:
        """Tokens of one request, prompt and answer together, without those of reasoning."""
        window = self._served.known_window
        if window is None:  # an assumption, which leaves room enough
            return self._served.context_length
        return window - self._served.room(self._served.abilities.known)

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Tokens of ``messages``: the endpoint's own count where it gives one."""
        if self._served.counts_tokens is False:
            return self._served.count_tokens(messages)
        shown = [(m.role, m.content) for m in messages]
        key = cache_key(count=shown, model=self._served.identity, format=_FORMAT)
        known = self._cache.get(key)
        if known is not None and known.isdecimal():
            return int(known)
        count = self._served.count_tokens(messages)
        if self._served.counts_tokens:
            self._cache.put(key, str(count))
        return count

    @property
    def tokenizer(self) -> str:
        """How tokens are counted, for people."""
        return self._served.tokenizer

    @property
    def has_logprobs(self) -> bool:
        """Whether the first token of an answer tells yes from no; a tiny request finds out, once.

        Of the models that we measured it is known.
        """
        memory = self._served.abilities
        if self._served.is_measured and not thinks(memory.known, self._served.family):
            return True
        if memory.known.logprobs is None:
            probe = self._ask(_PROBE)
            # The first token of reasoning says nothing of the answer's probability; nor does an
            # empty answer, or a word that is neither.
            of_use = not probe.usage.reasoning_tokens and tells_yes_from_no(probe)
            if memory.known.logprobs is None or not of_use:
                memory.learn(memory.known, memory.known.model_copy(update={"logprobs": False}))
        return memory.known.logprobs is True

    @property
    def schema_mode(self) -> SchemaMode:
        """How JSON answers are asked for, as far as is known by now."""
        return self._served.abilities.known.schema_mode

    def distrust_schema(self) -> None:
        """An answer shows that the schema is not enforced: go one rung down, if there is one."""
        known = self._served.abilities.known
        weaker = known.weaker_schema()
        if weaker is not None and not self._is_embedded:
            self._served.abilities.learn(known, weaker)

    @property
    def slots(self) -> int | None:
        """Requests the embedded engine serves at a time; None for endpoints that tell no limit."""
        return self._served.slots

    def close(self) -> None:
        """Give connections and files back."""
        self._connection.close()
        self._cache.close()

    def _ask(self, request: ChatRequest, on_text: OnText | None = None) -> Completion:
        """The model's answer, with as little conceded as the endpoint allows.

        What an error took is counted.

        Raises the errors of ``ChatClient.complete``.
        """
        length = sum(len(message.content) for message in request.messages)
        # The engine tells of its reading, which may take a minute, in a stream alone.
        is_long = self._is_embedded and length > _LONG_PROMPT and request.max_tokens > 1
        attempts = Attempts(on_text)
        try:
            answer = self._answer(request, attempts, stream=on_text is not None or is_long)
        except SummarizerError as error:
            # What comes to nothing is paid, too; an endpoint that never answered charges nothing.
            if isinstance(error, RefusalError) or attempts.usage.tokens:
                count_usage(self._paid(attempts))
            raise
        return answer.model_copy(update={"usage": self._paid(attempts)})

    def _answer(self, request: ChatRequest, attempts: Attempts, *, stream: bool) -> Completion:
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
                weaker = None if self._is_embedded else abilities.conceding(body, said=fault.named)
                if weaker is None:
                    raise self._explained(rejection) from None
                abilities = weaker
                continue
            room = self._served.room(abilities)
            abilities = abilities.shown_by(answer, request, room=room)
            self._served.abilities.learn(self._served.abilities.known, abilities)
            starved = may_have_starved(answer, request)
            if not (starved and self._served.room(abilities) > self._served.room(before)):
                return answer

    def _body(self, request: ChatRequest, abilities: Abilities, *, stream: bool) -> dict[str, Any]:
        family, provider = self._served.family, self.endpoint.provider
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

    def _send(self, body: dict[str, Any], attempts: Attempts, abilities: Abilities) -> Completion:
        unopened = abilities.unopened or self._served.family.unopened
        extra = {name: body[name] for name in _EXTRA if name in body}
        if self._is_embedded:
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

    def _paid(self, attempts: Attempts) -> Usage:
        cost = cost_usd(self.endpoint, model=self._served.name, usage=attempts.usage)
        return attempts.usage.model_copy(update={"cost_usd": cost})

    def _as_set(self, request: ChatRequest) -> ChatRequest:
        """The request at the temperature that is set, if one is."""
        if self._temperature is None:
            return request
        return request.model_copy(update={"temperature": self._temperature})

    def _key(self, request: ChatRequest, epoch: int) -> str:
        effort = {} if self._reasoning == "least" else {"reasoning": self._reasoning}
        return cache_key(
            **effort,
            request=request.model_dump(mode="json"),
            model=self._served.identity,
            epoch=epoch,
            format=_FORMAT,
        )

    def _cached(self, key: str) -> Completion | None:
        try:
            completion = Completion.model_validate_json(self._cache.get(key) or "")
        except ValidationError:  # there is none, or by another version
            return None
        return completion.model_copy(update={"usage": Usage(cached_responses=1)})
