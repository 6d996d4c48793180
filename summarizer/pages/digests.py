"""Digests as a page: each beside its article, with filters by topic and by what to look at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from markupsafe import Markup

from summarizer import __version__
from summarizer.articles.article import Article
from summarizer.digest import Digest, ErrorInfo, Failure, RelatedArticle, TopicLabel
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
from summarizer.pages.wording import about, cost, made_by, notes, one_line, relative

# Longer texts are cut: pages must open in a browser.
_MOST_CHARACTERS: Final = 200_000
_LINKED: Final = re.compile(r"https?://[^\s<>\"'`\\]+", re.IGNORECASE)
FLAGS: Final = {
    "failed": "failed",
    "check": "please check",
    "cut": "possible orders to a model",
    "missing": "a half is missing",
    "same": "an earlier article has the same text",
    "topicless": "no topic fits",
}


class ChipShown(NamedTuple):
    """A topic.

    Attributes:
        id: its identifier.
        above: the names of the topics above it.
        name: its own.
        sure: its confidence as "92%"; empty where nothing measured it.
        label: the label of its evidence; None where none is in the article.
    """

    id: str
    above: tuple[str, ...]
    name: str
    sure: str
    label: str | None


class DigestShown(NamedTuple):
    """A digest as a page shows it.

    Attributes:
        prefix: begins the ids of its parts.
        title: of the article.
        source: where the article is from.
        link: the same as an address to follow; None where it is none.
        flags: of FLAGS.
        facts: date, author and size.
        language: of the article.
        topics: None where none were asked for.
        sentences: of the summary; None where there is none.
        style: "paragraph", "bullets" or "headline".
        focus: the question that the summary answers.
        checks: what was found that concerns no sentence as it stands.
        related: earlier articles, each with its line.
        parts: notes on the parts of a long article.
        made: model, prompts, taxonomy; and the cost.
        paragraphs: the article; empty where its text is not at hand.
        left_out: how many of its characters are not shown.
        error: why there is no digest.
    """

    prefix: str
    title: str
    source: str
    link: str | None
    flags: tuple[str, ...]
    facts: tuple[str, ...] = ()
    language: str | None = None
    topics: tuple[ChipShown, ...] | None = None
    sentences: tuple[MarkedSentence, ...] | None = None
    style: str = "paragraph"
    focus: str | None = None
    checks: tuple[str, ...] = ()
    related: tuple[tuple[str, RelatedArticle], ...] = ()
    parts: tuple[str, ...] = ()
    made: tuple[str, ...] = ()
    paragraphs: tuple[list[Piece], ...] = ()
    left_out: int = 0
    error: ErrorInfo | None = None


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
            version=__version__,
        )

    def _classes(self, found: DigestShown) -> str:
        names = [" › ".join((*topic.above, topic.name)) for topic in found.topics or ()]
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
    link = source if _LINKED.fullmatch(source) else None
    if isinstance(record, Failure):
        return DigestShown(prefix, source, source, link, flags=("failed",), error=record.error)
    text = article.text[:_MOST_CHARACTERS] if article else ""
    marks = [*evidence_marks(record, text), *cut_marks(record.checks, text)]
    summary = record.summary
    return DigestShown(
        prefix=prefix,
        title=one_line(article.heading if article else record.article.title or "(no title)"),
        facts=tuple(fact for fact in about(record) if fact != source),
        source=source,
        link=link,
        language=record.article.language,
        topics=None if record.topics is None else tuple(_chips(record.topics, text)),
        sentences=tuple(shown_sentences(record)) if summary else None,
        style=summary.style if summary else "paragraph",
        focus=summary.focus if summary else None,
        checks=tuple(_other_checks(record)),
        related=tuple((relative(other), other) for other in record.related or ()),
        parts=summary.notes if summary else (),
        made=(made_by(record), cost(record.usage, record.model.provider)),
        flags=tuple(_flags(record)),
        paragraphs=tuple(paragraphs(text, marks)),
        left_out=len(article.text) - len(text) if article else 0,
    )


def _chips(topics: tuple[TopicLabel, ...], text: str) -> Iterator[ChipShown]:
    for number, topic in enumerate(topics, start=1):
        path = topic.path or (topic.name,)
        is_there = any(text[span.start : span.end] == span.text for span in topic.evidence)
        yield ChipShown(
            id=topic.id,
            above=path[:-1],
            name=path[-1],
            sure="" if topic.confidence is None else f"{topic.confidence:.0%}",
            label=f"{TOPIC}{number}" if is_there else None,
        )


def _other_checks(record: Digest) -> Iterator[str]:
    """What the sentences do not show themselves; the texts that were cut stand in the article."""
    flagged = {check.message for check in record.checks if check.status != "repaired"}
    for sentence, text in notes(record):
        if sentence is None or not any(message in text for message in flagged):
            yield text


def _flags(record: Digest) -> Iterator[str]:
    kinds = {check.kind for check in record.checks}
    sentences = record.summary.sentences if record.summary else ()
    flagged = any(
        check.sentence is not None and check.status != "repaired" for check in record.checks
    )
    if flagged or not all(sentence.supported for sentence in sentences):
        yield "check"
    if "injection" in kinds:
        yield "cut"
    if "missing" in kinds:
        yield "missing"
    if any(article.relation == "duplicate" for article in record.related or ()):
        yield "same"
    if record.topics == ():
        yield "topicless"
