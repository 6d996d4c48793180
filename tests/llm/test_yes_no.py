from __future__ import annotations

import math

import pytest

from summarizer.digest import Message, Usage
from summarizer.errors import ModelOutputError
from summarizer.llm.messages import ChatRequest, Completion, TokenAlternative, TokenLogprobs
from summarizer.llm.yes_no import ask_yes_no

QUESTION = (Message(role="user", content="Is snow white? Answer yes or no."),)


class OneAnswer:
    """A client that always gives the same answer, and remembers what it was asked."""

    def __init__(self, completion: Completion) -> None:
        self._completion = completion
        self.asked: list[ChatRequest] = []

    def complete(self, request: ChatRequest) -> Completion:
        self.asked.append(request)
        return self._completion


def answering(**alternatives: float) -> OneAnswer:
    options = tuple(TokenAlternative(t, math.log(p)) for t, p in alternatives.items())
    first = TokenLogprobs(token=options[0].token, logprob=options[0].logprob, alternatives=options)
    usage = Usage(requests=1, prompt_tokens=9)
    return OneAnswer(
        Completion(text=first.token, finish_reason="length", logprobs=(first,), usage=usage)
    )


def test_yes_and_no_in_any_casing_are_summed() -> None:
    client = answering(Yes=0.4, yes=0.2, No=0.2, maybe=0.2)

    assert ask_yes_no(client, QUESTION).yes == pytest.approx(0.75)  # type: ignore[arg-type]


def test_an_answer_with_neither_word_says_nothing() -> None:
    assert ask_yes_no(answering(maybe=0.9), QUESTION).yes == 0.5  # type: ignore[arg-type]


def test_one_token_is_generated_and_paid() -> None:
    client = answering(no=1.0)

    answer = ask_yes_no(client, QUESTION)  # type: ignore[arg-type]

    assert answer == (0.0, Usage(requests=1, prompt_tokens=9))
    assert [(r.messages, r.max_tokens, r.temperature) for r in client.asked] == [(QUESTION, 1, 0.0)]


def test_missing_logprobs_are_an_error_that_names_the_other_way() -> None:
    bare = Completion(text="yes", finish_reason="stop", logprobs=None, usage=Usage())
    with pytest.raises(ModelOutputError) as caught:
        ask_yes_no(OneAnswer(bare), QUESTION, hint="--topics list")  # type: ignore[arg-type]
    assert caught.value.hint == "--topics list"
