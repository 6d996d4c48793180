"""What is said about an article beside its text: front matter (YAML, TOML) and fields of rows."""

from __future__ import annotations

import contextlib
import re
import tomllib
from collections.abc import Mapping
from datetime import date
from typing import Any, Final, NamedTuple

from summarizer.articles.dates import to_date
from summarizer.articles.language import iso_639_1
from summarizer.articles.phrases import names_in

_FRONT_MATTER = re.compile(r"---[ \t]*\n(.{0,20000}?)\n(?:---|\.\.\.)[ \t]*(?:\n|$)", re.DOTALL)
_TOML = re.compile(r"\+\+\+[ \t]*\n(.{0,20000}?)\n\+\+\+[ \t]*(?:\n|$)", re.DOTALL)
SUBJECTS: Final = "iptc subject codes"
"""The field of a record for the topics that a news agency gave it."""
_FIELD = re.compile(r"(?P<name>[\w-]+):\s*(?P<value>.*)")
_NAMES = names_in("field")
TEXT_FIELDS: Final = _NAMES["text"]


class Fields(NamedTuple):
    """What a front matter, a table row or a page says about its article."""

    title: str | None = None
    published: date | None = None
    author: str | None = None
    language: str | None = None
    url: str | None = None
    labels: tuple[str, ...] = ()

    def over(self, other: Fields) -> Fields:
        """These fields, and those of ``other`` where these say nothing."""
        return other._replace(**{name: value for name, value in self._asdict().items() if value})


def split_front_matter(text: str, *, labels_field: str | None = None) -> tuple[Fields, str]:
    """The fields and the text after them; no fields and the whole text where there are none."""
    match = _FRONT_MATTER.match(text)
    found = _mapping(match.group(1)) if match else None
    if match is None and (match := _TOML.match(text)):
        with contextlib.suppress(ValueError, RecursionError):
            found = tomllib.loads(match.group(1))
    if match is None or found is None:
        return Fields(), text
    return to_fields(found, labels_field=labels_field), text[match.end() :].lstrip("\n")


def to_fields(record: Mapping[Any, Any], *, labels_field: str | None = None) -> Fields:
    """The known fields of a record, whatever the case of their names.

    ``labels_field`` names the one with the article's topics: a list, or text with semicolons.
    """
    lower = {str(name).strip().lower(): value for name, value in record.items()}

    def first(field: str) -> Any:
        return next((lower[name] for name in _NAMES[field] if lower.get(name)), None)

    return Fields(
        title=_line(first("title")),
        published=to_date(first("published")),
        author=_line(first("author")),
        language=iso_639_1(first("language")),
        url=_line(first("url")),
        labels=_labels(lower.get(labels_field.strip().lower() if labels_field else SUBJECTS)),
    )


def _line(value: Any) -> str | None:
    if isinstance(value, dict):  # {"name": "Ann Lee"}, {"rendered": "..."}
        value = value.get("name") or value.get("rendered")
    if isinstance(value, list):
        value = ", ".join(filter(None, map(_line, value)))
    if not isinstance(value, str | int):
        return None
    return " ".join(str(value).split()) or None


def _labels(value: Any) -> tuple[str, ...]:
    parts = value if isinstance(value, list) else str(value or "").split(";")
    return tuple(label for label in map(_line, parts) if label)


def _mapping(block: str) -> dict[Any, Any] | None:
    """The block as a mapping; plain ``name: value`` lines need not be valid YAML.

    "title: Storm: thousands flee" is not, and is what people write.
    """
    import yaml

    class Loader(yaml.SafeLoader):
        """Without aliases: merged into each other, a few lines of them fill the memory."""

        def fetch_alias(self) -> None:
            raise yaml.YAMLError("aliases are not read")

    try:
        found = yaml.load(block, Loader)  # noqa: S506 (a safe loader)
    except (yaml.YAMLError, ValueError, RecursionError):
        lines = [line for line in block.splitlines() if line.strip()]
        fields = [_FIELD.fullmatch(line) for line in lines]
        return {m["name"]: m["value"].strip(" '\"") for m in fields if m} if all(fields) else None
    return found if isinstance(found, dict) else None
