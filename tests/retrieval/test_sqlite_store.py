"""What is particular to the SQLite file; test_stores.py tests what all stores do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from store_records import Sample, put

from summarizer.articles.article import Article
from summarizer.errors import CorpusError
from summarizer.retrieval.database import Session
from summarizer.retrieval.entries import EmbeddingSpec, Entry, Filters, Match, Passage
from summarizer.retrieval.sqlite_file import SqliteFile
from summarizer.retrieval.sqlite_search import SqliteVectors
from summarizer.retrieval.sqlite_store import SqliteStore
from summarizer.retrieval.store import Vector

SPEC = EmbeddingSpec(name="test", dimension=3)
X, Y, _ = np.eye(3, dtype=np.float32)


def record(
    key: str,
    text: str = "a storm",
    *,
    published: date | None = None,
    labels: tuple[str, ...] = (),
    vector: np.ndarray[tuple[int], np.dtype[np.float32]] | None = X,
) -> Sample:
    """An article of one passage; of two where the text has a line break."""
    entry = Entry.of(key, Article(text=text, published=published, labels=labels))
    lead, _, rest = text.partition("\n")
    passages = [Passage(0, 0, len(lead))]
    if rest:
        passages.append(Passage(1, len(lead) + 1, len(text)))
    vectors = {} if vector is None else dict.fromkeys(range(len(passages)), vector)
    return Sample(entry, tuple(passages), vectors)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(tmp_path / "news.sqlite", embedding=SPEC)
    yield opened
    opened.close()


def keys(matches: list[Match]) -> list[str]:
    return [match.key for match in matches]


@pytest.fixture
def filled(store: SqliteStore) -> SqliteStore:
    put(
        store,
        [
            record("old", published=date(2026, 1, 1), labels=("weather",)),
            record("new", published=date(2026, 2, 1)),
            record("undated", labels=("weather",)),
            record("long", "a flood\na storm", published=date(2026, 1, 1)),
        ],
    )
    return store


def test_a_rare_label_is_found_behind_many_better_matches(store: SqliteStore) -> None:
    many = [record(f"k{n:03}", "storm " * (2 + n % 5)) for n in range(300)]
    last = record("labelled", "storm " + "and a long text about the weather " * 30, labels=("x",))
    put(store, [*many, last])

    found = store.lexical(["storm"], limit=2, filters=Filters(labelled=True))

    assert keys(found) == ["labelled"]


def test_filters_see_new_metadata(filled: SqliteStore) -> None:
    filled.dense(X, limit=9, filters=Filters())  # in memory now
    relabelled = record("new", published=date(2025, 1, 1), labels=("economy",)).entry

    filled.update_metadata([relabelled, record("unknown").entry])

    wanted = Filters(labelled=True, until=date(2025, 6, 1), undated=False)
    assert keys(filled.dense(X, limit=9, filters=wanted)) == ["new"]
    assert keys(filled.lexical(["storm"], limit=9, filters=wanted)) == ["new"]
    assert filled.fetch(["new"])["new"] == relabelled
    assert filled.hashes(["new"])["new"] == relabelled.hashes


def test_a_replaced_article_loses_its_words_and_vectors(store: SqliteStore) -> None:
    put(store, [record("a", "a storm", vector=X)])
    store.dense(X, limit=9, filters=Filters())

    put(store, [record("a", "a drought", vector=Y)])

    assert store.lexical(["storm"], limit=9, filters=Filters()) == []
    (match,) = store.dense(X, limit=9, filters=Filters())
    assert (match.text, round(match.score, 2)) == ("a drought", 0.0)


def test_what_another_process_removed_takes_no_place_in_the_answer(
    store: SqliteStore, tmp_path: Path
) -> None:
    put(store, [record("near", vector=X), record("far", vector=Y)])
    store.dense(X, limit=1, filters=Filters())
    other = SqliteStore(tmp_path / "news.sqlite")

    other.remove(["near"])

    assert keys(store.dense(X, limit=1, filters=Filters())) == ["far"]
    other.close()


def test_what_is_removed_is_nowhere_in_the_file(store: SqliteStore, tmp_path: Path) -> None:
    secret = Entry.of("secret-key", Article(text="gronk xylozebra", title="kwyjibo"))
    put(store, [Sample(secret, (Passage(0, 0, 15),), {0: X}), record("b")])

    store.remove(["secret-key"])

    files = b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.is_file())
    assert [word for word in (b"secret", b"gronk", b"ylozebra", b"wyjibo") if word in files] == []
    assert b"storm" in files


def test_a_reader_does_not_keep_a_removal_waiting(
    store: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("summarizer.retrieval.sqlite_file._PATIENCE_WITH_READERS", 0)
    put(store, [record("a"), record("b")])
    with closing(SqliteFile(tmp_path / "news.sqlite")) as file, file.transaction() as reader:
        reader.execute("SELECT count(*) FROM articles").fetchone()

        assert store.remove(["a"]) == 1


def test_the_number_of_a_removed_passage_is_never_used_again(store: SqliteStore) -> None:
    put(store, [record("a", vector=None)])
    (removed,) = store.pending(1)
    store.remove(["a"])
    put(store, [record("b", vector=None)])

    assert store.fill({removed.passage: X}, embedding=SPEC) == 0


def test_reset_forgets_vectors_and_keeps_texts(filled: SqliteStore) -> None:
    other = EmbeddingSpec(name="other", dimension=2)
    filled.dense(X, limit=9, filters=Filters())

    filled.reset(other)

    assert filled.embedding == other
    assert filled.stats().pending == filled.stats().passages == 5
    two = np.asarray([1.0, 0.0], dtype=np.float32)
    assert filled.dense(two, limit=9, filters=Filters()) == []
    assert len(filled.lexical(["storm"], limit=9, filters=Filters())) == 4


def test_frequent_words_are_left_out_of_an_expensive_query(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("summarizer.retrieval.sqlite_search.MOST_POSTINGS", 5)
    put(store, [record(f"k{n}", f"common word{n}") for n in range(9)])

    assert keys(store.lexical(["common", "word3"], limit=9, filters=Filters())) == ["k3"]
    assert len(store.lexical(["common"], limit=9, filters=Filters())) == 9


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "news.sqlite", embedding=SPEC)
    store.close()
    store.close()

    with pytest.raises(CorpusError, match="was closed"):
        store.stats()


def test_a_file_of_another_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "news.sqlite"
    SqliteStore(path, embedding=SPEC).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()

    with pytest.raises(CorpusError, match="format 99"):
        SqliteStore(path)


@pytest.mark.usefixtures("filled")
def test_making_a_store_that_exists_keeps_it(tmp_path: Path) -> None:
    other = EmbeddingSpec(name="other", dimension=7)

    again = SqliteStore(tmp_path / "news.sqlite", embedding=other)

    assert again.embedding == SPEC
    assert again.stats().articles == 4
    again.close()
    assert [file.name for file in tmp_path.iterdir() if file.is_dir()] == []


def test_a_key_with_a_nul_is_not_the_key_before_it(filled: SqliteStore) -> None:
    assert filled.fetch(["old\0er"]) == {}
    assert filled.remove(["old\0er"]) == 0
    assert "old" in filled.fetch(["old"])


def test_a_file_system_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError("no links here")

    monkeypatch.setattr("os.link", refuse)
    path = tmp_path / "linkless.sqlite"

    for _ in range(2):
        store = SqliteStore(path, embedding=SPEC)
        put(store, [record(f"k{len(store.entries())}")])
        found = len(store.entries())
        store.close()

    assert found == 2


def test_a_commit_that_failed_leaves_no_transaction_behind(
    store: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class FullDisk(sqlite3.Connection):
        faults = 1

        def commit(self) -> None:
            if self.faults:
                self.faults = 0
                raise sqlite3.OperationalError("database or disk is full")
            super().commit()

    put(store, [record("a")])
    monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=FullDisk))
    other = SqliteStore(tmp_path / "news.sqlite")

    with pytest.raises(CorpusError, match="disk is full"):
        other.remove(["a"])

    assert other.remove(["a"]) == 1
    other.close()


def test_a_search_under_way_outlives_a_rebuild(filled: SqliteStore, tmp_path: Path) -> None:
    file, vectors = SqliteFile(tmp_path / "news.sqlite"), SqliteVectors()
    two = np.asarray([1.0, 0.0], dtype=np.float32)

    def near(session: Session, vector: Vector) -> list[tuple[int, float]]:
        return vectors.nearest(session, vector, limit=9, filters=Filters(), values={})

    def during_a_rebuild(before: Session) -> list[tuple[int, float]]:
        before.rows("state")  # the moment it reads
        filled.reset(EmbeddingSpec(name="other", dimension=2))
        assert file.read(lambda after: near(after, two)) == []  # another thread
        put(filled, [record("x", vector=two)])
        assert len(file.read(lambda after: near(after, two))) == 1
        return near(before, X)

    assert file.read(during_a_rebuild) == []
    file.close()
