"""ROUGE on fixtures that were computed by hand."""

from __future__ import annotations

import sys

import pytest

from summarizer.errors import MissingExtraError
from summarizer.evaluation.metrics import text_metrics as module
from summarizer.evaluation.metrics.text_metrics import Rouge, rouge


def test_unigrams_bigrams_and_the_longest_common_subsequence() -> None:
    found = rouge("Police killed the gunman.", ["The gunman was killed by police."])

    assert found is not None
    # Shared: police, killed, the, gunman of 4 and 6 words; "the gunman" of 3 and 5 bigrams;
    # the longest subsequence, "the gunman", has 2 words.
    assert found.rouge1 == pytest.approx(2 * 4 / (4 + 6))
    assert found.rouge2 == pytest.approx(2 * 1 / (3 + 5))
    assert found.rouge_lsum == pytest.approx(2 * 2 / (4 + 6))


def test_lsum_looks_at_each_sentence() -> None:
    reference = "The dam broke on Friday. Nobody was hurt."
    found = rouge("Nobody was hurt. The dam broke on Friday.", [reference])

    assert found is not None
    # As one line the longest common subsequence would be "the dam broke on friday" alone: 5 of 8.
    assert found.rouge_lsum == 1.0
    assert found.rouge2 == pytest.approx(2 * 6 / 14)


@pytest.mark.parametrize(
    "text",
    [
        "Herr Müller gewann",
        "प्रधानमंत्री ने आज घोषणा की",
        "أعلنت الحكومة اليوم قرارا",
        "政府今天宣布了决定",
        "Правительство объявило решение",
    ],
)
def test_a_text_agrees_with_itself_in_every_script(text: str) -> None:
    assert rouge(text, [text]) == Rouge(1, 1, 1)


def test_an_umlaut_splits_no_word() -> None:
    # The package's own tokens of "Müller" are "m" and "ller".
    found = rouge("Müller", ["m ller"])

    assert found == Rouge(0, 0, 0)


def test_of_several_references_the_best_counts() -> None:
    found = rouge("The dam broke.", ["Nothing alike here", "The dam broke."])

    assert found == Rouge(1, 1, 1)


def test_an_empty_summary_scores_nothing_and_no_reference_is_unscored() -> None:
    assert rouge("", ["A reference."]) == Rouge(0, 0, 0)
    assert rouge("A summary.", []) is None


def test_a_missing_package_is_told_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rouge_score", None)
    module._scorer.cache_clear()

    with pytest.raises(MissingExtraError, match="'evals'"):
        rouge("A summary.", ["A reference."])
