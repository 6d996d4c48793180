from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.verification.arithmetic import adds_up, computes
from summarizer.verification.numbers import (
    find_magnitudes,
    find_numbers,
    is_checkable,
    last_digit,
    supports,
)


def supported(claim: str, source: str, language: str | None = None) -> bool:
    numbers = find_numbers(claim, language)
    assert numbers, f"no number found in {claim!r}"
    return all(supports(number, find_numbers(source, language)) for number in numbers)


def values(text: str, language: str | None = None) -> list[float]:
    return [number.value for number in find_numbers(text, language)]


@pytest.mark.parametrize("written", ["1.2bn", "1,200 million", "1.2 billion", "1200000000"])
@pytest.mark.parametrize("other", ["1.2bn", "1,200 million", "1.2 billion", "1200000000"])
def test_spellings_of_one_number_support_each_other(written: str, other: str) -> None:
    assert supported(written, other)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("twenty-three", [23]),
        ("three dozen", [36]),
        ("a hundred and five", [105]),
        ("two million three hundred thousand", [2_300_000]),
        ("two and three", [2, 3]),
        ("2-1", [2, 1]),
        ("the 21st of 150th", [21, 150]),
        ("a 23-year-old", [23]),
        ("ran 400m for $400m", [400, 4e8]),
        ("hundreds of people", []),
        ("at the G20", []),
        ("half a million people", [500_000]),
        ("two and a half million", [2_500_000]),
        ("3 and a half, one-and-a-half", [3.5, 1.5]),
        ("in half an hour, a year and a half", []),
        ("version 2.1.3", []),
        ("٣٤", [34]),
    ],
)
def test_numbers_are_read(text: str, expected: list[float]) -> None:
    assert values(text) == expected


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("3,5 Prozent von 1.200", "de", [3.5, 1200]),
        ("zwei Millionen dreiundzwanzig", "de", [2_000_023]),
        ("12 000 euros, soixante-douze", "fr", [12_000, 72]),
        ("dos mil millones, treinta y tres", "es", [2_000_000_000, 33]),
        ("ventitré", "it", [23]),
        ("vinte e dois", "pt", [22]),
        ("tweeëntwintig", "nl", [22]),
        ("1.2亿人", "zh", [120_000_000]),
    ],
)
def test_other_languages_are_read(text: str, language: str, expected: list[float]) -> None:
    assert values(text, language) == expected


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("about 3,000", "2,980"),
        ("more than 3,000", "3,012"),
        ("more than 100", "137"),
        ("nearly 3,000", "2,950"),
        ("$1.2bn", "$1.24bn"),
        ("42%", "42.4 per cent"),
        ("3,000", "2,980"),
        ("half of voters", "48 pct"),
        ("a third of them", "33%"),
        ("20%", "one in five"),
        ("3%", "between 3 and 5 per cent"),
        ("$3m", "from $5m to 3m"),
        ("500,000", "half a million"),
        ("33 per cent", "rose by a third"),
    ],
)
def test_rounding_and_rewording_are_fair(claim: str, source: str) -> None:
    assert supported(claim, source)


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("42", "43"),
        ("42%", "42 people"),
        ("$5m", "£5m"),
        ("about 3,000", "2,500"),
        ("more than 3,000", "2,900"),
        ("more than 3,000", "30,120"),
        ("3,000", "2,500"),
        ("1.24bn", "1.2bn"),
        ("1.2bn", "1.2m"),
        ("half of voters", "60 per cent"),
        ("500,000", "half a dozen"),
    ],
)
def test_another_number_is_no_support(claim: str, source: str) -> None:
    assert not supported(claim, source)


def test_the_point_of_an_abbreviation_is_no_end() -> None:
    (amount,) = find_numbers("1,2 Mrd. Euro", "de")
    assert (amount.text, amount.value, amount.unit) == ("1,2 Mrd. Euro", 1.2e9, "€")


@pytest.mark.parametrize("text", ["one of them", "Both towns", "twice as much"])
def test_some_numbers_are_grammar(text: str) -> None:
    assert not is_checkable(find_numbers(text)[0])


