"""The sentences by which servers refuse, as they are known from their documentation and reports."""

from __future__ import annotations

import json

import pytest

from summarizer.llm import failures
from summarizer.llm.answers import is_refusal
from summarizer.llm.endpoint import Endpoint
from summarizer.llm.failures import (
    Fault,
    explain,
    most_tokens,
    overflow_of,
    refuses_system_role,
    seconds_to_wait,
)

OVERFLOWS = {
    "This model's maximum context length is 4096 tokens. However, your request has 5000 input "
    "tokens": (4096, 5000),
    "This endpoint's maximum context length is 8192 tokens. However, you requested about 9000 "
    "tokens (8500 of text input, 500 in the output).": (8192, 9000),
    "Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded "
    "with context length of only 4096 tokens, which is not enough.": (4096, 5000),
    "The number of tokens to keep from the initial prompt is greater than the context length.": (
        None,
        None,
    ),
    "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).": (
        1048576,
        1200000,
    ),
    "This model's maximum prompt length is 131072 but the request contains 150000 tokens.": (
        131072,
        150000,
    ),
    "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8193. Given: 9000 "
    "`inputs` tokens and 512 `max_new_tokens`": (8193, 9000),
    "Request too large for model `llama` on tokens per minute (TPM): Limit 6000, Requested 9000, "
    "please reduce your message size and try again.": (6000, 9000),
    "prompt is too long: 210000 tokens > 200000 maximum": (200000, 210000),
    "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum "
    "context length": (32768, 40000),
    "Please reduce the length of the messages or completion. Current length is 9000 while limit "
    "is 8192": (8192, 9000),
    "Request body too large for gpt-4o model. Max size: 8000 tokens.": (8000, None),
    "The prompt is too long: 9000, model maximum context length: 8192": (8192, 9000),
    "prompt too long; exceeded max context length by 20 tokens": (None, None),
    "input (700 tokens) is too large to process. increase the physical batch size (current batch "
    "size: 512)": (512, 700),
    "`inputs` must have less than 512 tokens. Given: 700": (512, 700),
    "Input is too long for requested model.": (None, None),
    "the request exceeds the available context size": (None, None),
}


@pytest.mark.parametrize("said", OVERFLOWS)
def test_an_overflow_is_known_with_its_numbers(said: str) -> None:
    assert overflow_of(said) == OVERFLOWS[said]


@pytest.mark.parametrize(
    "said", ["", "Bad Request", "max_tokens must be at least 1", "Rate limit reached: 60 a minute"]
)
def test_other_refusals_are_none(said: str) -> None:
    assert overflow_of(said) is None
    assert not refuses_system_role(said)


@pytest.mark.parametrize(
    "said",
    [
        "System role not supported",
        "Conversation roles must alternate user/assistant/user/assistant/...",
        "Developer instruction is not enabled for models/gemma-3-27b-it",
        "System messages are not supported by this model",
        "This model does not support system messages.",
        "Only user and assistant roles are supported!",
    ],
)
def test_a_template_without_a_system_role_is_known(said: str) -> None:
    assert refuses_system_role(said)


@pytest.mark.parametrize(
    "answer",
    [
        "I'm sorry, but I can't help with that.",
        "I’m sorry. I can’t assist with that request. Is there anything else you need?",
        "I apologize, but I cannot provide a summary of this article.",
        "I am not able to summarize this text because it describes violence.",
        "Es tut mir leid, aber dabei kann ich nicht helfen.",
        "Je suis désolé, mais je ne peux pas vous aider avec cela.",
        "Lo siento, pero no puedo ayudarte con eso.",
        "Desculpe, mas não posso ajudar com isso.",
        "Mi dispiace, ma non posso aiutarti con questo.",
        "Het spijt me, maar daar kan ik je niet mee helpen.",
        "Przepraszam, ale nie mogę w tym pomóc.",
        "К сожалению, я не могу ответить на этот вопрос.",
        "很抱歉，我无法协助处理这个请求。",
        "申し訳ありませんが、そのリクエストにはお応えできません。",
    ],
)
def test_a_refusal_in_plain_words_is_known(answer: str) -> None:
    assert is_refusal(answer)


@pytest.mark.parametrize(
    "summary",
    [
        "",
        "No",
        "\"I'm sorry, but I can't help with that,\" the clerk told the mayor of Ardenia.",
        "I can't help with that, said the mayor when she was asked about the bridge.",
        "I'm sorry, the minister said after the vote, but the bridge stays closed.",
        "The company apologised, and said that it cannot help with that.",
        "I cannot answer for my colleagues, the coach said.",
        "Leider kann ich den Bauern nicht helfen, sagte der Minister.",
        "申し訳ありませんが、明日の公演は中止です。",
        "I'm sorry, but I can't help with that. " + "The bridge was closed on Monday. " * 10,
    ],
)
def test_a_summary_about_apologies_is_no_refusal(summary: str) -> None:
    assert not is_refusal(summary)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("Please retry in 39.47s.", 39.47),
        ("Please try again in 20s. Visit", 20),
        ("try again in 250ms", 0.25),
        ("Retry after 30 seconds", 30),
        ("Please try again in 1m12.5s", 72.5),
        ("try again in 2h3m", 7380),
        ("please wait 5 minutes", 300),
        ("try again later", None),
        ("", None),
    ],
)
def test_the_wait_is_read_from_the_text(said: str, seconds: float | None) -> None:
    assert seconds_to_wait(said) == seconds


def test_the_longest_answer_is_read_from_the_text() -> None:
    said = "max_tokens is too large: 4366. This model supports at most 4096 completion tokens"
    assert most_tokens(said) == 4096


@pytest.mark.parametrize("kind", failures._known()["told"])
def test_every_kind_of_fault_can_be_told(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = Fault(TimeoutError())
    fault.wait = 90.0
    monkeypatch.setattr(failures, "_kind", lambda *_: kind)
    told = explain(fault, Endpoint("compatible", "m", "http://host/v1", "named"), model="m")
    assert "{" not in f"{told}{told.hint}"
    assert "doctor" not in f"{told}{told.hint}"  # which tells the same


@pytest.mark.parametrize(
    ("raised", "retry"),
    [
        (RecursionError(), "never"),
        (failures.BrokenAnswerError("cut"), "soon"),
        (failures.ReportedError({"code": 429}), "rate limit"),
        (failures.ReportedError({"code": 503}), "outage"),
        (failures.ReportedError({"message": "no"}), "soon"),
        (failures.ReportedError({"code": 402}), "never"),
        (failures.ReportedError({"code": 400, "message": "prompt is too long"}), "never"),
    ],
)
def test_what_is_worth_another_try(raised: Exception, retry: str) -> None:
    assert Fault(raised).retry == retry


@pytest.mark.parametrize("window", ["unknown", [1], float("inf"), True, -1])
def test_a_window_that_is_no_number_is_not_known(window: object) -> None:
    fault = Fault(failures.ReportedError({"code": "context_length_exceeded", "n_ctx": window}))
    assert fault.overflow == (None, None)


def test_a_fault_is_not_taken_for_the_one_before_it() -> None:
    before = failures.ReportedError({"code": 400, "message": "prompt is too long"})
    try:
        raise Fault(before) from before
    except Fault:
        try:
            raise json.JSONDecodeError("cut", "{", 1)
        except json.JSONDecodeError as error:
            fault = Fault(error)
    assert (fault.overflow, fault.retry) == (None, "soon")
