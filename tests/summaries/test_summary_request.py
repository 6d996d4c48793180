from __future__ import annotations

import pytest

from summarizer.errors import ConfigurationError
from summarizer.summaries.request import SummaryRequest, language_name, target_words


def test_a_preset_is_at_most_half_of_the_article() -> None:
    assert target_words("long", style="paragraph", article_words=100) == 50


def test_a_number_is_at_most_the_whole_article() -> None:
    assert target_words("300", style="paragraph", article_words=120) == 120


@pytest.mark.parametrize("length", ["tiny", "4", "2001", "-5", "1.5", "", "9" * 5000])
def test_other_lengths_are_refused_by_name(length: str) -> None:
    with pytest.raises(
        ConfigurationError, match="neither short, medium, long nor a number of words from 5 to 2000"
    ):
        target_words(length, style="paragraph", article_words=500)


def test_the_window_is_fifteen_percent_to_either_side() -> None:
    request = SummaryRequest(words=100)
    assert (request.shortest, request.longest) == (85, 114)


def test_a_language_is_named_in_english() -> None:
    assert language_name("pt-BR") == "Portuguese (Brazil)"


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="unknown language 'xx1'"):
        language_name("xx1")
