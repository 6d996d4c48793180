"""What goes to a model and what comes back: as values, as the JSON body of a request, in tokens.

Counting here never touches the network: tiktoken's vocabulary is read from the copy that
llama_index carries; without it, bytes are counted.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import os
import threading
from collections.abc import Collection, Sequence
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from pydantic import ConfigDict, Field

from summarizer.digest import Message, Usage, Value
from summarizer.llm.abilities import Abilities
from summarizer.llm.endpoint import Provider
from summarizer.text import encodable

if TYPE_CHECKING:
    from tiktoken import Encoding

# Chat format of OpenAI models: three tokens around each message, three to open the answer.
_PER_MESSAGE: Final = 3
_PER_ANSWER: Final = 3
# tiktoken's time is quadratic in the length of a run without white space.
_SLICE: Final = 8192
# English has 4 to 5 bytes per token; scripts of two or three bytes a character have fewer.
_BYTES_PER_TOKEN: Final = 3
# Other tokenizers against o200k_base on nine English articles: Qwen2.5 1.02-1.12, SmolLM2
# 1.08-1.19. A chat template may add a system message of its own (Qwen2.5: 20 tokens).
_OTHER_FAMILY: Final = 1.2
_TEMPLATE: Final = 32
# tiktoken names the file of o200k_base by the SHA-1 of its address; and the SHA-256 of its content.
_FILE_NAME: Final = "fb374d419588a4632f3f557e76b4b70aebbca790"
_SHA256: Final = "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"
_log = logging.getLogger(__name__)
_loading = threading.RLock()


class ChatRequest(Value):
    """A request: everything that the answer depends on, so it is also the cache key."""

    messages: tuple[Message, ...]
    json_schema: dict[str, Any] | None = None  # of the answer
    max_tokens: int = Field(gt=0)
    temperature: float = 0.0
    seed: int = 0
    top_logprobs: int = Field(default=0, ge=0, le=20)  # alternatives wanted per generated token


class TokenAlternative(NamedTuple):
    """A token the model could have generated, with its natural log-probability."""

    token: str
    logprob: float


class TokenLogprobs(Value):
    """A generated token and its alternatives, best first."""

    token: str
    logprob: float
    alternatives: tuple[TokenAlternative, ...] = ()


class Completion(Value):
    """A model's answer."""

    model_config = ConfigDict(extra="ignore")  # answers that older versions stored have more

    text: str
    finish_reason: Literal["stop", "length"]
    # Null where they were not asked for, or the endpoint has none.
    logprobs: tuple[TokenLogprobs, ...] | None = None
    usage: Usage
    # It began inside its reasoning, which is cut off.
    unopened: bool = Field(default=False, exclude=True)


def request_body(
    request: ChatRequest,
    *,
    model: str,
    provider: Provider,
    abilities: Abilities,
    stream: bool,
    room: int,
    effort: dict[str, Any],
) -> dict[str, Any]:
    """The JSON body of a request, with nothing in it that the endpoint is known to reject.

    Args:
        request: what is wanted.
        model: its name at the endpoint.
        provider: who it is.
        abilities: what is known of it.
        stream: whether the answer should come in pieces.
        room: tokens for reasoning, beside those of the answer.
        effort: the parameters that say how much to reason.
    """
    # OpenAI's own name for the limit is unknown to many compatible servers, and the other way.
    limit = "max_completion_tokens" if provider == "openai" else "max_tokens"
    if limit in abilities.dropped:
        limit = "max_tokens" if provider == "openai" else "max_completion_tokens"
    most = request.max_tokens + room
    body: dict[str, Any] = {
        "model": model,
        limit: min(most, abilities.longest) if abilities.longest else most,
        "temperature": request.temperature,
        "seed": request.seed,
        **effort,
    }
    if request.top_logprobs and abilities.logprobs is not False:
        body |= {"logprobs": True, "top_logprobs": request.top_logprobs}
    if stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    messages = request.messages
    if request.json_schema is not None:
        if abilities.schema_mode != "json_schema":
            messages = _with_schema(messages, request.json_schema)
        body |= _response_format(request.json_schema, abilities)
    if not abilities.system_role:
        messages = _without_system(messages)
    body["messages"] = [{"role": m.role, "content": encodable(m.content)} for m in messages]
    return {name: value for name, value in body.items() if name not in abilities.dropped}


