"""``LabelSession``: a person's way through the articles to label; what each key does.

The terminal and the page show it, and send it keys.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Sequence
from itertools import chain, repeat
from typing import Final, NamedTuple

from summarizer.evaluation.labelling import Labels, ToLabel
from summarizer.evaluation.suite.file import SampleRow
from summarizer.taxonomy import Taxonomy
from summarizer.verification.alignment import Aligner
from summarizer.verification.quotations import Quotation, QuotationIndex, is_checkable

# What is asked for after a key that takes a text.
ASKED: Final = {"/": "topic, or part of its name: ", "+": "a fact of the article: "}
_STEPS: Final = {"\n": 1, "\r": 1, ">": 1, "<": -1}
_NAMED: Final = 6  # topics that a name may mean


WORD_FOR_WORD: Final = "word for word in the article"


class Choice(NamedTuple):
    """A topic or a statement, whether it is chosen, and its key; a space for one without.

    ``passage`` is where in the article a statement most likely is from.
    """

    key: str
    is_on: bool
    text: str
    passage: str = ""


class LabelSession:
    """The articles that one person labels, from the first that lacks labels.

    Every key is on record at once, so that nothing is lost whenever it ends.

    Args:
        items: the articles.
        labels: where it is put on record.
        taxonomy: the topics to choose from.

    Attributes:
        item: the article that is shown.
        is_whole: whether all of it is wanted.
        is_over: whether the last article is done, or the person ended it.
        message: what came of the last key, where that is not seen.
    """

    def __init__(self, items: Sequence[ToLabel], labels: Labels, taxonomy: Taxonomy) -> None:
        self._items, self._labels, self._taxonomy = items, labels, taxonomy
        lacking = (n for n, item in enumerate(items) if item.id not in labels.done)
        self._open(next(lacking, len(items)))

    @property
    def heading(self) -> str:
        """Which article it is of how many."""
        labelled = "  (labelled)" * (self.item.id in self._labels.done)
        return f"{self._place + 1} of {len(self._items)}{labelled}"

    @property
    def done(self) -> int:
        """Articles that have labels."""
        return sum(item.id in self._labels.done for item in self._items)

    @property
    def topics(self) -> list[Choice]:
        """The topics with a key: those suggested first; then others that are chosen."""
        others = [topic for topic in self._topics if topic not in self._choices]
        return _choices(
            string.digits[1:],
            ((topic in self._topics, self._path(topic)) for topic in (*self._choices, *others)),
        )

    @property
    def statements(self) -> list[Choice]:
        """The statements that the article may make."""
        return _choices(
            string.ascii_lowercase,
            ((right, text, self._passages.get(text, "")) for text, right in self._checked.items()),
        )

    @property
    def names(self) -> list[str]:
        """All topics, from the top of the taxonomy down."""
        return [self._path(topic.id) for topic in self._taxonomy.topics]

    def press(self, key: str, text: str = "") -> None:
        """Do what a key says; one that means nothing does nothing.

        Args:
            key: a character; "" and Ctrl-D end it.
            text: what was typed after a key of ``ASKED``.

        Raises:
            ConfigurationError: another process is writing.
        """
        self.message = ""
        if key in (".", "", "\x04"):
            self.is_over = True
        elif key in _STEPS:
            if key in "\n\r":
                self._labels.keep(self._row())
            self._open(max(0, self._place + _STEPS[key]))
        else:
            self._change(key, text)
            self._labels.sketch(self._row())

    def _open(self, place: int) -> None:
        """Show the article at a place, with what was said of it before."""
        self._place = place
        self.is_whole, self.message = False, ""
        self.is_over = place >= len(self._items)
        self.item = item = self._items[min(place, len(self._items) - 1)]
        before = self._labels.drafts.get(item.id) or self._labels.done.get(item.id)
        known = {topic.id for topic in self._taxonomy.topics}
        suggested = [topic for topic in item.topics if topic in known]
        self._topics = list((before.gold_topics or ()) if before else suggested)
        self._passages = _passages(item)
        # What stands there needs no person: of 136 such sentences in the half of QAGS CNN/DM that
        # did not choose the rule, people call 133 right.
        self._checked = {text: found == WORD_FOR_WORD for text, found in self._passages.items()}
        if before:
            self._checked |= {claim.text: claim.supported for claim in before.claims}
        roots = [topic.id for topic in self._taxonomy.roots]
        self._choices = list(dict.fromkeys([*suggested, *self._topics, *roots]))[:9]

    def _row(self) -> SampleRow:
        return self.item.row(self._labels.rater, self._topics, self._checked)

    def _change(self, key: str, text: str) -> None:
        choice = string.digits.find(key) - 1
        statement = string.ascii_lowercase.find(key)
        if 0 <= choice < len(self._choices):
            self._toggle(self._choices[choice])
        elif 0 <= statement < len(self._checked):
            chosen = list(self._checked)[statement]
            self._checked[chosen] = not self._checked[chosen]
        elif key == "*":
            self._checked = dict.fromkeys(self._checked, not all(self._checked.values()))
        elif key == " ":
            self.is_whole = not self.is_whole
        elif key == "+" and text.strip():
            self._checked[text.strip()] = True
        elif key == "/":
            self._find(text.strip())

    def _toggle(self, topic: str) -> None:
        if topic in self._topics:
            self._topics.remove(topic)
        else:
            self._topics.append(topic)

    def _find(self, name: str) -> None:
        """Toggle the topic that a name means; tell where it means none, or several."""
        wanted, topics = name.casefold(), self._taxonomy.topics
        same = [
            topic
            for topic in topics
            if wanted in map(str.casefold, (topic.id, topic.name, self._path(topic.id)))
        ]
        found = same or [topic for topic in topics if wanted and wanted in topic.name.casefold()]
        if len(found) == 1:
            self._toggle(found[0].id)
            self.message = f"{found[0].name} {box(found[0].id in self._topics)}"
        elif found:
            names = [topic.name for topic in found[:_NAMED]] + ["..."] * (len(found) > _NAMED)
            self.message = f"{name!r} is in several names, type one of them: {'; '.join(names)}"
        elif wanted:
            self.message = f"no topic has {name!r} in its name"

    def _path(self, topic: str) -> str:
        return " > ".join(self._taxonomy.path(topic))


def box(is_on: bool) -> str:
    """A box with a cross, or without."""
    return "[x]" if is_on else "[ ]"


def _passages(item: ToLabel) -> dict[str, str]:
    """For each statement the sentences of the article that it most likely rests on."""
    text, language = item.article.text, item.article.language
    index, aligner = QuotationIndex(text), Aligner(text, language=language)
    found = {}
    for statement in item.statements:
        whole = Quotation(0, len(statement), statement, None)
        passage = " [...] ".join(span.text for span in aligner.align(statement).evidence)
        is_there = is_checkable(whole) and index.has(whole)
        found[statement] = WORD_FOR_WORD if is_there else passage
    return found


def _choices(keys: str, found: Iterable[tuple[bool, str] | tuple[bool, str, str]]) -> list[Choice]:
    return [Choice(key, *one) for key, one in zip(chain(keys, repeat(" ")), found, strict=False)]
