"""What of an answer is reasoning, in whatever pieces it comes."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standin import StandIn, answer

from summarizer.digest import ModelRef
from summarizer.llm import ChatClient
from summarizer.llm.answers import ThoughtFilter, _Answer, visible
from summarizer.llm.client import Attempts
from summarizer.llm.families import billions, family_of, is_small

SHOWN = {
    "<think>Hm.</think>Yes.": "Yes.",
    "\n<THINK>\nHm.\n</THINK>\n\nYes.": "Yes.",
    "[THINK]Hm.[/THINK] Yes.": "Yes.",
    "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>Yes.": (
        "Yes."
    ),
    "Hm.</think>Yes.": "Yes.",
    # Its small letter has two characters.
    "<think>\u0130zmir or \u0130stanbul?</think>Yes.": "Yes.",
    "<think>cut": "",
    "<thin ice> was broken.": "<thin ice> was broken.",
    "Yes.": "Yes.",
    "  <": "  <",
    "": "",
}


@pytest.mark.parametrize("text", SHOWN)
def test_reasoning_is_taken_out_of_a_text(text: str) -> None:
    assert visible(text)[0] == SHOWN[text]


@given(st.sampled_from(sorted(SHOWN)), st.data())
def test_the_pieces_do_not_matter(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    filtered = ThoughtFilter(unopened=text.startswith("Hm."))
    shown = "".join(map(filtered.feed, pieces)) + filtered.finish()
    assert shown == SHOWN[text]


@given(st.text().filter(lambda text: not text.lstrip().lower().startswith(("<", "[think]"))))
def test_other_text_passes_unchanged(text: str) -> None:
    if "</think>" not in text:
        assert visible(text)[0] == text


def test_an_answer_of_a_model_that_may_begin_unopened_is_shown_in_the_end() -> None:
    filtered = ThoughtFilter(unopened=True)
    assert filtered.feed("Yes. It is.") == ""
    assert filtered.finish() == "Yes. It is."
    assert filtered.thought == ""


def test_long_reasoning_is_read_once() -> None:
    """Time that grows with the square of its length would end in the time limit of a test."""
    filtered = ThoughtFilter()
    pieces = [*[" "] * 300_000, "<think>", *[" so>"] * 300_000, "</thi", "nk>", "\n", "Yes", "."]
    assert "".join(map(filtered.feed, pieces)) == "Yes."
    assert len(filtered.thought) == 4 * 300_000


def test_a_long_answer_is_read_once() -> None:
    shown: list[str] = []
    attempts = Attempts(shown.append)
    for _ in range(2):  # the first stream broke
        answer_ = _Answer(attempts.receiver(), unopened=False)
        for _ in range(200_000):
            answer_.add(None, SimpleNamespace(content="so, ", reasoning="hm, "))
    assert answer_.completion().text == "".join(shown) == 200_000 * "so, "


def test_a_stream_shows_no_reasoning(open_for, request_for) -> None:
    pieces: list[str] = []
    with StandIn(answer("<think>The user wants it short.</think>\n\nShort.")) as server:
        completion = open_for(server).complete(request_for(), on_text=pieces.append)
    assert "".join(pieces) == completion.text == "Short."
    assert completion.usage.reasoning_tokens > 0


def test_log_probabilities_are_those_of_the_answer(open_for, request_for) -> None:
    tokens = [{"<think>": -1.0}, {"Hm.": -2.0}, {"</think>": -3.0}, {"Yes": -0.1}, {".": -0.2}]
    with StandIn(answer("<think>Hm.</think>Yes.", logprobs=tokens)) as server:
        completion = open_for(server).complete(request_for(top_logprobs=1))
    assert completion.logprobs is not None
    assert [token.token for token in completion.logprobs] == ["Yes", "."]


def test_log_probabilities_that_are_not_of_the_answer_count_as_none(open_for, request_for) -> None:
    tokens = [{"<think>": -1.0}, {"Hm.": -2.0}, {"</think>": -3.0}, {"\ufffd": -0.1}] * 9
    with StandIn(answer("<think>Hm.</think>\u00e9t\u00e9", logprobs=tokens)) as server:
        completion = open_for(server).complete(request_for(top_logprobs=1))
    assert completion.logprobs is None


def test_a_model_that_reasons_all_the_same_has_no_log_probabilities(open_for) -> None:
    tokens = [{"<think>": -1.0}]
    with StandIn(default=answer("<think>Hm.</think>Yes", logprobs=tokens)) as server:
        client: ChatClient = open_for(server, model="qwen3:4b")
        assert not client.has_logprobs


def test_the_user_may_want_more_reasoning(open_for, request_for) -> None:
    with StandIn() as server:
        open_for(server, model="qwen3-32b", reasoning="high").complete(request_for())
        open_for(server, model="llama3.1", reasoning="high").complete(request_for())
    first, second = server.bodies
    assert first["reasoning_effort"] == "high"
    assert first["chat_template_kwargs"] == {"enable_thinking": True}
    assert first["max_tokens"] > second["max_tokens"] == 50
    assert "reasoning_effort" not in second


@pytest.mark.parametrize(
    ("name", "size", "small"),
    [
        ("llama3.1", 8, False),
        ("llama3.2:latest", 3, True),
        ("gemma3", 4, True),
        ("gemma3:27b", 27, False),
        ("qwen3", 8, False),
        ("mistral", 7, True),
        ("google/gemma-3n-E4B-it", 4, True),
        ("claude-haiku", None, False),
    ],
)
def test_families_tell_the_size(name: str, size: float | None, small: bool) -> None:
    assert billions(name) == size
    assert is_small(ModelRef(name=name, provider="compatible")) == small


@pytest.mark.parametrize(
    ("name", "thinks"),
    [
        ("gpt-4.1-mini", False),
        ("gpt-5-mini", True),
        ("gpt-5-chat-latest", False),
        ("o3", True),
        ("openai/gpt-oss-120b", True),
        ("models/gemini-2.5-pro", True),
        ("gemini-2.0-flash", False),
        ("grok-4-fast-non-reasoning", False),
        ("Qwen/Qwen3-4B-Instruct-2507", False),
        ("Qwen3-30B-A3B-Thinking-2507", True),
        ("qwen2.5-coder-1.5b", False),
        ("olmo-2", False),
        ("Qwen_Qwen3.5-4B-Q4_K_M", True),
        ("gemma-4-E2B_q4_0-it", True),
        ("Ministral-3-3B-Instruct-2512-Q4_K_M", False),
    ],
)
def test_families_tell_who_reasons(name: str, thinks: bool) -> None:
    assert family_of(name).thinks == thinks
