"""A corpus in PostgreSQL against the same one in a SQLite file.

    python benchmarks/postgres.py postgresql://USER@HOST/DATABASE DATA [--passages 10000]
    python benchmarks/postgres.py postgresql://USER@HOST/DATABASE --synthetic 1000000 [--minutes 14]

The second one loads passages of random words with vectors of 256 random numbers around 1,000
middles, in ``--minutes`` as many as go; called again it goes on, and searches when all are there.
They stay, in the schema ``synthetic``.

DATA is a folder of JSONL files with articles (fields text and title). Their texts are cut into
passages of 50 words, until there are so many, and embedded with wordllama: the recall of an index
of vectors must be judged on real ones. Both stores get the same passages and vectors, and the same
queries: eight words that follow each other. A fifth more comes once an index of vectors is there,
as ``index add`` brings it: texts first, then vectors. The schema ``benchmark`` is made and dropped.
"""

from __future__ import annotations

import argparse
import bisect
import itertools
import json
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import psycopg

from summarizer import Article
from summarizer.retrieval.embedding import Vectors, load_embedder, unit_rows
from summarizer.retrieval.entries import EmbeddingSpec, Entry, Filters, Passage, Record, words_of
from summarizer.retrieval.hybrid import search
from summarizer.retrieval.postgres_store import PostgresStore
from summarizer.retrieval.sqlite_store import SqliteStore
from summarizer.retrieval.store import Store

WORDS = 50
BATCH = 200  # articles in a transaction
FILLED = 1024  # passages in one that fills their vectors
DEPTH = 100  # passages that a half of the hybrid search asks for
SYNTHETIC_PASSAGES = 10  # an article
SYNTHETIC_VOCABULARY = 50_000
SYNTHETIC_WORDS = [f"w{number:x}" for number in range(SYNTHETIC_VOCABULARY)]
FIRST_DAY = date(2000, 1, 1)
# Articles are spread over 1,000 days: 2 % of them are of the first 20.
FEW = Filters(until=FIRST_DAY + timedelta(days=19), undated=False)


def articles_of(folder: Path) -> Iterator[Article]:
    """Every article of the folder, each under a source of its own."""
    chooser = random.Random(0)  # noqa: S311 - a spread
    for file in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines()):
            row = json.loads(line)
            yield Article(
                text=" ".join(str(row["text"]).split()),
                title=row.get("title"),
                published=FIRST_DAY + timedelta(days=chooser.randrange(1000)),
                source=f"{file.stem}/{number}",
            )


def passages_of(text: str) -> tuple[Passage, ...]:
    """Passages of 50 words."""
    words = text.split(" ")
    starts = [0, *itertools.accumulate(len(word) + 1 for word in words)]
    cuts = range(0, len(words), WORDS)
    return tuple(
        Passage(number, starts[cut], starts[min(cut + WORDS, len(words))] - 1)
        for number, cut in enumerate(cuts)
    )


class Embedded(NamedTuple):
    """A record with the vectors of its passages."""

    record: Record
    vectors: Vectors


def records_of(folder: Path, count: int) -> list[Embedded]:
    """Articles with about ``count`` passages together, and their vectors."""
    chosen: list[tuple[Article, tuple[Passage, ...]]] = []
    for article in articles_of(folder):
        if sum(len(passages) for _, passages in chosen[-1:]) and count <= 0:
            break
        chosen.append((article, passages_of(article.text)))
        count -= len(chosen[-1][1])
    embedder = load_embedder("wordllama")
    return [
        Embedded(
            Record(Entry.of(article.source, article), passages),
            embedder.embed([article.text[p.start : p.end] for p in passages]),
        )
        for article, passages in chosen
    ]


def add(store: Store, records: Sequence[Embedded], spec: EmbeddingSpec) -> float:
    """Seconds to write all of them, and then their vectors."""
    start = time.perf_counter()
    for batch in range(0, len(records), BATCH):
        store.write([record for record, _ in records[batch : batch + BATCH]])
    # They wait in the order in which they were written, leads first.
    leads = [vectors[0] for _, vectors in records]
    vectors = itertools.chain(leads, *(vectors[1:] for _, vectors in records))
    while pending := store.pending(FILLED):
        store.fill({item.passage: next(vectors) for item in pending}, embedding=spec)
    return time.perf_counter() - start


def median(call: Callable[[str], object], queries: Sequence[str]) -> float:
    """Milliseconds."""
    times = []
    for query in queries:
        start = time.perf_counter()
        call(query)
        times.append(1000 * (time.perf_counter() - start))
    return float(np.median(times))


