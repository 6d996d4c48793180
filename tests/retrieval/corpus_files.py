"""Articles and checks for tests that kill, race and read a corpus file; also a child process.

    python corpus_files.py FILE FIRST LAST VERSION

adds articles FIRST to LAST and says "ready" on standard output when it begins.
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from summarizer.articles.article import Article
from summarizer.retrieval.corpus import Corpus


def article(number: int, version: int = 0) -> Article:
    """Article ``number``; every third one has another text in each version."""
    text = "\n\n".join(
        f"In district {number} the council of ward {part} met to talk about harbour dues. "
        f"Members of ward {part} asked for {number + part} more weeks to read the plan, which "
        f"the mayor of district {number} had promised to the people of the quarter in spring. "
        + "Nobody objected to the minutes of the meeting. "
        * 6
        for part in range(6)
    )
    if number % 3 == 0:
        text += f"\n\nThis is version {version} of the report."
    return Article(
        text=text,
        title=f"District {number}",
        language="en",
        source=f"https://news.example/{number}",
        labels=(f"ward-{number % 4}",),
    )


def start_add(file: Path, first: int, last: int, *, version: int = 0) -> subprocess.Popen[str]:
    """A process that has begun to add articles."""
    command = [sys.executable, __file__, str(file), str(first), str(last), str(version)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def faults(file: Path) -> list[str]:
    """What is wrong inside the file, whether or not it is complete."""
    with closing(sqlite3.connect(file, timeout=60)) as connection:
        found = [row[0] for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
        found += [f"dangling {row}" for row in connection.execute("PRAGMA foreign_key_check")]
        # Raises unless the word index fits the texts.
        connection.execute("INSERT INTO words (words, rank) VALUES ('integrity-check', 1)")
        connection.rollback()
        for what, query in {
            "passages with and without vector": "SELECT (SELECT count(*) FROM passages)"
            " = (SELECT count(*) FROM vectors) + (SELECT count(*) FROM pending)",
            "both pending and done": "SELECT NOT EXISTS (SELECT passage FROM pending"
            " INTERSECT SELECT passage FROM vectors)",
            "vectors without passage": "SELECT NOT EXISTS (SELECT passage FROM vectors"
            " EXCEPT SELECT id FROM passages)",
            "articles without passages": "SELECT NOT EXISTS (SELECT id FROM articles"
            " EXCEPT SELECT article FROM passages)",
        }.items():
            if not connection.execute(query).fetchone()[0]:
                found.append(what)
    return found


def missing(corpus: Corpus, last: int, *, version: int) -> Iterator[str]:
    """What a complete corpus of articles 0 to ``last`` lacks or has too much."""
    keys = [info.key for info in corpus.articles()]
    expected = {article(number).source for number in range(last)}
    if sorted(keys) != sorted(expected):
        yield f"{len(keys)} articles where {len(expected)} were expected"
    for number in range(last):
        wanted = article(number, version)
        if corpus.get(wanted.source) != wanted:
            yield f"article {number} is not in version {version}"
    if corpus.stats().pending:
        yield "passages without vector"


def main() -> None:
    """Add articles, as a user's process would."""
    file, first, last, version = sys.argv[1:]
    # What it needs is loaded before it begins, so that a kill falls into the work.
    import llama_index.core.ingestion  # noqa: F401

    from summarizer.retrieval.embedding import load_embedder

    load_embedder("wordllama")
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    with Corpus.open(Path(file), embedding="fast", create=True) as corpus:
        corpus.add(article(number, int(version)) for number in range(int(first), int(last)))


if __name__ == "__main__":
    main()
