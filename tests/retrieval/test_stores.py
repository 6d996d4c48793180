"""What both stores do alike: the SQLite file, and PostgreSQL (live)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from store_records import SPEC, Sample, found, keys, near, put, record, unit

from summarizer.articles.article import Article
from summarizer.errors import CorpusError
from summarizer.retrieval.entries import EmbeddingSpec, Entry, Filters, Passage, words_of
from summarizer.retrieval.postgres_store import PostgresStore
from summarizer.retrieval.sqlite_store import SqliteStore
from summarizer.retrieval.store import Store

EVIL = ["x' OR '1'='1", "O'Neil", '"; DROP TABLE articles; --', "100%", "a\\b\\", "%s {articles}"]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.live)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    opened: Store
    if request.param == "sqlite":
        opened = SqliteStore(tmp_path / "c.sqlite", embedding=SPEC)
    else:
        opened = PostgresStore(request.getfixturevalue("postgres_url"), embedding=SPEC)
    yield opened
    opened.close()


# What a store keeps


def test_what_was_written_is_read_again(store: Store) -> None:
    one = record(
        "a",
        "Snow fell.",
        "It  melted.",
        title="Snow",
        published=date(2026, 3, 1),
        author="Ann",
        language="en",
        labels=("weather", "north"),
    )
    two = record("b", "Rain.", title=None)
    put(store, [one, two])

    assert store.fetch(["b", "a", "c"]) == {"a": one.entry, "b": two.entry}
    assert store.hashes(["a", "c"]) == {"a": one.entry.hashes}
    assert keys(store) == ["a", "b"]


def test_writing_again_replaces(store: Store) -> None:
    put(store, [record("a", "Snow fell.", "It melted."), record("b", "Rain.")])
    put(store, [record("a", "Sun.")])

    assert keys(store) == ["a", "b"]
    assert store.fetch(["a"])["a"].article.text == "Sun."
    assert store.stats().passages == 2
    assert found(store, "snow") == found(store, "melted") == []
    assert len(near(store, 1)) == 2


def test_an_entry_without_passages_of_its_own_text_is_searched_by_its_title(store: Store) -> None:
    empty = Sample(Entry.of("a", Article(text="", title="Storm")), (Passage(0, 0, 0),), {})
    put(store, [empty])

    assert found(store, "storm") == ["a"]
    assert store.fetch(["a"]) == {"a": empty.entry}


def test_white_space_around_passages_is_kept(store: Store) -> None:
    text = " \n One. \n\n  Two.\t"
    entry = Entry.of("a", Article(text=text))
    passages = (Passage(0, 3, 7), Passage(1, 12, 16))
    put(store, [Sample(entry, passages, {0: unit(1), 1: unit(0, 1)})])

    assert store.fetch(["a"])["a"].article.text == text
    assert [m.text for m in store.dense(unit(1), limit=2, filters=Filters())] == ["One.", "Two."]


def test_pending_passages_are_told_leads_first(store: Store) -> None:
    put(store, [record("a", "A0", "A1", vectors={}, title="T"), record("b", "B0", vectors={})])

    waiting = store.pending(10)

    assert [(p.title, p.text) for p in waiting] == [("T", "A0"), (None, "B0"), ("T", "A1")]
    assert [p.text for p in store.pending(1)] == ["A0"]
    assert store.stats().pending == 3
    assert [info.pending for info in store.entries()] == [2, 1]


def test_filled_passages_are_found_and_filled_once(store: Store) -> None:
    put(store, [record("a", "A0", "A1", vectors={})])
    first, second = (p.passage for p in store.pending(10))

    assert store.fill({first: unit(0, 1), 999_999: unit(1)}, embedding=SPEC) == 1
    assert store.fill({first: unit(1), second: unit(1)}, embedding=SPEC) == 1
    assert [m.number for m in store.dense(unit(0, 1), limit=1, filters=Filters())] == [0]
    assert store.pending(10) == []


def test_vectors_of_another_embedding_are_refused(store: Store) -> None:
    put(store, [record("a", "A", vectors={})])
    other = EmbeddingSpec(name="other", dimension=8)
    vectors = {item.passage: unit(1) for item in store.pending(1)}

    with pytest.raises(CorpusError, match="'tests'") as caught:
        store.fill(vectors, embedding=other)

    assert "index rebuild --corpus" in str(caught.value.hint)
    assert near(store, 1) == []


def test_a_vector_of_another_length_is_refused(store: Store) -> None:
    put(store, [record("a", "A")])

    with pytest.raises(CorpusError, match="8 numbers"):
        store.dense(unit(1, dimension=4), limit=1, filters=Filters())


def test_reset_forgets_all_vectors(store: Store) -> None:
    put(store, [record("a", "A0", "A1"), record("b", "B", vectors={})])
    other = EmbeddingSpec(name="other", dimension=3)

    store.reset(other)

    assert store.embedding == other
    assert store.stats().pending == 3
    waiting = [p.passage for p in store.pending(10)]
    assert store.fill({p: unit(1, dimension=3) for p in waiting}, embedding=other) == 3
    assert len(store.dense(unit(1, dimension=3), limit=9, filters=Filters())) == 3


def test_removed_entries_leave_nothing(store: Store) -> None:
    put(store, [record("a", "Snow."), record("b", "Rain.", vectors={})])

    assert store.remove(["a", "b", "c"]) == 2
    assert store.remove(["a"]) == 0
    assert found(store, "snow") == near(store, 1) == store.pending(9) == keys(store) == []
    stats = store.stats()
    assert (stats.articles, stats.passages, stats.pending) == (0, 0, 0)


def test_metadata_changes_alone(store: Store) -> None:
    one = record("a", "Snow.", labels=("x",))
    put(store, [one])
    article = one.entry.article.model_copy(update={"labels": (), "published": date(2026, 1, 1)})
    changed = Entry.of("a", article)

    store.update_metadata([changed, Entry.of("gone", article)])

    assert store.fetch(["a", "gone"]) == {"a": changed}
    assert store.hashes(["a"]) == {"a": changed.hashes}
    assert near(store, 1, labelled=True) == []
    assert near(store, 1, until=date(2026, 1, 1), undated=False) == ["a"]


def test_lead_vectors(store: Store) -> None:
    put(
        store,
        [
            record("a", "A0", "A1", vectors={0: unit(1, 2), 1: unit(3)}),
            record("b", "B", vectors={}),
        ],
    )

    leads = store.leads(["a", "b", "c"])

    assert list(leads) == ["a"]
    assert leads["a"].dtype == np.float32
    np.testing.assert_allclose(leads["a"], unit(1, 2), atol=0.01)


def test_pages_of_entries(store: Store) -> None:
    put(store, [record(f"{i}", "Text.") for i in range(5)])

    assert [info.key for info in store.entries(limit=2, offset=1)] == ["1", "2"]


def test_stats(store: Store) -> None:
    put(store, [record("a", "A0", "A1", labels=("x",)), record("b", "B")])

    stats = store.stats()

    assert stats.embedding == SPEC
    assert (stats.articles, stats.labelled, stats.passages) == (2, 1, 3)
    assert stats.bytes > 0


# What a store finds


def test_the_nearest_come_first_with_their_cosine(store: Store) -> None:
    put(
        store,
        [
            record("far", "A", vectors={0: unit(0, 1)}),
            record("near", "B", vectors={0: unit(3, 1)}),
            record("opposite", "C", vectors={0: unit(-1)}),
        ],
    )

    matches = store.dense(unit(1), limit=3, filters=Filters())

    assert [m.key for m in matches] == ["near", "far", "opposite"]
    np.testing.assert_allclose([m.score for m in matches], [0.9487, 0, -1], atol=0.01)


def test_a_passage_without_words_has_no_likeness(store: Store) -> None:
    zero = np.zeros(8, dtype=np.float32)
    put(store, [record("a", "!", vectors={0: zero}), record("b", "B")])

    matches = store.dense(unit(1), limit=9, filters=Filters())

    assert [(m.key, round(m.score, 2)) for m in matches] == [("b", 1.0), ("a", 0.0)]
    assert [m.score for m in store.dense(zero, limit=9, filters=Filters())] == [0, 0]


def test_rare_words_count_more(store: Store) -> None:
    common = [record(f"{i}", "The council met on Monday about the harbour.") for i in range(9)]
    rare = record("rare", "A heron was seen.")
    put(store, [*common, rare])

    assert found(store, "the", "council", "heron", "a")[0] == "rare"


def test_words_are_stemmed_without_accents_and_case(store: Store) -> None:
    put(store, [record("a", "Zürich's FLOODED cellars"), record("b", "WHO says it is over")])

    assert found(store, "zurich") == found(store, "floods") == found(store, "CELLAR") == ["a"]
    assert found(store, "who") == ["b"]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("Das Krankenhaus schließt.", "Krankenhäuser"),
        ("Собянин открыл парк.", "Собянина"),
        ("W szpitalu brakuje lekarzy.", "szpitale"),
        ("Belediye hastaneyi taşıdı.", "hastanenin"),
        ("Köy okulundaki sınıf kapandı.", "okul"),
        ("Covid numbers fell.", "Covid-19"),
        ("Two houses burned.", "housed"),
        ("An F-16 crashed.", "F16"),
        ("An F16 crashed.", "F-16"),
        ("Die Straße ist gesperrt.", "Straße"),
        ("Die Straßen sind gesperrt.", "STRASSEN"),
    ],
)
def test_words_are_found_in_other_forms_and_spellings(store: Store, text: str, query: str) -> None:
    put(store, [record("a", text), record("b", "The frost came early.")])

    words = words_of(query)

    assert found(store, *words) == list(store.coverage(words, ["a", "b"])) == ["a"]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("Ein Kranich flog.", "Krankenhaus"),
        ("Flight MH371 landed.", "MH370"),
        ("It has 123457 readers.", "123456"),
        ("Lot 12 of 16 F sharp.", "F16"),
        ("Five dogs.", "five-a-side dogma"),
    ],
)
def test_words_that_only_begin_alike_are_other_words(store: Store, text: str, query: str) -> None:
    put(store, [record("a", text)])

    assert found(store, *set(words_of(query)) - {"five", "a"}) == []


def test_of_a_word_that_is_there_no_other_form_is_looked_for(store: Store) -> None:
    put(store, [record("a", "Собянин открыл парк."), record("b", "О Собянине пишут.")])

    assert found(store, "собянин") == ["a"]


def test_a_word_in_another_form_covers_half(store: Store) -> None:
    put(store, [record("a", "Собянин открыл парк."), record("b", "Snow.")])

    assert store.coverage(["собянина"], ["a"])["a"].share == 0.5
    assert 0.7 < store.coverage(["собянина", "парк"], ["a"])["a"].share < 0.8


def test_in_a_long_query_no_other_forms_are_looked_for(store: Store) -> None:
    put(store, [record("a", "Собянин открыл парк.")])

    assert found(store, "собянина", *"qrstuvwx") == []


def test_titles_are_searched(store: Store) -> None:
    put(store, [record("a", "A0", "A1", title="Heron"), record("b", "B")])

    assert found(store, "heron") == ["a", "a"]


def test_coverage_weighs_words_by_how_rare_they_are(store: Store) -> None:
    put(
        store,
        [record(f"{i}", "The council met.") for i in range(8)]
        + [record("both", "The council sat.", "It saw herons."), record("rare", "A heron.")],
    )

    found = store.coverage(["council", "heron"], ["both", "rare", "0"])

    assert round(found["both"].share, 2) == 1
    assert 0 < found["0"].share < 0.3 < 0.7 < found["rare"].share < 1
    assert 0 < found["0"].rare < 0.3 < 0.5 < found["rare"].rare < found["both"].rare < 1
    unknown = store.coverage(["heron", "zyzzyva"], ["rare", "0", "no such article"])
    assert list(unknown) == ["rare"]
    assert 0.2 < unknown["rare"].share < 0.5


def test_no_words_are_covered_by_nothing(store: Store) -> None:
    put(store, [record("a", "Snow.")])

    for words in ([], ["", "!", "\0", "\ud83d"], ["absent"]):
        assert store.coverage(words, ["a"]) == {}
    assert store.coverage(["snow"], []) == {}


def test_no_words_find_nothing(store: Store) -> None:
    put(store, [record("a", "Snow.")])

    assert found(store) == found(store, "", "!", "\0") == found(store, "absent") == []


def test_limits(store: Store) -> None:
    put(store, [record(f"{i}", "Snow.") for i in range(5)])

    assert len(found(store, "snow", limit=3)) == len(near(store, 1, limit=3)) == 3


def filtered(store: Store) -> None:
    put(
        store,
        [
            record("old", "Snow.", "More snow.", published=date(2026, 1, 1), labels=("x",)),
            record("new", "Snow.", published=date(2026, 2, 1)),
            record("undated", "Snow.", labels=("y",)),
        ],
    )


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, ["new", "old", "old", "undated"]),
        ({"until": date(2026, 1, 1)}, ["old", "old", "undated"]),
        ({"until": date(2026, 1, 31), "undated": False}, ["old", "old"]),
        ({"undated": False}, ["new", "old", "old"]),
        ({"labelled": True}, ["old", "old", "undated"]),
        ({"leads": True}, ["new", "old", "undated"]),
        ({"exclude": frozenset({"old", "\0", "\ud83d"})}, ["new", "undated"]),
        ({"since": date(2026, 1, 2)}, ["new", "undated"]),
        ({"since": date(2026, 1, 1), "until": date(2026, 1, 1), "undated": False}, ["old", "old"]),
        ({"until": date.min, "undated": False}, []),
        ({"until": date.max, "labelled": True, "leads": True}, ["old", "undated"]),
    ],
)
def test_filters(store: Store, filters: dict[str, Any], expected: list[str]) -> None:
    filtered(store)

    assert sorted(near(store, 1, **filters)) == expected
    assert sorted(found(store, "snow", **filters)) == expected


# Values are values


@pytest.mark.parametrize("evil", EVIL)
def test_every_value_is_kept_as_it_is(store: Store, evil: str) -> None:
    bad = record(evil, evil, title=evil, author=evil, language=evil, labels=(evil, evil + "2"))
    put(store, [bad, record("other", "Snow.", labels=("x",))])

    assert store.fetch([evil]) == {evil: bad.entry}
    assert list(store.hashes([evil])) == [evil]
    assert near(store, 1, exclude=frozenset({evil})) == ["other"]
    assert found(store, "snow", evil, exclude=frozenset({evil})) == ["other"]
    store.update_metadata([bad.entry])
    assert store.remove([evil]) == 1
    assert keys(store) == ["other"]


@pytest.mark.parametrize("evil", [*EVIL, "\0", "\ud83d", "x" * 5000, "'", "\\", "a & !b | (c"])
def test_no_key_or_query_reaches_more_than_it_names(store: Store, evil: str) -> None:
    put(store, [record("a", "Snow."), record("b", "Rain.")])

    assert store.fetch([evil]) == store.hashes([evil]) == store.leads([evil]) == {}
    assert store.remove([evil]) == 0
    assert found(store, evil, "snow") == ["a"]
    assert near(store, 1, exclude=frozenset({evil})) == ["a", "b"]
    assert keys(store) == ["a", "b"]


@pytest.mark.parametrize("evil", ["2026-01-01' OR '1'='1", "infinity", "'; DROP TABLE articles"])
def test_only_dates_filter_by_date(evil: str) -> None:
    with pytest.raises(ValueError, match="until"):
        Filters(until=evil)
