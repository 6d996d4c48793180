from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report_runs import POLITICS, SPORT, digest
from scipy.stats import spearmanr

from summarizer.articles.article import Article
from summarizer.digest import Check, Digest, Evidence, SummarySentence
from summarizer.evaluation.figures import dollars, interval, number, p_value, typographic
from summarizer.evaluation.metrics import Gold
from summarizer.evaluation.report.page import NOTHING, OFF_TAXONOMY, confusion
from summarizer.evaluation.report.plots import (
    Datum,
    bar,
    label,
    rank_correlation,
    reach,
    scatter,
    ticks,
)
from summarizer.evaluation.suite.samples import Sample
from summarizer.pages.document import MOST_CHARACTERS, inert
from summarizer.pages.marked_text import Mark, evidence_marks, marked, shown_sentences
from summarizer.taxonomy import default_taxonomy

TEXT = "The council voted on Tuesday. The work takes two years."


def sample(*topics: str) -> Sample:
    return Sample(id="a", article=Article(text=TEXT, language="en"), gold=Gold(topics=topics))


def said(*sentences: str, checks: tuple[Check, ...] = ()) -> Digest:
    return digest(sample(), *sentences, checks=checks)


def check(text: str, sentence: int = 0) -> Check:
    return Check(
        kind="number",
        status="flagged",
        message=f"{text!r} is not in the article",
        text=text,
        sentence=sentence,
    )


@pytest.mark.parametrize(
    "character", ["\u202e", "\u2066", "\u200b", "\x1b", "\ud800", "\U000e0041"]
)
def test_what_acts_unseen_is_shown_by_its_number(character: str) -> None:
    assert inert(f"a{character}b") == f"a⟨U+{ord(character):04X}⟩b"


def test_ordinary_text_stays_as_it_is() -> None:
    text = "Zürich 東京\tعربى\nنص – “é” 👍🏽"

    assert inert(text) == text


def test_endless_text_is_cut() -> None:
    text = inert("x" * (MOST_CHARACTERS + 5))

    assert len(text) < MOST_CHARACTERS + 50
    assert "5 characters" in text


@settings(deadline=None)  # machines that do much else
@given(
    st.text(max_size=40),
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 20), st.sampled_from(["A1", "B2"]))),
)
def test_pieces_are_the_article(text: str, spans: list[tuple[int, int, str]]) -> None:
    marks = [
        Mark(start, start + size, label)
        for start, size, label in spans
        if start + size <= len(text)
    ]
    pieces = marked(text, marks)

    assert "".join(piece.text for piece in pieces) == text
    begun = sorted(name for piece in pieces for name in piece.begins)
    assert begun == sorted(mark.label for mark in set(marks))


def test_what_both_rest_on_has_both_sides() -> None:
    pieces = marked("abcd", [Mark(0, 3, "A1"), Mark(1, 4, "B1")])

    assert [piece.side for piece in pieces] == ["A", "AB", "B"]


def test_evidence_that_is_not_in_the_article_is_not_marked() -> None:
    made = said("x")
    wrong = Evidence(start=0, end=4, text="Them", score=1)
    assert made.summary is not None
    sentence = SummarySentence(text="x", supported=True, evidence=(wrong,))
    summary = made.summary.model_copy(update={"sentences": (sentence,)})

    assert not list(evidence_marks(made.model_copy(update={"summary": summary}), TEXT, side="A"))


def test_only_what_the_other_lacks_is_changed() -> None:
    [sentence] = shown_sentences(
        said("The mayor voted on Monday."), said("The council voted on Tuesday."), side="A"
    )

    assert [(s.text, s.changed) for s in sentence.segments] == [
        ("The ", False),
        ("mayor", True),
        (" voted on ", False),
        ("Monday.", True),
    ]


def test_neighbouring_changes_are_one() -> None:
    [sentence] = shown_sentences(said("a x y b"), said("a b"), side="A")

    assert [s.text for s in sentence.segments if s.changed] == ["x y"]


@settings(deadline=None)  # machines that do much else
@given(st.lists(st.text(alphabet="ab c", min_size=1, max_size=12), min_size=1, max_size=3))
def test_segments_are_the_sentence(sentences: list[str]) -> None:
    shown = shown_sentences(said(*sentences), said("a b c"), side="A")

    assert ["".join(s.text for s in found.segments) for found in shown] == sentences


