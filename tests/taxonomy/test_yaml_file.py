from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.errors import TaxonomyError
from summarizer.taxonomy import Taxonomy, Topic, load_taxonomy, write_taxonomy, yaml_file
from summarizer.taxonomy.yaml_file import dump_taxonomy

GOOD = """
name: Newsroom desks
version: "3"
topics:
  - id: metro
    name: City desk
    description: Local councils, traffic, housing.
    examples: [Tram line 4 closed until spring]
  - id: metro-transport
    name: City transport
    parent: metro
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "desks.yaml"


def test_reads_every_field(file: Path) -> None:
    file.write_text(GOOD)

    assert load_taxonomy(file) == Taxonomy(
        name="Newsroom desks",
        version="3",
        topics=(
            Topic(
                id="metro",
                name="City desk",
                description="Local councils, traffic, housing.",
                examples=("Tram line 4 closed until spring",),
            ),
            Topic(id="metro-transport", name="City transport", parent="metro"),
        ),
    )


def test_an_unquoted_id_keeps_its_leading_zero(file: Path) -> None:
    file.write_text("name: x\nversion: 1\ntopics: [{id: 01000000, name: arts}]")

    assert load_taxonomy(file).roots[0].id == "01000000"


@pytest.mark.parametrize("parent", ["", "null", "~"])
def test_an_empty_parent_is_none(file: Path, parent: str) -> None:
    file.write_text(f"name: x\nversion: 1\ntopics:\n  - id: a\n    name: a\n    parent: {parent}")

    assert load_taxonomy(file).roots[0].parent is None


TOPIC = "name: x\nversion: 1\ntopics:\n  - id: a\n    name: A\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a", "the file must be a mapping"),
        ("name: x\nversion: 1", "the file: field 'topics' is missing"),
        (
            "name: x\nversion: 1\ntopics: a",
            "the file: field 'topics': a list is wanted, not 'a'",
        ),
        (
            "name: x\nversion: 1\ntopics: []",
            r"the file: field 'topics': a list of at least 1 items is wanted, not \[\]",
        ),
        ("version: 1\ntopics: [{id: a, name: A}]", "the file: field 'name' is missing"),
        ("name: x\ntopics: [{id: a, name: A}]", "the file: field 'version' is missing"),
        ("nmae: x\nversion: 1\ntopics: [{id: a, name: A}]", "'nmae'; did you mean 'name'"),
        ("name: x\nversion: 1\ntopics: [a]", "topic 1 must be a mapping"),
        ("name: x\nversion: 1\ntopics: [{name: A}]", "topic 1: field 'id' is missing"),
        (
            "name: x\nversion: 1\ntopics: [{id: 'a b', name: A}]",
            "topic 1: field 'id': text of the form .* is wanted",
        ),
        ("name: x\nversion: 1\ntopics: [{id: a}]", "topic 'a': field 'name' is missing"),
        (TOPIC + "    descripton: d", "topic 'a': unknown field 'descripton'; did you mean"),
        (
            TOPIC + "    description: [d]",
            "topic 'a': field 'description': text is wanted",
        ),
        (TOPIC + "    examples: one", "topic 'a': field 'examples': a list is wanted"),
        (
            TOPIC + "    examples: ['']",
            "topic 'a': field 'examples.0': text of at least 1 characters is wanted",
        ),
        (TOPIC + '    description: "\\e[31m"', "'description': there are control characters"),
        (TOPIC + "    parent: b", "topic 'a' has an unknown parent 'b'"),
        (TOPIC + "    parent: a", "topic 'a' is its own ancestor"),
        (TOPIC + "  - id: a\n    name: B", "topic id 'a' occurs more than once"),
        (TOPIC + "  - id: b\n    name: a", "topic 'b': field 'name': 'a' is also the name of its"),
        (TOPIC + "retired: {b: c}", "its successor 'c' is none"),
        (TOPIC + "retired: {a: null}", "retired id 'a' is a topic"),
        (TOPIC + "retired: [a]", "field 'retired': a mapping of names to values is wanted"),
        ("a: [", "line 2: "),
    ],
)
def test_a_mistake_is_named_with_file_topic_and_field(file: Path, text: str, message: str) -> None:
    file.write_text(text)

    with pytest.raises(TaxonomyError, match=message) as raised:
        load_taxonomy(file)

    assert str(file) in str(raised.value)
    assert "docs/taxonomies.md" in (raised.value.hint or "")


def test_equal_names_under_different_parents_are_fine(file: Path) -> None:
    file.write_text(
        "name: x\nversion: 1\ntopics: [{id: a, name: A}, {id: b, name: B},"
        " {id: c, name: other, parent: a}, {id: d, name: other, parent: b}]"
    )

    assert len(load_taxonomy(file).topics) == 4


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (TOPIC + f"    description: {'d' * 2001}", "'description': .* at most 2000 characters"),
        (TOPIC + f"    examples: [{', '.join('e' * 101)}]", "'examples': .* at most 100 items"),
        (TOPIC.replace("A", "A" * 121), "topic 'a': field 'name': .* at most 120 characters"),
        (
            "name: x\nversion: 1\ntopics: [" + "{id: a, name: A}, " * 10_001 + "]",
            "the file: field 'topics': .* at most 10000 items",
        ),
        (" " * 5_000_001, "larger than 5,000,000 bytes"),
    ],
)
def test_sizes_are_limited(file: Path, text: str, message: str) -> None:
    file.write_text(text)

    with pytest.raises(TaxonomyError, match=message):
        load_taxonomy(file)


def test_a_missing_file_and_a_binary_one_are_user_errors(file: Path) -> None:
    with pytest.raises(TaxonomyError, match="cannot read the taxonomy"):
        load_taxonomy(file)

    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TaxonomyError, match="not UTF-8"):
        load_taxonomy(file)


def test_a_file_that_cannot_be_written_is_a_user_error(tmp_path: Path, file: Path) -> None:
    file.write_text(GOOD)

    with pytest.raises(TaxonomyError, match="cannot write"):
        write_taxonomy(load_taxonomy(file), tmp_path / "no" / "where.yaml")


WORDS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P"]), min_size=1, max_size=30)


@given(st.lists(WORDS, min_size=1, max_size=5, unique_by=str.casefold), WORDS)
def test_what_is_written_is_read_back(names: list[str], text: str) -> None:
    topics = [
        Topic(id=str(i), name=name, description=text, examples=(text,), parent="0" if i else None)
        for i, name in enumerate(names)
    ]
    taxonomy = Taxonomy(name="n", version="1", topics=tuple(topics), retired={"x": "0", "y": None})

    assert yaml_file._parse(dump_taxonomy(taxonomy)) == taxonomy
