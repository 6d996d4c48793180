"""What a briefing reads: entries of feeds, and the pages behind those that are abstracts."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from web_server import respond, serve

from summarizer import briefing
from summarizer.articles import expand
from summarizer.briefing import Read, read_articles
from summarizer.settings import load_settings

ABSTRACT = "The council of Ardenholm voted on Tuesday to rebuild the bridge over the Lenn."
WHOLE = (
    "The council of Ardenholm voted on Tuesday to rebuild the bridge that the flood took away. "
    "The work will cost four million euros and take two years, the mayor of the town said after "
    "the vote, and ferries will carry people across the river until then. "
) * 3


class Site:
    """Pages at /0, /1, ...; /missing is none. Counts what is asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.url = ""

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        self.asked.append(request.path)
        if request.path == "/missing":
            respond(b"no", status=404)(request)
            return
        title = f"The site's own title {request.path[1:]}"
        page = (
            f"<html><head><title>{title}</title></head><body><article><h1>{title}</h1>"
            f"<p>{WHOLE}</p><p>This is page {request.path[1:]}. {WHOLE}</p></article></body></html>"
        )
        respond(page.encode())(request)

    def feed(self, folder: Path, *items: tuple[str, str, str]) -> str:
        """A file with entries of these titles, links and texts."""
        entries = "".join(
            f"<item><title>{title}</title><link>{link.replace('SITE', self.url)}</link>"
            f"<description>{text}</description></item>"
            for title, link, text in items
        )
        path = folder / "feed.xml"
        path.write_text(f"<rss><channel>{entries}</channel></rss>")
        return str(path)


@pytest.fixture
def site() -> Iterator[Site]:
    found = Site()
    with serve(found.answer) as url:
        found.url = url
        yield found


def read(*sources: str, follow: bool = True, private: bool = True) -> Read:
    settings = load_settings(allow_private_urls=private, offline=False)
    return read_articles(expand(sources, settings=settings), settings=settings, follow=follow)


def test_an_abstract_is_followed_and_a_whole_text_is_not(site: Site, tmp_path: Path) -> None:
    path = site.feed(
        tmp_path,
        ("Bridge", "SITE/0", ABSTRACT),
        ("Ferry", "SITE/1", WHOLE),
        ("Only a title", "SITE/2", ""),
    )

    found = read(path)

    assert sorted(site.asked) == ["/0", "/2"]
    assert [article.title for article in found.articles][:2] == ["Bridge", "Ferry"]
    assert ["This is page" in article.text for article in found.articles] == [True, False, True]
    assert found.articles[0].source == f"{site.url}/0"
    assert found.failures == []


def test_a_page_that_fails_leaves_the_abstract_and_is_named(site: Site, tmp_path: Path) -> None:
    path = site.feed(tmp_path, ("Bridge", "SITE/missing", ABSTRACT), ("Second", "SITE/missing", ""))

    found = read(path)

    assert site.asked == ["/missing"]
    assert [article.text for article in found.articles] == [ABSTRACT]
    first, second = found.failures
    assert first.source == second.source == f"{site.url}/missing"
    assert "404" in first.error.message
    assert first.error.message.endswith("; its abstract was taken")


def test_nothing_is_followed_where_nobody_wants_it(site: Site, tmp_path: Path) -> None:
    path = site.feed(tmp_path, ("Bridge", "SITE/0", ABSTRACT), ("Only a title", "SITE/2", ""))

    found = read(path, follow=False)

    assert site.asked == []
    assert [article.text for article in found.articles] == [ABSTRACT]
    assert "is empty" in found.failures[0].error.message


def test_links_keep_the_rules_of_addresses(site: Site, tmp_path: Path) -> None:
    found = read(site.feed(tmp_path, ("Bridge", "SITE/0", ABSTRACT)), private=False)

    assert site.asked == []
    assert [article.text for article in found.articles] == [ABSTRACT]
    assert "is not a public address" in found.failures[0].error.message


def test_an_address_that_does_not_look_like_one_of_a_feed_may_be_one() -> None:
    feed = "".join(
        f"<item><title>{n}</title><description>{WHOLE}</description></item>" for n in "ab"
    )
    answer = respond(f"<rss><channel>{feed}</channel></rss>".encode(), content_type="text/xml")
    settings = load_settings(allow_private_urls=True, offline=False)
    with serve(answer) as url:
        sources = expand([f"{url}/news"], settings=settings, feeds=True)
        found = read_articles(sources, settings=settings, follow=True)

    assert [article.title for article in found.articles] == ["a", "b"]


@pytest.mark.parametrize("link", ["file:///etc/hostname", "/etc/hostname", "secret.txt"])
def test_a_link_to_a_file_is_none(
    link: str, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret.txt").write_text(WHOLE)
    monkeypatch.chdir(tmp_path)

    found = read(site.feed(tmp_path, ("Bridge", link, ABSTRACT)))

    assert [article.text for article in found.articles] == [ABSTRACT]
    assert found.failures == []


def test_a_briefing_fetches_so_many_pages_and_no_more(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(briefing, "_MOST_PAGES", 2)
    path = site.feed(tmp_path, *((f"Story {n}", f"SITE/{n}", ABSTRACT) for n in range(4)))

    found = read(path)

    assert len(site.asked) == 2
    assert len(found.articles) == 4
    assert len(found.failures) == 2
    assert "one briefing fetches 2 pages" in found.failures[0].error.message
