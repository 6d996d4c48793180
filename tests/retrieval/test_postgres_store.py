"""What only the store in PostgreSQL meets: addresses, rights, schemas, an index of vectors."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

import numpy as np
import psycopg
import pytest
from numpy.typing import NDArray
from postgres_server import PostgresServer
from store_records import SPEC, found, keys, near, put, record, unit

from summarizer.errors import CorpusError
from summarizer.retrieval import postgres_store
from summarizer.retrieval.entries import EmbeddingSpec, Filters
from summarizer.retrieval.postgres_store import PostgresStore
from summarizer.retrieval.store import Store

pytestmark = pytest.mark.live


def test_a_key_does_not_end_at_nul(postgres_url: str) -> None:
    store = PostgresStore(postgres_url, embedding=SPEC)
    put(store, [record("a", "Snow.")])

    assert store.fetch(["a\0b"]) == {}
    assert store.remove(["a\0b"]) == 0
    store.close()


def test_a_server_that_is_not_there_is_an_error_at_once(tmp_path: Path) -> None:
    start = time.monotonic()
    with pytest.raises(CorpusError, match="cannot be used") as caught:
        PostgresStore(f"postgresql://u:hunter2@/d?host={tmp_path}")

    assert time.monotonic() - start < 5
    assert "hunter2" not in str(caught.value)
    assert "check the address" in str(caught.value.hint)


def test_a_refused_password_is_an_error_that_does_not_tell_it(postgres: PostgresServer) -> None:
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS ann")
        connection.execute("CREATE ROLE ann LOGIN PASSWORD 'right'")

    with pytest.raises(CorpusError, match="password authentication failed") as caught:
        PostgresStore(postgres.url(user="ann:hunter2"))

    assert "hunter2" not in str(caught.value)


def test_a_role_that_may_not_create_is_told_so(postgres: PostgresServer) -> None:
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        connection.execute("DROP ROLE IF EXISTS bob")
        connection.execute("CREATE ROLE bob LOGIN PASSWORD 'right'")

    with pytest.raises(CorpusError, match="permission denied"):
        PostgresStore(postgres.url(user="bob:right", corpus="bobs"), embedding=SPEC)


def test_a_role_that_may_only_write_rows_adds_without_an_index(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_store, "_INDEXED_FROM", 1)
    PostgresStore(postgres.url(corpus="shared"), embedding=SPEC).close()
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS carol")
        connection.execute("CREATE ROLE carol LOGIN PASSWORD 'right'")
        connection.execute("GRANT USAGE ON SCHEMA shared TO carol")
        connection.execute("GRANT ALL ON ALL TABLES IN SCHEMA shared TO carol")
        connection.execute("GRANT ALL ON ALL SEQUENCES IN SCHEMA shared TO carol")

    store = PostgresStore(postgres.url(user="carol:right", corpus="shared"))
    put(store, [record("a", "Snow.")])

    assert near(store, 1) == found(store, "snow") == ["a"]
    store.close()


def test_corpora_of_a_database_are_apart(postgres: PostgresServer) -> None:
    one = PostgresStore(postgres.url(corpus="apart_one"), embedding=SPEC)
    two = PostgresStore(postgres.url(corpus="apart_two"), embedding=SPEC)
    put(one, [record("a", "Snow.")])

    assert (keys(one), keys(two)) == (["a"], [])
    one.close()
    two.close()


def test_a_schema_of_others_is_left_alone(postgres: PostgresServer) -> None:
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute("CREATE SCHEMA shop CREATE TABLE articles (price int)")

    with pytest.raises(CorpusError, match="'shop' holds other tables"):
        PostgresStore(postgres.url(corpus="shop"), embedding=SPEC)
    with pytest.raises(CorpusError, match="there is no corpus"):
        PostgresStore(postgres.url(corpus="shop"))


def test_another_format_is_refused(postgres_url: str, postgres: PostgresServer) -> None:
    PostgresStore(postgres_url, embedding=SPEC).close()
    schema = postgres_url.rpartition("=")[2]
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        corpus = psycopg.sql.Identifier(schema, "corpus")
        connection.execute(psycopg.sql.SQL("UPDATE {} SET version = 99").format(corpus))

    with pytest.raises(CorpusError, match="has format 99"):
        PostgresStore(postgres_url)


def test_creating_again_changes_nothing(postgres_url: str) -> None:
    store = PostgresStore(postgres_url, embedding=SPEC)
    put(store, [record("a", "Snow.")])
    again = PostgresStore(postgres_url, embedding=EmbeddingSpec(name="o", dimension=3))

    assert (again.embedding, keys(again)) == (SPEC, ["a"])
    store.close()
    again.close()


def test_a_database_that_is_not_utf8_is_refused(postgres: PostgresServer) -> None:
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS latin")
        connection.execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")

    with pytest.raises(CorpusError, match="stores LATIN1"):
        PostgresStore(postgres.url("latin"), embedding=SPEC)


def test_pgvector_may_be_in_a_schema_of_its_own(postgres: PostgresServer) -> None:
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS apart")
        connection.execute("CREATE DATABASE apart")
    with psycopg.connect(postgres.url("apart"), autocommit=True) as connection:
        connection.execute("CREATE SCHEMA extensions")
        connection.execute("CREATE EXTENSION vector SCHEMA extensions")

    store = PostgresStore(postgres.url("apart"), embedding=SPEC)
    put(store, [record("a", "Snow.")])

    assert near(store, 1) == ["a"]
    assert list(store.leads(["a"])) == ["a"]
    store.close()


def test_long_vectors_are_stored_and_searched(postgres_url: str) -> None:
    spec = EmbeddingSpec(name="long", dimension=5000)
    store = PostgresStore(postgres_url, embedding=spec)
    vector = unit(1, dimension=5000)
    put(store, [record("a", "Snow.", vectors={0: vector})])

    assert [m.key for m in store.dense(vector, limit=3, filters=Filters())] == ["a"]
    store.close()


def test_after_close_there_is_a_clear_error(postgres_url: str) -> None:
    store = PostgresStore(postgres_url, embedding=SPEC)
    store.close()
    store.close()

    with pytest.raises(CorpusError, match="was closed"):
        store.stats()


# A large corpus


def large(store: Store, count: int) -> NDArray[np.float32]:
    """``count`` articles in clusters; every 50th is old. Their vectors."""
    generator = np.random.default_rng(0)
    centres = generator.standard_normal((40, 8))
    vectors = centres[np.arange(count) % 40] + 0.5 * generator.standard_normal((count, 8))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    records = [
        record(
            f"{i}",
            f"Story {i} about topic{i % 40}.",
            vectors={0: vectors[i]},
            published=date(2000 if i % 50 == 0 else 2026, 1, 1),
        )
        for i in range(count)
    ]
    for start in range(0, count, 500):
        put(store, records[start : start + 500])
    return vectors


def has_index(server: PostgresServer, url: str) -> bool:
    with psycopg.connect(server.url()) as connection:
        return bool(
            connection.execute(
                "SELECT 1 FROM pg_indexes WHERE schemaname = %s AND indexname = 'vectors_nearest'",
                (url.rpartition("=")[2],),
            ).fetchone()
        )


@pytest.fixture
def indexed_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_store, "_INDEXED_FROM", 2000)


@pytest.mark.usefixtures("indexed_early")
def test_with_an_index_filters_still_let_all_ten_through(
    postgres_url: str, postgres: PostgresServer
) -> None:
    store = PostgresStore(postgres_url, embedding=SPEC)
    vectors = large(store, 3000)
    old = np.arange(0, 3000, 50)
    assert has_index(postgres, postgres_url)

    hits = 0
    for query in vectors[1:200:10]:
        few = store.dense(query, limit=10, filters=Filters(until=date(2010, 1, 1)))
        assert len(few) == 10
        exact = old[np.argsort(-(vectors[old] @ query))[:10]]
        hits += len({int(m.key) for m in few} & set(exact.tolist()))
    assert hits / 200 > 0.95
    store.close()


@pytest.mark.usefixtures("indexed_early")
def test_where_the_index_tires_every_vector_is_read(postgres_url: str) -> None:
    tired = f"{postgres_url}&options=-c%20hnsw.max_scan_tuples%3D100"
    store = PostgresStore(tired, embedding=SPEC)
    vectors = large(store, 2500)
    put(store, [record("label", "Snow.", vectors={0: -vectors[7]}, labels=("x",))])

    assert near(store, *vectors[7], labelled=True) == ["label"]
    store.close()


def test_the_index_goes_on_until_enough_pass(postgres_url: str) -> None:
    store = PostgresStore(postgres_url, embedding=SPEC)

    shown = store._database.read(
        lambda session: session.connection.execute("SHOW hnsw.iterative_scan").fetchall()
    )

    assert shown == [("relaxed_order",)]
    store.close()


@pytest.mark.usefixtures("indexed_early")
def test_the_index_waits_until_nothing_is_pending(
    postgres_url: str, postgres: PostgresServer
) -> None:
    store = PostgresStore(postgres_url, embedding=SPEC)
    put(store, [record("last", "Snow.", vectors={})])
    large(store, 2000)
    assert not has_index(postgres, postgres_url)

    store.fill({p.passage: unit(1) for p in store.pending(5)}, embedding=SPEC)

    assert has_index(postgres, postgres_url)
    store.reset(EmbeddingSpec(name="other", dimension=3))
    assert not has_index(postgres, postgres_url)
    store.close()


@pytest.mark.usefixtures("indexed_early")
def test_the_index_goes_before_a_large_load_and_comes_back_after_it(
    postgres_url: str, postgres: PostgresServer
) -> None:
    store = PostgresStore(postgres_url, embedding=SPEC)
    large(store, 2400)

    put(store, [record(f"few{i}", "Snow.", vectors={}) for i in range(900)])
    assert has_index(postgres, postgres_url)
    put(store, [record(f"many{i}", "Rain.", vectors={}) for i in range(400)])
    assert not has_index(postgres, postgres_url)
    assert len(near(store, 1, limit=10)) == 10

    store.fill({p.passage: unit(1) for p in store.pending(2000)}, embedding=SPEC)
    assert has_index(postgres, postgres_url)
    store.close()


def test_words_of_a_large_corpus_weigh_by_how_rare_they_are(postgres_url: str) -> None:
    store = PostgresStore(postgres_url, embedding=SPEC)
    large(store, 6000)

    assert found(store, "story", "about", "topic7", "5047", limit=1) == ["5047"]
    assert set(found(store, "story", "topic7", limit=5)) <= {str(i) for i in range(7, 6000, 40)}
    shares = store.coverage(["story", "topic7", "5047"], ["5047", "47", "48"])
    assert shares["5047"].share == pytest.approx(1)
    assert 0.3 < shares["47"].share < 0.45
    assert shares["48"].share < 0.01
    store.close()
