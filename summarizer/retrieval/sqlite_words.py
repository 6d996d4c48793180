"""Search by words in the FTS5 index of a SQLite file: BM25 over any of the words.

Scripts without spaces are indexed by the run of characters, so that only whole runs are found;
for them the vectors do the work.
"""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from summarizer.retrieval.sqlite_rows import listed
from summarizer.retrieval.store import Coverage, Filters, covered, inverse_frequency

_WORD: Final = re.compile(r"\w+")
# BM25 takes about 0.8 us for a passage that holds a word of the query: a search takes the rarest
# words first, until they are in so many passages together. The words left out are in most of the
# corpus and would hardly change the order.
_MOST_POSTINGS: Final = 15_000
# A title says more for its length than the text below it.
_TITLE_WEIGHT: Final = 1.0


class WordCounts:
    """In how many passages words occur; remembered until anything is written."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._revision = -1
        self._counts: dict[str, int] = {}

    def of(self, connection: sqlite3.Connection, words: Sequence[str]) -> dict[str, int]:
        """The count of each word, as the transaction of ``connection`` sees it, or nearly so."""
        (revision,) = connection.execute("SELECT revision FROM corpus").fetchone()
        with self._lock:
            if revision != self._revision:
                self._revision, self._counts = revision, {}
            known = self._counts
        asked = [word for word in dict.fromkeys(words) if _WORD.search(word)]
        for word in asked:
            if word not in known:
                (known[word],) = connection.execute(
                    "SELECT count(*) FROM words WHERE words MATCH ?", (_quoted(word),)
                ).fetchone()
        return {word: known[word] for word in asked}


def rarest(counts: Mapping[str, int]) -> list[str]:
    """The words that a search takes: one at least, if any is in the corpus at all."""
    chosen: list[str] = []
    postings = 0
    for word, count in sorted(counts.items(), key=lambda item: item[1]):
        if count and (not chosen or postings + count <= _MOST_POSTINGS):
            chosen.append(word)
            postings += count
    return chosen


def search_words(
    connection: sqlite3.Connection, words: Sequence[str], *, limit: int, filters: Filters
) -> list[tuple[int, float]]:
    """The best passages with their scores (larger is better), best first."""
    if not words:
        return []
    query = " OR ".join(_quoted(word) for word in words)
    if filters == Filters():
        return _best(connection, query, limit)
    # Looking up the article of every passage that matches would cost more than the ranking, so
    # the best are filtered, from ever more of them.
    depth = 4 * limit
    while True:
        best = _best(connection, query, depth)
        passing = _passing(connection, [passage for passage, _ in best], filters)
        found = [match for match in best if match[0] in passing][:limit]
        if len(found) == limit or len(best) < depth:
            return found
        depth *= 8


def word_coverage(
    connection: sqlite3.Connection, counts: Mapping[str, int], keys: Collection[str]
) -> dict[str, Coverage]:
    """See ``Store.coverage``; words that are too frequent for a search count for nothing."""
    (total,) = connection.execute("SELECT count(*) FROM passages").fetchone()
    chosen = rarest(counts)
    weights = {
        word: inverse_frequency(count, of=total)
        for word, count in counts.items()
        if not count or word in chosen
    }
    rows = connection.execute(
        "SELECT p.id, a.key FROM passages p JOIN articles a ON a.id = p.article"
        " WHERE a.key IN (SELECT value FROM json_each(?))",
        (listed(keys),),
    )
    articles = dict(rows.fetchall())
    found = dict.fromkeys(keys, 0.0)
    for word in chosen:
        rows = connection.execute("SELECT rowid FROM words WHERE words MATCH ?", (_quoted(word),))
        for key in {articles[passage] for (passage,) in rows if passage in articles}:
            found[key] += weights[word]
    return covered(found, weights=weights.values(), passages=total)


def _best(connection: sqlite3.Connection, query: str, limit: int) -> list[tuple[int, float]]:
    # ORDER BY rank, FTS5's own way, is 1.4 times slower.
    rows = connection.execute(
        f"SELECT rowid, -bm25(words, {_TITLE_WEIGHT}, 1.0) AS score FROM words"  # noqa: S608
        " WHERE words MATCH ? ORDER BY score DESC, rowid LIMIT ?",
        (query, limit),
    )
    return [(int(passage), float(score)) for passage, score in rows]


def _passing(connection: sqlite3.Connection, passages: Sequence[int], filters: Filters) -> set[int]:
    rows = connection.execute(
        "SELECT p.id FROM passages p JOIN articles a ON a.id = p.article"
        " WHERE p.id IN (SELECT value FROM json_each(:passages))"
        " AND (a.published IS NOT NULL OR :undated)"
        " AND (a.published <= :until OR a.published IS NULL OR :until IS NULL)"
        " AND (a.labels != '[]' OR NOT :labelled) AND (p.number = 0 OR NOT :leads)"
        " AND a.key NOT IN (SELECT value FROM json_each(:exclude))",
        {
            "passages": listed(passages),
            "undated": filters.undated,
            "until": filters.until and filters.until.isoformat(),
            "labelled": filters.labelled,
            "leads": filters.leads,
            "exclude": listed(filters.exclude),
        },
    )
    return {row[0] for row in rows}


def _quoted(word: str) -> str:
    """A word as FTS5 takes it as data: a phrase, whatever characters it has."""
    return '"' + word.replace('"', '""') + '"'
