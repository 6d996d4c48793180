"""Taxonomies as YAML files: the user's own labels, and what ``taxonomy import`` writes.

An example, with the fields that are optional (description, parent, examples)::

name: Newsroom desks
version: "3"
topics:
  - id: metro
    name: City desk
    description: Local councils, traffic, housing and events in the city.
    examples: [Tram line 4 closed until spring]
  - id: metro-transport
    name: City transport
    parent: metro

Of YAML only mappings, lists and text are read, here and in other files. Every scalar stays text,
because YAML 1.1 would read the id 01000000 as the octal number 262144 and the name ``no`` as false.
Aliases are refused (they can expand without bound), as are repeated keys (the last would silently
win) and deep nesting: the C parser's own tree builder crashes on it.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import yaml
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationError,
)

from summarizer.digest import Value
from summarizer.errors import TaxonomyError, plain_words, system_errors
from summarizer.taxonomy.topic import Taxonomy, default_taxonomy

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

Plain: TypeAlias = "str | list[Plain] | dict[str, Plain]"

MAX_YAML_DEPTH = 8
# The C parser is 20 times faster; not every build of PyYAML has it.
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

# IPTC's whole tree has 1,100 topics and 0.3 MB as YAML: room for ten of it.
MAX_BYTES = 5_000_000
MAX_TOPICS = 10_000
MAX_NAME = 120
MAX_TEXT = 2_000
MAX_EXAMPLES = 100

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def load_taxonomy(path: Path | None) -> Taxonomy:
    """The taxonomy in the YAML file ``path``; None: IPTC Media Topics.

    Raises TaxonomyError that names the file, the topic and the field.
    """
    if path is None:
        return default_taxonomy()
    try:
        with system_errors(f"cannot read the taxonomy {str(path)!r}", TaxonomyError):
            if path.stat().st_size > MAX_BYTES:
                raise TaxonomyError(
                    f"taxonomy {str(path)!r} is larger than {MAX_BYTES:,} bytes",
                    hint="fewer topics, or shorter texts",
                )
            text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise TaxonomyError(
            f"taxonomy {str(path)!r} is not UTF-8 text", hint="save it as UTF-8"
        ) from None
    try:
        return _parse(text)
    except (PlainYamlError, ValueError) as error:
        raise TaxonomyError(
            f"taxonomy {str(path)!r}: {error}",
            hint="docs/taxonomies.md shows the format",
        ) from None


def dump_taxonomy(taxonomy: Taxonomy) -> str:
    """The taxonomy as YAML that ``load_taxonomy`` reads back to an equal value."""
    topics = [topic.model_dump(mode="json", exclude_defaults=True) for topic in taxonomy.topics]
    data = taxonomy.model_dump(mode="json", exclude_defaults=True) | {"topics": topics}
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=100)


def write_taxonomy(taxonomy: Taxonomy, path: Path) -> None:
    """Write ``dump_taxonomy`` to ``path``.

    Raises TaxonomyError where the file cannot be written, or could not be loaded again: an import
    may hold two siblings of one name, control characters, or an id of other characters.
    """
    text = dump_taxonomy(taxonomy)
    try:
        _parse(text)
    except ValueError as error:
        raise TaxonomyError(f"the taxonomy {taxonomy.name!r} cannot be kept: {error}") from None
    with system_errors(f"cannot write {str(path)!r}", TaxonomyError):
        path.write_text(text, encoding="utf-8")


def _absent(value: object) -> object:
    return None if value in ("", "~", "null") else value


def _printable(value: str) -> str:
    if _CONTROL.search(value):
        raise ValueError("there are control characters in it")
    return value


_PRINTABLE = AfterValidator(_printable)
_STRIPPED = StringConstraints(strip_whitespace=True, max_length=MAX_TEXT)
_Text = Annotated[str, _STRIPPED, _PRINTABLE]
_Example = Annotated[str, replace(_STRIPPED, min_length=1), _PRINTABLE]
_Name = Annotated[str, replace(_STRIPPED, min_length=1, max_length=MAX_NAME), _PRINTABLE]
_Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/+-]{0,79}$")]
_OptionalId = Annotated[_Id | None, BeforeValidator(_absent)]


class _TopicForm(Value):
    """A topic as the file may have it; its fields are those of Topic."""

    id: _Id
    name: _Name
    description: _Text = ""
    parent: _OptionalId = None
    examples: Annotated[
        tuple[_Example, ...],
        BeforeValidator(lambda value: () if _absent(value) is None else value),
        Field(max_length=MAX_EXAMPLES),
    ] = ()


class _TaxonomyForm(Value):
    """The file; its fields are those of Taxonomy."""

    name: _Name
    version: _Name
    source: _Text = ""
    topics: Annotated[tuple[_TopicForm, ...], Field(min_length=1, max_length=MAX_TOPICS)]
    retired: dict[_Id, _OptionalId] = Field(default_factory=dict)


def _parse(text: str) -> Taxonomy:
    data = parse_plain_yaml(text)
    try:
        taxonomy = Taxonomy.model_validate(_TaxonomyForm.model_validate(data).model_dump())
    except ValidationError as error:
        # A wrong name of a field says more than that the right one is missing.
        problems = sorted(error.errors(), key=lambda problem: problem["type"] != "extra_forbidden")
        raise ValueError(_sentence(problems[0], data)) from None
    seen: dict[tuple[str | None, str], str] = {}
    for topic in taxonomy.topics:
        sibling = seen.setdefault((topic.parent, topic.name.casefold()), topic.id)
        if sibling != topic.id:
            raise ValueError(
                f"topic {topic.id!r}: field 'name': {topic.name!r} is also the name of its "
                f"sibling {sibling!r}"
            )
    return taxonomy


def _sentence(problem: ErrorDetails, data: Any) -> str:
    """What is wrong, with the topic and the field."""
    place, where, form = problem["loc"], "the file", _TaxonomyForm.model_fields
    if place[:1] == ("topics",) and len(place) > 1:
        row = data["topics"][place[1]]
        known = isinstance(row, dict) and isinstance(row.get("id"), str) and place[2:] != ("id",)
        where = f"topic {row['id']!r}" if known else f"topic {int(place[1]) + 1}"
        place, form = place[2:], _TopicForm.model_fields
    field = ".".join(map(str, place))
    message = plain_words(problem)
    if problem["type"] == "extra_forbidden":
        close = difflib.get_close_matches(field, form, n=1)
        meant = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(form)}"
        return f"{where}: unknown field {field!r:.80}; {meant}"
    if problem["type"] == "missing":
        return f"{where}: field {field!r} is missing"
    if not field and problem["type"] == "value_error":
        return message
    if not field:
        return f"{where} must be a mapping with {', '.join(form)}"
    return f"{where}: field {field!r}: {message}, not {problem['input']!r:.80}"


class PlainYamlError(ValueError):
    """The text is not YAML, or uses more of YAML than is allowed here."""


def parse_plain_yaml(text: str) -> Plain:
    """The document in ``text``; every scalar is a string.

    >>> parse_plain_yaml("topics: [{id: 01000000, name: no}]")
    {'topics': [{'id': '01000000', 'name': 'no'}]}

    Raises PlainYamlError, with the line where there is one.
    """
    depth = documents = 0
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            line = event.start_mark.line + 1 if event.start_mark else 0
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            documents += isinstance(event, yaml.DocumentStartEvent)
            if isinstance(event, yaml.AliasEvent):
                raise PlainYamlError(f"line {line}: aliases ('*{event.anchor}') are not allowed")
            if depth > MAX_YAML_DEPTH:
                raise PlainYamlError(f"line {line}: nested more than {MAX_YAML_DEPTH} deep")
        if documents != 1:
            raise PlainYamlError("more than one document" if documents else "the file is empty")
        found: Plain = yaml.load(text, Loader=_PlainLoader)  # noqa: S506 - a BaseLoader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        raise PlainYamlError(f"{where}{getattr(error, 'problem', None) or error}") from None
    return found


class _PlainLoader(_LOADER):  # type: ignore[misc, valid-type]  # which one, only a run can tell
    """Builds mappings whose keys are text and differ."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> Any:
        seen: set[str] = set()
        for key, _ in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise PlainYamlError(f"line {line}: a key must be text")
            if key.value in seen:
                raise PlainYamlError(f"line {line}: the key {key.value!r} occurs twice")
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)
