from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from summarizer.verification.alignment import MAX_SPANS, Aligner, Alignment

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


NEWS = (
    "The 32-year-old Canadian was one of eight riders brought down on a wet corner in the village "
    "of Ambry, 71 km from the finish. She changed bikes, lost almost two minutes and rejoined the "
    "leaders only at the foot of the last climb, where she attacked straight away.\n\n"
    "Lotte Claes, 21, who had led over the summit, said she had made the mistake of looking back "
    "on the descent. Italy's Chiara Morandi, a teammate of the winner, was third, 19 seconds "
    "behind, after waiting for Nakamura-Reid and pacing her back to the front.\n\n"
    "Germany's Anja Rehm broke her collarbone in the same crash and will miss the world "
    "championships. The organisers had shortened the course by 12 km, to 146, because of the "
    "forecast of strong winds, which did not materialise until the evening."
)


def test_a_claim_in_other_words_rests_on_the_sentence_nearest_in_meaning() -> None:
    found = Aligner(NEWS, language="en").find_support(
        "Claes, first on the final summit, regretted glancing behind her on the way downhill."
    )
    assert found.reworded
    assert any("the descent" in span.text for span in found.evidence)
    assert all(NEWS[span.start : span.end] == span.text for span in found.evidence)


def test_a_claim_about_something_else_is_in_no_other_words_there() -> None:
    claim = "The central bank of the republic left its interest rates where they were."
    assert not Aligner(NEWS, language="en").find_support(claim).is_enough


def test_excluded_spans_support_nothing() -> None:
    start = TEXT.index("Fares")
    aligner = Aligner(TEXT, excluded=[(start, start + 5)])
    assert all("Fares" not in sentence.text for sentence in aligner.sentences)
    assert aligner.align("Fares will rise in spring.").covered < 1


def test_nothing_aligns_to_an_empty_article() -> None:
    assert Aligner("").align("A claim.") == Alignment((), 0.0, 0.0)


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
