from __future__ import annotations

import pytest

from summarizer.articles.encoding import decode
from summarizer.errors import NotAnArticleError

GERMAN = "Die Bürgermeisterin eröffnete am Dienstag die neue Brücke über den Fluss. " * 5
RUSSIAN = "Правительство области хочет потратить больше денег на ремонт дорог и мостов. " * 5
JAPANESE = "市議会は月曜日に新しい計画を承認した。反対は二人だけだった。" * 8


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
def test_encodings_of_a_german_text(encoding: str) -> None:
    assert decode(GERMAN.encode(encoding), source="a").text == GERMAN


def test_utf_16_without_a_mark() -> None:
    assert decode(GERMAN.encode("utf-16-le"), source="a").text == GERMAN
    assert decode(GERMAN.encode("utf-16-be"), source="a").text == GERMAN


@pytest.mark.parametrize("encoding", ["cp1251", "koi8-r", "utf-16"])
def test_encodings_of_a_russian_text(encoding: str) -> None:
    assert decode(RUSSIAN.encode(encoding), source="a").text == RUSSIAN


@pytest.mark.parametrize("encoding", ["shift_jis", "euc_jp", "iso2022_jp"])
def test_encodings_of_a_japanese_text(encoding: str) -> None:
    assert decode(JAPANESE.encode(encoding), source="a").text == JAPANESE


def test_utf_8_beats_a_wrong_declaration() -> None:
    assert decode("Brücke".encode(), source="a", declared="iso-8859-1").text == "Brücke"


def test_a_declaration_beats_a_guess() -> None:
    assert decode("Łódź".encode("cp1250"), source="a", declared="windows-1250").text == "Łódź"
    page = '<html><meta charset="windows-1250"><p>Łódź</p></html>'
    assert decode(page.encode("cp1250"), source="a").text == page


def test_an_unknown_declaration_is_passed_over() -> None:
    assert decode(GERMAN.encode("cp1252"), source="a", declared="x-klingon").text == GERMAN


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n" + b"abc" * 100,
        b"PK\x03\x04" + b"word/document.xml" * 20,
        b"\x1f\x8b\x08" + b"abc" * 100,
        b"text\x00\x01\x02text" * 20,
    ],
)
def test_binary_data_is_refused_and_named(data: bytes) -> None:
    with pytest.raises(NotAnArticleError, match=r"'photo' is .*not text"):
        decode(data, source="photo")


@pytest.mark.parametrize("label", ["utf-16", "utf-16le", "utf-32", "utf-7", "unicode_escape"])
def test_a_declaration_that_cannot_be_true_is_passed_over(label: str) -> None:
    page = f'<html><meta charset="{label}"><p>Die Brücke \\u0041 kostet ab Juli das Doppelte.</p>'
    for text in (page, page + "."):
        found = decode(text.encode("cp1252"), source="a", declared=label).text
        assert "\\u0041 kostet ab Juli" in found
