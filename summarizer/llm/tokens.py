"""How many tokens messages have: by llama-server's own tokenizer, or counted here.

Whether the server counts is found out once per connection. Counting here never touches the
network: tiktoken's vocabulary is read from the copy that llama_index carries; without it, bytes
are counted.
"""

from __future__ import annotations

import hashlib
import importlib.util
import logging
import math
import os
import threading
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from summarizer.digest import Message
from summarizer.llm.connection import Connection
from summarizer.llm.failures import (
    NotAnAnswerError,
    is_connection_failure,
    is_timeout,
    is_transient,
)
from summarizer.llm.messages import encodable

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
_environment = threading.RLock()
Messages = Sequence[Message]


class TokenCounter:
    """Counts the tokens of messages for one model."""

    def __init__(self, connection: Connection, *, model: Callable[[], str]) -> None:
        self._connection = connection
        self._model = model
        self._asks: bool | None = None  # whether the server counts; None: not found out yet
        if connection.endpoint.provider == "openai":
            self._asks = False

    @property
    def is_local(self) -> bool:
        """Whether counting is known to ask no server."""
        return self._asks is False

    @property
    def is_exact(self) -> bool:
        """Whether the server's own tokenizer counts."""
        return self._asks is True

    @property
    def method(self) -> str:
        """How tokens are counted, for people."""
        if self._asks is None:
            self.count((Message(role="user", content="x"),))
        if self._asks:
            return "the server"
        encoding = _loaded()
        return f"tiktoken ({encoding.name})" if encoding else "their bytes"

    def count(self, messages: Messages) -> int:
        """Tokens of ``messages`` in the model's chat format."""
        if self._asks is not False:
            try:
                found = self._ask(messages)
            except _failures() as error:
                _log.info("the server did not count tokens (%s)", type(error).__name__)
                passes = is_transient(error) or is_timeout(error) or is_connection_failure(error)
                if self._asks is None and not passes:
                    self._asks = False
            else:
                self._asks = True
                return found
        openai = self._connection.endpoint.provider == "openai"
        return count_here(messages, model=self._model() if openai else None)

    def _ask(self, messages: Messages) -> int:
        """The way of llama-server, and so of the embedded engine."""
        shown = [{"role": m.role, "content": encodable(m.content)} for m in messages]
        body = {"model": self._model(), "messages": shown}
        return int(self._connection.post("/chat/completions/input_tokens", body)["input_tokens"])


def count_here(messages: Messages, *, model: str | None) -> int:
    """Tokens of ``messages``, without asking anybody.

    Exact to a few tokens for OpenAI's models since gpt-4o. For unknown tokenizers (``model`` None)
    a bound rather than a count: many know other scripts less well, and have a token for three
    bytes.
    """
    encoding = _loaded()
    total = sum(_PER_MESSAGE + 1 + count_text(m.content, encoding) for m in messages) + _PER_ANSWER
    if model:
        return total
    rare = sum(len(c.encode("utf-8", "replace")) for m in messages for c in m.content if c > "\x7f")
    return math.ceil(max(total * _OTHER_FAMILY, rare / _BYTES_PER_TOKEN)) + _TEMPLATE


def count_text(text: str, encoding: Encoding | None) -> int:
    """Tokens of ``text``; from its bytes where there is no encoding."""
    if encoding is None:
        return math.ceil(len(text.encode("utf-8", "replace")) / _BYTES_PER_TOKEN)
    slices = (text[start : start + _SLICE] for start in range(0, len(text), _SLICE))
    return sum(len(encoding.encode_ordinary(part)) for part in slices)


def _loaded() -> Encoding | None:
    with _environment:  # threads that begin together would each read the vocabulary
        return _encoding()


@cache
def _encoding() -> Encoding | None:
    """The encoding, if its vocabulary is on this machine and intact."""
    for folder in _vocabulary_folders():
        try:
            data = (folder / _FILE_NAME).read_bytes()
        except OSError:
            continue
        if hashlib.sha256(data).hexdigest() == _SHA256:
            return _load(folder)
    _log.info("no vocabulary of tiktoken: tokens are estimated from bytes")
    return None


def _load(folder: Path) -> Encoding:
    import tiktoken

    # tiktoken takes the folder from the environment only, and downloads what is not in it.
    before = os.environ.get("TIKTOKEN_CACHE_DIR")
    os.environ["TIKTOKEN_CACHE_DIR"] = str(folder)
    try:
        return tiktoken.get_encoding("o200k_base")
    finally:
        if before is None:
            del os.environ["TIKTOKEN_CACHE_DIR"]
        else:
            os.environ["TIKTOKEN_CACHE_DIR"] = before


def _vocabulary_folders() -> list[Path]:
    chosen = os.environ.get("TIKTOKEN_CACHE_DIR")
    folders = [Path(chosen)] if chosen else []
    spec = importlib.util.find_spec("llama_index.core")
    if spec is not None and spec.origin is not None:
        folders.append(Path(spec.origin).parent / "_static" / "tiktoken_cache")
    return folders


def _failures() -> tuple[type[Exception], ...]:
    from openai import OpenAIError

    # The others: an answer that is not what the method expects.
    return (OpenAIError, NotAnAnswerError, LookupError, TypeError, ValueError)
