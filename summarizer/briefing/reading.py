"""``read_articles``: the articles of a briefing; of an abstract in a feed the whole page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from summarizer.articles import Article, Source, load
from summarizer.digest import Failure
from summarizer.errors import SourceError, SummarizerError
from summarizer.progress import step
from summarizer.settings import Settings
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
            page = pages.get(link, left_out)
            article, error = _whole(article, page)
            name = link
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


def _whole(
    entry: Article | None, page: Article | SummarizerError
) -> tuple[Article | None, SummarizerError | None]:
    """The page, under the entry's title and date; the entry where the page says no more."""
    if isinstance(page, SummarizerError):
        if entry is None:
            return None, page
        return entry, SourceError(f"{page}; its abstract was taken", hint=page.hint)
    if entry is None:
        return page, None
    if page.words <= entry.words:
        return entry, None
    known = {
        "title": entry.title or page.title,
        "published": entry.published or page.published,
        "author": page.author or entry.author,
    }
    return page.model_copy(update=known), None
