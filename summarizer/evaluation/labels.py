"""The labels of somebody's data as topics of a taxonomy."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from summarizer.errors import ConfigurationError, TaxonomyError
from summarizer.taxonomy import Taxonomy, Topic

_SHOWN: Final = 8  # labels in a message
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
        self._by_name = {topic.name.casefold(): topic.id for topic in reversed(taxonomy.topics)}

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
            shown = ", ".join(map(repr, unknown[:_SHOWN]))
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
            return self._by_name[name.casefold()]


def taxonomy_of(labels: Sequence[str], *, name: str) -> Taxonomy:
    """A flat taxonomy of somebody's labels, in alphabetical order.

    Its ids are the labels as far as the characters are allowed in ids:

        "Sci/Tech", "World" -> topics sci-tech, world
    """
    topics: dict[str, Topic] = {}
    for label in sorted(set(labels)):
        stem = _NOT_IN_IDS.sub("-", label.casefold()).strip("-._")[:60] or "label"
        topic_id, number = stem, 1
        while topic_id in topics:
            number += 1
            topic_id = f"{stem}-{number}"
        topics[topic_id] = Topic(id=topic_id, name=" ".join(label.split()))
    return Taxonomy(name=name, version="1", topics=tuple(topics.values()))
