"""What is shown of a summary while a model writes it."""

from __future__ import annotations

from typing import Any

import pytest

from summarizer.digest import Style
from summarizer.summaries import answer_text
from summarizer.summaries.answer_text import in_final_form


def shown(text: str, *, style: Style = "paragraph", size: int = 3) -> str:
    pieces: list[str] = []
    take = in_final_form(pieces.append, style=style, language="en")
    for start in range(0, len(text), size):
        take(text[start : start + size])
    return "".join(pieces)


@pytest.mark.parametrize(
    "text",
    [
        "1. It rained all day.\n2. The bridge is closed.\n3. Ferries run.",
        "1) It rained all day.\n2) The bridge is closed.\n3) Ferries run.",
        "Sure! Here is the summary:\n\nIt rained all day. The bridge is closed. Ferries run.",
        "It rained all day. The bridge is closed. Ferries run.",
        "1. It rained all day.\n2. It rained all day.\n3. The bridge is closed.\n4. Ferries run.",
    ],
)
@pytest.mark.parametrize("size", [1, 4, 50])
def test_a_paragraph_has_neither_numbers_nor_talk(text: str, size: int) -> None:
    assert shown(text, size=size) == "It rained all day. The bridge is closed. Ferries run."


@pytest.mark.parametrize("size", [1, 2, 5])
def test_a_fact_that_is_told_again_is_never_shown(size: int) -> None:
    text = "The bridge in Tarn is closed. In Tarn the bridge is closed. Ferries run."
    assert shown(text, size=size) == "The bridge in Tarn is closed. Ferries run."


def test_bullets_stay_bullets() -> None:
    assert shown("* It rained.\n* It poured.", style="bullets") == "- It rained.\n- It poured."


def test_a_headline_is_shown_as_it_comes() -> None:
    assert shown("Rain all day", style="headline") == "Rain all day"


def test_it_is_shown_before_it_is_finished() -> None:
    assert shown("It rained all day. The bridge is clo") == "It rained all day. The bridge is clo"


def test_a_long_text_is_not_read_anew_for_each_word(monkeypatch: pytest.MonkeyPatch) -> None:
    text = " ".join(
        f"Bridge {n} over the river was closed all day, and {n} ran." for n in range(99)
    )
    found = answer_text.summary_sentences
    sizes: list[int] = []

    def counting(text: str, **options: Any) -> list[str]:
        sizes.append(len(text))
        return found(text, **options)

    monkeypatch.setattr(answer_text, "summary_sentences", counting)
    assert shown(text, size=5) == text
    assert len(sizes) < len(text) / 5 / 3
