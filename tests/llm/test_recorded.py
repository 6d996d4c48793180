"""Conversations with the real embedded engine, recorded over HTTP (see recording.py)."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import recording

from summarizer.digest import Message
from summarizer.errors import ContextOverflowError
from summarizer.llm import ChatClient, ChatRequest, complete_json, open_client, parse_json
from summarizer.settings import load_settings

RequestFor = Callable[..., ChatRequest]
SCHEMA = {
    "type": "object",
    "properties": {"animal": {"type": "string", "enum": ["cat", "dog"]}},
    "required": ["animal"],
    "additionalProperties": False,
}


@pytest.fixture
def client(small_engine: str) -> Iterator[ChatClient]:
    with open_client(load_settings(model=small_engine, cache=False)) as found:
        yield found


@pytest.mark.usefixtures("cassette")
def test_a_plain_answer(client: ChatClient, request_for: RequestFor) -> None:
    completion = client.complete(request_for("Name the capital of France.", max_tokens=12))
    assert "Paris" in completion.text
    assert completion.usage.prompt_tokens > 10
    assert completion.usage.cost_usd is None


@pytest.mark.usefixtures("cassette")
def test_a_schema_is_a_grammar(client: ChatClient, request_for: RequestFor) -> None:
    request = request_for(
        'Which animal barks? Answer as compact JSON, {"animal": ...}.',
        json_schema=SCHEMA,
        max_tokens=60,
    )
    found = complete_json(client, request, parse=parse_json, repair=lambda *_: "Again.")
    assert found.value["animal"] in ("cat", "dog")
    assert found.completion.usage.requests == 1


@pytest.mark.usefixtures("cassette")
def test_alternatives_of_the_first_token(client: ChatClient, request_for: RequestFor) -> None:
    request = request_for("Is snow white? Answer yes or no.", max_tokens=1, top_logprobs=5)
    completion = client.complete(request)
    assert completion.logprobs is not None
    (token,) = completion.logprobs
    assert len(token.alternatives) == 5
    assert token.alternatives[0].logprob == max(a.logprob for a in token.alternatives)


@pytest.mark.usefixtures("cassette")
def test_a_stream(client: ChatClient, request_for: RequestFor) -> None:
    pieces: list[str] = []
    request = request_for("Count from one to five.", max_tokens=15)
    completion = client.complete(request, on_text=pieces.append)
    assert len(pieces) > 3
    assert "".join(pieces) == completion.text
    assert completion.usage.completion_tokens == 15
    assert completion.finish_reason == "length"


@pytest.mark.usefixtures("cassette")
def test_the_second_question_on_a_text_reads_only_what_is_new(client: ChatClient) -> None:
    article = Message(role="user", content="The ferry to the island left at noon. " * 10)
    usages = []
    for question in ("Where to?", "When did it leave?"):
        messages = (article, Message(role="user", content=question))
        usages.append(client.complete(ChatRequest(messages=messages, max_tokens=1)).usage)
    assert usages[1].cached_tokens > 0.8 * usages[1].prompt_tokens


@pytest.mark.usefixtures("cassette")
def test_the_engine_counts_as_it_reads(client: ChatClient, request_for: RequestFor) -> None:
    request = request_for("How many tokens is this?", max_tokens=1)
    counted = client.count_tokens(request.messages)
    assert counted == client.complete(request).usage.prompt_tokens


@pytest.mark.usefixtures("cassette")
def test_a_text_beyond_the_window(client: ChatClient, request_for: RequestFor) -> None:
    with pytest.raises(ContextOverflowError) as caught:
        client.complete(request_for("a " * 4200, max_tokens=1))
    assert caught.value.context_length == 4096
    assert caught.value.prompt_tokens is not None
    assert caught.value.prompt_tokens > 4200


def test_no_cassette_is_left_without_its_test() -> None:
    tests = {
        (path.stem, node.name)
        for path in Path(__file__).parents[1].rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    }
    recorded = {(path.parent.name, path.stem) for path in recording.CASSETTES.rglob("*.yaml")}
    assert recorded <= tests


def test_no_cassette_holds_a_key() -> None:
    for path in recording.CASSETTES.rglob("*.yaml"):
        assert "authorization" not in path.read_text(encoding="utf-8").lower()
