from __future__ import annotations

from datetime import date

import pytest

from summarizer.articles.metadata import (
    dateline,
    is_credit,
    is_prompt,
    is_take_note,
    read_line,
    without_end_mark,
    without_take,
)


@pytest.mark.parametrize(
    "line",
    [
        "TEHRAN (defapress)- |The minister said",
        "Torrealba (Murcia), 12 may (EFE).- |El museo abre",
        "NAPA COUNTY, Calif. (KGO) -- |Two people",
        "LONDON — |The mayor",
        "Frankfurt/Main – |Die Bank senkt ihre Zinsen im Mai.",
        "Aix-en-Provence – |Le maire a promis deux lignes de plus.",
        "Norway – Sweden 3:1 after extra time",
        "Iran – Europe's second producer of gas – has cut its prices.",
        "WASHINGTON, D.C. – |The court",
        "Berlin (dpa) - |Die Regierung",
        "МОСКВА, 20 дек — |Грузовики",
        "Madrid, 20 dic (EFE).- |El ministro",
        "新华社北京12月20日电（记者李明）|市议会",
        "Norland, Dec 20, IRNA - |The line",
        "NEW YORK, March 2, 2026 /PRNewswire/ -- |Acme",
        "LONDON, March 3 (Reuters) - |The mayor",
        "BERLIN (dpa) - |Die Regierung",
        "(CNN) -- |The mayor",
        "КЕЛВАР, 4 мар — РИА Новости. |Управление",
        "KELVAR, March 4. /TASS/. |The mayor",
        "MOSCOW. March 4 (Interfax) - |The mayor",
        "(ANSA) - TAMBURG, 20 DIC - |Il consiglio comunale",
        "(탐부르크=연합뉴스) 홍길동 특파원 = |탐부르크 시의회는",
        "[서울=뉴시스] 홍길동 기자 = |정부는",
        "केल्वार, 4 मार्च (भाषा) |परिवहन",
        "كيلفار - رويترز: |وافقت",
        "Blair (left) - The former leader",
        "Blair (second left) - The former leader",
        "Blair (file photo) - The former leader",
        "Blair (64) - The former leader",
        "The mayor - a former nurse - said",
        "John Smith (Labour) said he would not stand.",
        "Apple (AAPL) shares rose by a tenth on Friday.",
        "In London, March 2 was cold - the coldest day of the year.",
        "Smith, 42 - the oldest of the players - left.",
    ],
)
def test_a_dateline_ends_where_the_sentence_begins(line: str) -> None:
    before, mark, _ = line.partition("|")
    assert dateline(line.replace("|", "")) == (len(before) if mark else 0)


@pytest.mark.parametrize(
    "line",
    ["(Reporting by Ola Krane; Editing by Bo Lund)", "Additional reporting by Ann Lee", "Enditem",
     "9417**1424", "ZZ/4178654", "انتهای پیام/", "Our Standards: The Trust Principles.",
     "hb/te/mv", "hb/te (AFP, dpa)", "((hanna.brekke@example.com; +47 555 0100))", "(foto)(vídeo)",
     "--With assistance from Tom Ellery.", "-0- ант/кр", "(Fotoğraflı) (Görüntülü)",
     "KVK", "YLK-FT/", "S0A QBXB", "NNNN", "($1 = 0.8453 euros)",
     "($1 = 0.8453 euros) (Reporting by Jane Roe, editing by Bo Lund)"],
)  # fmt: skip
def test_credits(line: str) -> None:
    assert is_credit(line)


@pytest.mark.parametrize(
    "line",
    ["Ends meet in Haldane",
     "The report was written by two officers.", "home", "(The rate was 1.2 dollars.)"],
)  # fmt: skip
def test_sentences_are_no_credits(line: str) -> None:
    assert not is_credit(line)


def test_takes_and_marks_of_the_end() -> None:
    assert without_take("UPDATE 1-Toll to double") == "Toll to double"
    assert without_take("URGENT: Toll to double") == "Toll to double"
    assert without_take("(2nd LEAD) Toll to double") == "Toll to double"
    assert without_take("Update your phone, police say") == "Update your phone, police say"
    assert is_take_note("(Adds mayor quote, details)")
    assert not is_take_note("(The mayor declined to comment.)")
    assert without_end_mark("It will close. Enditem") == "It will close."
    assert without_end_mark("It will close. (ANSA).") == "It will close."
    assert without_end_mark("It was built by NASA (NASA)") == "It was built by NASA (NASA)"
    assert without_end_mark("Nobody knows how it ends") == "Nobody knows how it ends"


def test_what_a_manual_says_of_a_message_is_no_prompt() -> None:
    assert is_prompt("You're getting this email because you subscribed.")
    assert not is_prompt("You get this message when the cover of the printer is open.")


@pytest.mark.parametrize(
    "line",
    ["מאת: Dana Levi | פורסם: 20.12.2017 | 15:30",
     "By Dana Levi | Published: 20 December 2017 | 3:30 pm",
     "Por Dana Levi | 20 de diciembre de 2017 | 15:30",
     "Por: Dana Levi | Fecha: 20/12/2017 | Hora: 15:30",
     "Par Dana Levi | Publié le 20 décembre 2017 à 15h30",
     "Yazan: Dana Levi | Yayınlanma: 20 Aralık 2017 - 15:30",
     "作者：Dana Levi | 2017-12-20 | 15:30"],
)  # fmt: skip
def test_a_byline_with_a_day_and_a_time_is_three_parts(line: str) -> None:
    found = read_line(line, alone=True)
    assert found is not None
    assert (found.fields.author, found.fields.published) == ("Dana Levi", date(2017, 12, 20))


def test_a_section_beside_the_day_and_its_time_is_no_author() -> None:
    found = read_line("Local News | 20.12.2017 15:30", alone=True)
    assert found is not None
    assert found.fields.author is None


def test_the_day_of_a_change_beside_a_byline_is_not_the_article_s() -> None:
    found = read_line("Autor: Juana Roe | Actualizado: 21.12.2017 | 15:30", alone=True)
    assert found is not None
    assert (found.fields.author, found.fields.published) == ("Juana Roe", None)
