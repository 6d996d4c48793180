"""Answers that code can use: JSON, or the probability of yes.

JSON is parsed strictly, repaired once by another turn, and else a named error.

A model that is asked for a verdict writes one down whatever it thinks; the log-probabilities of
the first token of its answer tell how sure it is. What stands first in the messages and is the
same for many questions (instructions, a text) is read once by the server, so the question comes
last. The probability is the model's own, not calibrated: each user fits what it means.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, NoReturn, TypeVar

from summarizer.digest import Message, Usage
from summarizer.errors import (
    ModelOutputError,
    PromptRefusedError,
    RefusalError,
    TruncatedOutputError,
)
from summarizer.llm.messages import ChatRequest, Completion
from summarizer.text import encodable

if TYPE_CHECKING:
    from summarizer.llm.answers import OnText
    from summarizer.llm.client import ChatClient

T = TypeVar("T")
_FENCE: Final = re.compile(r"```(?:json)?[ \t]*$", re.IGNORECASE | re.MULTILINE)
_TOO_LONG: Final = "the answer was cut off at the token limit; answer again, much shorter"
_REFUSED: Final = Completion(text="(refused)", finish_reason="stop", usage=Usage())
_SHOWN: Final = 200  # characters of an answer in an error message


class JsonAnswer(NamedTuple, Generic[T]):
    """A parsed answer, and the completion it was read from."""

    value: T
    completion: Completion


def object_schema(properties: dict[str, Any]) -> dict[str, Any]:
    """The JSON Schema of an object that has these properties and no other."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def parse_json(text: str) -> Any:
    r"""The one JSON value that ``text`` is, or that its one code fence holds.

    >>> parse_json('```json\n{"topics": []}\n```')
    {'topics': []}

    Raises:
        ValueError: the text is empty, is not JSON (RFC 8259: no NaN), or names a field twice.
    """
    stripped = text.strip()
    if not stripped:
        raise ValueError("the answer is empty")
    parts = _FENCE.split(stripped, maxsplit=3)
    try:
        one = parts[1] if len(parts) == 3 else stripped
        value = json.loads(one, object_pairs_hook=_unique, parse_constant=_no_constant)
        # An escape may be of half a character, which no UTF-8 can hold.
        return json.loads(encodable(json.dumps(value, ensure_ascii=False)))
    except json.JSONDecodeError as error:
        raise ValueError(
            f"the answer is not one JSON value: {error.msg} at character {error.pos}"
        ) from None
    except RecursionError:
        raise ValueError("the answer is nested too deeply") from None


def complete_json(
    client: ChatClient,
    request: ChatRequest,
    *,
    parse: Callable[[str], T],
    repair: Callable[[str, str], str],
    on_text: OnText | None = None,
    epoch: int = 0,
) -> JsonAnswer[T]:
    """The parsed answer to ``request``, after one repair turn if need be.

    Args:
        client: the model.
        request: mostly with a ``json_schema``.
        parse: the value of an answer's text; raises ValueError with the reason of a violation.
        repair: (answer, violation) to the text of the user message that asks for a better one.
        on_text: sees the pieces of the first answer only.
        epoch: number of the sample.

    Raises:
        TruncatedOutputError: the answer was cut at the token limit, twice.
        ModelOutputError: the answer violates the format, twice.
        RefusalError: the model refused, twice; or a filter refused the request.
        EndpointError: the endpoint failed.
    """
    try:
        first = client.complete(request, on_text=on_text, epoch=epoch)
        value, violation = _attempt(first, parse)
    except PromptRefusedError:
        raise
    except RefusalError as refusal:
        first, value, violation = _REFUSED, None, str(refusal)
    if violation is None:
        return JsonAnswer(value, first)
    answered = first is not _REFUSED and first.finish_reason == "stop"
    if answered and _ignores(request.json_schema, first.text):
        client.distrust_schema()
    second_request = _second_request(client, request, first, violation, repair)
    second = client.complete(second_request, epoch=epoch)
    value, violation = _attempt(second, parse)
    if violation is None:
        return JsonAnswer(value, second)
    # A later run may be luckier; the same two answers from the cache would not be.
    client.forget(request, epoch=epoch)
    client.forget(second_request, epoch=epoch)
    raise _unusable(client, second, violation)


def _attempt(completion: Completion, parse: Callable[[str], T]) -> tuple[Any, str | None]:
    """(value, None), or (None, what is wrong with the answer)."""
    if completion.finish_reason == "length":
        return None, _TOO_LONG  # what was cut may still parse, and say something else
    if not completion.text.strip():
        return None, "the answer is empty"
    try:
        return parse(completion.text), None
    except ValueError as error:
        return None, str(error)


def _second_request(
    client: ChatClient,
    request: ChatRequest,
    first: Completion,
    violation: str,
    repair: Callable[[str, str], str],
) -> ChatRequest:
    ask = Message(role="user", content=repair(first.text, violation))
    answer = Message(role="assistant", content=first.text or "(empty)")
    longer = request.max_tokens
    if first.finish_reason == "length":
        # A cut answer is of no use to the model, and its room is needed for the next one.
        answer = Message(role="assistant", content="(cut off)")
        room = client.context_length - client.count_tokens((*request.messages, answer, ask))
        longer = max(longer, min(2 * longer, room))
    messages = (*request.messages, answer, ask)
    return request.model_copy(update={"messages": messages, "max_tokens": longer})


def _ignores(schema: dict[str, Any] | None, text: str) -> bool:
    """Whether the server cannot have enforced the schema: no JSON, or a field is missing."""
    if schema is None:
        return False
    try:
        value = parse_json(text)
    except ValueError:
        return True
    required = set(schema.get("required", ())) if schema.get("type") == "object" else set()
    return bool(required) and not (isinstance(value, dict) and required <= value.keys())


def _unusable(client: ChatClient, answer: Completion, violation: str) -> ModelOutputError:
    name = client.model.name
    if answer.finish_reason == "length":
        return TruncatedOutputError(
            f"the answer of {name!r} was cut off at the token limit, twice",
            hint="use a larger model, a larger SUMMARIZER_CONTEXT_LENGTH, or a shorter --length",
        )
    shown = answer.text[:_SHOWN] + ("..." if len(answer.text) > _SHOWN else "")
    return ModelOutputError(
        f"the answer of {name!r} is invalid, also after a repair turn: {violation}; "
        f"it was {shown!r}",
        hint="try again with --no-cache, or a larger model with --model",
    )


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for name, part in pairs:
        if name in value:
            raise ValueError(f"the answer names the field {name!r} twice")
        value[name] = part
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"the answer has {name}, which JSON does not")


_ALTERNATIVES: Final = 10


def ask_yes_no(
    client: ChatClient, messages: Sequence[Message], *, hint: str | None = None
) -> float:
    """P(yes), 0 to 1, of the answer to ``messages``, which end with a question for yes or no.

    That is P(yes) / (P(yes) + P(no)); 0.5 where neither word is among the alternatives.

    Args:
        client: the model; ``client.has_logprobs`` tells beforehand whether it can answer.
        messages: the conversation; one token is generated after it.
        hint: what a user can do where answers come without log-probabilities.

    Raises:
        ModelOutputError: the answer came without log-probabilities.
        EndpointError: see ``ChatClient.complete``.
    """
    request = ChatRequest(messages=tuple(messages), max_tokens=1, top_logprobs=_ALTERNATIVES)
    completion = client.complete(request)
    if not completion.logprobs:
        raise ModelOutputError("the model's answer came without log-probabilities", hint=hint)
    yes, no = completion.yes_and_no
    return yes / (yes + no) if yes + no > 0 else 0.5
