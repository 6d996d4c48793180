from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from summarizer.summaries.draft import summary_pieces

ANSWER = '{"summary": "It \\"rained\\" in K\\u00f6ln.\\nA lot.", "topics": ["weather"]}'


@given(st.lists(st.integers(1, len(ANSWER) - 1), max_size=12))
def test_the_summary_streams_out_of_json_cut_anywhere(cuts: list[int]) -> None:
    pieces: list[str] = []
    take = summary_pieces(pieces.append)
    ends = sorted({*cuts, len(ANSWER)})
    for start, end in zip([0, *ends], ends, strict=False):
        take(ANSWER[start:end])
    assert "".join(pieces) == 'It "rained" in Köln.\nA lot.'


def test_an_answer_that_is_no_json_streams_nothing() -> None:
    pieces: list[str] = []
    summary_pieces(pieces.append)("I cannot help with that.")
    assert pieces == []
