from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from summarizer.summaries.checked_draft import sentences_that_fit

counts = st.lists(st.integers(1, 40), min_size=1, max_size=8)


@given(words=counts, shortest=st.integers(0, 60), room=st.integers(0, 30))
def test_the_kept_sentences_fit_and_are_in_order(
    words: list[int], shortest: int, room: int
) -> None:
    longest = shortest + room
    alone, worth = [()] * len(words), [1.0] * len(words)
    kept = sentences_that_fit(words, worth, alone, shortest=shortest, longest=longest)
    if kept is not None:
        assert kept == sorted(set(kept))
        assert shortest <= sum(words[i] for i in kept) <= longest


@given(words=counts, worth=st.data(), shortest=st.integers(1, 60), room=st.integers(0, 30))
def test_no_other_choice_is_worth_more(
    words: list[int], worth: st.DataObject, shortest: int, room: int
) -> None:
    longest = shortest + room
    values = worth.draw(
        st.lists(st.integers(0, 9).map(float), min_size=len(words), max_size=len(words))
    )
    alone = [()] * len(words)
    kept = sentences_that_fit(words, values, alone, shortest=shortest, longest=longest)
    choices = [
        choice
        for size in range(len(words) + 1)
        for choice in combinations(range(len(words)), size)
        if shortest <= sum(words[i] for i in choice) <= longest
    ]
    if kept is None:
        assert choices == []
    else:
        best = max(sum(values[i] for i in choice) for choice in choices)
        assert sum(values[i] for i in kept) == best


def test_no_sentence_is_kept_without_the_one_it_needs() -> None:
    needed = [(), (0,), ()]

    kept = sentences_that_fit([20, 10, 10], [0.1, 1.0, 0.2], needed, shortest=10, longest=20)

    assert kept == [2]
