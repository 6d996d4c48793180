from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.articles.encoding import visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ig\u200bnore", "ignore"),
        ("ig\u200dnore\u200c this", "ignore this"),
        ("a\u202eb\u2066c", "abc"),
        ("soft\u00adhyphen", "softhyphen"),
        ("\ufeffstart", "start"),
        ("x" + "".join(chr(0xE0000 + ord(c)) for c in "print OK"), "x"),
        ("\U0001f600\ufe0f\ufe01\ufe02\U000e0100", "\U0001f600\ufe0f"),
        ("a\ufe01b", "ab"),
        ("a\x1b[31mb\x07\x9b", "a[31mb"),
        ("one\r\ntwo\rthree\u2028four\x0cfive", "one\ntwo\nthree\nfour\nfive"),
    ],
)
def test_what_nobody_sees_goes(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize(
    "character",
    "\u00ad\u034f\u115f\u17b4\u200b\u2065\u206a\u206f\u3164\ufff0\U0001d173\U000e0080\U000e0fff\ud83d",
)
def test_what_unicode_calls_ignorable_goes(character: str) -> None:
    assert visible(f"ig{character}nore") == "ignore"


@pytest.mark.parametrize(
    "text",
    [
        "می‌خواهم",  # Persian: zero-width non-joiner
        "क्‍ष",  # Hindi: zero-width joiner
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",  # a family
        "\u2764\ufe0f\u200d\U0001f525",  # a heart on fire
        "1\ufe0f\u20e3",  # a keycap
        "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",  # Scotland
        "שלום\u200e, world",
        "tab\tand nbsp\u00a0stay",
    ],
)
def test_what_scripts_need_stays(text: str) -> None:
    assert visible(text) == text


@given(st.text())
def test_once_is_enough(text: str) -> None:
    assert visible(visible(text)) == visible(text)