@pytest.mark.parametrize(
    ("claim", "source", "language"),
    [
        ("1,5 Millionen Euro", "anderthalb Millionen Euro", "de"),
        ("500.000 Menschen", "eine halbe Million Menschen", "de"),
        ("33 Prozent", "ein Drittel der Wähler", "de"),
        ("10 Prozent", "jeder zehnte Schüler", "de"),
        ("1,5 million d'euros", "un million et demi d'euros", "fr"),
        ("3,5 heures", "trois heures et demie", "fr"),
        ("500 000 personnes", "un demi-million de personnes", "fr"),
        ("50 %", "la moitié des élèves", "fr"),
        ("1,5 millones de euros", "un millón y medio de euros", "es"),
        ("500.000 personas", "medio millón de personas", "es"),
        ("33 %", "un tercio de los votantes", "es"),
    ],
)
def test_halves_and_shares_in_other_languages(claim: str, source: str, language: str) -> None:
    assert supported(claim, source, language)


def test_a_share_in_words_of_another_language_is_not_judged() -> None:
    assert not is_checkable(find_numbers("un tiers des voix", "fr")[0], "fr")
    assert is_checkable(find_numbers("33 % des voix", "fr")[0], "fr")
    assert not is_checkable(find_numbers("Die Hälfte der Stimmen", "de")[0], "de")
    assert not is_checkable(find_numbers("Un quart d'heure", "fr")[0], "fr")


@pytest.mark.parametrize(
    ("claim", "language"),
    [("35 pour cent", "fr"), ("35 por ciento", "es"), ("trenta per cento", "it")],
)
def test_per_cent_in_small_letters_is_judged(claim: str, language: str) -> None:
    assert is_checkable(find_numbers(claim, language)[0], language)


@pytest.mark.parametrize(
    ("claim", "source", "told"),
    [
        ("400 staff", "250 staff in Leeds and 150 in York", True),
        ("10 euros less", "fell from 50 to 40 euros", True),
        ("it rose by 10 euros", "fell from 50 to 40 euros", False),
        ("400 staff", "250 staff in Leeds and 150 euros each", False),
        ("10 per cent", "fell from 50 to 40 euros", False),
        ("8 per cent", "5 per cent in May and 3 per cent in June", False),
        ("3 of them", "2 dogs and 1 cat", False),
    ],
)
def test_a_sum_of_two_neighbours_is_told(claim: str, source: str, told: bool) -> None:
    assert adds_up(claim, find_numbers(claim)[0], find_numbers(source)) == told


@pytest.mark.parametrize(
    ("claim", "source", "told"),
    [
        ("half of the sponges", "Of 64 sponges they filmed, 31 had eggs inside", True),
        ("a third of the sponges", "They filmed 64 sponges. Eggs were inside 23 of them", True),
        ("fewer than half of them", "The number fell to nine last week from 23", True),
        ("a quarter of the sponges", "They filmed 64 sponges. Eggs were inside 23 of them", False),
        ("fell by 30 per cent", "It had 412 births last year, and 590 in 2018", True),
        ("fell by 45 per cent", "It had 412 births last year, and 590 in 2018", False),
        ("three times as many", "There were 43 nuns in 1990 and there are 14 today", True),
        ("six times as many", "There were 43 nuns in 1990 and there are 14 today", False),
        ("twice the sum, 2 times as much", "That is half of the sum that a hotel offered", True),
        ("36 flats", "12 of the 48", True),
        ("two hours more", "They work 37 instead of 35 hours", True),
        ("2 more", "They work 37 instead of 35 hours", False),
        ("costs fell by 10 euros", "Costs fell from 50 to 40 euros", True),
        ("costs rose by 10 euros", "Costs fell from 50 to 40 euros", False),
        ("costs rose by 10 euros", "Costs fell from 50 to 40 euros, while sales rose", False),
        ("costs fell by 10 euros", "Costs fell from 50 to 40 euros, while sales rose", True),
        ("costs fell by 20 per cent", "Costs rose from 40 to 50 euros", False),
        ("costs rose by €13m", "Put at 61 million euros in spring, they are now 74 million", True),
        ("costs rose by €31m", "Put at 61 million euros in spring, they are now 74 million", False),
        ("more than 50 did not finish", "Of the 138 who started in the rain, 84 finished", True),
        ("output rose by 25 per cent", "It was 40 tonnes in May and 50 tonnes in June", True),
        ("output rose by 20 per cent", "It was 40 tonnes in May and 50 tonnes in June", False),
        ("output fell by 25 per cent", "It was 40 tonnes in May and 50 tonnes in June", False),
        ("fell to fewer than half of it", "The number fell to nine last week from 23", True),
        ("turnover rose by 21 per cent", "Turnover rose from 61 to 74 million euros", True),
        ("48 of the shops", "A fifth of the 240 shops in Marlow stand empty", True),
        ("58 of the shops", "A fifth of the 240 shops in Marlow stand empty", False),
        ("38 the year before", "31 people died in accidents in mines, seven fewer", True),
    ],
)
def test_a_number_may_follow_from_two_of_its_passages(
    claim: str, source: str, *, told: bool
) -> None:
    number = find_numbers(claim)[-1]
    assert computes(claim, number, find_numbers(source), source=source, told=source) is told


