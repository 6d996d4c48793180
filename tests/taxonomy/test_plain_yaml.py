from __future__ import annotations

import contextlib

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from summarizer.taxonomy.yaml_file import MAX_YAML_DEPTH, PlainYamlError, parse_plain_yaml

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=20)
VALUES = st.recursive(
    TEXT, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=20
)


@pytest.mark.parametrize("scalar", ["01000000", "no", "null", "1.0", "2024-01-01", "0x1F", "~"])
def test_scalars_stay_text(scalar: str) -> None:
    assert parse_plain_yaml(f"id: {scalar}") == {"id": scalar}


@given(st.dictionaries(TEXT, TEXT | st.lists(TEXT) | st.dictionaries(TEXT, TEXT), min_size=1))
def test_reads_back_what_was_dumped(value: dict[str, object]) -> None:
    assert parse_plain_yaml(yaml.safe_dump(value, allow_unicode=True)) == value


@given(VALUES)
def test_any_text_is_read_or_refused(value: object) -> None:
    with contextlib.suppress(PlainYamlError):
        parse_plain_yaml(str(value))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: &x [1]\nb: *x", r"line 2: aliases \('\*x'\) are not allowed"),
        ("a: 1\na: 2", "line 2: the key 'a' occurs twice"),
        ("{[1]: 2}", "line 1: a key must be text"),
        ("a: 1\n---\nb: 2", "more than one document"),
        ("", "the file is empty"),
        ("a: [1", "line 2: "),
        ("a: \t- b\n  c", "line "),
    ],
)
def test_what_is_not_plain_is_refused(text: str, message: str) -> None:
    with pytest.raises(PlainYamlError, match=message):
        parse_plain_yaml(text)


@pytest.mark.parametrize("opener", ["[", "{a: ", "- "])
def test_nesting_is_bounded_before_it_costs_anything(opener: str) -> None:
    with pytest.raises(PlainYamlError, match=f"nested more than {MAX_YAML_DEPTH} deep"):
        parse_plain_yaml(opener * 300_000)


def test_python_objects_are_not_built() -> None:
    assert parse_plain_yaml("!!python/object/apply:os.system ['true']") == ["true"]
