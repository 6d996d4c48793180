"""A corpus survives the death of the process that writes it, and other processes beside it."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from corpus_files import article, faults, missing, start_add

from summarizer.retrieval.corpus import Corpus

ARTICLES = 80


@pytest.mark.parametrize("kills", [4, pytest.param(24, marks=pytest.mark.live)])
def test_killed_at_any_moment_nothing_is_lost_or_doubled(tmp_path: Path, kills: int) -> None:
    file = tmp_path / "news.sqlite"
    chooser = random.Random(kills)  # noqa: S311 - moments, not secrets
    longest = _seconds_of_an_add(tmp_path / "other.sqlite")

    for version in range(kills):
        process = start_add(file, 0, ARTICLES, version=version)
        time.sleep(chooser.uniform(0, longest))
        process.kill()
        process.communicate()
        if file.exists():
            _opens_and_answers(file)

    with Corpus.open(file, embedding="fast", create=True) as corpus:
        corpus.add(article(number, kills) for number in range(ARTICLES))
        assert list(missing(corpus, ARTICLES, version=kills)) == []
    assert faults(file) == []


def _seconds_of_an_add(file: Path) -> float:
    process = start_add(file, 0, ARTICLES)
    start = time.monotonic()
    process.communicate(timeout=120)
    return time.monotonic() - start


def _opens_and_answers(file: Path) -> None:
    assert faults(file) == []
    with Corpus.open(file) as corpus:
        stored = {info.key for info in corpus.articles()}
        found = {hit.key for hit in corpus.search("harbour dues", limit=5)}
        assert len(found) == min(5, len(stored))
        assert found <= stored


def test_two_processes_add_at_once(tmp_path: Path) -> None:
    file = tmp_path / "news.sqlite"

    processes = [start_add(file, 0, 40), start_add(file, 20, 60)]
    for process in processes:
        process.communicate(timeout=120)

    assert [process.returncode for process in processes] == [0, 0]
    assert faults(file) == []
    with Corpus.open(file) as corpus:
        assert list(missing(corpus, 60, version=0)) == []


def test_a_reader_sees_what_another_process_writes_and_never_fails(tmp_path: Path) -> None:
    file = tmp_path / "news.sqlite"
    with Corpus.open(file, embedding="fast", create=True) as corpus:
        corpus.add([article(0)])
        process = start_add(file, 1, ARTICLES)
        counts = []
        while process.poll() is None:
            assert corpus.search("harbour dues")
            counts.append(corpus.stats().articles)
        process.communicate()

        assert process.returncode == 0
        assert counts == sorted(counts)
        assert len(set(counts)) > 1
        last = corpus.search(f"district {ARTICLES - 1}", limit=1)[0]
        assert last.key == article(ARTICLES - 1).source
        assert last.found_by == ("dense", "lexical")


def test_a_reader_forgets_what_another_process_removed(tmp_path: Path) -> None:
    file = tmp_path / "news.sqlite"
    with Corpus.open(file, embedding="fast", create=True) as reader, Corpus.open(file) as writer:
        reader.add([article(1), article(2)])
        reader.search("district 1")

        writer.remove([article(1).source])
        writer.add([article(3)])

        assert {hit.key for hit in reader.search("district")} == {
            article(2).source,
            article(3).source,
        }


def test_threads_search_while_one_adds(tmp_path: Path) -> None:
    with Corpus.open(tmp_path / "news.sqlite", embedding="fast", create=True) as corpus:
        corpus.add([article(0)])
        with ThreadPoolExecutor(5) as threads:
            adding = threads.submit(corpus.add, [article(number) for number in range(1, 60)])
            searches = [threads.submit(corpus.search, "harbour dues") for _ in range(200)]

        assert adding.result().added == 59
        assert all(search.result() for search in searches)
