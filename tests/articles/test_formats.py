"""Formats in which users have articles: what is read from a small file of each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from summarizer.articles import Article, expand
from summarizer.articles.messages import without_frame
from summarizer.settings import Settings

BRIDGE = "The city council voted on Monday for a new bridge, which will cost 14 million euros."
NOISE = "The opposition voted against it because of the noise that its traffic will bring."


def read(folder: Path, name: str, content: str, encoding: str = "utf-8") -> list[Article]:
    path = folder / name
    path.write_text(content, encoding)
    return [source.load() for source in expand([str(path)], settings=Settings())]


@pytest.mark.parametrize("before", ["", "[12:30:09] *** ann has joined #news\n"])
def test_a_log_of_irc_with_seconds_is_no_transcript(tmp_path: Path, before: str) -> None:
    log = f"{before}[12:30:15] <ann> {BRIDGE}\n[12:31:20] <@bob> {NOISE}\n[12:32:02] <ann> Yes.\n"

    (article,) = read(tmp_path, "log.txt", log)

    assert article.text == f"ann: {BRIDGE}\n\nbob: {NOISE}\n\nann: Yes."


CHAT = f"""<!DOCTYPE html>
<html><head><meta charset="utf-8"/><title>Exported Data</title></head><body>
<div class="page_header"><div class="text bold">
City News
</div></div>
<div class="message service"><div class="body details">4 March 2025</div></div>
<div class="message default"><div class="initials">C</div><div class="body">
<div class="pull_right date details" title="04.03.2025 10:11:12 UTC+01:00">10:11</div>
<div class="from_name">City News</div>
<div class="text"><strong>Council votes for new bridge</strong><br><br>{BRIDGE}</div>
<span class="reactions">12</span></div></div>
<div class="message default joined"><div class="body">
<div class="pull_right date details" title="05.03.2025 10:11:12 UTC+01:00">10:11</div>
<div class="text">{NOISE}</div><div class="signature details">Ann Lee</div></div></div>
</body></html>"""


def test_a_chat_that_telegram_saved_as_a_page_is_an_article_a_message(tmp_path: Path) -> None:
    first, second = read(tmp_path, "messages2.html", CHAT)

    assert (first.title, first.text, first.author) == (
        "Council votes for new bridge", BRIDGE, None,
    )  # fmt: skip
    assert (str(second.published), second.text, second.author) == ("2025-03-05", NOISE, "Ann Lee")


HTML_MAIL = """Subject: Fwd: Bridge
Date: Tue, 04 Mar 2025 10:11:12 +0100
MIME-Version: 1.0
Content-Type: text/html; charset=utf-8

