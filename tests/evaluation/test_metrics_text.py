"""Tokens, chrF, extractiveness, length: what is measured of words alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.evaluation.metrics.text_metrics import (
    chrf,
    extractiveness,
    fragments,
    is_compliant,
    ngrams,
    novel_share,
    redundancy,
    tokens,
)
from summarizer.summaries.request import SummaryRequest

few_words = st.lists(st.sampled_from("abc"), max_size=12)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don't pay $3.5m_now!", ["don", "t", "pay", "3", "5m", "now"]),
        ("Mu\u0308ller", ["müller"]),
        ("STRASSE Straße", ["strasse", "strasse"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("新闻ABC摘要", ["新", "闻", "abc", "摘", "要"]),
        ("かﾞ", ["が"]),
        ("❤️ and \ufe0f", ["and"]),
        ("", []),
    ],
)
def test_tokens_of_every_script(text: str, expected: list[str]) -> None:
    assert tokens(text) == expected


def test_ngrams_of_a_short_sequence_are_none() -> None:
    assert ngrams(["a", "b"], 3) == []


# Values of sacrebleu 2.6.0, sentence_chrf(...).score / 100.
@pytest.mark.parametrize(
    ("candidate", "reference", "score"),
    [
        ("The cat sat on the mat.", "The cat sat on a mat.", 0.7142247563033848),
        ("ab", "abc", 0.6363636363636365),
        ("Müller gewann", "Müller verlor", 0.36067821067821067),
        ("新闻摘要", "新闻", 0.78125),
        ("same text", "same text", 1.0),
        ("", "x", 0.0),
        ("x", "", 0.0),
    ],
)
def test_chrf_is_that_of_sacrebleu(candidate: str, reference: str, score: float) -> None:
    assert chrf(candidate, [reference]) == pytest.approx(score)


def test_chrf_takes_the_best_reference() -> None:
    assert chrf("same text", ["other", "same text"]) == pytest.approx(1)
    assert chrf("same text", []) is None


def test_fragments_are_copied_runs() -> None:
    article = [
        "police",
        "said",
        "on",
        "monday",
        "that",
        "the",
        "man",
        "was",
        "arrested",
        "in",
        "york",
    ]
    summary = ["the", "man", "was", "held", "in", "york", "on", "monday"]

    # "the man was", "in york", "on monday"; "held" is new.
    assert fragments(summary, article) == [3, 2, 2]


def test_a_longer_copy_that_begins_inside_a_shorter_one_is_found() -> None:
    # The published code matches "a b a b" first, jumps behind it, and so misses all five.
    article = ["a", "b", "a", "b", "a", "b", "c"]

    assert fragments(["a", "b", "a", "b", "c"], article) == [5]


@given(few_words, few_words)
def test_fragments_are_the_longest_there_are(summary: list[str], article: list[str]) -> None:
    runs = {
        tuple(article[i:j]) for i in range(len(article)) for j in range(i + 1, len(article) + 1)
    }
    expected, start = [], 0
    while start < len(summary):
        sizes = [
            n for n in range(len(summary) - start, 0, -1) if tuple(summary[start:][:n]) in runs
        ]
        expected += sizes[:1]
        start += sizes[0] if sizes else 1

    assert fragments(summary, article) == expected


def test_coverage_density_and_compression() -> None:
    found = extractiveness("The man was held in York.", "Then the man was arrested in York city.")

    assert found is not None
    assert found.coverage == pytest.approx(5 / 6)
    assert found.density == pytest.approx((9 + 4) / 6)
    assert found.compression == pytest.approx(8 / 6)
    assert found.longest_copy == 3
    assert found.novel_bigrams == pytest.approx(2 / 5)


def test_an_empty_summary_is_unscored() -> None:
    assert extractiveness("…", "An article.") is None
    assert redundancy("two words") is None
    assert novel_share(["one"], ["one"], size=2) is None


def test_length_is_held_against_the_request() -> None:
    asked = SummaryRequest(words=40, style="paragraph")

    assert [
        is_compliant(words, asked) for words in (asked.shortest - 1, 40, asked.longest + 1)
    ] == [
        False,
        True,
        False,
    ]


def test_redundancy_counts_what_was_said_before() -> None:
    assert redundancy("a b c d e") == 0
    # Trigrams abc bca cab abc: one of four is a repeat.
    assert redundancy("a b c a b c") == pytest.approx(1 / 4)
