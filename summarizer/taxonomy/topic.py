"""``Topic`` and ``Taxonomy``: the labels an article can get, as a forest; IPTC's by default.

Ids and names in ``media_topics.json`` are IPTC's (CC BY 4.0,
https://iptc.org/standards/media-topics/); descriptions and examples are ours.
"""

from __future__ import annotations

import difflib
import re
from functools import cache, cached_property
from pathlib import Path
from typing import Final

from pydantic import Field, model_validator

from summarizer.digest import Value
from summarizer.errors import TaxonomyError

MAX_DEPTH: Final = 20  # IPTC's tree has 6 levels
_WORD: Final = re.compile(r"\w+")
_MEDIA_TOPICS: Final = Path(__file__).with_name("media_topics.json")


class Topic(Value):
    """One label. ``description`` is what models and similarity read; examples are optional."""

    id: str
    name: str
    description: str = ""
    parent: str | None = None
    examples: tuple[str, ...] = ()


class Taxonomy(Value):
    """Topics with parents. Ids are unique, parents and successors exist, there is no cycle."""

    name: str
    version: str
    source: str = Field(default="", description="Where the labels come from, and their licence.")
    topics: tuple[Topic, ...]
    retired: dict[str, str | None] = Field(
        default_factory=dict, description="Retired id -> the id that replaces it, or null."
    )

    @model_validator(mode="after")
    def _check(self) -> Taxonomy:
        by_id = {topic.id: topic for topic in self.topics}
        if len(by_id) != len(self.topics):
            ids = [topic.id for topic in self.topics]
            twice = next(i for i in ids if ids.count(i) > 1)
            raise ValueError(f"topic id {twice!r} occurs more than once")
        for topic in self.topics:
            seen = {topic.id}
            parent = topic.parent
            while parent is not None:
                if parent not in by_id:
                    raise ValueError(f"topic {topic.id!r} has an unknown parent {parent!r}")
                if parent in seen:
                    raise ValueError(f"topic {topic.id!r} is its own ancestor")
                if len(seen) == MAX_DEPTH:
                    raise ValueError(f"topic {topic.id!r} is more than {MAX_DEPTH} levels deep")
                seen.add(parent)
                parent = by_id[parent].parent
        for old, new in self.retired.items():
            if old in by_id or (new is not None and new not in by_id):
                raise ValueError(f"retired id {old!r} is a topic, or its successor {new!r} is none")
        return self

    @cached_property
    def _by_id(self) -> dict[str, Topic]:
        return {topic.id: topic for topic in self.topics}

    @cached_property
    def _children(self) -> dict[str | None, tuple[Topic, ...]]:
        children: dict[str | None, list[Topic]] = {}
        for topic in self.topics:
            children.setdefault(topic.parent, []).append(topic)
        return {parent: tuple(found) for parent, found in children.items()}

    @property
    def _list(self) -> str:
        """The command that lists it."""
        own = "" if self.name == "IPTC Media Topics" else " --taxonomy FILE"
        return f"summarizer taxonomy list{own}"

    @property
    def roots(self) -> tuple[Topic, ...]:
        """The topics of the first level, in the taxonomy's order."""
        return self.children(None)

    def children(self, topic_id: str | None) -> tuple[Topic, ...]:
        """The topics directly below ``topic_id``; of the first level for None."""
        return self._children.get(topic_id, ())

    def topic(self, topic_id: str) -> Topic:
        """The topic with this id; a retired id gives its successor.

        Raises TaxonomyError for an unknown id, or one retired without a successor.
        """
        if topic_id in self._by_id:
            return self._by_id[topic_id]
        if topic_id in self.retired:
            successor = self.retired[topic_id]
            if successor is None:
                raise TaxonomyError(
                    f"topic {topic_id!r} is retired in {self.name}, without a successor",
                    hint=f"{self._list} shows those in force",
                )
            return self.topic(successor)
        raise TaxonomyError(
            f"no topic {topic_id!r} in the taxonomy {self.name!r}",
            hint=f"{self._list} shows the ids",
        )

    def named(self, label: str) -> Topic:
        """The topic with this id or name, in any case; an id goes before a name.

        A name that several topics share means the first of them. Raises TaxonomyError for an
        unknown one.
        """
        key = _key(label)
        if key in self._by_label:
            return self._by_id[self._by_label[key]]
        meant = self._nearest(key)
        raise TaxonomyError(
            f"no topic {label!r:.100} in the taxonomy {self.name!r}",
            hint=f"did you mean {meant.name!r}?" if meant else f"{self._list} shows ids and names",
        )

    def _nearest(self, key: str) -> Topic | None:
        """The topic that a mistyped label most likely means, by its name or a word of that.

        One of the first level where it is clearly near: "politics" means "politics and
        government", not the "political crisis" below it.
        """
        for topics, cutoff in ((self.roots, 0.8), (self.topics, 0.6)):
            spellings = {word: t for t in reversed(topics) for word in _WORD.findall(_key(t.name))}
            spellings |= {_key(topic.name): topic for topic in reversed(topics)}
            close = difflib.get_close_matches(key, spellings, n=1, cutoff=cutoff)
            if close:
                return spellings[close[0]]
        return None

    def line(self, label: str) -> tuple[str, ...]:
        """The ids from the first level down to the topic of ``named``; empty for an unknown one."""
        key = _key(label)
        return self._line(self._by_label[key]) if key in self._by_label else ()

    def path(self, topic_id: str) -> tuple[str, ...]:
        """The names from the first level down to the topic."""
        return tuple(self._by_id[i].name for i in self._line(self.topic(topic_id).id))

    def _line(self, topic_id: str) -> tuple[str, ...]:
        parent = self._by_id[topic_id].parent
        return (topic_id,) if parent is None else (*self._line(parent), topic_id)

    @cached_property
    def _by_label(self) -> dict[str, str]:
        names = {_key(topic.name): topic.id for topic in reversed(self.topics)}
        retired = {_key(old): new for old, new in self.retired.items() if new is not None}
        return names | retired | {_key(topic.id): topic.id for topic in self.topics}


def _key(label: str) -> str:
    return " ".join(label.split()).casefold()


@cache
def default_taxonomy() -> Taxonomy:
    """IPTC Media Topics, first and second level (17 + 131 topics); read once per process."""
    return Taxonomy.model_validate_json(_MEDIA_TOPICS.read_bytes())
