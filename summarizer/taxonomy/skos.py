"""Import of IPTC NewsCodes in SKOS JSON, as https://cv.iptc.org/newscodes/mediatopic/ serves them.

The whole tree comes in. IPTC's export marks a retired concept by the field ``retired`` and names
no successor; where an active concept has an ``exactMatch`` to the same Wikidata entity, that one
is the successor. (Equal ``subjectcode`` matches are not enough: they would make "war" of "war
crime action".) Every other retired id maps to None and is refused when it is looked up.

Media Topics of the first level also get the examples of the default taxonomy.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field, StrictStr, ValidationError

from summarizer.errors import TaxonomyError, system_errors
from summarizer.taxonomy.topic import Taxonomy, Topic, default_taxonomy
from summarizer.taxonomy.yaml_file import MAX_NAME, MAX_TEXT, MAX_TOPICS

# IPTC's own export has 1.1 MB in one language, and about 13 languages exist.
MAX_BYTES = 50_000_000
_SOURCE = "get one from https://cv.iptc.org/newscodes/mediatopic/?format=json&lang=en-US"

# Names of children in a description; models are to read it too.
_NAMES_BELOW = 12

Concept = Mapping[str, Any]


class _Concept(BaseModel):
    """What is read of a concept, whose fields are many."""

    qcode: StrictStr
    prefLabel: dict[str, Any]  # noqa: N815 - IPTC's name
    definition: dict[str, Any] = {}
    broader: list[StrictStr] = []
    exactMatch: list[StrictStr] = []  # noqa: N815


class _Export(BaseModel):
    conceptSet: Annotated[list[_Concept], Field(min_length=1)]  # noqa: N815


def import_skos(path: Path, *, language: str = "en") -> Taxonomy:
    """The taxonomy in an IPTC SKOS JSON file, with names and definitions in ``language``.

    A label that is missing in this language is taken from English. A concept without any label
    cannot be shown to anybody: its id maps to its parent, and its children move up to it.

    Raises TaxonomyError for a file of another kind, or without the language.
    """
    data = _read(path)
    concepts = {_id(concept["qcode"]): concept for concept in data["conceptSet"]}
    if len(concepts) > MAX_TOPICS:
        raise TaxonomyError(f"{str(path)!r} has more than {MAX_TOPICS:,} concepts")
    _check_language(concepts, language, path)
    active = {key: concept for key, concept in concepts.items() if "retired" not in concept}
    named = {key: concept for key, concept in active.items() if _label(concept, language)}

    def nearest(concept: Concept) -> str | None:
        """The closest ancestor that has a name and is not retired."""
        for _ in concepts:
            parents = concept.get("broader") or []
            parent = _id(parents[0]) if parents else None
            if parent is None or parent in named:
                return parent
            if parent not in concepts:
                break
            concept = concepts[parent]
        raise TaxonomyError(f"{str(path)!r}: concept {concept['qcode']!r} has no known parent")

    parents = {key: nearest(concept) for key, concept in named.items()}
    below: dict[str | None, list[str]] = {}
    for key, parent in parents.items():
        below.setdefault(parent, []).append(_label(named[key], language))
    topics = tuple(
        Topic(
            id=key,
            name=_label(concept, language)[:MAX_NAME],
            description=_description(concept, below.get(key, []), language),
            parent=parents[key],
            examples=_examples(data, key),
        )
        for key, concept in named.items()
    )
    retired = _successors(concepts, named)
    retired |= {key: nearest(active[key]) for key in active if key not in named}
    try:
        return Taxonomy(
            name=_alias(data),
            version=str(data.get("dateReleased", ""))[:10] or "unknown",
            source=" ".join(str(data.get(f, "")) for f in ("copyrightHolder", "licenceLink")),
            topics=topics,
            retired=dict(sorted(retired.items())),
        )
    except ValueError as error:
        raise TaxonomyError(f"{str(path)!r}: {error}", hint=_SOURCE) from None


def _read(path: Path) -> dict[str, Any]:
    with system_errors(f"cannot read {str(path)!r}", TaxonomyError):
        if path.stat().st_size > MAX_BYTES:
            raise TaxonomyError(f"{str(path)!r} is larger than {MAX_BYTES:,} bytes")
        content = path.read_bytes()
    try:
        data: Any = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise TaxonomyError(f"{str(path)!r} is not JSON: {error}", hint=_SOURCE) from None
    try:
        _Export.model_validate(data)
    except ValidationError:
        raise TaxonomyError(
            f"{str(path)!r} is not an IPTC SKOS export: it needs a 'conceptSet' of concepts",
            hint=_SOURCE,
        ) from None
    return dict(data)


def _id(reference: str) -> str:
    """'medtop:20000002' and 'http://cv.iptc.org/newscodes/mediatopic/20000002' -> '20000002'."""
    return reference.rsplit("/", 1)[-1].rsplit(":", 1)[-1]


def _examples(data: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """Our own examples of the same Media Topic: an article is told far better by these."""
    if data.get("prefSchemeAlias") != "medtop":
        return ()
    return next((topic.examples for topic in default_taxonomy().roots if topic.id == key), ())


def _alias(data: Mapping[str, Any]) -> str:
    if data.get("prefSchemeAlias") == "medtop":
        return "IPTC Media Topics"
    return str(data.get("prefSchemeAlias") or data.get("uri") or "SKOS")


def _matches(code: str, language: str) -> bool:
    """RFC 4647 basic filtering: 'en' takes 'en-US'; 'en-US' does not take 'en-GB'."""
    return code.lower() == language.lower() or code.lower().startswith(f"{language.lower()}-")


def _in_language(texts: Mapping[str, Any], language: str) -> str:
    for wanted in (language, "en"):
        for code, text in texts.items():
            if _matches(code, wanted) and isinstance(text, str) and text.strip():
                return " ".join(text.split())
    return ""


def _label(concept: Concept, language: str) -> str:
    return _in_language(concept["prefLabel"], language)


def _description(concept: Concept, below: list[str], language: str) -> str:
    """The definition and the names below: definitions alone say little ("Types of sport")."""
    definition = _in_language(concept.get("definition", {}), language)
    names = f"({', '.join(below[:_NAMES_BELOW])})" if below else ""
    return f"{definition} {names}".strip()[:MAX_TEXT]


def _check_language(concepts: Mapping[str, Concept], language: str, path: Path) -> None:
    found = sorted({code for concept in concepts.values() for code in concept["prefLabel"]})
    if not any(_matches(code, language) for code in found):
        raise TaxonomyError(
            f"{str(path)!r} has no labels in the language {language!r}",
            hint=f"it has: {', '.join(found) or 'none'}",
        )


def _successors(
    concepts: Mapping[str, Concept], named: Mapping[str, Concept]
) -> dict[str, str | None]:
    """Retired id -> the one active concept with the same Wikidata entity, or None."""
    by_entity: dict[str, set[str]] = {}
    for key, concept in named.items():
        for entity in _wikidata(concept):
            by_entity.setdefault(entity, set()).add(key)
    successors: dict[str, str | None] = {}
    for key, concept in concepts.items():
        if "retired" in concept:
            found = {new for entity in _wikidata(concept) for new in by_entity.get(entity, ())}
            successors[key] = found.pop() if len(found) == 1 else None
    return successors


def _wikidata(concept: Concept) -> list[str]:
    return [uri for uri in concept.get("exactMatch", []) if "wikidata.org/" in uri]
