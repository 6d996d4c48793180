"""What an endpoint cannot do is found out once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from standin import Reply, StandIn, answer, error

from summarizer.errors import EndpointError
from summarizer.llm import ChatClient, ChatRequest, served
from summarizer.llm.connection import Connection
from summarizer.llm.endpoint import Endpoint
from summarizer.llm.response_cache import ResponseCache, cache_key
from summarizer.settings import load_settings

OpenFor = Callable[..., ChatClient]
RequestFor = Callable[..., ChatRequest]
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}


def without(*kinds: str) -> Callable[[dict[str, Any]], Reply]:
    """A server that rejects these response formats, in its own words."""

    def step(body: dict[str, Any]) -> Reply:
        if body.get("response_format", {}).get("type") in kinds:
            return error(400, "This response_format type is unavailable now")
        return answer('{"a": "x"}')

    return step


def rejecting(*names: str) -> Callable[[dict[str, Any]], Reply]:
    """A server that rejects these parameters, as OpenAI does."""

    def step(body: dict[str, Any]) -> Reply:
        for name in names:
            if name in body:
                message = f"Unsupported parameter: '{name}' is not supported with this model."
                return error(400, message, code="unsupported_parameter", param=name)
        return answer("yes", logprobs=[{"yes": -0.1}] if "logprobs" in body else None)

    return step


def test_a_schema_is_enforced_where_it_can_be(open_for: OpenFor, request_for: RequestFor) -> None:
    with StandIn() as server:
        open_for(server).complete(request_for(json_schema=SCHEMA))
    sent = server.bodies[0]["response_format"]
    assert sent["type"] == "json_schema"
    assert sent["json_schema"]["schema"] == SCHEMA
    assert sent["json_schema"]["strict"] is True


def test_json_mode_puts_the_schema_into_the_system_message(
    open_for: OpenFor, request_for: RequestFor
) -> None:
    with StandIn(default=without("json_schema")) as server:
        client = open_for(server)
        client.complete(request_for("one", json_schema=SCHEMA))
        client.complete(request_for("two", json_schema=SCHEMA))
    formats = [body.get("response_format", {}).get("type") for body in server.bodies]
    assert formats == ["json_schema", "json_object", "json_object"]
    assert client.schema_mode == "json_object"
    system = server.bodies[1]["messages"][0]
    assert system["role"] == "system"
    assert '"required":["a"]' in system["content"]


def test_what_others_learn_while_an_answer_comes_stays(
    open_for: OpenFor, request_for: RequestFor
) -> None:
    def step(_: dict[str, Any]) -> Reply:
        client.distrust_schema()
        return answer('{"a": "x"}')

    with StandIn(default=step) as server:
        client = open_for(server)
        client.complete(request_for(json_schema=SCHEMA))
    assert client.schema_mode == "json_object"


def test_the_last_rung_is_a_plain_prompt(open_for: OpenFor, request_for: RequestFor) -> None:
    with StandIn(default=without("json_schema", "json_object")) as server:
        client = open_for(server)
        client.complete(request_for(json_schema=SCHEMA))
    assert len(server.requests) == 3
    assert "response_format" not in server.bodies[2]
    assert client.schema_mode == "prompt"


def test_what_was_found_out_is_remembered_on_disk(
    open_for: OpenFor, request_for: RequestFor
) -> None:
    with StandIn(default=without("json_schema")) as server:
        open_for(server, cache=True).complete(request_for("one", json_schema=SCHEMA))
        open_for(server, cache=True).complete(request_for("two", json_schema=SCHEMA))
    assert len(server.requests) == 3


def test_memory_fades(
    open_for: OpenFor, request_for: RequestFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with StandIn(default=without("json_schema")) as server:
        open_for(server, cache=True).complete(request_for("one", json_schema=SCHEMA))
        monkeypatch.setattr(served, "_MEMORY", 0.0)
        assert open_for(server, cache=True).schema_mode == "json_schema"


@pytest.mark.parametrize(
    "entry", ["", "[]", "{", '{"found": 1}', '{"found": 9e9, "known": {"from": "later"}}']
)
def test_a_memory_of_another_version_is_no_memory(
    entry: str, open_for: OpenFor, tmp_path: Path
) -> None:
    with StandIn() as server:
        identity = sorted({"url": server.base_url, "name": "stand-in"}.items())
        stored = ResponseCache(tmp_path / "cache")
        stored.put(cache_key(abilities=repr(identity)), entry)
        stored.close()
        assert open_for(server, cache=True).schema_mode == "json_schema"


def test_no_address_is_in_the_memory(
    open_for: OpenFor, request_for: RequestFor, tmp_path: Path
) -> None:
    with StandIn(default=without("json_schema")) as server:
        url = server.base_url.replace("//", "//me:secret@")
        open_for(server, cache=True, base_url=url).complete(request_for(json_schema=SCHEMA))
    files = [f for f in (tmp_path / "cache").rglob("*") if f.is_file()]
    assert files
    assert not any(b"secret" in file.read_bytes() for file in files)


def test_a_request_that_is_wrong_in_itself_fails_with_the_first_reason(
    open_for: OpenFor, request_for: RequestFor
) -> None:
    with StandIn(error(400, "first reason"), default=error(400, "other reason")) as server:
        client = open_for(server)
        with pytest.raises(EndpointError, match="first reason"):
            client.complete(request_for(json_schema=SCHEMA, top_logprobs=1))
    assert client.schema_mode == "json_schema"
    assert len(server.requests) <= 7


@pytest.mark.parametrize("name", ["temperature", "seed", "stream_options"])
def test_a_parameter_that_is_rejected_by_name_is_left_out(
    name: str, open_for: OpenFor, request_for: RequestFor
) -> None:
    with StandIn(default=rejecting(name)) as server:
        client = open_for(server)
        for text in ("one", "two"):
            client.complete(request_for(text), on_text=lambda _: None)
    assert [name in body for body in server.bodies] == [True, False, False]


@pytest.mark.parametrize("name", ["temperature", "top_logprobs"])
def test_the_most_of_another_parameter_is_no_limit_of_answers(
    name: str, open_for: OpenFor, request_for: RequestFor
) -> None:
    said = f"{name}: Input should be less than or equal to 1"
    with StandIn(error(400, said)) as server:
        client = open_for(server)
        for text in ("one", "two"):
            client.complete(request_for(text, top_logprobs=2))
    assert [body["max_tokens"] for body in server.bodies] == [50] * 3
    assert [name in body for body in server.bodies] == [True, False, False]


def test_the_other_name_of_the_limit_is_tried(request_for: RequestFor) -> None:
    with StandIn(default=rejecting("max_completion_tokens")) as server:
        endpoint = Endpoint("openai", "old", server.base_url, "test")
        with ChatClient(Connection(endpoint, load_settings(cache=False))) as client:
            client.complete(request_for(max_tokens=9))
    assert server.bodies[1]["max_tokens"] == 9


def test_a_server_that_rejects_log_probabilities_has_none(
    open_for: OpenFor, request_for: RequestFor
) -> None:
    with StandIn(default=rejecting("logprobs")) as server:
        client = open_for(server)
        completion = client.complete(request_for(top_logprobs=2))
        assert client.has_logprobs is False
    assert completion.logprobs is None
    assert len(server.requests) == 2


def test_a_server_that_ignores_log_probabilities_has_none(open_for: OpenFor) -> None:
    with StandIn(default=answer("yes")) as server:
        client = open_for(server)
        assert client.has_logprobs is False
        assert client.has_logprobs is False
    assert len(server.requests) == 1


def test_a_tiny_request_finds_out_about_log_probabilities(open_for: OpenFor) -> None:
    with StandIn(default=rejecting()) as server:
        client = open_for(server)
        assert client.has_logprobs is True
        assert client.has_logprobs is True
    (body,) = server.bodies
    assert body["max_tokens"] <= 16


def test_an_empty_answer_to_the_tiny_request_counts_as_none(open_for: OpenFor) -> None:
    with StandIn(default=answer("")) as server:
        client = open_for(server)
        assert client.has_logprobs is False
        assert client.has_logprobs is False
    assert len(server.requests) == 1
