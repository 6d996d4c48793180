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
from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

import yaml
from pydantic import ValidationError

from summarizer.errors import TaxonomyError
from summarizer.taxonomy.topic import Taxonomy, Topic

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

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+-]{0,79}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_FILE_FIELDS = ("name", "version", "source", "topics", "retired")
_TOPIC_FIELDS = ("id", "name", "description", "parent", "examples")
_ABSENT = ("", "~", "null")


def load_taxonomy(path: Path) -> Taxonomy:
    """The taxonomy in the YAML file ``path``.

    Raises TaxonomyError that names the file, the topic and the field.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise TaxonomyError(f"taxonomy {str(path)!r} is larger than {MAX_BYTES:,} bytes")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise TaxonomyError(f"cannot read the taxonomy {str(path)!r}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise TaxonomyError(f"taxonomy {str(path)!r} is not UTF-8 text") from None
    try:
        return _parse(text)
    except (PlainYamlError, ValueError) as error:
        raise TaxonomyError(
            f"taxonomy {str(path)!r}: {error}",
            hint="docs/taxonomies.md shows the format; `summarizer taxonomy list` an example",
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
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise TaxonomyError(f"cannot write {str(path)!r}: {error.strerror}") from None


def _parse(text: str) -> Taxonomy:
    data = parse_plain_yaml(text)
    if not isinstance(data, dict):
        raise ValueError("the file must be a mapping with 'name', 'version' and 'topics'")
    _known_fields(data, _FILE_FIELDS, "the file")
    rows = data.get("topics")
    if not isinstance(rows, list) or not rows:
        raise ValueError("field 'topics' must be a list of at least one topic")
    if len(rows) > MAX_TOPICS:
        raise ValueError(f"field 'topics' has {len(rows):,} entries; at most {MAX_TOPICS:,} fit")
    topics = tuple(_topic(row, number) for number, row in enumerate(rows, start=1))
    _check_siblings(topics)
    try:
        return Taxonomy(
            name=_text(data, "name", "the file", limit=MAX_NAME),
            version=_text(data, "version", "the file", limit=MAX_NAME),
            source=_text(data, "source", "the file", limit=MAX_TEXT, required=False),
            topics=topics,
            retired=_retired(data.get("retired", {}), {topic.id for topic in topics}),
        )
    except ValidationError as error:
        raise ValueError(error.errors()[0]["msg"].removeprefix("Value error, ")) from None


def _topic(row: Plain, number: int) -> Topic:
    where = f"topic {number}"
    if not isinstance(row, dict):
        raise ValueError(f"{where} must be a mapping with 'id' and 'name', not {row!r:.80}")
    topic_id = _id(row.get("id"), where, "id")
    where = f"topic {topic_id!r}"
    _known_fields(row, _TOPIC_FIELDS, where)
    parent = row.get("parent", "")
    return Topic(
        id=topic_id,
        name=_text(row, "name", where, limit=MAX_NAME),
        description=_text(row, "description", where, limit=MAX_TEXT, required=False),
        parent=None if parent in _ABSENT else _id(parent, where, "parent"),
        examples=_examples(row.get("examples", []), where),
    )


def _id(value: Plain | None, where: str, field: str) -> str:
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise ValueError(
            f"{where}: field {field!r} must be letters, digits and . _ : / + -, "
            f"at most 80, not {value!r:.100}"
        )
    return value


def _text(
    row: dict[str, Plain], field: str, where: str, *, limit: int, required: bool = True
) -> str:
    value = row.get(field, "")
    if not isinstance(value, str):
        raise ValueError(f"{where}: field {field!r} must be text, not {value!r:.80}")
    value = value.strip()
    if required and not value:
        raise ValueError(f"{where}: field {field!r} is missing or empty")
    return _checked(value, field, where, limit=limit)


def _checked(value: str, field: str, where: str, *, limit: int) -> str:
    if len(value) > limit:
        raise ValueError(f"{where}: field {field!r} is longer than {limit:,} characters")
    if _CONTROL.search(value):
        raise ValueError(f"{where}: field {field!r} has control characters")
    return value


def _examples(value: Plain, where: str) -> tuple[str, ...]:
    if value in _ABSENT:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"{where}: field 'examples' must be a list of texts, not {value!r:.80}")
    if len(value) > MAX_EXAMPLES:
        raise ValueError(f"{where}: field 'examples' has more than {MAX_EXAMPLES} entries")
    texts = [item.strip() for item in value if isinstance(item, str)]
    if not all(texts):
        raise ValueError(f"{where}: field 'examples' has an empty entry")
    return tuple(_checked(text, "examples", where, limit=MAX_TEXT) for text in texts)


def _retired(value: Plain, ids: set[str]) -> dict[str, str | None]:
    if not isinstance(value, dict):
        raise ValueError("field 'retired' must map a retired id to its successor or null")
    retired: dict[str, str | None] = {}
    for old, new in value.items():
        _id(old, "field 'retired'", "id")
        if old in ids:
            raise ValueError(f"field 'retired': {old!r} is also a topic")
        if new in _ABSENT:
            retired[old] = None
        elif isinstance(new, str) and new in ids:
            retired[old] = new
        else:
            raise ValueError(f"field 'retired': the successor {new!r:.80} of {old!r} is no topic")
    return retired


def _known_fields(row: dict[str, Plain], known: Iterable[str], where: str) -> None:
    known = list(known)
    for field in row:
        if field not in known:
            close = difflib.get_close_matches(field, known, n=1)
            meant = f"; did you mean {close[0]!r}?" if close else f"; known are {', '.join(known)}"
            raise ValueError(f"{where}: unknown field {field!r:.80}{meant}")


def _check_siblings(topics: tuple[Topic, ...]) -> None:
    seen: dict[tuple[str | None, str], str] = {}
    for topic in topics:
        key = (topic.parent, topic.name.casefold())
        if key in seen:
            raise ValueError(
                f"topic {topic.id!r}: field 'name': {topic.name!r} is also the name of its "
                f"sibling {seen[key]!r}"
            )
        seen[key] = topic.id


class PlainYamlError(ValueError):
    """The text is not YAML, or uses more of YAML than is allowed here."""


def parse_plain_yaml(text: str) -> Plain:
    """The document in ``text``; every scalar is a string.

    >>> parse_plain_yaml("topics: [{id: 01000000, name: no}]")
    {'topics': [{'id': '01000000', 'name': 'no'}]}

    Raises PlainYamlError, with the line where there is one.
    """
    root: list[Plain] = []
    stack: list[_Open] = [_Open(root)]
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            line = event.start_mark.line + 1 if event.start_mark else 0
            if isinstance(event, yaml.AliasEvent):
                raise PlainYamlError(f"line {line}: aliases ('*{event.anchor}') are not allowed")
            if isinstance(event, yaml.ScalarEvent):
                stack[-1].add(event.value, line)
            elif isinstance(event, yaml.CollectionStartEvent):
                if len(stack) > MAX_YAML_DEPTH:
                    raise PlainYamlError(f"line {line}: nested more than {MAX_YAML_DEPTH} deep")
                mapping = isinstance(event, yaml.MappingStartEvent)
                child: list[Plain] | dict[str, Plain] = {} if mapping else []
                stack[-1].add(child, line)
                stack.append(_Open(child))
            elif isinstance(event, yaml.CollectionEndEvent):
                stack.pop()
            elif isinstance(event, yaml.DocumentStartEvent) and root:
                raise PlainYamlError(f"line {line}: more than one document")
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        raise PlainYamlError(f"{where}{getattr(error, 'problem', None) or error}") from None
    if not root:
        raise PlainYamlError("the file is empty")
    return root[0]


class _Open:
    """A collection that is being read; of a mapping, the key that waits for its value."""

    def __init__(self, collection: list[Plain] | dict[str, Plain]) -> None:
        self.collection = collection
        self.key: str | None = None

    def add(self, value: Plain, line: int) -> None:
        if isinstance(self.collection, list):
            self.collection.append(value)
        elif self.key is not None:
            self.collection[self.key] = value
            self.key = None
        elif not isinstance(value, str):
            raise PlainYamlError(f"line {line}: a key must be text")
        elif value in self.collection:
            raise PlainYamlError(f"line {line}: the key {value!r} occurs twice")
        else:
            self.key = value
