"""Words are counted in scripts with and without spaces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.articles import Article
from summarizer.text import count_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        (" \n", 0),
        ("The toll doubles.", 3),
        ("Der Zoll – endlich – fällt.", 6),
        ("통행료가 두 배로 오른다.", 4),
        ("通行费翻倍，周二表决。", 5),
        ("雨", 1),
        ("他说：“不行。”", 2),
        ("トヨタは新型車を発表した。", 6),
        ("iPhone 15 在中国上市", 5),
        ("ชาวบ้านจ่ายค่าผ่านทาง", 4),
    ],
)
def test_words(text: str, words: int) -> None:
    assert count_words(text) == words


def test_an_article_counts_its_words_so() -> None:
    assert Article(text="通行费翻倍，周二表决。").words == 5


@given(st.text(st.characters(max_codepoint=0x36F)))
def test_alphabets_are_split_at_white_space(text: str) -> None:
    assert count_words(text) == len(text.split())