def test_twice_as_much_is_what_has_doubled() -> None:
    assert not is_checkable(find_numbers("twice as much")[0])


def test_a_small_number_may_be_spelled_out_in_a_language_we_cannot_read() -> None:
    assert not is_checkable(find_numbers("23 人", "zh")[0], "zh")
    assert is_checkable(find_numbers("2300 人", "zh")[0], "zh")


@given(st.integers(min_value=2, max_value=10**12))
def test_every_integer_supports_itself_with_and_without_separators(value: int) -> None:
    assert supported(f"{value:,}", f"it was {value} then")


@given(st.integers(min_value=2, max_value=99), st.integers(min_value=2, max_value=99))
def test_small_integers_support_only_themselves(claim: int, source: int) -> None:
    assert supported(f"{claim} dogs", f"{source} dogs") == (claim == source)


@given(st.text(max_size=200), st.sampled_from([None, "en", "de", "fr", "es", "zh", "ar"]))
def test_numbers_have_exact_offsets_in_any_text(text: str, language: str | None) -> None:
    for number in find_numbers(text, language):
        assert text[number.start : number.end] == number.text


def test_the_last_digit_that_is_not_zero() -> None:
    assert [last_digit(value) for value in (3500, 1.2e9, 42, 0.5)] == [100, 1e8, 1, 0.1]


@pytest.mark.parametrize(
    ("written", "language", "value"),
    [
        ("45 M€", "fr", 45e6),
        ("3,6 Md€", "fr", 3.6e9),
        ("45 M€", "en", 45e6),
        ("45 M€", "es", 45e6),
        ("45 mill. de euros", "es", 45e6),
        ("EUR 45 million", "en", 45e6),
    ],
)
def test_money_is_read_in_short_forms(written: str, language: str, value: float) -> None:
    assert [(n.value, n.unit, n.text) for n in find_numbers(written, language)] == [
        (value, "€", written)
    ]


@pytest.mark.parametrize(
    ("text", "language", "sizes"),
    [
        ("Tausende Bauern", "de", [1000.0]),
        ("Des dizaines de milliers d'agriculteurs", "fr", [10_000.0]),
        ("Cientos de agricultores, 300 miles", "es", [100.0]),
        ("Tens of thousands, 20 miles", "en", [10_000.0]),
        ("数千人", "ja", []),
    ],
)
def test_magnitudes_without_a_number(text: str, language: str, sizes: list[float]) -> None:
    assert list(find_magnitudes(text, language).values()) == sizes


def test_the_first_of_a_range_shares_the_scale() -> None:
    assert [n.value for n in find_numbers("from 61 to 74 million euros")] == [61e6, 74e6]
    assert [n.value for n in find_numbers("fell 6% to $1.1 billion")] == [6, 1.1e9]
