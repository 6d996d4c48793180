"""The chat client: one way to every model, with a response cache."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from summarizer.digest import Message, Usage, count_usage
from summarizer.errors import ContextOverflowError, RefusalError, SummarizerError
from summarizer.llm.abilities import SHORTEST, Abilities, may_have_starved, request_body
from summarizer.llm.answers import OnText, read_answer, read_stream
from summarizer.llm.connection import Connection
from summarizer.llm.endpoint import choose_endpoint
from summarizer.llm.failures import CallerError, Fault
from summarizer.llm.messages import ChatRequest, Completion, counted_usage
from summarizer.llm.response_cache import cache_key
from summarizer.llm.served import FORMAT, ServedModel, cost_usd
from summarizer.progress import Progress, step

if TYPE_CHECKING:
    from openai import OpenAI

    from summarizer.settings import Settings

_LONG_PROMPT: Final = 8_000  # characters
_EXTRA: Final = ("chat_template_kwargs",)  # parameters that the SDK does not know
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
    endpoint = choose_endpoint(settings)
    return ChatClient(Connection(endpoint, settings, verbose=verbose, progress=progress))


class ChatClient(ServedModel):
    """Sends chat requests to one model; safe to use from many threads."""

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
        step(None)
        request, epoch = self._as_set(request), self._settings.epoch + epoch
        key = self._key(request, epoch)
        completion = self._cached(key)
        if completion is None:
            seeded = request.model_copy(update={"seed": request.seed + epoch})
            completion = self._ask(seeded, on_text)
            self._cache.put(key, completion.model_dump_json())
        elif on_text and completion.text:
            on_text(completion.text)
        count_usage(completion.usage)
        return completion

    def forget(self, request: ChatRequest, *, epoch: int = 0) -> None:
        """Drop the answer to ``request`` from the cache: it was of no use."""
        self._cache.forget(self._key(self._as_set(request), self._settings.epoch + epoch))

    @property
    def has_logprobs(self) -> bool:
        """Whether the first token of an answer tells yes from no; a tiny request finds out, once.

        Of the models that we measured it is known.
        """
        measured = self._entry is not None and self._entry.measured
        if measured and not self._known.thinks:
            return True
        if self._known.logprobs is None:
            probe = self._ask(_PROBE)
            count_usage(probe.usage)
            # The first token of reasoning says nothing of the answer's probability; nor does an
            # empty answer, or a word that is neither.
            of_use = not probe.usage.reasoning_tokens and sum(probe.yes_and_no) > 0
            if self._known.logprobs is None or not of_use:
                self._learn({"logprobs": False})
        return self._known.logprobs is True

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
        abilities = before = self._known
        rejection: Fault | None = None  # the first: of the fullest request
        while True:
            room = self._room(abilities)
            body = request_body(
                request,
                model=self._name,
                provider=self.endpoint.provider,
                abilities=abilities,
                stream=stream,
                room=room if request.max_tokens >= SHORTEST else 0,
                effort=self._effort(abilities),
            )
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
            abilities = abilities.shown_by(answer, request, room=room)
            # Other threads may have learned more meanwhile.
            self._learn({name: new for name, new in abilities if new != getattr(before, name)})
            if not may_have_starved(answer, request) or self._room(abilities) <= room:
                return answer

    def _explained(self, error: Fault | SummarizerError) -> SummarizerError:
        known = self._connection.explained(error, model=self._name)
        if isinstance(known, ContextOverflowError):
            self._learn_window(known)
        return known

    def _send(self, body: dict[str, Any], attempts: Attempts, abilities: Abilities) -> Completion:
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
                        answer = read_stream(
                            response, attempts.receiver(), unopened=abilities.unopened
                        )
                else:
                    answer = read_answer(response, unopened=abilities.unopened)
                paid = counted_usage(answer.usage, body, answer.text)
                return answer
            except RefusalError as refused:
                paid = counted_usage(refused.usage, body, "")
                raise
            finally:
                attempts.usage += paid
                attempts.usage += Usage(requests=1, seconds=time.monotonic() - began)

        return self._connection.insist(send)

    def _paid(self, attempts: Attempts) -> Usage:
        cost = cost_usd(self.endpoint, model=self._name, usage=attempts.usage)
        return attempts.usage.model_copy(update={"cost_usd": cost})

    def _as_set(self, request: ChatRequest) -> ChatRequest:
        """The request at the temperature that is set, if one is."""
        wanted = self._settings.temperature
        return request if wanted is None else request.model_copy(update={"temperature": wanted})

    def _key(self, request: ChatRequest, epoch: int) -> str:
        wanted = self._settings.reasoning
        effort = {} if wanted == "least" else {"reasoning": wanted}
        return cache_key(
            **effort,
            request=request.model_dump(mode="json"),
            model=self._identity,
            epoch=epoch,
            format=FORMAT,
        )

    def _cached(self, key: str) -> Completion | None:
        try:
            completion = Completion.model_validate_json(self._cache.get(key) or "")
        except ValidationError:  # there is none, or by another version
            return None
        return completion.model_copy(update={"usage": Usage(cached_responses=1)})


class Attempts:
    """What a request used in all that was sent, and what of its answer was passed on.

    Only text beyond what an earlier attempt passed is passed; nothing once an answer differs.
    """

    def __init__(self, on_text: OnText | None) -> None:
        self.usage = Usage()  # also of answers of no use; without the waits between requests
        self._on_text = on_text
        self._passed: list[str] = []

    def receiver(self) -> OnText:
        """The receiver of a new stream."""
        before, place, differs = "".join(self._passed), 0, False

        def receive(piece: str) -> None:
            nonlocal place, differs
            repeated, new = piece[: len(before) - place], piece[len(before) - place :]
            differs = differs or not before.startswith(repeated, place)
            place += len(repeated)
            if self._on_text and new and not differs:
                self._passed.append(new)
                try:
                    step(None)  # whoever listens to the progress may end the work here
                    self._on_text(new)
                except Exception as bug:
                    raise CallerError from bug

        return receive
