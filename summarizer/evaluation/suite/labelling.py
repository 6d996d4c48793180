"""The labels of somebody's data as topics of a taxonomy."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from summarizer.errors import ConfigurationError, TaxonomyError
from summarizer.taxonomy import Taxonomy, Topic

_SHOWN: Final = 8  # labels in a message
_LONGEST: Final = 100  # characters of a label: whoever has more named the wrong column
_NOT_IN_IDS: Final = re.compile(r"[^a-z0-9._-]+")

Labels = tuple[str, ...]


class Labelling:
    """From the labels of rows to topic ids.

    Args:
        taxonomy: where the ids are from.
        mapping: labels to ids or names of topics; an empty tuple drops a label. None: a label
            is itself an id or a name.
    """

    def __init__(self, taxonomy: Taxonomy, mapping: Mapping[str, Labels] | None = None) -> None:
        self.taxonomy = taxonomy
        self._mapping = mapping
        self._by_name = {_folded(topic.name): topic.id for topic in reversed(taxonomy.topics)}

    def topics(self, labels: Labels | None) -> Labels | None:
        """The ids for the labels of a row, in order, without repeats.

        Raises:
            KeyError: a label means nothing; see ``check``.
        """
        if labels is None:
            return None
        found = (topic for label in labels for topic in self._ids(label))
        return tuple(dict.fromkeys(found))

    def check(self, labels: Iterable[str], *, where: str) -> None:
        """Looks all labels up.

        Raises:
            ConfigurationError: some mean nothing; the message names them.
        """
        unknown = []
        for label in dict.fromkeys(labels):
            try:
                self._ids(label)
            except KeyError as error:
                unknown.append(str(error.args[0]))
        if unknown:
            shown = ", ".join(repr(_short(label)) for label in unknown[:_SHOWN])
            more = f" and {len(unknown) - _SHOWN} more" if len(unknown) > _SHOWN else ""
            raise ConfigurationError(
                f"{where}: no topic of {self.taxonomy.name!r} for {shown}{more}",
                hint="data.labels in suite.yaml maps labels to topics; null drops one",
            )

    def _ids(self, label: str) -> Labels:
        if self._mapping is None:
            return (self._id(label),)
        if label not in self._mapping:
            raise KeyError(label)
        return tuple(self._id(name) for name in self._mapping[label])

    def _id(self, name: str) -> str:
        try:
            return self.taxonomy.topic(name).id
        except TaxonomyError:
            return self._by_name[_folded(name)]


def taxonomy_of(labels: Sequence[str], *, name: str) -> Taxonomy:
    """A flat taxonomy of somebody's labels, in alphabetical order.

    Its ids are the labels as far as the characters are allowed in ids; labels that differ in
    sample or white space alone are one topic:

        "Sci/Tech", "World", "world" -> topics sci-tech, world

    Raises:
        ConfigurationError: what one is called cannot be a label.
    """
    spelled: dict[str, str] = {}
    for label in sorted(set(labels)):
        if len(label) > _LONGEST:
            raise ConfigurationError(
                f"{_short(label)!r} is no label: it has {len(label):,} characters",
                hint="data.fields.labels in suite.yaml names the column of the topics",
            )
        spelled.setdefault(_folded(label), " ".join(label.split()))
    topics: dict[str, Topic] = {}
    # What looks like an id keeps it: labels are looked up by id first.
    for folded in sorted(spelled, key=lambda label: (_stem(label) != label, label)):
        topic_id, number = _stem(folded), 1
        while topic_id in topics:
            number += 1
            topic_id = f"{_stem(folded)}-{number}"
        topics[topic_id] = Topic(id=topic_id, name=spelled[folded])
    ordered = sorted(topics.values(), key=lambda topic: topic.name)
    return Taxonomy(name=name, version="1", topics=tuple(ordered))


def _folded(label: str) -> str:
    return " ".join(label.split()).casefold()


def _stem(folded: str) -> str:
    """As much of a label as an id may hold."""
    return _NOT_IN_IDS.sub("-", folded).strip("-._")[:60] or "label"


def _short(label: str) -> str:
    return label if len(label) <= _LONGEST else f"{label[: _LONGEST // 2]}…"
