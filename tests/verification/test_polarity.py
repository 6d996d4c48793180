from __future__ import annotations

import pytest

from summarizer.verification.polarity import contradiction

EVIDENCE = "Shares in the bank rose by three per cent in London on Monday."


@pytest.mark.parametrize(
    ("claim", "word"),
    [
        ("Shares in the bank fell by three per cent in London.", "fell"),
        ("Shares in the bank never rose by three per cent in London.", "never"),
    ],
)
def test_a_copy_with_the_opposite_sense_is_found(claim: str, word: str) -> None:
    assert contradiction(claim, EVIDENCE) == word


@pytest.mark.parametrize(
    "claim",
    [
        "Shares in the bank rose by three per cent.",
        "The bank did not comment on the talks that it held.",
        "Shares in the bank rose and then fell by three per cent.",
    ],
)
def test_anything_else_passes(claim: str) -> None:
    assert contradiction(claim, EVIDENCE) is None


def test_a_word_that_the_evidence_has_beside_its_opposite_passes() -> None:
    evidence = "Shares in the bank rose by three per cent in London, then fell again."
    assert contradiction("Shares in the bank fell by three per cent.", evidence) is None
