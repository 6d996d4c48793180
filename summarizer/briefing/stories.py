"""``make_briefing``: articles in stories, each with a summary whose sentences name articles."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from pydantic import Field

from summarizer.articles.article import Article
from summarizer.digest import Failure, TopicLabel, Value
from summarizer.errors import SummarizerError
from summarizer.progress import step, within
from summarizer.retrieval.corpus import Corpus
from summarizer.retrieval.entries import LEAD_CHARACTERS
from summarizer.retrieval.related import Shingles, is_near_duplicate, shingles
from summarizer.settings import Settings
from summarizer.summaries.request import LENGTHS

if TYPE_CHECKING:
    from summarizer.digest import Digest
    from summarizer.summarizer import Summarizer

_NEAREST: Final = 20  # articles that each one is compared with
# Below it related articles tell of the same people or kind of event, not of one story: of 200
# articles of a year of BBC news 41 pairs are above it, 15 of them one story; 125 are above 0.45.
_ONE_STORY: Final = 0.55


class Group:
    """The articles of a story in the order they came, without copies; and the copies of each."""

    def __init__(self, articles: Sequence[Article]) -> None:
        self.reports: list[Article] = []
        self.copies: list[tuple[Article, int]] = []  # with the place of the report it repeats
        told: list[Shingles] = []
        for article in articles:
            words = shingles(article)
            repeated = [n for n, other in enumerate(told) if is_near_duplicate(other, words)]
            if repeated:
                self.copies.append((article, repeated[0]))
            else:
                self.reports.append(article)
                told.append(words)


def group_articles(articles: Sequence[Article], *, settings: Settings) -> list[Group]:
    """The stories that the articles tell, the one with the most articles first.

    Two articles are of one story where a corpus finds them alike enough, or one a copy of the
    other; and so are those that a chain of such pairs joins.
    """
    # A corpus compares leads. A plain text is known by its content, whatever file it is from.
    leads = [
        article.model_copy(
            update={"source": "text", "published": None, "text": article.text[:LEAD_CHARACTERS]}
        )
        for article in articles
    ]
    # The same lead twice has one id.
    stories = {lead.id: {lead.id} for lead in leads}
    with tempfile.TemporaryDirectory(prefix="summarizer-") as folder:
        path = Path(folder, "briefing.sqlite")
        with Corpus.open(path, settings=settings, create=True) as corpus:
            corpus.add(leads)
            for lead in leads:
                found = corpus.related(lead, limit=_NEAREST)
                alike = [r for r in found.articles if r.score >= _ONE_STORY]
                relatives = (*alike, *found.duplicates)
                joined = stories[lead.id].union(*(stories[r.article.id] for r in relatives))
                stories |= dict.fromkeys(joined, joined)
    groups: dict[int, list[Article]] = {}
    for article, lead in zip(articles, leads, strict=True):
        groups.setdefault(id(stories[lead.id]), []).append(article)
    ordered = sorted(groups.values(), key=lambda group: -len(group))
    return [Group(group) for group in ordered]


# Of a story that several articles tell, the summary reads the beginning of each: news tells the
# most important first.
_WORDS_OF_EACH: Final = 300
_MOST_READ: Final = 6  # articles of a story that its summary reads
_TITLE_CHARACTERS: Final = 80  # of a report without a title


class StoryReport(Value):
    """An article of a story."""

    title: str
    source: str
    published: date | None
    copy_of: int | None = Field(
        default=None, description="Number of the report that this one repeats, from 1."
    )


class StorySentence(Value):
    """A sentence of a story's summary."""

    text: str
    supported: bool
    doubts: tuple[str, ...] = Field(default=(), description="What checks found, a sentence each.")
    sources: tuple[int, ...] = Field(
        description="Numbers of the reports that its evidence is in, from 1."
    )


class Story(Value):
    """What one or several articles tell."""

    title: str
    topics: tuple[TopicLabel, ...] = ()
    sentences: tuple[StorySentence, ...] = ()
    reports: tuple[StoryReport, ...]
    problem: str | None = Field(default=None, description="Why there is no summary.")


