"""Addresses of corpora in PostgreSQL; no server is asked."""

from __future__ import annotations

import sys

import pytest

from summarizer.errors import CorpusError, MissingExtraError
from summarizer.retrieval.postgres_connection import Address
from summarizer.retrieval.postgres_store import searchable


def test_the_parts_of_an_address() -> None:
    address = Address.of("postgresql://ann:s%20e@db.example:5433/news?corpus=sport&sslmode=require")

    assert address.schema == "sport"
    assert address.display == "postgresql://db.example:5433/news?corpus=sport"
    assert address.password == "s e"
    expected = {"host": "db.example", "port": "5433", "dbname": "news", "sslmode": "require"}
    assert expected.items() <= address.parameters.items()
    assert "corpus" not in address.parameters


def test_the_schema_has_a_name_of_its_own_if_none_is_given() -> None:
    assert Address.of("postgres://h/d").schema == "summarizer"


def test_ones_own_limits_stand() -> None:
    url = "postgresql://h/d?connect_timeout=3&application_name=desk"

    assert Address.of(url).parameters["connect_timeout"] == "3"
    assert Address.of(url).parameters["application_name"] == "desk"


def test_an_address_is_never_shown_with_its_password() -> None:
    address = Address.of("postgresql://u:hunter2@host:5/d?corpus=news&sslmode=require")

    assert address.display == "postgresql://host:5/d?corpus=news"
    assert "hunter2" not in repr(address)


@pytest.mark.parametrize(
    "name", ["public", "pg_catalog", "information_schema", 'a"b', "A", "", "x;y", "a b", "é"]
)
def test_a_corpus_has_a_plain_name(name: str) -> None:
    with pytest.raises(CorpusError, match="cannot name a corpus"):
        Address.of(f"postgresql://u@h/d?corpus={name}")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:hunter2@[h/d",
        "postgresql://u:hunter2%zz@h/d",
        "postgresql://u:hunter2@h/d?nonsense=1",
    ],
)
def test_what_is_no_address_is_an_error_that_does_not_tell_the_password(url: str) -> None:
    with pytest.raises(CorpusError, match="not at a PostgreSQL address") as caught:
        Address.of(url)

    assert "hunter2" not in f"{caught.value} {caught.value.hint}"
    assert caught.value.hint


@pytest.mark.parametrize("package", ["psycopg", "pgvector.psycopg"])
def test_the_extra_is_named_where_it_is_missing(
    package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)

    with pytest.raises(MissingExtraError, match="'postgres'"):
        Address.of("postgresql://h/d")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("O'Neil's 'Zürich'", "o neil s zurich"),
        ("a\\b | !c & (d) <-> :*", "a b c d"),
        ("snake_case 3.5 %", "snake case 3 5"),
        ("\0 \ud83d 嵐", "嵐"),
        ("Straße ĲSSEL", "strasse ijssel"),
    ],
)
def test_only_words_are_searched(text: str, words: str) -> None:
    assert searchable(text) == words