def recall(
    store: Store, vectors: Vectors, exact: Sequence[set[tuple[str, int]]], filters: Filters
) -> float:
    """The share of the true 10 best that the store finds."""
    found = [
        {(m.key, m.number) for m in store.dense(vector, limit=10, filters=filters)}
        for vector in vectors
    ]
    return float(np.mean([len(a & b) / len(b) for a, b in zip(found, exact, strict=True)]))


def best_of(
    records: Sequence[Embedded], vectors: Vectors, filters: Filters
) -> list[set[tuple[str, int]]]:
    """The true 10 best of each query."""
    kept = [
        (record.entry.key, number, vector)
        for record, own in records
        for number, vector in enumerate(own)
        if filters.until is None or record.entry.article.published <= filters.until  # type: ignore[operator]
    ]
    matrix = np.stack([vector for _, _, vector in kept])
    order = np.argsort(-(vectors @ matrix.T), axis=1)[:, :10]
    return [{kept[i][:2] for i in row} for row in order]


def measured(store: Store, records: Sequence[Embedded], queries: Sequence[str]) -> dict[str, float]:
    """Times and recalls of searches."""
    embedder = load_embedder("wordllama")
    vectors = embedder.embed_queries(queries)
    vector_of = dict(zip(queries, vectors, strict=True))

    def dense(query: str, filters: Filters = Filters()) -> object:  # noqa: B008 - a frozen value
        return store.dense(vector_of[query], limit=DEPTH, filters=filters)

    def lexical(query: str) -> object:
        return store.lexical(words_of(query), limit=DEPTH, filters=Filters())

    def hybrid(query: str) -> object:
        return search(query, store, embedder, limit=10, filters=Filters())

    for query in queries[:20]:
        hybrid(query)
    return {
        "dense ms": median(dense, queries),
        "dense, 2 % pass ms": median(lambda query: dense(query, FEW), queries),
        "lexical ms": median(lexical, queries),
        "hybrid ms": median(hybrid, queries),
        "recall@10": recall(store, vectors, best_of(records, vectors, Filters()), Filters()),
        "recall@10, 2 % pass": recall(store, vectors, best_of(records, vectors, FEW), FEW),
        "disk MB": store.stats().bytes / 1e6,
    }


def synthetic(url: str, count: int, *, minutes: float) -> None:
    """Load a large corpus as ``index add`` does, texts first; print rates, and what a search takes.

    The last passage gets its vector when a call begins with no other one waiting, because the
    index is built then: so a search without an index is timed before.
    """
    spec = EmbeddingSpec(name="synthetic", dimension=256)
    store = PostgresStore(url, embedding=spec)
    end = time.perf_counter() + 60 * minutes
    there = store.stats()
    print(f"{there.passages:,} passages, {there.pending:,} of them without a vector", flush=True)
    articles, began = there.articles, time.perf_counter()
    while articles * SYNTHETIC_PASSAGES < count and time.perf_counter() < end:
        records = [synthetic_record(articles + number) for number in range(BATCH)]
        store.write(records)
        articles += BATCH
        if articles % 10_000 == 0:
            print(f"texts: {articles:,} articles, {time.perf_counter() - began:.0f} s", flush=True)
    filled, began = 0, time.perf_counter()
    while time.perf_counter() < end and (left := store.pending(FILLED + 1)):
        if len(left) == 1 and filled:
            break
        part = left[:FILLED] if len(left) > FILLED else left[:-1] or left
        numbers = [item.passage for item in part]
        started = time.perf_counter()
        store.fill(dict(zip(numbers, synthetic_vectors(numbers), strict=True)), embedding=spec)
        filled += len(part)
        if len(left) == 1:
            print(f"index built in {time.perf_counter() - started:.0f} s", flush=True)
        elif filled % (FILLED * 50) == 0:
            print(f"vectors: {filled:,}, {time.perf_counter() - began:.0f} s", flush=True)
    there = store.stats()
    print(f"{there.passages:,} passages, {there.pending:,} pending, {there.bytes / 1e9:.2f} GB")
    if there.pending <= 1:
        synthetic_searches(store, count)


