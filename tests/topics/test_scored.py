from __future__ import annotations

import math

import pytest

from summarizer.digest import Usage
from summarizer.errors import ModelOutputError
from summarizer.llm.messages import Completion, TokenAlternative, TokenLogprobs
from summarizer.topics.scored import (
    FITS,
    PLAIN,
    WITH_EXAMPLES,
    Pooling,
    _probability_of_yes,
)


def completion(**alternatives: float) -> Completion:
    options = tuple(TokenAlternative(t, math.log(p)) for t, p in alternatives.items())
    first = TokenLogprobs(token=options[0].token, logprob=options[0].logprob, alternatives=options)
    return Completion(text=first.token, finish_reason="length", logprobs=(first,), usage=Usage())


def test_yes_and_no_in_any_casing_are_summed() -> None:
    assert _probability_of_yes(completion(Yes=0.4, yes=0.2, No=0.2, maybe=0.2)) == pytest.approx(
        0.75
    )


def test_an_answer_with_neither_word_says_nothing() -> None:
    assert _probability_of_yes(completion(maybe=0.9)) == 0.5


def test_missing_logprobs_are_an_error_that_names_the_other_way() -> None:
    bare = Completion(text="yes", finish_reason="stop", logprobs=None, usage=Usage())
    with pytest.raises(ModelOutputError) as caught:
        _probability_of_yes(bare)
    assert caught.value.hint is not None
    assert "--topics list" in caught.value.hint


@pytest.mark.parametrize("pooling", [PLAIN, WITH_EXAMPLES])
def test_both_scores_raise_the_confidence(pooling: Pooling) -> None:
    low = pooling.confidence(yes=0.3, similarity=0.3)

    assert pooling.confidence(yes=0.9, similarity=0.3) > low
    assert pooling.confidence(yes=0.3, similarity=0.9) > low


@pytest.mark.parametrize("pooling", [PLAIN, WITH_EXAMPLES])
def test_what_is_not_asked_could_not_have_fitted(pooling: Pooling) -> None:
    """A sure yes (0.9) does not lift a topic of half the chance over the threshold."""
    assert pooling.confidence(yes=0.9, similarity=pooling.chance / 2) < FITS


@pytest.mark.parametrize("pooling", [PLAIN, WITH_EXAMPLES])
def test_certain_answers_stay_finite(pooling: Pooling) -> None:
    assert 0 < pooling.confidence(yes=0.0, similarity=1.0) < 1
