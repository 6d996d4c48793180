from __future__ import annotations

import pytest

from summarizer.summarization.text import is_complete, join_sentences, summary_sentences


@pytest.mark.parametrize(
    "answer",
    [
        "It rained. It stopped.",
        "Summary: It rained. It stopped.",
        "Here is a summary of the article:\n\nIt rained. It stopped.",
        "1. It rained.\n2. It stopped.\n3",
        "```\nIt rained.\nIt stopped.\n```",
        "**Summary:** It rained. **It** stopped.",
    ],
)
def test_only_the_sentences_of_an_answer_are_kept(answer: str) -> None:
    assert summary_sentences(answer, style="paragraph", language="en") == [
        "It rained.",
        "It stopped.",
    ]


def test_bullet_marks_are_not_part_of_a_bullet() -> None:
    found = summary_sentences(
        "- One fell.\n* Two rose.\n3. Three stayed.", style="bullets", language="en"
    )
    assert found == ["One fell.", "Two rose.", "Three stayed."]


def test_a_headline_has_one_line_and_no_quotes() -> None:
    assert summary_sentences('"Rain stops play."\n\nMore', style="headline", language="en") == [
        "Rain stops play"
    ]


def test_a_sentence_about_a_summary_is_no_lead_in() -> None:
    text = "The summary of accounts was late. The firm fell."
    assert summary_sentences(text, style="paragraph", language="en")[0].startswith("The summary of")


def test_bullets_are_joined_one_a_line() -> None:
    assert join_sentences(["A.", "B."], style="bullets") == "- A.\n- B."


@pytest.mark.parametrize(
    ("text", "complete"), [("It rained.", True), ("“Yes.”", True), ("It rai", False)]
)
def test_a_cut_sentence_is_told_from_a_whole_one(text: str, complete: bool) -> None:
    assert is_complete(text) is complete
