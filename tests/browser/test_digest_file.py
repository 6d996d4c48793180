"""The page that ``summarize --format html`` writes, in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from test_digest_page import FAILED, STORY, changed, page
from test_report import HOSTILE
from test_served_page import Open, accessible, overflow

from summarizer import Summarizer
from summarizer.articles import article_from_text

pytestmark = pytest.mark.browser


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A page of three articles, of which one failed and one is hostile."""
    good, hostile = article_from_text(STORY), article_from_text(f"{HOSTILE[:99]}\n\n{STORY}")
    with Summarizer(model="extractive") as summarizer:
        digest, other = summarizer.digest(good), summarizer.digest(hostile)
    file = tmp_path / "digests.html"
    records = ((digest, good), (changed(other, supported=False), hostile), (FAILED, None))
    file.write_text(page(*records), encoding="utf-8")
    return file


def shown_entries(opened: Page) -> int:
    return opened.locator(".entry:visible").count()


def test_filters_work_without_script(open_page: Open, path: Path) -> None:
    opened = open_page(path.as_uri(), java_script_enabled=False)
    assert shown_entries(opened) == 3

    opened.select_option("#by-flag", "check")
    assert shown_entries(opened) == 1
    assert opened.locator(".filtered:visible").count() == 1
    opened.select_option("#by-flag", "")
    assert shown_entries(opened) == 3


def test_evidence_lights_up_without_script(open_page: Open, path: Path) -> None:
    opened = open_page(path.as_uri(), java_script_enabled=False)
    mark = opened.locator("mark.e-1").first
    expect(mark).to_have_css("box-shadow", "none")

    opened.locator(".c-1 .claim").first.hover()
    expect(mark).not_to_have_css("box-shadow", "none")


@pytest.mark.parametrize("width", [400, 800, 1600])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_and_can_be_read(open_page: Open, path: Path, width: int, scheme: str) -> None:
    opened = open_page(path.as_uri(), width=width, color_scheme=scheme)

    assert overflow(opened) <= 0
    assert accessible(opened) == []


def test_it_prints_articles_as_a_whole(open_page: Open, path: Path) -> None:
    opened = open_page(path.as_uri())
    opened.emulate_media(media="print")

    source = opened.locator(".source").first
    assert source.evaluate("element => element.scrollHeight <= element.clientHeight + 1")
    expect(opened.locator(".filters")).to_be_hidden()


def test_a_tap_on_a_narrow_screen_goes_to_the_evidence(open_page: Open, path: Path) -> None:
    opened = open_page(path.as_uri(), width=400, has_touch=True, is_mobile=True)
    opened.locator(".c-1 a.claim").first.tap()

    expect(opened.locator("mark.e-1").first).to_be_in_viewport()
    opened.locator("a.a-1").first.tap()
    expect(opened.locator(".c-1").first).to_be_in_viewport()
