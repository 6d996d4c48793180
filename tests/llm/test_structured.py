from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from typing import Any

import pytest
from growth import assert_linear
from hypothesis import given
from hypothesis import strategies as st
from standin import StandIn, answer

from summarizer.digest import Message, Usage
from summarizer.errors import ModelOutputError, RefusalError, TruncatedOutputError
from summarizer.llm import ChatClient, ChatRequest, complete_json, parse_json
from summarizer.llm.messages import Completion, TokenAlternative, TokenLogprobs
from summarizer.llm.structured import ask_yes_no

OpenFor = Callable[..., ChatClient]
RequestFor = Callable[..., ChatRequest]
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
GOOD = '{"a": "x"}'


def parse(text: str) -> str:
    value = parse_json(text)
    if not isinstance(value, dict) or not isinstance(value.get("a"), str):
        raise ValueError("no field 'a'")
    return str(value["a"])


def repair(text: str, violation: str) -> str:
    return f"Repair: {violation} in {text!r}"


@pytest.mark.parametrize(
    "text",
    ["[1]", "  [1]\n", "```json\n[1]\n```", "```\n[1]```", "```JSON\n[1]\n```\n"],
)
def test_json_may_be_fenced(text: str) -> None:
    assert parse_json(text) == [1]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (" \n", "empty"),
        ("Here it is: [1]", "not one JSON value"),
        ("[1] [2]", "not one JSON value"),
        ("```json\n[1]\n``` I hope this helps", "not one JSON value"),
        ("[1", "not one JSON value"),
        ("{'a': 1}", "not one JSON value"),
        ('{"a": 1, "a": 2}', "'a' twice"),
        ('[{"b": {"a": 1, "c": 0, "a": 1}}]', "'a' twice"),
        ("[NaN]", "NaN"),
        ("-Infinity", "Infinity"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_anything_looser_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_json(text)


@given(st.text())
def test_any_text_is_a_value_or_a_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        parse_json(text)


def test_a_good_answer_is_one_request(open_for: OpenFor, request_for: RequestFor) -> None:
    with StandIn(answer(GOOD)) as server:
        found = complete_json(open_for(server), request_for(), parse=parse, repair=repair)
    assert (found.value, len(server.requests)) == ("x", 1)
    assert found.completion.text == GOOD


@pytest.mark.parametrize("bad", ["", "Sure!", '{"b": 1}', '{"a": 1}'])
def test_a_bad_answer_is_repaired_once(
    bad: str, open_for: OpenFor, request_for: RequestFor
) -> None:
    with StandIn(answer(bad), answer(GOOD)) as server:
        found = complete_json(open_for(server), request_for("Hi"), parse=parse, repair=repair)
    assert (found.value, len(server.requests)) == ("x", 2)
    first, shown, asked = server.bodies[1]["messages"]
    assert first["content"] == "Hi"
    assert shown == {"role": "assistant", "content": bad or "(empty)"}
    assert asked["role"] == "user"
    assert asked["content"].startswith("Repair: ")


def test_a_second_bad_answer_is_an_error_that_shows_it(
    open_for: OpenFor, request_for: RequestFor
) -> None:
    with StandIn(answer("nonsense"), answer("more nonsense")) as server:
        client = open_for(server)
        with pytest.raises(ModelOutputError, match="'more nonsense'"):
            complete_json(client, request_for(), parse=parse, repair=repair)
    assert len(server.requests) == 2


def test_bad_answers_are_not_kept(open_for: OpenFor, request_for: RequestFor) -> None:
    with StandIn(answer("bad"), answer("bad"), answer(GOOD)) as server:
        client = open_for(server, cache=True)
        with pytest.raises(ModelOutputError):
            complete_json(client, request_for(), parse=parse, repair=repair)
        found = complete_json(client, request_for(), parse=parse, repair=repair)
    assert found.value == "x"
    assert len(server.bodies[2]["messages"]) == 1


def test_a_cut_answer_is_not_parsed_and_gets_more_room(
    open_for: OpenFor, request_for: RequestFor
) -> None:
    with StandIn(answer(GOOD, finish_reason="length"), answer('{"a": "short"}')) as server:
        found = complete_json(
            open_for(server), request_for(max_tokens=50), parse=parse, repair=repair
        )
    assert found.value == "short"
    assert server.bodies[1]["max_tokens"] == 100
    assert "shorter" in server.bodies[1]["messages"][-1]["content"]


def test_the_room_ends_at_the_window(open_for: OpenFor, request_for: RequestFor) -> None:
    with StandIn(answer("{", finish_reason="length"), answer(GOOD), tokenizer=True) as server:
        client = open_for(server, context_length=1024)
        complete_json(client, request_for(max_tokens=900), parse=parse, repair=repair)
    assert 900 < server.bodies[1]["max_tokens"] < 1024


def test_cut_twice_is_its_own_error(open_for: OpenFor, request_for: RequestFor) -> None:
    with StandIn(default=answer(GOOD, finish_reason="length")) as server:
        client = open_for(server)
        with pytest.raises(TruncatedOutputError, match="cut off"):
            complete_json(client, request_for(), parse=parse, repair=repair)


def test_a_second_refusal_is_the_error(open_for: OpenFor, request_for: RequestFor) -> None:
    with StandIn(default=answer("", refusal="no")) as server:
        client = open_for(server)
        with pytest.raises(RefusalError):
            complete_json(client, request_for(), parse=parse, repair=repair)
    assert len(server.requests) == 2


def test_a_server_that_ignores_the_schema_is_told_it_in_words(
    open_for: OpenFor, request_for: RequestFor
) -> None:
    def ignoring(body: dict[str, Any]) -> Any:
        told = body["messages"][0]["role"] == "system"
        return answer(GOOD if told else "I think it is x.")

    with StandIn(default=ignoring) as server:
        client = open_for(server)
        for text in ("one", "two"):
            complete_json(client, request_for(text, json_schema=SCHEMA), parse=parse, repair=repair)
    assert client.schema_mode == "json_object"
    assert len(server.requests) == 3


def test_a_wrong_value_in_the_right_form_is_no_reason_to_distrust(
    open_for: OpenFor, request_for: RequestFor
) -> None:
    with StandIn(answer('{"a": 1}'), answer(GOOD)) as server:
        client = open_for(server)
        complete_json(client, request_for(json_schema=SCHEMA), parse=parse, repair=repair)
    assert client.schema_mode == "json_schema"


def test_the_pieces_are_those_of_the_first_answer(
    open_for: OpenFor, request_for: RequestFor
) -> None:
    pieces: list[str] = []
    with StandIn(answer("bad"), answer(GOOD)) as server:
        complete_json(
            open_for(server), request_for(), parse=parse, repair=repair, on_text=pieces.append
        )
    assert "".join(pieces) == "bad"


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
    return OneAnswer(
        Completion(text=first.token, finish_reason="length", logprobs=(first,), usage=Usage())
    )


def test_yes_and_no_in_any_casing_are_summed() -> None:
    client = answering(Yes=0.4, yes=0.2, No=0.2, maybe=0.2)

    assert ask_yes_no(client, QUESTION) == pytest.approx(0.75)  # type: ignore[arg-type]


def test_an_answer_with_neither_word_says_nothing() -> None:
    assert ask_yes_no(answering(maybe=0.9), QUESTION) == 0.5  # type: ignore[arg-type]


def test_one_token_is_generated() -> None:
    client = answering(no=1.0)

    answer = ask_yes_no(client, QUESTION)  # type: ignore[arg-type]

    assert answer == 0.0
    assert [(r.messages, r.max_tokens, r.temperature) for r in client.asked] == [(QUESTION, 1, 0.0)]


def test_missing_logprobs_are_an_error_that_names_the_other_way() -> None:
    bare = Completion(text="yes", finish_reason="stop", logprobs=None, usage=Usage())
    with pytest.raises(ModelOutputError) as caught:
        ask_yes_no(OneAnswer(bare), QUESTION, hint="--topics list")  # type: ignore[arg-type]
    assert caught.value.hint == "--topics list"


@pytest.mark.parametrize(
    "text",
    [
        lambda size: "```json\n{" + " " * size + "x",
        lambda size: "```json\n" * size,
        lambda size: "{" + ",".join(f'"{n}":1' for n in range(size)) + ',"a":1,"a":2}',
    ],
    ids=["spaces", "fences", "fields"],
)
def test_a_hostile_answer_is_refused_in_no_time(text: Callable[[int], str]) -> None:
    def parse(size: int) -> None:
        with pytest.raises(ValueError, match="the answer"):
            parse_json(text(size))

    assert_linear(parse, 100_000)
