from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from summarizer.verification.alignment import MAX_SPANS, Aligner

TEXT = (
    "The council approved a new tram line on Monday. Fares will rise in spring.\n\n"
    "Critics called the plan expensive. The mayor defended the tram as overdue."
)


def test_a_copied_sentence_rests_on_its_original() -> None:
    alignment = Aligner(TEXT).align("The council approved a new tram line on Monday.")
    assert [span.text for span in alignment.evidence] == [
        "The council approved a new tram line on Monday."
    ]
    assert alignment.score == alignment.covered == 1.0


def test_a_fused_claim_rests_on_several_sentences() -> None:
    alignment = Aligner(TEXT).align("Critics called the tram line expensive as fares will rise.")
    assert len(alignment.evidence) == MAX_SPANS
    assert [span.start for span in alignment.evidence] == sorted(
        span.start for span in alignment.evidence
    )


def test_a_paraphrase_scores_between_a_copy_and_an_invention() -> None:
    aligner = Aligner(TEXT)
    copy, paraphrase, invention = (
        aligner.align(claim).score
        for claim in (
            "Critics called the plan expensive.",
            "The plan is too expensive, critics say.",
            "Penguins won a chess match.",
        )
    )
    assert copy > paraphrase > invention == 0


def test_excluded_spans_support_nothing() -> None:
    start = TEXT.index("Fares")
    aligner = Aligner(TEXT, excluded=[(start, start + 5)])
    assert all("Fares" not in sentence.text for sentence in aligner.sentences)
    assert aligner.align("Fares will rise in spring.").covered < 1


def test_nothing_aligns_to_an_empty_article() -> None:
    assert Aligner("").align("A claim.") == ((), 0.0, 0.0)


@given(
    st.text(max_size=300),
    st.text(max_size=80),
    st.sampled_from([None, "en", "de", "zh", "ar", "xx"]),
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), max_size=2),
)
def test_evidence_is_always_the_articles_own_text(
    text: str, claim: str, language: str | None, excluded: list[tuple[int, int]]
) -> None:
    alignment = Aligner(text, language=language, excluded=excluded).align(claim)
    assert len(alignment.evidence) <= MAX_SPANS
    assert 0 <= alignment.score <= 1
    for span in alignment.evidence:
        assert text[span.start : span.end] == span.text


@given(st.text(min_size=1, max_size=300))
def test_an_article_covers_its_own_sentences(text: str) -> None:
    aligner = Aligner(text)
    for sentence in aligner.sentences:
        alignment = aligner.align(sentence.text)
        assert alignment.covered == 1.0 or not alignment.evidence