def _response_format(schema: dict[str, Any], abilities: Abilities) -> dict[str, Any]:
    if abilities.schema_mode == "prompt":
        return {}
    if abilities.schema_mode == "json_object":
        return {"response_format": {"type": "json_object"}}
    known = _without_keywords(schema, abilities.dropped)
    named = {"name": "answer", "strict": True, "schema": known}
    return {"response_format": {"type": "json_schema", "json_schema": named}}


def _with_schema(messages: tuple[Message, ...], schema: dict[str, Any]) -> tuple[Message, ...]:
    """``messages`` with the schema in the system message, for servers that cannot enforce it."""
    text = (
        "Answer with one JSON value and nothing else. It must be valid under this JSON Schema:\n"
        + json.dumps(schema, ensure_ascii=False, separators=(",", ":"))
    )
    if messages and messages[0].role == "system":
        first = Message(role="system", content=f"{messages[0].content}\n\n{text}")
        return (first, *messages[1:])
    return (Message(role="system", content=text), *messages)


def _without_system(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """``messages`` with the system's text in front of the user's first."""
    system = [m.content for m in messages if m.role == "system"]
    others = [m for m in messages if m.role != "system"]
    if not system or not others:
        return messages
    first = "\n\n".join((*system, others[0].content))
    return (Message(role="user", content=first), *others[1:])


def _without_keywords(schema: Any, keywords: Collection[str]) -> Any:
    if isinstance(schema, dict):
        kept = {name: value for name, value in schema.items() if name not in keywords}
        return {name: _without_keywords(value, keywords) for name, value in kept.items()}
    return schema


def count_here(messages: Sequence[Message], *, model: str | None) -> int:
    """Tokens of ``messages``, without asking anybody.

    Exact to a few tokens for OpenAI's models since gpt-4o. For unknown tokenizers (``model`` None)
    a bound rather than a count: many know other scripts less well, and have a token for three
    bytes.
    """
    total = sum(_PER_MESSAGE + 1 + count_text(m.content) for m in messages) + _PER_ANSWER
    if model:
        return total
    rare = sum(len(c.encode("utf-8", "replace")) for m in messages for c in m.content if c > "\x7f")
    return math.ceil(max(total * _OTHER_FAMILY, rare / _BYTES_PER_TOKEN)) + _TEMPLATE


def count_text(text: str) -> int:
    """Tokens of ``text``; from its bytes where there is no encoding."""
    encoding = vocabulary()
    if encoding is None:
        return math.ceil(len(text.encode("utf-8", "replace")) / _BYTES_PER_TOKEN)
    slices = (text[start : start + _SLICE] for start in range(0, len(text), _SLICE))
    return sum(len(encoding.encode_ordinary(part)) for part in slices)


def counted_usage(told: Usage, body: dict[str, Any], answer: str) -> Usage:
    """What a server told of tokens; our own count where it told nothing, or no budget would end."""
    if told.tokens:
        return told
    sent = [Message.model_validate(message) for message in body["messages"]]
    received = count_text(answer) + told.reasoning_tokens
    counts = {"prompt_tokens": count_here(sent, model=None), "completion_tokens": received}
    return told.model_copy(update=counts)


def vocabulary() -> Encoding | None:
    """The encoding of OpenAI's newer models; None where tiktoken's file of it is not here."""
    with _loading:  # threads that begin together would each read the vocabulary
        return _encoding()


@cache
def _encoding() -> Encoding | None:
    """The encoding, if its vocabulary is on this machine and intact."""
    import tiktoken

    folder = _vocabulary_folder()
    try:
        intact = hashlib.sha256((folder / _FILE_NAME).read_bytes()).hexdigest() == _SHA256
    except OSError:
        intact = False
    if not intact:
        _log.info("no vocabulary of tiktoken: tokens are estimated from bytes")
        return None
    # tiktoken takes the folder from the environment only, and downloads what is not in it.
    before = os.environ.get("TIKTOKEN_CACHE_DIR")
    os.environ["TIKTOKEN_CACHE_DIR"] = str(folder)
    try:
        return tiktoken.get_encoding("o200k_base")
    finally:
        del os.environ["TIKTOKEN_CACHE_DIR"]
        if before is not None:
            os.environ["TIKTOKEN_CACHE_DIR"] = before


def _vocabulary_folder() -> Path:
    found = distribution("llama-index-core").locate_file("llama_index/core/_static/tiktoken_cache")
    return Path(str(found))