def test_flagged_words_stand_out_and_say_why() -> None:
    [_, sentence] = shown_sentences(
        said("Fine.", "It takes 77 years.", checks=(check("77", 1),)), None, side="B"
    )

    assert [s.text for s in sentence.segments if s.flagged] == ["77"]
    assert sentence.problems == ("'77' is not in the article",)
    assert (sentence.label, sentence.supported) == ("B2", False)


def test_a_text_of_many_words_is_not_compared() -> None:
    [sentence] = shown_sentences(said("a " * 3000), said("b " * 3000), side="A")

    assert not any(segment.changed for segment in sentence.segments)


def counts(gold: tuple[str, ...], given: tuple[str, ...]) -> dict[tuple[str, str], float]:
    taxonomy = default_taxonomy()
    found = confusion([(sample(*gold), digest(sample(), topics=given))], taxonomy)
    names = {taxonomy.path(topic)[0]: topic for topic in (POLITICS, SPORT, "13000000")}
    return {(names.get(a, a), names.get(b, b)): count for (a, b), count in found.counts.items()}


@pytest.mark.parametrize(
    ("gold", "given", "expected"),
    [
        ((POLITICS,), (POLITICS,), {(POLITICS, POLITICS): 1}),
        ((POLITICS,), (SPORT,), {(POLITICS, SPORT): 1}),
        ((POLITICS,), (), {(POLITICS, NOTHING): 1}),
        ((), (SPORT,), {(NOTHING, SPORT): 1}),
        ((POLITICS,), ("not-real",), {(POLITICS, OFF_TAXONOMY): 1}),
        ((POLITICS,), (SPORT, "13000000"), {(POLITICS, SPORT): 0.5, (POLITICS, "13000000"): 0.5}),
        ((POLITICS,), (POLITICS, SPORT), {(POLITICS, POLITICS): 1, (NOTHING, SPORT): 1}),
    ],
)
def test_confusion_shares_out_what_was_missed(
    gold: tuple[str, ...], given: tuple[str, ...], expected: dict[tuple[str, str], float]
) -> None:
    assert counts(gold, given) == expected


@settings(deadline=None)  # machines that do much else
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=3, max_size=30))
def test_rank_correlation_is_scipys(pairs: list[tuple[int, int]]) -> None:
    found = rank_correlation([(float(x), float(y)) for x, y in pairs])

    if len({x for x, _ in pairs}) == 1 or len({y for _, y in pairs}) == 1:
        assert found is None
    else:
        expected = spearmanr([x for x, _ in pairs], [y for _, y in pairs]).statistic
        assert found == pytest.approx(expected)


@settings(deadline=None)  # machines that do much else
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=9))
def test_ticks_enclose_the_values_evenly(values: list[float]) -> None:
    found = ticks(values)

    unseen = (found[1] - found[0]) * 1e-6
    assert found[0] <= min(values) + unseen
    assert found[-1] >= max(values) - unseen
    assert 2 <= len(found) <= 8
    assert found == sorted(set(found))
    assert all(label(value, found) for value in found)


def test_ticks_have_the_decimals_that_they_need() -> None:
    assert [label(value, [0.0, 0.25]) for value in (0.0, 0.25)] == ["0.00", "0.25"]
    assert label(5000, [0.0, 5000.0]) == "5,000"


def test_a_bar_beyond_the_scale_ends_at_its_edge() -> None:
    assert bar(0.1, -5, None, scale=0.2, margin=-0.05) == (0, 750, None, 375)


def test_the_scale_is_a_round_number() -> None:
    assert [reach([-0.13]), reach([0.051, None]), reach([0.0])] == [0.15, 0.075, 1.0]


def test_points_stay_in_the_drawing() -> None:
    chart = scatter([Datum(1, 0.2, 0, "a", 0.1, 0.3), Datum(3, 0.8, 1, "b")])

    assert chart is not None
    assert all(0 <= point.x <= 360 and 0 <= point.y <= 256 for point in chart.points)
    assert scatter([]) is None


def test_numbers_are_written_for_people() -> None:
    assert typographic(number(-1e-12, "+")) == "0.000"
    assert typographic(number(-0.0004, "+")) == "−0.00040"
    assert number(-0.04) == "-0.040"
    assert number(41.04) == "41.0"
    assert typographic(interval(None, 1)) == "–"
    assert typographic(interval(-0.1, 0.2, "+")) == "−0.100 to +0.200"
    assert [p_value(0.0001), p_value(0.5), p_value(None)] == ["< 0.001", "0.500", "-"]
    assert [dollars(0.00123), dollars(12), dollars(None)] == ["$0.0012", "$12.00", "–"]