"""
SIGNED = "<p>Kind regards</p><p>Bob Miller</p><p>Head of Press</p><p>Example Ltd.</p>"
FIELDS = {
    "Press Office": "From",
    "Monday, March 3, 2025 9:00 AM": "Sent",
    "desk@city.example": "To",
    "Council votes": "Subject",
}


def test_a_signature_in_several_paragraphs_goes(tmp_path: Path) -> None:
    page = f"<html><body><p>{BRIDGE}</p><p>{NOISE}</p>{SIGNED}</body></html>"

    (article,) = read(tmp_path, "mail.eml", HTML_MAIL + page)

    assert article.text == f"{BRIDGE}\n\n{NOISE}"


@pytest.mark.parametrize("between", ["<br>", "</div><div>"])
def test_a_mail_in_html_that_was_passed_on_has_its_own_day(tmp_path: Path, between: str) -> None:
    header = between.join(f"<b>{name}:</b> {value}" for value, name in FIELDS.items())
    page = f"<html><body><p>FYI</p><div>{header}</div><div>{BRIDGE}<br><br>{NOISE}</div></body>"

    (article,) = read(tmp_path, "mail.eml", HTML_MAIL + page)

    assert (article.title, str(article.published)) == ("Council votes", "2025-03-03")
    assert article.text == f"{BRIDGE}\n\n{NOISE}"


def test_a_table_that_lays_out_a_page_may_part_paragraphs_by_breaks(tmp_path: Path) -> None:
    story = " ".join([BRIDGE, NOISE])
    page = f"""<html><head><title>Council votes for new bridge</title></head><body>
    <table><tr><td><a href="/">Home</a><br><a href="/news">News</a></td>
    <td><font size="2">{story}<br><br>{story}</font></td></tr></table></body></html>"""

    (article,) = read(tmp_path, "page.html", page)

    assert article.text == f"{story}\n\n{story}"


@pytest.mark.parametrize(
    ("name", "above", "separator"),
    [
        ("a.csv", '"Press review, March",,\n,,\n', ","),
        ("a.csv", "Press review\n", ";"),
        ("a.tsv", "Press review\n\n", "\t"),
    ],
)
def test_a_table_may_have_a_title_above_its_names(
    tmp_path: Path, name: str, above: str, separator: str
) -> None:
    rows = [("no", "title", "text"), ("1", "Bridge", "It opens."), ("2", "Noise", "It is loud.")]

    found = read(tmp_path, name, above + "\n".join(map(separator.join, rows)))

    assert [(a.title, a.text) for a in found] == [row[1:] for row in rows[1:]]
    assert found[0].source.endswith(f":{above.count(chr(10)) + 2}")


@pytest.mark.parametrize("kind", ["plain", "html"])
def test_a_mail_that_answers_one_is_its_own_text(tmp_path: Path, kind: str) -> None:
    header = "\n".join(f"{name}: {value}" for value, name in FIELDS.items())
    parts = [*[BRIDGE, NOISE] * 3, header, "Please send me the text by noon."]
    page = "".join(f"<p>{part}</p>" for part in parts).replace("\n", "<br>")
    mail = {"plain": "\n\n".join(parts), "html": f"<html><body>{page}</body></html>"}[kind]

    (article,) = read(tmp_path, "mail.eml", HTML_MAIL.replace("html", kind) + mail)

    assert (article.title, str(article.published)) == ("Bridge", "2025-03-04")
    assert article.text.endswith(NOISE)


@pytest.mark.parametrize(
    "form",
    [
        "10:12:15 From {} to Everyone: {}\n",
        "10:12:15\t From  {} : {}\n",
        "2025-03-04 10:12:15\t@{}\t{}\n",
    ],
)
def test_chats_that_programs_save_are_read(tmp_path: Path, form: str) -> None:
    chat = form.format("Ann", BRIDGE) + form.format("Bob", NOISE)

    (article,) = read(tmp_path, "chat.txt", chat)

    assert article.text == f"Ann: {BRIDGE}\n\nBob: {NOISE}"


def test_what_a_mail_in_html_quotes_below_its_text_goes(tmp_path: Path) -> None:
    said = f"<p>{BRIDGE}</p><p>{NOISE}</p>" * 3
    quoted = "<p>On Mon, Mar 3, 2025 at 9:00 AM Bob Miller wrote:</p><p>Please send the text.</p>"

    (article,) = read(tmp_path, "mail.eml", f"{HTML_MAIL}<html><body>{said}{quoted}</body></html>")

    assert "wrote" not in article.text
    assert "Please" not in article.text


def test_letters_of_an_old_machine_in_the_header_of_a_mail_are_read(tmp_path: Path) -> None:
    mail = f"Subject: Stadtrat stimmt für Brücke\nMIME-Version: 1.0\n\n{BRIDGE} {NOISE}\n"

    (article,) = read(tmp_path, "mail.eml", mail, "cp1252")

    assert article.title == "Stadtrat stimmt für Brücke"


def test_a_table_in_utf_16_may_lack_its_mark(tmp_path: Path) -> None:
    (article,) = read(tmp_path, "a.csv", f'title,text\nBridge,"{BRIDGE}"\n', "utf-16-le")

    assert article.text == BRIDGE


@pytest.mark.parametrize("time", ["  {}", "3/14/2025 {}", "[{}]"])
def test_in_a_copied_chat_the_time_may_be_below_the_name(tmp_path: Path, time: str) -> None:
    said = [("Ann Lee", BRIDGE), ("Bob Miller", "like 1"), ("Bob Miller", NOISE)]
    chat = "".join(f"{who}\n{time.format('10:12 AM')}\n{text}\n" for who, text in said)

    (article,) = read(tmp_path, "chat.txt", chat)

    assert article.text == f"Ann Lee: {BRIDGE}\n\nBob Miller: {NOISE}"


def test_what_an_app_says_of_its_encryption_is_no_message(tmp_path: Path) -> None:
    notice = "Messages and calls are end-to-end encrypted. Only people in this chat can read them."
    said = [("News desk", notice), ("Ann Lee", BRIDGE), ("Bob", NOISE)]
    chat = "".join(f"[3/14/25, 10:11:12\u202fAM] {who}: {text}\n" for who, text in said)

    (article,) = read(tmp_path, "chat.txt", chat)

    assert article.text == f"Ann Lee: {BRIDGE}\n\nBob: {NOISE}"


def test_above_a_copied_transcript_its_panel_has_a_name(tmp_path: Path) -> None:
    lines = "".join(f"0:0{n}\n{line}\n" for n, line in enumerate([BRIDGE, NOISE, "It is old."]))

    (article,) = read(tmp_path, "a.txt", f"Transcript\n\nSearch in video\n{lines}")

    assert article.text == f"{BRIDGE} {NOISE} It is old."


def test_an_article_in_an_object_of_that_name_is_read(tmp_path: Path) -> None:
    blocks = [{"type": "paragraph", "html": f"<p>{text}</p>"} for text in (BRIDGE, NOISE)]
    inner = {"headline": {"main": "Bridge"}, "byline": "By Ann Lee", "contentBlocks": blocks}

    (article,) = read(tmp_path, "a.json", json.dumps({"data": {"article": inner}}))

    assert (article.title, article.author) == ("Bridge", "Ann Lee")
    assert article.text == f"{BRIDGE}\n\n{NOISE}"


def test_marks_of_footnotes_and_comments_on_a_draft_go(tmp_path: Path) -> None:
    mark = '<sup><a href="#cmnt1" id="cmnt_ref1">[a]</a></sup>'
    note = f'<a href="#cmnt_ref1" id="cmnt1">[a]</a><span>Bob, please check this. {NOISE}</span>'
    page = f"""<html><head><title>Bridge</title></head><body><h1>Bridge</h1>
    <p>{BRIDGE}{mark}</p><p>{NOISE}<a href="#_ftn1">[1]</a></p><p>{BRIDGE} {NOISE}</p>
    <div><p>{note}</p></div></body></html>"""

    (article,) = read(tmp_path, "a.html", page)

    assert article.text == f"{BRIDGE}\n\n{NOISE}\n\n{BRIDGE} {NOISE}"


def test_notes_to_editors_below_the_end_of_a_release_go(tmp_path: Path) -> None:
    release = f"""PRESS RELEASE
