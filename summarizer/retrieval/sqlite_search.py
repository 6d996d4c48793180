"""The two searches of a SQLite file: by vectors, which are in memory, and by words, with FTS5.

Vectors are int8 with one scale each. On 100,000 x 384 random vectors and 2 cores a search takes
9.7 ms and 39 MB; float32 8.0 ms and 154 MB; float16 107 ms, because BLAS has none. The cosine
is off by at most 0.002. What is in memory is brought up to date before every search.

FTS5 lists the terms of its index. Chinese and Japanese are indexed by the run of characters
between spaces and punctuation; a word of them is looked for in all such runs. Of a word that no
passage has, other forms are looked for.
"""

from __future__ import annotations

import json
import re
import struct
import threading
import zlib
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple
from unicodedata import normalize

import numpy as np
from numpy.typing import NDArray

from summarizer.retrieval import entries
from summarizer.retrieval.database import Session, Values
from summarizer.retrieval.entries import Filters, QueryWord
from summarizer.retrieval.store import Scored, Vector

# Rows that are widened to float32 at a time: 1,024 x 384 x 4 bytes stay in the cache of a core
# (9.7 ms; 4,096 rows: 20 ms).
_BLOCK: Final = 1024
# Rows that are taken from the file at a time: as Python objects they are 3 times as large.
_ROWS: Final = 8192
_LEVELS: Final = 127
_WORD: Final = re.compile(r"\w+")
_UNSPACED: Final = re.compile("[\u3005-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_ACCENTS: Final = re.compile("(?<=[a-z])[\u0300-\u036f]+")
_FACTS: Final = np.dtype(
    [
        ("passage", np.int64),
        ("article", np.int64),
        ("published", np.int32),  # days as in date.toordinal(); 0 is unknown
        ("labelled", np.bool_),
        ("lead", np.bool_),
        ("scale", np.float32),
    ]
)


def quantize(vector: Vector) -> tuple[bytes, float, int]:
    """The vector as it is kept: int8 codes, whose product with the scale it is, and a checksum.

    Its largest component becomes 127; the checksum is CRC-32 of both.
    """
    scale = float(np.abs(vector).max(initial=0.0)) / _LEVELS
    numbers = np.rint(vector / scale) if scale > 0 else np.zeros_like(vector)
    codes = numbers.astype(np.int8).tobytes()
    return codes, scale, _checksum(codes, scale)


def require_intact(codes: bytes, scale: float, checksum: int, *, dimension: int) -> None:
    """Raises ValueError unless this is what ``quantize`` made of a vector of unit length."""
    if len(codes) != dimension or not 0 <= scale <= 1 or _checksum(codes, scale) != checksum:
        raise ValueError("a vector is damaged")


def dequantize(codes: bytes, scale: float) -> Vector:
    """About the vector that was quantized, scaled to length one."""
    vector = np.frombuffer(codes, dtype=np.int8).astype(np.float32) * np.float32(scale)
    norm = float(np.linalg.norm(vector))
    return vector / np.float32(norm) if norm > 0 else vector


def _checksum(codes: bytes, scale: float) -> int:
    return zlib.crc32(struct.pack("<d", scale), zlib.crc32(codes))


class VectorMatrix(NamedTuple):
    """Vectors with the facts that searches filter by; never changed, only replaced."""

    facts: NDArray[Any]
    codes: NDArray[np.int8]

    @classmethod
    def of(cls, rows: int, dimension: int) -> VectorMatrix:
        """One of so many rows, all zero."""
        return cls(np.zeros(rows, dtype=_FACTS), np.zeros((rows, dimension), dtype=np.int8))

    def nearest(self, vector: Vector, *, limit: int, keep: NDArray[np.bool_]) -> Scored:
        """The passages of largest cosine among the rows to keep, with it, best first."""
        rows = np.flatnonzero(keep)
        if len(rows) > len(keep) // 4:
            scores = _cosines(self.codes, vector)[rows]
        else:
            scores = _cosines(self.codes[rows], vector)
        scores *= self.facts["scale"][rows]
        few = len(rows) <= limit
        best = np.arange(len(rows)) if few else np.argpartition(scores, -limit)[-limit:]
        passages = self.facts["passage"][rows[best]]
        order = np.lexsort((passages, -scores[best]))
        return [(int(passages[i]), float(scores[best[i]])) for i in order]


def _cosines(codes: NDArray[np.int8], vector: Vector) -> Vector:
    scores = np.empty(len(codes), dtype=np.float32)
    block = np.empty((min(_BLOCK, len(codes)), codes.shape[1]), dtype=np.float32)
    for start in range(0, len(codes), _BLOCK):
        part = codes[start : start + _BLOCK]
        np.copyto(block[: len(part)], part)
        np.dot(block[: len(part)], vector, out=scores[start : start + len(part)])
    return scores


class SqliteVectors:
    """The vectors of a file in memory; safe to share between threads.

    A write gives its rows a revision above all earlier ones, so that the rows to load are those
    of a larger revision than the last that was seen, by any process.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._matrix = VectorMatrix.of(0, 0)
        self._epoch = -1
        self._revision = 0

    def nearest(
        self, session: Session, vector: Vector, *, limit: int, filters: Filters, values: Values
    ) -> Scored:
        """The passages of largest cosine that pass the filters; ``values`` say the same in SQL."""
        matrix = self._current(session, len(vector))
        facts = matrix.facts
        keep = np.ones(len(facts), dtype=np.bool_)
        if filters.labelled:
            keep &= facts["labelled"]
        if filters.leads:
            keep &= facts["lead"]
        if filters.until is not None:
            keep &= facts["published"] <= filters.until.toordinal()
        if filters.since is not None:
            keep &= (facts["published"] >= filters.since.toordinal()) | (facts["published"] == 0)
        if not filters.undated:
            keep &= facts["published"] > 0
        if filters.exclude:
            keep &= ~np.isin(facts["article"], _numbers(session, "excluded_articles", values))
        return matrix.nearest(vector, limit=limit, keep=keep)

    def _current(self, session: Session, dimension: int) -> VectorMatrix:
        ((revision, epoch),) = session.rows("state")
        with self._lock:
            if epoch > self._epoch:
                self._matrix, self._epoch = VectorMatrix.of(0, dimension), epoch
                self._revision = 0
            # Another thread may have seen a later moment than this session's transaction.
            if epoch < self._epoch:
                return VectorMatrix.of(0, dimension)  # those of here are of another model
            if revision > self._revision:
                self._matrix = _loaded(session, self._matrix, since=self._revision)
                self._revision = revision
            return self._matrix


def _loaded(session: Session, old: VectorMatrix, *, since: int) -> VectorMatrix:
    """``old`` with what was written and without what was removed after a revision."""
    new = _numbers(session, "new_vectors", (since,))
    gone = _numbers(session, "removed_vectors", (since,))
    kept = ~np.isin(old.facts["passage"], np.concatenate((new, gone)))
    start, dimension = int(kept.sum()), old.codes.shape[1]
    matrix = VectorMatrix.of(start + len(new), dimension)
    matrix.facts[:start] = old.facts[kept]
    np.compress(kept, old.codes, axis=0, out=matrix.codes[:start])
    rows = session.each("load_vectors", (since,))
    while part := rows.fetchmany(_ROWS):
        for *_, scale, codes, checksum in part:
            require_intact(codes, scale, checksum, dimension=dimension)
        end = start + len(part)
        matrix.facts[start:end] = [
            (passage, article, _day(published), labelled, lead, scale)
            for passage, article, published, labelled, lead, scale, _, _ in part
        ]
        flat = np.frombuffer(b"".join(codes for *_, codes, _ in part), dtype=np.int8)
        matrix.codes[start:end] = flat.reshape(len(part), dimension)
        start = end
    return VectorMatrix(matrix.facts[:start], matrix.codes[:start])  # those of articles


def _numbers(session: Session, name: str, values: Values) -> NDArray[np.int64]:
    return np.fromiter((row[0] for row in session.rows(name, values)), dtype=np.int64)


def _day(published: str | None) -> int:
    return date.fromisoformat(published).toordinal() if published else 0


# BM25 takes about 0.8 us for a passage that holds a word of the query.
MOST_POSTINGS: Final = 15_000


class WordCounts:
    """In how many passages words occur; remembered until anything is written."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._revision = -1
        self._counts: dict[tuple[str, bool], tuple[str, int, float]] = {}

    def of(self, session: Session, words: Sequence[str]) -> set[tuple[str, int, float]]:
        """Each word as FTS5 takes it, its count as the session sees it or nearly so, its worth."""
        ((revision, _),) = session.rows("state")
        with self._lock:
            if revision != self._revision:
                self._revision, self._counts = revision, {}
            known = self._counts
        asked = [word for word in dict.fromkeys(words) if _WORD.search(word)]
        alone = len(asked) <= entries.MOST_WITH_FORMS
        for word in asked:
            if (word, alone) not in known:
                known[word, alone] = _matching(session, word, alone=alone)
        return {known[word, alone] for word in asked}


def search_words(
    session: Session, asked: Sequence[QueryWord], *, limit: int, values: Mapping[str, Any] | None
) -> Scored:
    """The best passages with their scores (larger is better), best first.

    Args:
        session: a transaction.
        asked: words of which a passage has any.
        limit: the most passages.
        values: the filter in SQL; None: all pass.
    """
    words = " OR ".join(word.query for word in asked)
    # Looking up the article of every passage that matches would cost more than the ranking, so
    # the best are filtered, from ever more of them.
    depth = limit if values is None else 4 * limit
    while True:
        best = session.rows("best", (words, depth))
        found = best if values is None else _passing(session, best, values)
        if len(found) >= limit or len(best) < depth:
            return [(int(passage), float(score)) for passage, score in found[:limit]]
        depth *= 8


def _passing(
    session: Session, best: list[tuple[Any, ...]], values: Mapping[str, Any]
) -> list[tuple[Any, ...]]:
    numbers = json.dumps([passage for passage, _ in best])
    passing = {passage for (passage,) in session.rows("passing", {**values, "numbers": numbers})}
    return [match for match in best if match[0] in passing]


def _matching(session: Session, word: str, *, alone: bool) -> tuple[str, int, float]:
    """A word as FTS5 takes it as data, phrases; how many passages have one; what it is worth."""
    found = _counted(session, entries.spellings(word))
    unspaced = _UNSPACED.search(word)
    if not alone or (found[1] and not unspaced):
        return found
    session.run("list_terms")
    if unspaced:
        runs = [run for (run,) in session.rows("runs_with", (word,))]
        return _counted(session, runs) if runs else found
    forms = entries.other_forms(
        map(_folded, entries.spellings(word)),
        lambda start: session.rows("terms_from", (start, start + "\U0010ffff")),
    )
    # FTS5 takes the ending off once more: "hous" finds no "hous", which "house" does.
    others = [form + end for form in forms for end in ("", "e")]
    return _counted(session, others, entries.OTHER_FORM) if others else found


def _counted(session: Session, words: Sequence[str], worth: float = 1.0) -> tuple[str, int, float]:
    query = " OR ".join('"' + each.replace('"', '""') + '"' for each in words)
    ((count,),) = session.rows("count_word", (query,))
    return query, count, worth


def _folded(word: str) -> str:
    """The word without the accents that the index leaves out: those of Latin letters."""
    return normalize("NFC", _ACCENTS.sub("", normalize("NFD", word)))
