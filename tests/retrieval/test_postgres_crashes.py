"""Processes and threads that share a corpus in PostgreSQL, and the death of either side."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres_server import PostgresServer
from store_records import SPEC, found, keys, near, put, record

from summarizer.errors import CorpusError
from summarizer.retrieval import postgres_connection
from summarizer.retrieval.entries import Record
from summarizer.retrieval.postgres_store import PostgresStore

pytestmark = pytest.mark.live


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """A server that a test may kill."""
    with PostgresServer() as started:
        yield started


ADD = """
import sys
import numpy as np
sys.path.insert(0, {folder!r})
from store_records import SPEC, record
from summarizer.retrieval.entries import Record
from summarizer.retrieval.postgres_store import PostgresStore
store = PostgresStore(sys.argv[1], embedding=SPEC)
for i in range(int(sys.argv[2]), int(sys.argv[3])):
    samples = record(str(i), "Snow.", "More."), record("shared", "Version " + str(i))
    store.write([Record(sample.entry, sample.passages) for sample in samples])
    sys.stdout.write(str(i) + "\\n")
    sys.stdout.flush()
store.close()
"""


def adder(url: str, first: int, last: int) -> subprocess.Popen[str]:
    code = ADD.format(folder=str(Path(__file__).parent))
    return subprocess.Popen(
        [sys.executable, "-c", code, url, str(first), str(last)], stdout=subprocess.PIPE, text=True
    )


def test_two_processes_add_at_once_while_a_third_reads(postgres_url: str) -> None:
    adders = [adder(postgres_url, 0, 150), adder(postgres_url, 150, 300)]
    reader = PostgresStore(postgres_url, embedding=SPEC)
    reads = 0
    while any(process.poll() is None for process in adders):
        assert near(reader, 1, exclude=frozenset({"shared"}), limit=1000).count("shared") == 0
        assert found(reader, "version", leads=True) in ([], ["shared"])
        reads += 1
    outputs = [process.communicate()[0] for process in adders]

    assert [process.returncode for process in adders] == [0, 0]
    assert sum(len(output.split()) for output in outputs) == 300
    assert sorted(keys(reader)) == sorted([*map(str, range(300)), "shared"])
    assert reader.stats().passages == 601
    assert reads > 10
    reader.close()


def test_a_killed_adder_leaves_whole_entries(postgres_url: str) -> None:
    store = PostgresStore(postgres_url, embedding=SPEC)
    process = adder(postgres_url, 0, 100_000)
    assert process.stdout is not None
    told = [process.stdout.readline() for _ in range(20)]
    process.kill()
    rest, _ = process.communicate()

    told += rest.split()
    present = set(keys(store)) - {"shared"}
    assert {line.strip() for line in told if line.strip()} <= present
    assert store.stats().passages == 2 * len(present) + 1
    store.close()


def test_a_killed_server_keeps_what_it_acknowledged(server: PostgresServer) -> None:
    store = PostgresStore(server.url(), embedding=SPEC)
    process = adder(server.url(), 0, 100_000)
    assert process.stdout is not None
    told = [process.stdout.readline().strip() for _ in range(50)]

    server.kill()
    restart = threading.Timer(1.0, server.start)
    restart.start()
    told += [process.stdout.readline().strip() for _ in range(50)]  # it goes on by itself

    process.kill()
    process.communicate()
    restart.join()
    assert set(told) <= set(keys(store))
    assert store.stats().passages == 2 * (len(keys(store)) - 1) + 1
    store.close()


def test_a_store_outlives_a_restart_of_the_server(server: PostgresServer) -> None:
    store = PostgresStore(server.url(), embedding=SPEC)
    put(store, [record("a", "Snow.")])
    server.kill()
    server.start()

    assert near(store, 1) == found(store, "snow") == ["a"]
    put(store, [record("b", "Rain.")])
    assert keys(store) == ["a", "b"]
    store.close()


def test_a_server_that_stays_away_is_an_error(
    server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = PostgresStore(server.url(), embedding=SPEC)
    server.kill()
    monkeypatch.setattr(postgres_connection, "_PATIENCE", 0.5)

    with pytest.raises(CorpusError, match="cannot be used"):
        store.stats()
    server.start()
    assert store.stats().articles == 0
    store.close()


def test_threads_share_a_store(postgres_url: str) -> None:
    store = PostgresStore(postgres_url, embedding=SPEC)
    failed: list[BaseException] = []

    def add(first: int) -> None:
        try:
            for i in range(first, first + 20):
                sample = record(f"{i}", "Snow.")
                store.write([Record(sample.entry, sample.passages)])
                assert found(store, "snow")
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=add, args=(first,)) for first in range(0, 100, 20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert len(keys(store)) == 100
    store.close()