class Briefing(Value):
    """The stories, the one that most articles tell first; and what could not be read."""

    stories: tuple[Story, ...]
    failures: tuple[Failure, ...] = ()


class _Combined(NamedTuple):
    """Articles in one text, and where each ends."""

    article: Article
    ends: tuple[int, ...]

    def number_at(self, offset: int) -> int:
        """The number of the report, from 1, whose text is there."""
        return 1 + sum(end <= offset for end in self.ends)


def make_briefing(
    articles: Sequence[Article], *, summarizer: Summarizer, failures: Sequence[Failure] = ()
) -> Briefing:
    """The stories of the articles, each with topics and a summary.

    A story that the model fails on says so, and the others go on.

    Raises:
        SummarizerError: the next story would meet the same error (a key that is refused, ...).
    """
    step("grouping the articles into stories")
    groups = group_articles(articles, settings=summarizer.settings)
    stories = []
    for number, group in enumerate(groups, start=1):
        with within(f"story {number} of {len(groups)}"):
            stories.append(_story(group, summarizer))
    return Briefing(stories=tuple(stories), failures=tuple(failures))


def _story(group: Group, summarizer: Summarizer) -> Story:
    combined = _combine(group.reports)
    reports = (
        *(_report(article) for article in group.reports),
        *(_report(article, copy_of=place + 1) for article, place in group.copies),
    )
    title = combined.article.title or reports[0].title
    # Half of an abstract would end within its only sentence; a number means all of it.
    if summarizer.settings.length in LENGTHS and combined.article.words <= LENGTHS["short"]:
        summarizer = summarizer.with_settings(length=str(LENGTHS["short"]))
    try:
        digest = summarizer.digest(combined.article)
    except SummarizerError as error:
        if error.stops_batch:
            raise
        return Story(title=title, reports=reports, problem=str(error))
    return Story(
        title=title,
        topics=digest.topics or (),
        sentences=_sentences(digest, combined),
        reports=reports,
        problem="; ".join(check.message for check in digest.missing) or None,
    )


def _sentences(digest: Digest, combined: _Combined) -> tuple[StorySentence, ...]:
    sentences = digest.summary.sentences if digest.summary else ()
    return tuple(
        StorySentence(
            text=sentence.text,
            supported=sentence.supported,
            doubts=tuple(
                check.message
                for check in digest.checks
                if check.sentence == index and check.status != "repaired"
            ),
            sources=tuple(sorted({combined.number_at(span.start) for span in sentence.evidence})),
        )
        for index, sentence in enumerate(sentences)
    )


def _combine(reports: Sequence[Article]) -> _Combined:
    """One article alone as it is; of several the beginnings, under the title of the first."""
    first = reports[0]
    if len(reports) == 1:
        return _Combined(first, (len(first.text),))
    text, ends = "", []
    for article in reports[:_MOST_READ]:
        text += ("\n\n" if text else "") + _beginning(article.text)
        ends.append(len(text))
    days = [article.published for article in reports if article.published]
    combined = first.model_copy(update={"text": text, "published": max(days, default=None)})
    return _Combined(combined, tuple(ends))


def _beginning(text: str) -> str:
    """The first paragraphs, whole, until there are words enough."""
    kept: list[str] = []
    words = 0
    for paragraph in text.split("\n\n"):
        if words >= _WORDS_OF_EACH:
            break
        kept.append(paragraph)
        words += len(paragraph.split())
    return "\n\n".join(kept)


def _report(article: Article, *, copy_of: int | None = None) -> StoryReport:
    title = article.title or _opening(article.text)
    return StoryReport(
        title=title, source=article.source, published=article.published, copy_of=copy_of
    )


def _opening(text: str) -> str:
    """The first words of a text without a title; many languages put no spaces between words."""
    line = " ".join(text[: 4 * _TITLE_CHARACTERS].split())
    if len(line) <= _TITLE_CHARACTERS:
        return line
    start = line[:_TITLE_CHARACTERS]
    whole, _, part = start.rpartition(" ")
    return f"{start if len(part) > len(whole) else whole} ..."
