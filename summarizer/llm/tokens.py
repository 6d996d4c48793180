"""How many tokens messages have: by the endpoint's own tokenizer, or counted here.

Which way works is found out once per connection. Counting here never touches the network:
tiktoken's vocabularies are read from the copy that llama_index carries; without one, bytes
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
from typing import TYPE_CHECKING, Any, Final

from summarizer.digest import Message
from summarizer.llm.connection import Connection
from summarizer.llm.failures import (
    NotAnAnswerError,
    is_connection_failure,
    is_timeout,
    is_transient,
)
from summarizer.llm.protocol import encodable

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
# tiktoken names its files by the SHA-1 of their address; these are the SHA-256 of the contents.
_VOCABULARIES: Final = {
    "o200k_base": (
        "fb374d419588a4632f3f557e76b4b70aebbca790",
        "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
    ),
    "cl100k_base": (
        "9b5ad71b2ce5302211f9c61530b329a4922fc6a4",
        "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
    ),
}
_log = logging.getLogger(__name__)
_environment = threading.RLock()
Messages = Sequence[Message]


class TokenCounter:
    """Counts the tokens of messages for one model."""

    def __init__(self, connection: Connection, *, model: Callable[[], str]) -> None:
        self._connection = connection
        self._model = model
        self._method: Callable[[Messages], int] | None = None

    @property
    def is_local(self) -> bool:
        """Whether counting is known to ask no server."""
        return self._connection.endpoint.provider == "openai" or self._method == self._here

    @property
    def is_exact(self) -> bool:
        """Whether the server's own tokenizer counts."""
        return self._method is not None and not self.is_local

    @property
    def method(self) -> str:
        """How tokens are counted, for people."""
        if self._method is None:
            self.count((Message(role="user", content="x"),))
        if self.is_exact:
            return "the server"
        encoding = _loaded("o200k_base")
        return f"tiktoken ({encoding.name})" if encoding else "their bytes"

    def count(self, messages: Messages) -> int:
        """Tokens of ``messages`` in the model's chat format."""
        if self._method is not None:
            return self._asked(self._method, messages)
        if self._connection.endpoint.provider == "openai":
            self._method = self._here
            return self._here(messages)
        for method in (self._input_tokens, self._tokenize_chat, self._tokenize_prompt):
            try:
                found = method(messages)
            except _failures() as error:
                if is_transient(error) or is_timeout(error) or is_connection_failure(error):
                    return self._here(messages)  # says nothing about what the server has
                continue
            self._method = method
            return found
        self._method = self._here
        return self._here(messages)

    def _asked(self, method: Callable[[Messages], int], messages: Messages) -> int:
        try:
            return method(messages)
        except _failures() as error:
            _log.info("the server did not count tokens (%s)", type(error).__name__)
            return self._here(messages)

    def _here(self, messages: Messages) -> int:
        openai = self._connection.endpoint.provider == "openai"
        return count_here(messages, model=self._model() if openai else None)

    def _input_tokens(self, messages: Messages) -> int:
        """llama-server."""
        return int(self._post("/chat/completions/input_tokens", messages)["input_tokens"])

    def _tokenize_chat(self, messages: Messages) -> int:
        """The way of vLLM: whole messages."""
        return int(self._post(self._connection.root() + "/tokenize", messages)["count"])

    def _tokenize_prompt(self, messages: Messages) -> int:
        """The way of older llama-servers: the prompt, then its tokens."""
        root = self._connection.root()
        prompt = self._post(root + "/apply-template", messages)["prompt"]
        body = {"content": prompt, "add_special": True, "parse_special": True}
        return len(self._connection.post(root + "/tokenize", body)["tokens"])

    def _post(self, url: str, messages: Messages) -> Any:
        shown = [{"role": m.role, "content": encodable(m.content)} for m in messages]
        return self._connection.post(url, {"model": self._model(), "messages": shown})


def count_here(messages: Messages, *, model: str | None) -> int:
    """Tokens of ``messages``, without asking anybody.

    Exact to a few tokens for OpenAI's models. For unknown tokenizers (``model`` None) a bound
    rather than a count: many know other scripts less well, and have a token for three bytes.
    """
    encoding = _loaded(_encoding_name(model))
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


def _encoding_name(model: str | None) -> str:
    old = (
        model is not None
        and model.startswith(("gpt-3.5", "gpt-4"))
        and not model.startswith(("gpt-4o", "gpt-4."))
    )
    return "cl100k_base" if old else "o200k_base"


def _loaded(name: str) -> Encoding | None:
    with _environment:  # threads that begin together would each read the vocabulary
        return _encoding(name)


@cache
def _encoding(name: str) -> Encoding | None:
    """The encoding, if its vocabulary is on this machine and intact."""
    file_name, sha256 = _VOCABULARIES[name]
    for folder in _vocabulary_folders():
        try:
            data = (folder / file_name).read_bytes()
        except OSError:
            continue
        if hashlib.sha256(data).hexdigest() == sha256:
            return _load(name, folder)
    _log.info("no vocabulary for %s: tokens are estimated from bytes", name)
    return None


def _load(name: str, folder: Path) -> Encoding:
    import tiktoken

    # tiktoken takes the folder from the environment only, and downloads what is not in it.
    with _environment:
        before = os.environ.get("TIKTOKEN_CACHE_DIR")
        os.environ["TIKTOKEN_CACHE_DIR"] = str(folder)
        try:
            return tiktoken.get_encoding(name)
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
