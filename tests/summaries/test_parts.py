"""What in an article tells most, and what speaks to a reader's question."""

from __future__ import annotations

import pytest

from summarizer.articles.article import Article
from summarizer.screening import Reading, read_article
from summarizer.summaries.checked_draft import extracted_summary
from summarizer.summaries.parts import focused, telling_parts, unanswered
from summarizer.summaries.request import SummaryRequest, Task

FILLER = [
    "The harbour office recorded another quiet week, and the cranes stood still for most of it.",
    "Shops along the quay opened late, as they do every winter when few visitors come to town.",
    "The weather service expects light winds from the west and some rain towards the weekend.",
    "A choir from the island sang in the market hall, and the collection went to the lifeboats.",
]
ANSWER = (
    "The inspectors closed the old swimming pool because chlorine had eaten into its roof beams."
)


def long_article() -> Article:
    paragraphs = [" ".join(f"{line} Note {n}." for line in FILLER) for n in range(40)]
    paragraphs[27] += f" {ANSWER}"
    return Article(text="\n\n".join(paragraphs), title="A winter in the harbour", language="en")


def tokens(text: str) -> int:
    return len(text) // 4 + 1


def cut(question: str, *, max_tokens: int = 700) -> str:
    return focused(long_article(), question, max_tokens=max_tokens, count_tokens=tokens).text


def test_the_part_with_the_answer_is_read() -> None:
    assert ANSWER in cut("Why was the swimming pool closed?")


def test_the_beginning_is_always_read() -> None:
    assert cut("Why was the swimming pool closed?").startswith(long_article().text[:200])


def test_it_keeps_to_its_budget() -> None:
    text = cut("rain and wind")

    assert tokens(text) <= 700
    assert len(text) > 1000


def test_parts_stay_in_order() -> None:
    whole = long_article().text
    places = [whole.index(part) for part in cut("choir and lifeboats").split("\n\n")]

    assert places == sorted(places)


@pytest.mark.parametrize("question", ['"', "AND OR NOT (", "???", "x" * 5000])
def test_any_question_will_do(question: str) -> None:
    assert cut(question)


def test_a_character_that_no_index_stores() -> None:
    text = "\n\n".join(["The council met. " * 60, "The \0 bridge costs four million. " * 20] * 3)

    found = focused(
        Article(text=text, language="en"), "bridge", max_tokens=900, count_tokens=tokens
    )

    assert "bridge" in found.text


STORY = (
    "Tram drivers in Port Ellery will stop work for 48 hours from Thursday. They protest against "
    "breaks that were cut from 35 to 20 minutes. A mediator meets both sides on Wednesday."
)


def story() -> Reading:
    return read_article(Article(text=STORY, title="Tram strike", language="en"))


def test_a_question_that_the_article_is_not_about_is_told() -> None:
    (check,) = unanswered(story(), "Which vaccine protects cattle from bluetongue?")

    assert (check.kind, check.status) == ("focus", "flagged")
    assert check.message.startswith("no sentence of the article was found")
    assert check.text == "Which vaccine protects cattle from bluetongue?"


@pytest.mark.parametrize("question", ["Why are the drivers on strike?", "When do they stop work?"])
def test_a_question_that_is_answered_is_not(question: str) -> None:
    assert unanswered(story(), question) == ()


def test_an_extractive_summary_tells_it() -> None:
    request = SummaryRequest(words=20, focus="Which vaccine protects cattle from bluetongue?")

    _, checks = extracted_summary(Task(story(), request))

    assert "focus" in [check.kind for check in checks]


def weather(*, storm: int) -> Article:
    """A long text whose paragraphs say one thing each, but for one on a storm that all name."""
    days = [f"On day {n} of the storm season nobody in Tarn saw a cloud." * 8 for n in range(60)]
    days[storm] = "The storm season of Tarn brought a cloud, and a storm that nobody saw. " * 8
    return Article(text="\n\n".join(days), language="en")


def test_of_each_stretch_of_a_long_text_one_part_is_read_in_order() -> None:
    article = weather(storm=50)
    parts = telling_parts(article, 3, 120, count_tokens=lambda text: len(text.split()))
    places = [article.text.index(part.text) for part in parts]
    assert (len(parts), places[0], places) == (3, 0, sorted(places))
    assert all(len(part.text.split()) <= 120 for part in parts)


def test_a_text_of_few_parts_is_read_whole() -> None:
    article = Article(text="It rained in Tarn. The sun came out in Ellery.", language="en")
    parts = telling_parts(article, 9, 6, count_tokens=lambda text: len(text.split()))
    assert " ".join(part.text for part in parts) == article.text