For immediate release
4 March 2025

Council votes for new bridge

{BRIDGE}

{NOISE}

- ENDS -

Media contact:
Bob Miller
Tel: +49 30 123456

Notes to editors
The city has 200,000 people and is the third largest in the state.
"""
    (article,) = read(tmp_path, "a.txt", release)

    assert article.text == f"{BRIDGE}\n\n{NOISE}"


def test_a_labelled_byline_counts_more_than_the_name_of_a_paper(tmp_path: Path) -> None:
    text = f"""Council votes for new bridge

The Example Times

March 4, 2025 Tuesday

Copyright 2025 Example Times Ltd All Rights Reserved

Section: NEWS; Pg. 3

Length: 210 words

Byline: Ann Lee

Body

{BRIDGE}

{NOISE}
"""
    (article,) = read(tmp_path, "a.txt", text)

    assert article.author == "Ann Lee"


@pytest.mark.parametrize(
    "greeting",
    [
        "Dear colleagues,",
        "Hi Ann,",
        "Sehr geehrte Damen und Herren,",
        "Bonjour à tous,",
        "Beste Jan,",
    ],
)
def test_the_greeting_of_a_mail_goes(tmp_path: Path, greeting: str) -> None:
    page = f"<p>{greeting}</p><p>{BRIDGE}</p><p>{NOISE}</p>"
    mail = f"{HTML_MAIL}<html><body>{page}</body></html>"

    (article,) = read(tmp_path, "mail.eml", mail)

    assert article.text == f"{BRIDGE}\n\n{NOISE}"


@pytest.mark.parametrize("first", ["Dear bread, long queues", "Dear me: prices rise again."])
def test_a_headline_of_a_mail_is_no_greeting(first: str) -> None:
    assert without_frame(f"{first}\n\n{BRIDGE}") == f"{first}\n\n{BRIDGE}"
