"""What goes to a model and what comes back: as values, and in tokens.

Counting here never touches the network: tiktoken's vocabulary is read from the copy that
llama_index carries; without it, bytes are counted.
"""

from __future__ import annotations

import hashlib
import logging
import math
import os
import threading
from collections.abc import Sequence
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from pydantic import ConfigDict, Field

from summarizer.digest import Message, Usage, Value

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

    @property
    def yes_and_no(self) -> tuple[float, float]:
        """The probabilities of yes and of no as the first token, in any casing."""
        mass = {"yes": 0.0, "no": 0.0}
        for first in (self.logprobs or ())[:1]:
            for token, logprob in first.alternatives or ((first.token, first.logprob),):
                word = token.strip().lower()
                if word in mass:
                    mass[word] += math.exp(logprob)
        return mass["yes"], mass["no"]


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
