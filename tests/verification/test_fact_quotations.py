from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.verification.quotations import QuotationIndex, find_quotations, is_checkable

ARTICLE = (
    "“We will not go to the polls this year,” said Tony Blair. Gordon Brown told the BBC: "
    "“It's a great day.” The firm's profits rose."
)


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("He said “never”.", "never"),
        ('He said "never".', "never"),
        ("Il dit « jamais ».", "jamais"),
        ("Er sagt „niemals“.", "niemals"),
        ("彼は「いいえ」と言った", "いいえ"),
        ("He said 'I won't go' again.", "I won't go"),
        ("He said ‘never’.", "never"),
    ],
)
def test_quotation_marks_of_many_kinds(text: str, quoted: str) -> None:
    assert [quotation.text for quotation in find_quotations(text)] == [quoted]


def test_apostrophes_quote_nothing() -> None:
    assert find_quotations("The boys' mother didn't like the dogs' dinner; Turkey 's too '.") == []


@pytest.mark.parametrize(
    "claim",
    [
        '"We will not go to the polls"',
        '"we will NOT go … this year"',
        '"We will not go to the [vote] this year."',
        '"Its a great day"',
    ],
)
def test_a_quotation_may_differ_in_form(claim: str) -> None:
    assert QuotationIndex(ARTICLE).has(find_quotations(claim)[0])


@pytest.mark.parametrize(
    "claim", ['"We will go to the polls"', '"this year … we will not go"', '"great year"']
)
def test_other_words_are_no_quotation(claim: str) -> None:
    assert not QuotationIndex(ARTICLE).has(find_quotations(claim)[0])


def test_the_wrong_speaker_is_found() -> None:
    index = QuotationIndex(ARTICLE)
    claim = find_quotations('"We will not go to the polls this year," said Gordon Brown.')[0]
    assert index.other_speaker(claim) == "Blair"


@pytest.mark.parametrize(
    "claim",
    [
        '"We will not go to the polls this year," Blair said.',
        '"We will not go to the polls this year," he said.',
        'Tony Blair said: "We will not go to the polls this year"',
    ],
)
def test_the_right_speaker_and_pronouns_pass(claim: str) -> None:
    assert QuotationIndex(ARTICLE).other_speaker(find_quotations(claim)[0]) is None


def test_one_quoted_word_is_no_claim() -> None:
    assert not is_checkable(find_quotations('a "fresh" start')[0])


@given(st.text(max_size=120))
def test_any_text_can_be_searched_for_quotations(text: str) -> None:
    index = QuotationIndex(text)
    for quotation in find_quotations(text):
        assert text[quotation.start : quotation.end] == quotation.text
        assert index.has(quotation)
