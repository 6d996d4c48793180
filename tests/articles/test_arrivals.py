"""Articles as agencies, papers, offices, channels and wikis hand them out."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from summarizer.articles import Article, article_from_text, load
from summarizer.articles.content import article_from_bytes
from summarizer.settings import Settings

FIRST = "The ferry from Osterholm to Wick will sail on Sundays again, the harbour office said."
SECOND = "Tickets cost four crowns for adults, and children under ten travel free of charge."
BODY = f"{FIRST}\n\n{SECOND}"


def read(folder: Path, name: str, content: str) -> Article:
    """The article of a file with this name."""
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return load(str(path), settings=Settings())


@pytest.mark.parametrize(
    "line",
    [
        "-- Continued on Page 7 --",
        "FERRY - Continued from Page 4",
        "Fortsetzung auf Seite 3",
        "(Optional add end)",
        "The boat at its berth in Wick. (Photo: Ola Krane/Harbour News)",
        "Comment [OK2]: check the price with the office",
    ],
)
def test_a_line_between_paragraphs_that_is_for_printers_or_editors_goes(line: str) -> None:
    assert article_from_text(f"{FIRST}\n\n{line}\n\n{SECOND}").text == BODY


@pytest.mark.parametrize("mark", ["- ENDS -", "ENDE", "Notes to Editors:"])
def test_what_follows_the_end_of_a_press_release_goes(mark: str) -> None:
    notes = "1. Pictures of the boat can be ordered from the office in Wick."
    text = f"{BODY}\n\nThe boat is new.\n\n{mark}\n\n{notes}"
    assert article_from_text(text).text == f"{BODY}\n\nThe boat is new."


def test_a_press_release_has_the_day_of_its_dateline_and_no_contacts() -> None:
    body = (
        "Wick, le 4 juin 2024 – La compagnie de Wick annonce que son bateau navigue aussi le "
        "dimanche, toute l'année.\n\nLe billet coûte quatre couronnes pour les adultes."
    )
    above = "COMMUNIQUÉ DE PRESSE\n\nPour diffusion immédiate\n\nLe bateau navigue le dimanche"
    below = "- FIN -\n\nContact presse :\nOla Krane\n+33 4 90 00 00 00"
    article = article_from_text(f"{above}\n\n{body}\n\n{below}")
    assert (article.title, str(article.published)) == (
        "Le bateau navigue le dimanche",
        "2024-06-04",
    )
    assert article.text == body


def test_what_is_new_in_a_version_is_no_headline() -> None:
    text = f"(Zusammenfassung 1630 - neu: Zitat)\nFerry sails on Sundays\n\nWICK (dpa) - {BODY}"
    assert article_from_text(text).title == "Ferry sails on Sundays"


def test_a_report_that_says_that_it_ends_goes_on() -> None:
    text = f"{FIRST}\n\nEnds in the rope were found by divers, who tied them again.\n\n{SECOND}"
    assert "were found by divers" in article_from_text(text).text


def test_a_box_of_headlines_of_an_agency_goes() -> None:
    caret = "^" * 60
    box = f"<{caret}\nGRAPHIC-Ferries of the sound\nPOLL-Ferry to stay in port\n{caret}>\n"
    assert article_from_text(f"{FIRST}\n{box}{SECOND}").text == f"{FIRST}\n{SECOND}"


def test_the_name_of_a_site_behind_the_headline_goes() -> None:
    text = f"Ferry sails on Sundays again\n\n{BODY}"
    article = article_from_text(text, title="Ferry sails on Sundays again - Osterholm News")
    assert (article.title, article.text) == ("Ferry sails on Sundays again", BODY)


def test_a_headline_with_a_dash_keeps_what_is_behind_it() -> None:
    title = "Ferry sails on Sundays - and on holidays"
    assert article_from_text(BODY, title=title).title == title


def test_a_symbol_before_a_given_headline_goes() -> None:
    assert article_from_text(BODY, title="🔔 Ferry sails again").title == "Ferry sails again"


def test_a_headline_in_capitals_may_have_two_lines() -> None:
    text = f"FERRY FROM OSTERHOLM\nSAILS ON SUNDAYS\n\n{BODY}"
    assert article_from_text(text).title == "FERRY FROM OSTERHOLM SAILS ON SUNDAYS"


def test_above_a_dated_text_the_sentence_below_the_headline_is_none() -> None:
    text = (
        "Ferry sails on Sundays\n\nThe harbour office of Wick has found a crew for the old boat"
        f"\n\n12 October 2017\n\nWICK, Oct 12 (Newswire) - {BODY}"
    )
    assert article_from_text(text).title == "Ferry sails on Sundays"


def test_running_heads_of_left_and_right_pages_go() -> None:
    lines = f"{FIRST}\n{SECOND}\n" * 3
    text = (
        f"4        THE WICK EXAMINER        March 8, 1949\n{lines}"
        f"March 8, 1949        THE WICK EXAMINER        5\n{lines}"
    )
    article = article_from_text(text)
    assert "EXAMINER" not in article.text
    assert str(article.published) == "1949-03-08"


def test_paragraphs_broken_into_lines_are_no_menu() -> None:
    broken = (
        "The ferry from Osterholm to Wick will sail on\nSundays again, and the harbour office has"
        " found a\ncrew for it, it said in a letter to all passengers\nwho had asked for the boat"
        " in spring and summer.\n"
    )
    whole = f"{SECOND[:-1]}, and bicycles are taken on board on every day of the week."
    text = f"Harbour | Boats | Crew\n\nFerry sails on Sundays again\n\n{broken}\n{whole}"
    assert "found a\ncrew for it" in article_from_text(text).text


def test_a_message_that_was_passed_on_has_its_own_day(tmp_path: Path) -> None:
    text = (
        "Night desk, [03.12.2023 23:41]\nanybody there?\n\nOla, [03.12.2023 23:45]\n"
        "Forwarded from: Harbour News\nOriginal date: 02.12.2023 14:10\n\n"
        f"**Ferry sails on Sundays again**\n\n{BODY}\n\n**A crew from Wick**\n\n{BODY}\n"
    )
    article = read(tmp_path, "chat.txt", text)
    assert str(article.published) == "2023-12-02"
    assert article.title == "Ferry sails on Sundays again"
    assert "\n\nA crew from Wick\n\n" in article.text


def test_sounds_and_makers_of_subtitles_are_not_said(tmp_path: Path) -> None:
    cues = ["[gulls crying, wind]", FIRST, SECOND, "Captioning by Harbour Words"]
    srt = "\n\n".join(f"{n}\n00:00:0{n},000 --> 00:00:0{n},900\n{c}" for n, c in enumerate(cues))
    assert read(tmp_path, "ferry.srt", srt).text == f"{FIRST} {SECOND}"


def test_headings_in_agency_xml_are_part_of_the_text(tmp_path: Path) -> None:
    content = f"<p>{FIRST}</p><hl2>A crew from Wick</hl2><p>{SECOND}</p>"
    nitf = f"<nitf><body><body.content><block>{content}</block></body.content></body></nitf>"
    assert read(tmp_path, "a.xml", nitf).text == f"{FIRST}\n\nA crew from Wick\n\n{SECOND}"


def test_a_paragraph_in_json_that_is_a_link_leads_elsewhere(tmp_path: Path) -> None:
    link = "<p><a href='/letter'>Order the harbour letter now</a></p>"
    prose = f"<p>{FIRST} {SECOND}</p>"
    data = f'{{"title": "Ferry", "text": "{prose}{link}"}}'
    assert read(tmp_path, "a.json", data).text == f"{FIRST} {SECOND}"


def test_markdown_loses_captions_and_a_note_below_the_last_rule(tmp_path: Path) -> None:
    caption = "![A boat](boat.jpg) The boat at its berth Ola Krane / Harbour News"
    more = f"{BODY}\n\n{caption}\n\n{BODY}\n\n---\n\n{{{{< letter >}}}}\n\n*We are hiring a mate.*"
    assert read(tmp_path, "a.md", more).text == f"{BODY}\n\n{BODY}"


def test_a_news_wiki_is_read_without_its_marks(tmp_path: Path) -> None:
    wiki = (
        "{{date|August 27, 2014}}\n{{Infobox|Boats}}\n= Ferry sails on Sundays again =\n"
        "[[File:Boat.jpg|thumb|The boat. {{source|Ola}}]]\n'''[[w:Wick|Wick]]''' &mdash; "
        f"{FIRST}<ref>{{{{cite web|title=Ferry}}}}</ref>\n\n== Crew ==\n"
        "{{quote|We sail in any weather, and we mean it.|Ola Krane}}\n\n"
        f"{SECOND}\n\n== Sources ==\n* [https://harbour.example Office]\n[[Category:Boats]]\n"
    )
    article = read(tmp_path, "a.wiki", wiki)
    assert article.title == "Ferry sails on Sundays again"
    assert str(article.published) == "2014-08-27"
    quote = "We sail in any weather, and we mean it."
    assert article.text == f"Wick — {FIRST}\n\nCrew\n\n{quote}\n\n{SECOND}"


def test_restructured_text_is_read_without_its_marks(tmp_path: Path) -> None:
    rst = (
        ":orphan:\n\n.. post:: 14 Feb, 2019\n   :tags: boats\n\n======================\n"
        "Ferry sails on Sundays\n======================\n\n"
        f"{FIRST} It *may* call at :doc:`Brod </brod>`.\n\nCrew\n----\n\n.. figure:: boat.png\n"
        f"   :alt: a boat\n\n   The boat.\n\n.. note::\n\n   {SECOND}\n\n.. rubric:: More\n"
    )
    article = read(tmp_path, "a.rst", rst)
    assert (article.title, str(article.published)) == ("Ferry sails on Sundays", "2019-02-14")
    assert article.text == f"{FIRST} It may call at Brod.\n\nCrew\n\n   {SECOND}"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "a.adoc",
            "= Ferry sails on Sundays again\n:author: Ola Krane\n:revdate: 2019-02-14\n\n"
            f"{FIRST} It *may* call at https://brod.example[Brod].\n\n== Crew\n\n"
            f"image::boat.png[A boat]\n\n[NOTE]\n====\n{SECOND}\n====\n",
        ),
        (
            "a.org",
            "#+TITLE: Ferry sails on Sundays again\n#+DATE: <2019-02-14 Thu>\n#+OPTIONS: nil\n\n"
            f"{FIRST} It *may* call at [[https://brod.example][Brod]].\n\n* Crew :boats:\n"
            f":PROPERTIES:\n:ID: 7\n:END:\n# a comment\n{SECOND}\n",
        ),
    ],
)
def test_asciidoc_and_org_are_read_without_their_marks(
    tmp_path: Path, name: str, text: str
) -> None:
    article = read(tmp_path, name, text)
    title, day = "Ferry sails on Sundays again", "2019-02-14"
    assert (article.title, str(article.published)) == (title, day)
    assert article.text == f"{FIRST} It may call at Brod.\n\nCrew\n\n{SECOND}"


@pytest.mark.parametrize(
    ("name", "unit"),
    [("a.wiki", "{|"), ("a.wiki", "<ref>"), ("a.wiki", "=="), ("a.rst", "`a <"), ("a.rst", "::")],
)
def test_marks_that_nothing_closes_are_read_in_time(tmp_path: Path, name: str, unit: str) -> None:
    assert "ferry" in read(tmp_path, name, f"{BODY}\n\n{unit * 30_000}\n").text


def mail(header: str) -> str:
    """A mail or web archive with a page that has its own headline."""
    page = f"<html><h1>Ferry sails on Sundays</h1><p>{FIRST}</p><p>{SECOND}</p></html>"
    return f"{header}\nMIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n\n{page}"


def test_a_tease_in_the_subject_of_a_mail_is_no_headline(tmp_path: Path) -> None:
    assert read(tmp_path, "a.eml", mail("Subject: Ahoy")).title == "Ferry sails on Sundays"


def test_a_web_archive_is_read_as_its_page(tmp_path: Path) -> None:
    header = "Subject: Ferry sails on Sundays | Wick Post\nDate: Sat, 13 Jul 2019 04:20:55 -0000"
    saved = mail(f"{header}\nSnapshot-Content-Location: https://wick.example/ferry")
    saved = saved.replace("<h1>", '<meta name="date" content="2015-01-28"><h1>')
    article = read(tmp_path, "a.mhtml", saved)

    assert (article.title, str(article.published)) == ("Ferry sails on Sundays", "2015-01-28")


def test_a_headline_may_have_several_forms(tmp_path: Path) -> None:
    record = {"headline": {"web": "Ferry sails", "short": "Ferry"}, "body": f"{BODY} {FIRST}"}

    assert read(tmp_path, "a.json", json.dumps(record)).title == "Ferry sails"


def test_the_line_of_a_revision_has_the_day(tmp_path: Path) -> None:
    text = f"= Ferry sails on Sundays\nOla <ola@wick.example>\nv1.2, 2020-09-17: prices\n\n{BODY}"
    article = read(tmp_path, "a.adoc", text)

    assert (str(article.published), article.text.startswith(FIRST)) == ("2020-09-17", True)


def test_what_kind_of_a_text_it_is_is_no_headline() -> None:
    text = f"Le bac reprend le dimanche (PAPIER D'ANGLE)\n\nWICK, 4 mars 2025 (AFP) - {BODY}"

    assert article_from_text(text).title == "Le bac reprend le dimanche"


def test_a_message_is_not_called_forwarded() -> None:
    said = f"*Forwarded*\n*Ferry sails on Sundays*\n\n{BODY} {FIRST}"
    text = f"14/08/2022, 08:04 - Ann: News?\n14/08/2022, 08:05 - Bo: {said}"

    assert article_from_text(text).title == "Ferry sails on Sundays"


def test_a_day_in_columns_above_a_text_is_its_day() -> None:
    text = f"B11    1440    12.05.2016  TL   REGIONS\n\nFERRY SAILS ON SUNDAYS AGAIN\n\n{BODY}"
    article = article_from_text(text)

    assert (str(article.published), article.text) == ("2016-05-12", BODY)


def test_marks_of_scanned_pages_go() -> None:
    assert article_from_text(f"{FIRST}\n\n=== Page 0003 === [0.87]\n\n{SECOND}").text == BODY


def test_a_press_release_with_a_full_stop_behind_its_day_has_it() -> None:
    assert str(article_from_text(f"Wick, 21 November 2019. {BODY}").published) == "2019-11-21"


def test_the_headline_of_a_release_from_an_office_is_in_bold(tmp_path: Path) -> None:
    head = "<p><b>PRESS RELEASE</b></p><p>Ref. 114</p><p><b>Ferry sails<br>on Sundays again</b></p>"
    article = read(tmp_path, "a.html", f"<div>{head}<p>{FIRST}</p><p>{SECOND}</p></div>")

    assert (article.title, article.text) == ("Ferry sails on Sundays again", BODY)


def test_a_line_of_hashtags_is_no_headline() -> None:
    menu = "Home\nSign in\nNews　Sport　Weather\nTrending #snow #apples #vote"
    menu += "\nFerry sails on Sundays again"

    assert article_from_text(f"{menu}\n4 March 2025 10:15\n\n{FIRST} {SECOND}").title == (
        "Ferry sails on Sundays again"
    )


def test_a_note_above_subtitles_tells_of_them(tmp_path: Path) -> None:
    note = "WEBVTT\n\nNOTE\nTitle: Ferry sails on Sundays\nPublished: 2021-04-30\n\n"
    said = "\n\n".join(
        f"00:0{n}.000 --> 00:0{n}.900\n{line}" for n, line in enumerate([FIRST, SECOND])
    )
    asked = "\n\n00:05.000 --> 00:05.900\nLike and subscribe, and ring the bell."
    article = read(tmp_path, "a.vtt", note + said + asked)

    assert (article.title, str(article.published)) == ("Ferry sails on Sundays", "2021-04-30")
    assert article.text == f"{FIRST} {SECOND}"


@pytest.mark.parametrize(
    "line",
    [
        "Write to Ola Krane at ola@wick.example",
        "Corrections & Amplifications: An earlier version misstated the length of the quay.",
        "Вып. О.Кранова (4) тел. (555) 201-44-09",
        "При использовании материалов ссылка на агентство обязательна",
        "нк/ут   --0--",
        "Más información: Oficina Krane · Nuria Lund · prensa@wick.example",
    ],
)
def test_what_desks_and_offices_write_below_a_text_goes(line: str) -> None:
    assert article_from_text(f"{BODY}\n\n{line}").text == BODY


@pytest.mark.parametrize(
    ("name", "between"),
    [
        ("a.md", "![The boat](boat.png)\n*The boat at its berth. Photo: Ola Krane*"),
        ("a.adoc", ".The boat\nimage::boat.jpg[The boat]\n_Photo: Ola Krane, by mail_"),
        ("a.adoc", ".Read next\n* xref:bus.adoc[Why the bus is late in May]"),
    ],
)
def test_captions_and_lists_of_links_in_markup_go(tmp_path: Path, name: str, between: str) -> None:
    article = read(tmp_path, name, f"{FIRST}\n\n{between}\n\n{SECOND}\n")

    assert article.text == BODY


TOLD = "The council voted on Tuesday to rebuild the harbour bridge, which a storm had closed."


def test_messages_of_irc_are_read() -> None:
    log = f"--- Log opened\n14:02 <ana> {TOLD}\n14:03 -!- bo has joined\n14:04 <@bo> Good news."

    assert article_from_text(log).text == f"ana: {TOLD}\n\nbo: Good news."


@pytest.mark.parametrize("between", ["</p>\n<p>", "<br><br>", "<br />\n<br />"])
def test_html_that_does_not_begin_with_a_tag_is_read(between: str) -> None:
    text = article_from_text(between.join([TOLD, "Work begins in April & ends in May."])).text

    assert text.split("\n")[0] == TOLD
    assert "<" not in text


def test_an_rtf_file_tells_its_author_and_day() -> None:
    head = r"{\rtf1\ansi{\info{\author Ana Marr}{\creatim\yr2025\mo3\dy4\hr14}}\f0 "

    article = article_from_bytes(f"{head}{TOLD}}}".encode(), source="a.rtf")

    assert (article.author, article.published) == ("Ana Marr", date(2025, 3, 4))
