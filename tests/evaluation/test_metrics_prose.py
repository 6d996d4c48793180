"""The form of a summary: prose about the news, or something else."""

from __future__ import annotations

import json

import pytest

from summarizer.evaluation.metrics.text_metrics import form_fault
from summarizer.settings import data_root

ARTICLE = "The bridge at Brod was closed on Monday, and the mayor asked who would pay."


@pytest.mark.parametrize(
    "summary",
    [
        "Who, what, where, when? The bridge at Brod was closed.",
        "Who: the mayor What: closed the bridge Where: Brod",
        "The bridge was closed. When: Monday.",
        "### 1. Bridge\nIt was closed.",
        "News: The bridge at Brod was closed.",
        "The article discusses a bridge.",
        "A bridge was closed. This text also mentions the mayor.",
        "Der Artikel beschreibt eine Brücke.",
        "L'article parle d'un pont.",
        "El texto trata de un puente.",
        "O artigo fala de uma ponte.",
        "L'articolo descrive un ponte.",
        "Het artikel gaat over een brug.",
    ],
)
def test_what_is_no_prose_about_the_news_is_a_fault(summary: str) -> None:
    assert form_fault(summary, article=ARTICLE) is not None


@pytest.mark.parametrize(
    "summary",
    [
        "The mayor asked who would pay: the town has no money.",
        "What happened next is not known.",
        "The article of the constitution was struck out.",
        "Who pays? The mayor does not know what, where or when.",
        "Issue #4 was closed.",
    ],
)
def test_prose_with_the_same_words_is_none(summary: str) -> None:
    assert form_fault(summary, article=ARTICLE) is None


def test_what_the_article_says_itself_is_no_fault() -> None:
    article = "The report states that the bridge is safe."

    assert form_fault("The report states that all is well.", article=article) is None


def test_no_reference_of_ours_has_a_fault() -> None:
    rows = (data_root() / "evals" / "news" / "data.jsonl").read_text("utf-8").splitlines()
    references = [text for row in rows for text in json.loads(row)["references"]]

    assert [text for text in references if form_fault(text, article="")] == []
