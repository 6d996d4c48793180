from __future__ import annotations

from itertools import pairwise

import pytest
from growth import assert_linear
from hypothesis import given
from hypothesis import strategies as st

from summarizer.text import split_sentences


def texts(text: str, language: str | None = None) -> list[str]:
    return [sentence.text for sentence in split_sentences(text, language)]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "It runs approx. 30 km from No. 5 Road to Apple Inc. in the U.S. and back."),
        ("en", "J. K. Rowling met Dr. A. B. Smith Jr. yesterday."),
        ("de", "Der ca. 3 km lange Weg wurde u.a. von Dr. Müller bzw. der Fa. Meier z.B. gebaut."),
        ("fr", "M. Dupont et Mme. Durand ont vu env. 30 pers. au no. 5, av. Foch."),
        ("en", "He left with Mr.\nSmith and his dog\nfor town."),
        ("en", '"Go!" said the mayor.'),
        ("ja", "「行く。」と彼は言った。"),
    ],
)
def test_an_abbreviation_or_a_quotation_ends_no_sentence(language: str, text: str) -> None:
    assert texts(text, language) == [text]


@pytest.mark.parametrize(
    ("language", "parts"),
    [
        ("en", ["He lives in Band D.", "The tax is low."]),
        ("en", ['"We go. We see. We win," he said.', '"No! Never."', "He left."]),
        ("fr", ["Il a dit : « Je pars. Je reste. »", "Puis il est parti."]),
        ("zh", ["这是第一句。", "这是第二句！"]),
        ("th", ["นายกรัฐมนตรีกล่าวว่ารัฐบาลจะช่วยเหลือประชาชนทั้งประเทศ", "เขาจะไปประชุมที่กรุงเทพในวันจันทร์"]),
    ],
)
def test_sentences_end_where_a_reader_ends_them(language: str, parts: list[str]) -> None:
    joint = "" if language == "zh" else " "

    assert texts(joint.join(parts), language) == parts


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "In der 90. Minute traf der 1. FC Köln."),
        ("de", "Zum 108. Geburtstag kam im 19. Jahrhundert niemand."),
        ("no", "Den 17. mai feirer vi."),
        ("tr", "19. yüzyılda kent yoksuldu."),
        ("pl", "W 19. wieku miasto było biedne."),
        ("fr", "Selon l’art. 5 la loi passe."),
    ],
)
def test_an_ordinal_or_a_number_behind_an_abbreviation_ends_nothing(
    language: str, text: str
) -> None:
    assert texts(text, language) == [text]


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_number_may_end_a_sentence(language: str) -> None:
    parts = ["It rose from 10 to 12.", "Nobody knows why."]

    assert texts(" ".join(parts), language) == parts


def test_a_line_break_behind_a_full_stop_ends_a_sentence() -> None:
    assert texts('"It rained."\n"It stopped."') == ['"It rained."', '"It stopped."']


LONG_LINE = "The council met for six hours " * 4 + "and went home."


def test_where_a_line_is_a_paragraph_a_line_break_ends_a_sentence() -> None:
    assert texts(f"News in brief\n{LONG_LINE}") == ["News in brief", LONG_LINE]


@pytest.mark.parametrize(
    "text", [f"{LONG_LINE[:-1]}\nand slept.", "The council\nMet Office said so."]
)
def test_a_line_break_inside_a_sentence_ends_nothing(text: str) -> None:
    assert texts(text) == [text]


@pytest.mark.parametrize("text", [" ", "A.\n\n \n\nB.", '"  " A. B'])
def test_marks_and_white_space_before_the_first_word_end_nothing(text: str) -> None:
    assert "".join("".join(texts(text)).split()) == "".join(text.split())


def test_a_body_in_quotation_marks_is_split() -> None:
    body = '"' + " ".join(f"The council paid for item {n} of the plan." for n in range(20)) + '"'

    assert len(texts(body)) == 20


@pytest.mark.parametrize("part", ['"', "“a ", '. " ', "Mr. ", "a.\n", "A. "])
def test_the_time_is_linear(part: str) -> None:
    assert_linear(lambda size: split_sentences(part * size), 50_000)


@given(st.text(alphabet="aA1.!?\"”“« »\n。ก'", max_size=60))
def test_sentences_are_spans_in_order_that_leave_out_white_space_alone(text: str) -> None:
    found = split_sentences(text)

    assert all(text[s.start : s.end] == s.text == s.text.strip() for s in found)
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert "".join("".join(s.text.split()) for s in found) == "".join(text.split())