def synthetic_searches(store: Store, count: int) -> None:
    """Milliseconds of ten searches: the first one, the median of the others, and their recall."""
    chooser = np.random.default_rng(1)
    queries = [" ".join(chooser.choice(SYNTHETIC_WORDS, 8)) for _ in range(10)]
    vectors = synthetic_vectors(chooser.integers(1, count, 10).tolist())
    noise = chooser.standard_normal(vectors.shape, dtype=np.float32)
    vectors = unit_rows(vectors + np.float32(0.02) * noise)
    for name, calls in (
        (
            "dense",
            [partial(store.dense, vector, limit=DEPTH, filters=Filters()) for vector in vectors],
        ),
        (
            "dense, 2 % pass",
            [partial(store.dense, vector, limit=DEPTH, filters=FEW) for vector in vectors],
        ),
        (
            "lexical",
            [partial(store.lexical, words_of(q), limit=DEPTH, filters=Filters()) for q in queries],
        ),
    ):
        times = []
        for call in calls:
            started = time.perf_counter()
            found = call()
            times.append(1000 * (time.perf_counter() - started))
        print(f"{name}: {times[0]:.0f} ms, then {np.median(times[1:]):.0f} ms; {len(found)} found")
    numbers = np.arange(1, count + 1)
    best: list[list[tuple[float, int]]] = [[] for _ in vectors]
    for start in range(0, count, 50_000):
        part = numbers[start : start + 50_000].tolist()
        scores = vectors @ synthetic_vectors(part).T
        for own, row in zip(best, scores, strict=True):
            top = np.argsort(-row)[:10]
            own[:] = sorted([*own, *((float(row[i]), part[i]) for i in top)], reverse=True)[:10]
    shares = []
    for vector, own in zip(vectors, best, strict=True):
        # Passages are numbered as they were written: article by article, from 1.
        wanted = {divmod(n - 1, SYNTHETIC_PASSAGES) for _, n in own}
        found = store.dense(vector, limit=10, filters=Filters())
        shares.append(len(wanted & {(int(m.key), m.number) for m in found}) / len(wanted))
    print(f"recall@10: {np.mean(shares):.2f}")


def synthetic_record(number: int) -> Record:
    """An article of ten passages of 50 random words, without vectors."""
    chooser = np.random.default_rng(number)
    places = (SYNTHETIC_VOCABULARY * chooser.random(SYNTHETIC_PASSAGES * WORDS) ** 3).astype(int)
    published = FIRST_DAY + timedelta(days=int(chooser.integers(1000)))
    text = " ".join(SYNTHETIC_WORDS[place] for place in places)
    article = Article(text=text, title=f"Title {number}", published=published, source=str(number))
    return Record(Entry.of(article.source, article), passages_of(text))


def synthetic_vectors(numbers: Sequence[int]) -> Vectors:
    """The vectors of passages, the same each time."""
    middles = np.random.default_rng(0).standard_normal((1000, 256)).astype("float32")
    own = [
        np.random.default_rng(number).standard_normal(256, dtype="float32") for number in numbers
    ]
    return unit_rows(middles[np.array(numbers) * 7919 % 1000] + np.float32(0.7) * np.stack(own))


def main() -> None:
    """Print a row for each figure: SQLite, PostgreSQL, the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("url")
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--synthetic", type=int)
    parser.add_argument("--minutes", type=float, default=14)
    parser.add_argument("--passages", type=int, default=10_000)
    parser.add_argument("--queries", type=int, default=200)
    arguments = parser.parse_args()
    joined = "&" if "?" in arguments.url else "?"
    if arguments.synthetic:
        corpus = f"{arguments.url}{joined}corpus=synthetic"
        synthetic(corpus, arguments.synthetic, minutes=arguments.minutes)
        return
    records = records_of(arguments.data, arguments.passages * 6 // 5)
    ends = list(itertools.accumulate(len(vectors) for _, vectors in records))
    total, first = ends[-1], bisect.bisect_left(ends, arguments.passages) + 1
    chooser = random.Random(1)  # noqa: S311 - a sample
    queries: list[str] = []
    while len(queries) < arguments.queries:
        words = chooser.choice(records).record.entry.article.text.split(" ")
        start = chooser.randrange(max(1, len(words) - 8))
        queries.append(" ".join(words[start : start + 8]))
    spec = EmbeddingSpec(name="wordllama", dimension=256)
    with psycopg.connect(arguments.url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS benchmark CASCADE")
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        stores: list[Store] = [
            SqliteStore(Path(folder) / "corpus.sqlite", embedding=spec),
            PostgresStore(f"{arguments.url}{joined}corpus=benchmark", embedding=spec),
        ]
        for store in stores:
            rates = {
                "added/s": ends[first - 1] / add(store, records[:first], spec),
                "a fifth more, added/s": (total - ends[first - 1])
                / add(store, records[first:], spec),
            }
            figures.append({**rates, **measured(store, records, queries)})
            store.close()
    with psycopg.connect(arguments.url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA benchmark CASCADE")
    print(f"{len(records):,} articles, {total:,} passages, {len(queries)} queries")
    print(f"{'':24}{'SQLite':>10}{'PostgreSQL':>12}{'ratio':>8}")
    for name, value in figures[0].items():
        other = figures[1][name]
        print(f"{name:24}{value:>10.3g}{other:>12.3g}{other / value:>8.2f}")


if __name__ == "__main__":
    main()
