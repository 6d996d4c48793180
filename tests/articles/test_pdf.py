from __future__ import annotations

from datetime import date

import pytest
from pdf_files import make_pdf

from summarizer.articles.article import Article
from summarizer.articles.documents import read_pdf
from summarizer.articles.plain import build_article
from summarizer.errors import NotAnArticleError, SourceError

PAGE = """Haldane Post
{}Lorries will pay 24 euros instead of 12 to cross the Haldane bridge
from the first of July, after the county assembly approved a new road-
way toll by 31 votes to 22.
Cars stay free, and buses will pay half, the head of the roads office
told the assembly on Tuesday after a long debate.
{}"""


def read(data: bytes, *, source: str) -> Article:
    return build_article(read_pdf(data, source=source), source=source)


def test_lines_become_paragraphs_and_running_heads_go() -> None:
    info = "/Title (Toll on bridge to double) /Author (Ann Lee) /CreationDate (D:20250610080000)"
    data = make_pdf(*(PAGE.format("I" * n + ". ", f"Page {n} of 3") for n in (1, 2, 3)), info=info)

    article = read(data, source="a.pdf")

    assert article.title == "Toll on bridge to double"
    assert article.author == "Ann Lee"
    assert article.published == date(2025, 6, 10)
    paragraphs = article.text.split("\n\n")
    assert paragraphs[0] == (
        "I. Lorries will pay 24 euros instead of 12 to cross the Haldane bridge from the first of "
        "July, after the county assembly approved a new roadway toll by 31 votes to 22."
    )
    assert len(paragraphs) == 6
    assert "Haldane Post" not in article.text
    assert "Page" not in article.text


def test_the_name_of_a_file_is_not_a_title() -> None:
    data = make_pdf(PAGE.format("", ""), info="/Title (Microsoft Word - draft3.doc)")

    assert read(data, source="a.pdf").title is None


def test_a_headline_in_large_letters_is_the_title_where_the_file_names_none() -> None:
    data = make_pdf(PAGE.format("", ""), info="/Title (untitled)", large="Toll on bridge to double")

    article = read(data, source="a.pdf")

    assert article.title == "Toll on bridge to double"
    assert "Toll on bridge" not in article.text


def test_running_heads_that_differ_on_left_and_right_pages_go() -> None:
    lines = [f"Sentence {n} of this text is about the bridge and its new toll." for n in range(40)]
    licence = "Copied for the library of Haldane on 3 May."
    left = "\n".join(["Journal of Tolls 14(2)", "211", licence, *lines[:20]])
    right = "\n".join(["A. Lee and B. Orr", "212", licence, *lines[20:]])

    article = read(make_pdf(left, right), source="a.pdf")

    assert " ".join(article.text.split()) == " ".join(lines)


def test_a_pdf_without_text_is_refused() -> None:
    with pytest.raises(NotAnArticleError, match="holds no text") as caught:
        read(make_pdf(""), source="scan.pdf")
    assert "OCR" in (caught.value.hint or "")


@pytest.mark.parametrize("cut", [20, 300])
def test_a_damaged_pdf_is_refused(cut: int) -> None:
    with pytest.raises(SourceError, match=r"'a\.pdf'"):
        read(make_pdf(PAGE.format("", ""))[:cut], source="a.pdf")


def test_a_pdf_with_a_password_is_refused() -> None:
    from io import BytesIO

    from pypdf import PdfWriter

    writer = PdfWriter(clone_from=BytesIO(make_pdf(PAGE.format("", ""))))
    writer.encrypt("secret", algorithm="RC4-128")
    locked = BytesIO()
    writer.write(locked)

    with pytest.raises(SourceError, match="needs a password"):
        read(locked.getvalue(), source="a.pdf")


def test_a_date_that_is_none_costs_nothing_but_the_date() -> None:
    data = make_pdf(PAGE.format("", ""), info="/CreationDate (Tuesday) /Author (Ann Lee)")

    article = read(data, source="a.pdf")

    assert (article.published, article.author) == (None, "Ann Lee")


def test_the_day_in_a_dateline_counts_more_than_that_of_the_file() -> None:
    page = PAGE.format("LINDPORT, 7 May 2025 (Newswire) - ", "").removeprefix("Haldane Post\n")
    data = make_pdf(page, info="/CreationDate (D:20260610080000)")

    assert read(data, source="a.pdf").published == date(2025, 5, 7)


def test_pages_that_are_all_the_same_are_one_page() -> None:
    page = PAGE.format("", "")

    repeated = read(make_pdf(page, page, page), source="a.pdf")

    assert repeated.text == read(make_pdf(page), source="a.pdf").text
