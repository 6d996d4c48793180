from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from summarizer.articles import dates
from summarizer.articles.dates import dates_in, parse_date, to_date


@pytest.mark.parametrize(
    "text",
    [
        "20December 2017 - 15:30",
        "2017-12-20T15:30:00+03:30",
        "Wed, Dec 20, 2017 3:30 PM EST",
        "20.12.2017",
        "20.12.17, 15:30",
        "12/20/17",
        "20/12/17",
        "20 Dec '17",
        "20-Dec-17",
        "20/12/2017",
        "12/20/2017",
        "20. Dezember 2017",
        "20 de diciembre de 2017",
        "20 декабря 2017",
        "2017年12月20日",
        "۲۰ دسامبر ۲۰۱۷",
        "الأربعاء ٢٠ كانون الأول ٢٠١٧",
        "平成29年12月20日（水）",
        "民國106年12月20日",
        "20 ธันวาคม 2560",
        "20 de dezembro de 2017, às 18h04",
    ],
)
def test_a_day_in_many_forms(text: str) -> None:
    assert parse_date(text) == date(2017, 12, 20)


@pytest.mark.parametrize(
    "text",
    [
        "yesterday",
        "2 hours ago",
        "December 2017",
        "2017",
        "12:38",
        "20 December",
        "03/04/2020",  # March or April
        "03/04/20",
        "1.12.17.4",
        "2017-13-45",
        "the plan of 20 December 2017 was never carried out",
        "9" * 5000,
        "",
    ],
)
def test_what_names_no_certain_day(text: str) -> None:
    assert parse_date(text) is None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("۱۲ اسفند ۱۴۰۴ - ۱۵:۳۰", date(2026, 3, 3)),
        ("دوشنبه ۱۱ اسفند ۱۴۰۴", date(2026, 3, 2)),
        ("1403/1/1", date(2024, 3, 20)),
        ("1404/1/1", date(2025, 3, 21)),
        ("1399/12/30", date(2021, 3, 20)),
        ("1396/9/29", date(2017, 12, 20)),
        ("1357/11/22", date(1979, 2, 11)),
    ],
)
def test_days_of_the_persian_calendar(text: str, day: date | None) -> None:
    assert parse_date(text) == day


def test_a_day_is_read_in_the_language_of_its_article_and_in_english(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """To load every language for a line that names no day would take two CPU seconds."""
    import dateparser

    asked: list[Any] = []
    parse = dateparser.parse

    def watched(text: str, **options: Any) -> Any:
        asked.append(options["languages"])
        return parse(text, **options)

    monkeypatch.setattr(dateparser, "parse", watched)
    finnish = "Helsingin kaupunki avasi tiistaina uuden sillan, joka yhdistää keskustan satamaan."
    with dates_in(finnish):
        assert parse_date("12. joulukuuta 2019") == date(2019, 12, 12)
        assert parse_date("12 December 2018") == date(2018, 12, 12)
        assert parse_date("17 Xyzzy 2019") is None
    assert set(asked) == {("fi", "en")}
    assert parse_date("12. joulukuuta 2017") == date(2017, 12, 12)
    assert asked[-1] is None


@pytest.mark.parametrize("text", ["2 June 2025 - 10:14", "June 2, 2025", "02 JUNE 2025, 23:59"])
def test_a_usual_english_day_loads_no_languages(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def unexpected(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(dates, "_parse", unexpected)
    monkeypatch.setattr(dates, "detect_language", unexpected)
    with dates_in("A text whose language nobody asks for."):
        assert parse_date(text) == date(2025, 6, 2)


@pytest.mark.parametrize(
    "value",
    [1741000000, "1741000000", 1741000000000, "1741000000000", 1741000000000.0,
     "1741000000.000200", 20250303, "20250303", "2025-W10-1", "2025W101"],
)  # fmt: skip
def test_a_day_in_data_as_a_number_or_in_a_week(value: object) -> None:
    assert to_date(value) == date(2025, 3, 3)


@pytest.mark.parametrize("value", [2025, "2025", 20251303, "2025-W60-1", 9_999_999_999, True, [1]])
def test_what_is_no_day_in_data(value: object) -> None:
    assert to_date(value) is None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("الأربعاء 1439/4/2 هـ الموافق 2017/12/20 م", date(2017, 12, 20)),
        ("1446/09/04", None),
    ],
)
def test_a_day_of_the_islamic_calendar_is_no_persian_one(text: str, day: date | None) -> None:
    assert parse_date(text) == day


def test_a_year_of_two_digits_has_the_century_that_it_can_have() -> None:
    assert parse_date("12.03.98") == date(1998, 3, 12)


def test_where_the_year_comes_first_two_digits_are_no_certain_year() -> None:
    with dates_in("시의회는 월요일 저녁 강을 가로지르는 새 다리를 승인했다."):
        assert parse_date("25.03.12") is None
