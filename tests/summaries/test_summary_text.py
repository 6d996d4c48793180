from __future__ import annotations

import time

import pytest

from summarizer.summaries.text import is_complete, join_sentences, summary_sentences


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


def test_a_marked_line_without_a_full_stop_is_a_sentence_of_its_own():
    answer = "1. Two states agree on patrols\n2. They begin in April\n3. Each sends 180 men and"

    found = summary_sentences(answer, style="paragraph", language="en")

    assert found == [
        "Two states agree on patrols.",
        "They begin in April.",
        "Each sends 180 men and",
    ]


def test_a_chinese_line_ends_with_a_chinese_full_stop():
    found = summary_sentences("1. 两国同意\n2. 四月开始。", style="paragraph", language="zh")

    assert found == ["两国同意。", "四月开始。"]


def test_asterisks_that_enclose_nothing_are_dropped():
    found = summary_sentences("1. **She said so.\n2. He left.", style="paragraph", language="en")

    assert found == ["She said so.", "He left."]


@pytest.mark.parametrize("filler", [" ", "-", ": ", "a"])
def test_a_line_that_repeats_itself_costs_no_time(filler: str) -> None:
    """Small models do; 20,000 characters took seconds."""
    text = f"Here is{filler * 100_000}x"
    started = time.process_time()

    assert summary_sentences(text, style="bullets", language="en")
    assert time.process_time() - started < 2


def test_the_name_of_the_form_is_no_part_of_it():
    found = summary_sentences("News brief: Rain stops play.", style="paragraph", language="en")

    assert found == ["Rain stops play."]


def test_chinese_sentences_are_joined_without_a_space():
    assert join_sentences(["两国同意。", "四月开始。"], style="paragraph") == "两国同意。四月开始。"
