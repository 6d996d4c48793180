"""Digests as a page: each beside its article, with filters by topic and by what to look at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from markupsafe import Markup

from summarizer.articles.article import Article
from summarizer.digest import Digest, Failure, TopicLabel
from summarizer.pages.document import HERE, environment, render_page
from summarizer.pages.marked_text import (
    TOPIC,
    MarkedSentence,
    Piece,
    cut_marks,
    evidence_marks,
    paragraphs,
    shown_sentences,
)
from summarizer.pages.wording import notes, one_line, topic_path

# Longer texts are cut: pages must open in a browser.
_MOST_CHARACTERS: Final = 200_000
FLAGS: Final = {
    "failed": "failed",
    "check": "please check",
    "cut": "possible orders to a model",
    "missing": "a half is missing",
    "same": "an earlier article has the same text",
    "topicless": "no topic fits",
}


class DigestShown(NamedTuple):
    """A record as a page shows it.

    Attributes:
        prefix: begins the ids of its parts.
        record: the digest, or the failure.
        title: of the article.
        source: where the article is from.
        flags: of FLAGS.
        topics: each with the label of its evidence, None where none is in the article.
        sentences: of the summary.
        checks: what was found that concerns no sentence as it stands.
        paragraphs: the article; empty where its text is not at hand.
        left_out: how many of its characters are not shown.
    """

    prefix: str
    record: Digest | Failure
    title: str
    source: str
    flags: tuple[str, ...]
    topics: tuple[tuple[TopicLabel, str | None], ...] = ()
    sentences: tuple[MarkedSentence, ...] = ()
    checks: tuple[str, ...] = ()
    paragraphs: tuple[list[Piece], ...] = ()
    left_out: int = 0


class _Entry(NamedTuple):
    """A line of the index."""

    shown: DigestShown
    classes: str
    section: Markup


class DigestPage:
    """Collects digests, and is one HTML file in the end."""

    def __init__(self) -> None:
        self._entries: list[_Entry] = []
        self._topics: dict[str, str] = {}  # class by name

    def add(self, record: Digest | Failure, article: Article | None) -> None:
        """Add a record, with the article whose text its evidence is in."""
        prefix = f"d{len(self._entries) + 1}"
        found = shown(record, article, prefix=prefix)
        # The texts that were digested are let go; the section is what stays.
        kept = found._replace(paragraphs=())
        self._entries.append(_Entry(kept, self._classes(found), _section(found)))

    def html(self) -> str:
        """The page."""
        entries = self._entries
        flags = [flag for flag in FLAGS if any(flag in entry.shown.flags for entry in entries)]
        filters = {f"by-topic [value={name}]": name for name in self._topics.values()}
        filters |= {f"by-flag [value={flag}]": flag for flag in flags}
        return render_page(
            "digests.html.j2",
            styles=["digests.css"],
            css="\n".join(
                f"body:has(#{chosen}:checked) :is(.entry, .filtered):not(.{name}) "
                "{ display: none; }"
                for chosen, name in filters.items()
            ),
            entries=entries,
            topics=sorted(self._topics.items()),
            flags={flag: FLAGS[flag] for flag in flags},
            names=FLAGS,
        )

    def _classes(self, found: DigestShown) -> str:
        names = [" › ".join(topic_path(topic)) for topic, _ in found.topics]
        topics = [self._topics.setdefault(name, f"t{len(self._topics) + 1}") for name in names]
        return " ".join((*topics, *found.flags))


def digest_section(
    record: Digest | Failure, article: Article | None, *, prefix: str, live: bool = False
) -> str:
    """A record as a piece of a page.

    Args:
        record: the record.
        article: whose text its evidence is in.
        prefix: begins the ids of its parts; unique on the page.
        live: with what a reader can do on a page that a server is behind.
    """
    return _section(shown(record, article, prefix=prefix), live=live)


def article_section(article: Article) -> str:
    """An article without a digest as a piece of a page."""
    text = article.text[:_MOST_CHARACTERS]
    left_out = len(article.text) - len(text)
    return str(_pieces().article(article, paragraphs(text, ()), left_out))


def _section(found: DigestShown, *, live: bool = False) -> Markup:
    return Markup(_pieces().digest(found, live))  # noqa: S704 - it is escaped


def _pieces() -> Any:
    return environment(HERE).get_template("digest.html.j2").module


def shown(record: Digest | Failure, article: Article | None, *, prefix: str) -> DigestShown:
    """What a page shows of a record."""
    source = one_line(record.source if isinstance(record, Failure) else record.article.source)
    if isinstance(record, Failure):
        return DigestShown(prefix, record, source, source, flags=("failed",))
    text = article.text[:_MOST_CHARACTERS] if article else ""
    marks = [*evidence_marks(record, text), *cut_marks(record.checks, text)]
    labels = {mark.label for mark in marks}
    topics = ((topic, f"{TOPIC}{place}") for place, topic in enumerate(record.topics or (), 1))
    return DigestShown(
        prefix,
        record,
        title=one_line(article.heading if article else record.article.title or "(no title)"),
        source=source,
        flags=tuple(_flags(record)),
        topics=tuple((topic, label if label in labels else None) for topic, label in topics),
        sentences=tuple(shown_sentences(record)),
        checks=tuple(_other_checks(record)),
        paragraphs=tuple(paragraphs(text, marks)),
        left_out=len(article.text) - len(text) if article else 0,
    )


def _other_checks(record: Digest) -> Iterator[str]:
    """What the sentences do not show themselves; the texts that were cut stand in the article."""
    flagged = {check.message for check in record.checks if check.status != "repaired"}
    for sentence, text in notes(record):
        if sentence is None or not any(message in text for message in flagged):
            yield text


def _flags(record: Digest) -> Iterator[str]:
    kinds = {check.kind for check in record.checks}
    flagged = any(
        check.sentence is not None and check.status != "repaired" for check in record.checks
    )
    if flagged or any(sentence.supported is False for sentence in record.sentences):
        yield "check"
    if "injection" in kinds:
        yield "cut"
    if "missing" in kinds:
        yield "missing"
    if any(article.relation == "duplicate" for article in record.related or ()):
        yield "same"
    if record.topics == ():
        yield "topicless"
