"""The part of YAML that a taxonomy file needs: mappings, lists and text, nothing else.

Every scalar stays text, because YAML 1.1 would read the id 01000000 as the octal number 262144
and the name ``no`` as false. Aliases are refused (they can expand without bound), as are repeated
keys (the last would silently win) and deep nesting: the C parser's own tree builder crashes on it.
"""

from __future__ import annotations

from typing import TypeAlias

import yaml

Plain: TypeAlias = "str | list[Plain] | dict[str, Plain]"

MAX_DEPTH = 8
# The C parser is 20 times faster; not every build of PyYAML has it.
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


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
                if len(stack) > MAX_DEPTH:
                    raise PlainYamlError(f"line {line}: nested more than {MAX_DEPTH} deep")
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
