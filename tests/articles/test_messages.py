"""Mails, chats and transcripts: what stays of a text, and texts that were made to be slow."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import pytest
from growth import assert_linear

from summarizer.articles.article import Document
from summarizer.articles.messages import (
    mail_body,
    read_subtitles,
    without_frame,
)
from summarizer.articles.plain import build_article, read_chat
from summarizer.errors import NotAnArticleError


def read_plain(text: str) -> object:
    return build_article(Document(text), source="a.txt")


STAMPED = "".join(f"0:0{minute}\nThe council met.\n" for minute in range(3))
PAGE = "THE TIMES     Monday 3 March 2025     5\n" + "The council met on Monday.\n" * 8


def test_a_time_in_what_was_said_is_no_stamp() -> None:
    said = read_subtitles(f"{STAMPED}0:03\nThe vote (12:30) follows at 14:45\n")

    assert said.endswith("The vote (12:30) follows at 14:45")


def test_a_message_that_ends_with_a_colon_is_not_lost() -> None:
    article = "The council met on Monday. " * 20 + "It decided this:"

    found = read_chat(f"[01/02/2024, 10:00] Ann: hello\n[01/02/2024, 10:01] Bo: {article}\n")

    assert found.text == article


@pytest.mark.parametrize(
    "last",
    [
        "This message was intended to reassure voters, the minister said.",
        "This communication was checked twice before it went out.",
        "Diese Nachricht wird bestimmt viele freuen, sagte der Trainer.",
    ],
)
def test_a_last_paragraph_about_a_message_is_no_disclaimer(last: str) -> None:
    assert without_frame(f"The council met.\n\n{last}") == f"The council met.\n\n{last}"


@pytest.mark.parametrize(
    "last",
    [
        "This e-mail and its files are intended for the use of the addressee.",
        "This message has been scanned for viruses.",
        "Diese E-Mail ist nur für den Empfänger bestimmt.",
    ],
)
def test_disclaimers_go(last: str) -> None:
    assert without_frame(f"The council met.\n\n{last}\n\n{last}") == "The council met."


@pytest.mark.parametrize(
    ("read", "start", "part", "end"),
    [
        (without_frame, "The council met.\n\n", "sent from my phone\n\n", ""),
        (read_subtitles, f"{STAMPED}a", " ", "b"),
        (read_plain, PAGE * 3, " ", "b"),
    ],
    ids=["disclaimers", "stamps", "page numbers"],
)
def test_texts_made_to_be_slow(
    read: Callable[[str], object], start: str, part: str, end: str
) -> None:
    assert_linear(lambda size: read(f"{start}{part * size}{end}"), 40_000)


@pytest.mark.parametrize("part", ['"', ";", "a/b; ", "; a*0=b"])
@pytest.mark.parametrize("start", ["Content-Type: ", "Content-Type: a/b; a=", "Date: "])
def test_headers_made_to_be_slow(start: str, part: str) -> None:
    def read(size: int) -> object:
        mail = f"Subject: s\n{start}{(part * size)[:size]}\n\nThe council met.".encode()
        with contextlib.suppress(NotAnArticleError):
            return mail_body(mail, source="a.eml")
        return None

    assert_linear(read, 20_000)


@pytest.mark.parametrize("kind", ["image/png", "text/css"])
def test_the_html_of_a_mail_is_read_although_something_else_is_before_it(kind: str) -> None:
    mail = f"""Subject: Roads
MIME-Version: 1.0
Content-Type: multipart/related; boundary=b

--b
Content-Type: {kind}

x
--b
Content-Type: text/html

<p>The council met on Monday.</p>
--b--
"""
    assert "The council met" in mail_body(mail.encode(), source="a.eml").text


def test_notices_above_the_first_message_are_no_text() -> None:
    notices = [
        "Messages and calls are end-to-end encrypted. Only people in this chat can read them.",
        'Ann created group "Allotments"',
        "Ann added Bo",
        "You were added",
    ]
    head = "".join(f"12/04/2026, 07:58 - {notice}\n" for notice in notices)

    found = read_chat(f"{head}12/04/2026, 08:02 - Ann: The well is dug.\nIt has water.")

    assert found.text == "The well is dug.\nIt has water."


def test_the_headline_of_a_message_is_in_bold() -> None:
    article = "The council met on Monday. " * 20

    found = read_chat(
        f"[01/02/2024, 10:00] Ann: hello\n[01/02/2024, 10:01] Bo: *Council meets*\n{article}"
    )

    assert found.fields.title == "Council meets"
    assert found.text == article


@pytest.mark.parametrize(
    "below",
    [
        "Diese Nachricht wurde automatisch auf Viren geprüft.",
        "This message has been scanned for viruses.",
        "Mit freundlichen Grüßen\nPressestelle des Kreises",
        "Cordialement,\nAnne Roc\nMairie de Val",
        "С уважением,\nПресс-служба\n\nПожалуйста, не отвечайте на это письмо.",
    ],
)
def test_what_offices_and_programs_put_below_a_mail_goes(below: str) -> None:
    assert without_frame(f"The council met.\n\n{below}\n") == "The council met."


def test_thanks_inside_a_mail_stay() -> None:
    text = "The council met.\n\nCheers\n\nIt met again."

    assert without_frame(text) == text


def test_half_a_character_in_utf_7_costs_that_character_only() -> None:
    mail = b"Subject: Roads\nContent-Type: text/plain; charset=utf-7\n\nThe council +2AA- met.\n"

    assert mail_body(mail, source="a.eml").text == "The council ? met.\n"
