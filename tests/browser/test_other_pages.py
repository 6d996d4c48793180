"""The eval report and the briefing in a real browser; a page of several hundred digests."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import expect
from report_runs import write_run
from test_digest_page import STORY
from test_report import HOSTILE, bad, good
from test_served_page import Open, accessible, overflow

from summarizer import Summarizer
from summarizer.articles import article_from_text
from summarizer.briefing import (
    Briefing,
    Story,
    StoryReport,
    StorySentence,
    make_briefing,
)
from summarizer.digest import ErrorInfo, Failure
from summarizer.evaluation.report.page import render_report
from summarizer.evaluation.report.trend import render_trends, trends_of
from summarizer.pages.digests import DigestPage
from summarizer.pages.document import briefing_page

pytestmark = pytest.mark.browser
WIDTHS: Final = (400, 1280, 1600)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Addresses of a report, of a trend and of a briefing."""
    folder = tmp_path_factory.mktemp("pages")
    report = render_report([str(write_run(folder, {"a": bad, "b": good}))])
    articles = [article_from_text(STORY), article_from_text(f"{HOSTILE[:99]}\n\n{STORY} Again.")]
    error = ErrorInfo(type="SourceError", message=HOSTILE, hint=None, exit_code=3)
    failure = Failure(source=HOSTILE, error=error)
    with Summarizer(model="extractive", embedding="wordllama") as summarizer:
        made = make_briefing(articles, summarizer=summarizer, failures=[failure])
    found = {
        "report": report,
        "trend": render_trends(trends_of(folder)),
        "briefing": briefing_page(made, "Today"),
    }
    for name, html in found.items():
        (folder / f"{name}.html").write_text(html, encoding="utf-8")
    return {name: (folder / f"{name}.html").as_uri() for name in found}


@pytest.mark.parametrize("name", ["report", "trend", "briefing"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_they_fit_and_can_be_read(
    open_page: Open, pages: dict[str, str], name: str, width: int, scheme: str
) -> None:
    opened = open_page(pages[name], width=width, color_scheme=scheme)

    assert overflow(opened) <= 0
    assert accessible(opened) == []


@pytest.mark.parametrize("name", ["report", "trend", "briefing"])
def test_paper_is_light_and_wide_enough(open_page: Open, pages: dict[str, str], name: str) -> None:
    opened = open_page(pages[name], width=700, color_scheme="dark")
    opened.emulate_media(media="print")

    assert overflow(opened) <= 0
    assert accessible(opened) == []


def test_a_title_from_right_to_left_begins_where_its_text_does(
    open_page: Open, tmp_path: Path
) -> None:
    title = "إعادة بناء الجسر الحجري"
    report = StoryReport(title=title, source="a.txt", published=None)
    sentence = StorySentence(text=f"{title}.", supported=True, sources=(1,))
    story = Story(title=title, sentences=(sentence,), reports=(report,))
    file = tmp_path / "briefing.html"
    file.write_text(briefing_page(Briefing(stories=(story,)), "Today"), encoding="utf-8")
    opened = open_page(file.as_uri())

    for place in (".story h2", ".told"):
        assert opened.locator(place).evaluate("at => getComputedStyle(at).direction") == "rtl"


def test_several_hundred_digests_are_not_laid_out_at_once(open_page: Open, tmp_path: Path) -> None:
    article = article_from_text(STORY)
    with Summarizer(model="extractive", context=False) as summarizer:
        digest = summarizer.digest(article)
    made = DigestPage()
    for _ in range(300):
        made.add(digest, article)
    file = tmp_path / "many.html"
    file.write_text(made.html(), encoding="utf-8")
    opened = open_page(file.as_uri())

    far = opened.locator(".filtered .claim").last
    assert not far.evaluate("element => element.checkVisibility({contentVisibilityAuto: true})")
    opened.locator(".entry a").last.click()
    expect(opened.locator(".digest h2").last).to_be_in_viewport()
    opened.emulate_media(media="print")
    assert far.evaluate("element => element.checkVisibility({contentVisibilityAuto: true})")
