"""Boxes of a page that are not the article's go; its headings stay."""

from __future__ import annotations

import pytest

from summarizer.articles.html import read_page

FIRST = (
    "The ferry from Osterholm to Wick will run on Sundays again, the harbour office said on Monday"
    " after three winters in which the boat stayed at its berth."
)
LAST = (
    "Tickets cost four crowns for adults, children under ten travel free, and bicycles are taken on"
    " board as long as there is room on the lower deck."
)
PAGE = (
    "<html><head><title>Ferry sails on Sundays - Osterholm News</title></head><body><article>"
    "<h1>Ferry sails on Sundays</h1><p>{first}</p>{box}<p>{last}</p></article></body></html>"
)


def read(box: str) -> str:
    """The text of the page with something between its paragraphs."""
    page = PAGE.format(first=FIRST, box=box, last=LAST)
    return read_page(page, source="page.html").text.removeprefix("Ferry sails on Sundays\n\n")


@pytest.mark.parametrize(
    "box",
    [
        '<div class="x"><h3>Letter</h3><p>Our mail on Fridays.</p><input type="email"></div>',
        "<table><tr><td><p><b>SPONSORED</b> Sleep well in Ola's beds.</p></td></tr></table>",
        '<div class="x"><span>Mehr zum Thema</span><a href="/b">Seilbahn steht still</a></div>',
        '<p>【関連記事】<a href="/b">駅前の木を残す</a></p>',
        '<div class="Pull__Quote">The boat stayed at its berth</div>',
    ],
)
def test_boxes_between_paragraphs_go(box: str) -> None:
    assert read(box) == f"{FIRST}\n\n{LAST}"


@pytest.mark.parametrize(
    "box",
    [
        f'<div class="x"><p>{FIRST[:-1]}, it said.</p><input type="checkbox"></div>',
        '<p>Read more than one <a href="/b">timetable</a> before you go, the office warned.</p>',
    ],
)
def test_a_paragraph_with_a_link_or_a_field_stays(box: str) -> None:
    assert "it said" in read(box) or "the office warned" in read(box)


def test_a_heading_that_the_library_leaves_out_is_put_back() -> None:
    page = (
        "<html><body><table><tr><td><h1>Ferry sails</h1>"
        f"<p>{FIRST}</p><p>{LAST}</p><h2>A pier of its own</h2><p>{FIRST[:-1]}, it said.</p>"
        f"<p>{LAST[:-1]}, it said.</p></td></tr></table></body></html>"
    )
    assert "\n\nA pier of its own\n\n" in read_page(page, source="page.html").text


def test_text_after_a_table_beside_it_is_kept() -> None:
    page = (
        "<html><body><table><tr><td><table align=right><tr><td>A photo</td></tr></table>"
        f"{FIRST}<p>{LAST}</p><p>{FIRST[:-1]}, it said.</p></td></tr></table></body></html>"
    )
    assert read_page(page, source="page.html").text.startswith(FIRST)


def test_a_line_break_in_a_headline_is_a_space() -> None:
    page = PAGE.format(first=FIRST, box="", last=LAST).replace(
        "sails on Sundays</h1>", "sails<br>on Sundays</h1>"
    )
    assert read_page(page, source="page.html").fields.title == "Ferry sails on Sundays"


def test_the_day_of_publication_counts_more_than_that_of_a_change() -> None:
    data = '{"@type":"NewsArticle","datePublished":"2023-03-16","dateModified":"2023-03-18"}'
    head = (
        '<meta property="article:modified_time" content="2023-03-18T07:40:11+00:00">'
        f'<script type="application/ld+json">{data}</script></head>'
    )
    page = PAGE.format(first=FIRST, box="", last=LAST).replace("</head>", head)
    assert str(read_page(page, source="page.html").fields.published) == "2023-03-16"


def test_of_two_headings_in_the_page_title_the_longer_is_the_headline() -> None:
    page = (
        PAGE.format(first=FIRST, box="", last=LAST)
        .replace("<article>", "<h1>Osterholm Evening News</h1><article>")
        .replace("Osterholm News</title>", "Osterholm Evening News</title>")
        .replace("Ferry sails on Sundays", "Ferry sails on Sundays again")
    )
    assert read_page(page, source="page.html").fields.title == "Ferry sails on Sundays again"


def test_the_site_s_name_in_large_letters_is_no_headline() -> None:
    page = (
        "<html><head><title>OSTERHOLM NEWS ONLINE -- Local</title></head><body>"
        "<font size=5>Osterholm News Online</font><p><font size=5>Ferry sails on Sundays</font>"
        f"<p>{FIRST}<p>{LAST}</body></html>"
    )
    assert read_page(page, source="page.html").fields.title == "Ferry sails on Sundays"


@pytest.mark.parametrize(
    ("elsewhere", "day"), [("January 12, 2003", "2003-01-09"), ("12 January 2003", "2003-09-01")]
)
def test_a_day_in_numbers_is_read_as_the_page_writes_others(elsewhere: str, day: str) -> None:
    dated = f"<p>{elsewhere}</p><p>Published: 01/09/2003</p>"
    page = PAGE.format(first=FIRST, box="", last=LAST).replace("<article>", f"{dated}<article>")
    assert str(read_page(page, source="page.html").fields.published) == day


def test_an_article_beside_its_headline_is_no_teaser() -> None:
    text = f"<p>{FIRST}</p><p>{LAST}</p>"
    page = f'<html><body><h1>Ferry sails</h1><div class="teaser">{text}</div></body></html>'
    assert read_page(page, source="page.html").text.endswith(f"{FIRST}\n\n{LAST}")
