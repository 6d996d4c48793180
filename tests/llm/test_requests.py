"""What the client sends and what it makes of an answer."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from typing import Any

import openai
import pytest
from pydantic import SecretStr
from standin import Request, StandIn, answer, error, raw

from summarizer.digest import Message
from summarizer.errors import ConfigurationError, EndpointError
from summarizer.llm import ChatClient, ChatRequest, open_client
from summarizer.llm.connection import Connection
from summarizer.llm.endpoint import Endpoint
from summarizer.llm.messages import count_here
from summarizer.settings import load_settings

OpenFor = Callable[..., ChatClient]
RequestFor = Callable[..., ChatRequest]


def test_the_body_has_what_the_request_has_and_nothing_else(
    open_for: OpenFor, request_for: RequestFor
) -> None:
    with StandIn() as server:
        open_for(server).complete(request_for("Hi", max_tokens=7, temperature=0.5, seed=3))
    assert server.bodies == [
        {
            "model": "stand-in",
            "messages": [{"role": "user", "content": "Hi"}],
            "max_tokens": 7,
            "temperature": 0.5,
            "seed": 3,
        }
    ]


def test_the_key_goes_to_its_endpoint_and_the_environment_s_headers_do_not(
    open_for: OpenFor, request_for: RequestFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-env")
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "sk-admin")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-env")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "project-env")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Custom: custom-env")
    with StandIn() as server:
        open_for(server, api_key="sk-mine").complete(request_for())
        open_for(server, model=None).complete(request_for())
    first, second = server.requests
    assert first.headers["authorization"] == "Bearer sk-mine"
    assert second.headers["authorization"] == "Bearer none"
    assert not [value for value in first.headers.values() if "env" in value or "admin" in value]


def test_a_token_for_azure_goes_to_its_own_resource_alone(
    request_for: RequestFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Older(openai.AzureOpenAI):  # openai 2.x
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self._azure_ad_token = self._azure_ad_token or os.environ["AZURE_OPENAI_AD_TOKEN"]

    monkeypatch.setenv("AZURE_OPENAI_AD_TOKEN", "entra-token")
    monkeypatch.setattr(openai, "AzureOpenAI", Older)
    with StandIn() as server:
        key = {"api_key": SecretStr("sk-mine"), "key_source": "SUMMARIZER_API_KEY"}
        endpoint = Endpoint("openai", "m", server.base_url, "test", azure=True, **key)
        with ChatClient(Connection(endpoint, load_settings(cache=False))) as client:
            client.complete(request_for())
    (request,) = server.requests
    assert request.headers["api-key"] == "sk-mine"
    assert "authorization" not in request.headers


def test_own_certificates_are_for_this_machine_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/no/such/file")
    client = open_client(load_settings(base_url="https://127.0.0.1:9/v1", model="m"))
    with client, pytest.raises(ConfigurationError) as caught:
        client.complete(ChatRequest(messages=(), max_tokens=1))
    assert "SSL_CERT_FILE" in str(caught.value.hint)


def test_a_proxy_is_not_asked_for_this_machine(
    open_for: OpenFor, request_for: RequestFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    with StandIn() as server:
        assert open_for(server).complete(request_for()).text == "ok"


def test_usage_is_told(open_for: OpenFor, request_for: RequestFor) -> None:
    with StandIn(answer("x", usage=(100, 60, 7), delay=0.05)) as server:
        usage = open_for(server).complete(request_for()).usage
    assert (usage.prompt_tokens, usage.cached_tokens, usage.completion_tokens) == (100, 60, 7)
    assert usage.requests == 1
    assert usage.seconds >= 0.05
    assert usage.cost_usd is None


@pytest.mark.parametrize("stream", [False, True])
def test_log_probabilities_come_best_first(
    stream: bool, open_for: OpenFor, request_for: RequestFor
) -> None:
    step = answer("no", logprobs=[{"no": math.log(0.3), "yes": math.log(0.7)}])
    with StandIn(step) as server:
        completion = open_for(server).complete(
            request_for(top_logprobs=2), on_text=(lambda _: None) if stream else None
        )
    assert completion.logprobs is not None
    (token,) = completion.logprobs
    assert (token.token, [a.token for a in token.alternatives]) == ("no", ["yes", "no"])
    assert server.bodies[0]["top_logprobs"] == 2


def test_a_stream_gives_the_same_completion(open_for: OpenFor, request_for: RequestFor) -> None:
    pieces: list[str] = []
    with StandIn(default=answer("one two three", finish_reason="length")) as server:
        client = open_for(server)
        whole = client.complete(request_for())
        streamed = client.complete(request_for(), on_text=pieces.append)
    assert len(pieces) > 1
    assert "".join(pieces) == streamed.text == whole.text
    assert streamed.finish_reason == whole.finish_reason == "length"
    blank = {"seconds": 0.0}
    assert streamed.usage.model_copy(update=blank) == whole.usage.model_copy(update=blank)


def test_epochs_have_seeds_of_their_own(open_for: OpenFor, request_for: RequestFor) -> None:
    with StandIn() as server:
        client = open_for(server)
        client.complete(request_for(seed=5), epoch=2)
    assert server.bodies[0]["seed"] == 7


def test_nothing_is_sent_before_the_first_use(open_for: OpenFor) -> None:
    with StandIn() as server:
        open_for(server, model=None)
    assert server.requests == server.others == []


def test_the_first_chat_model_of_the_server_is_taken(open_for: OpenFor) -> None:
    models = [{"id": "nomic-embed-text"}, {"id": "llama3"}, {"id": "other"}]
    with StandIn(models=models) as server:
        assert open_for(server, model=None).model.name == "llama3"


def test_a_server_without_models_says_what_to_do(open_for: OpenFor) -> None:
    with StandIn(models=[]) as server:
        client = open_for(server, model=None)
        with pytest.raises(EndpointError, match="lists no model") as caught:
            _ = client.model
    assert "--model" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ({"max_model_len": 16384}, 16384),
        ({"meta": {"n_ctx": 2048, "n_ctx_train": 32768}}, 2048),
        ({"context_length": 131072}, 131072),
        ({"meta": {"n_ctx_train": 32768}}, 8192),
        ({"max_model_len": "many"}, 8192),
        ({}, 8192),
    ],
)
def test_the_window_is_what_the_server_says(
    listed: dict[str, object], expected: int, open_for: OpenFor
) -> None:
    with StandIn(models=[{"id": "stand-in", **listed}]) as server:
        assert open_for(server).context_length == expected
        assert open_for(server, context_length=5000).context_length == 5000


def test_a_server_that_lists_no_models_has_the_usual_window(open_for: OpenFor) -> None:
    class Bare(StandIn):
        def reply(self, request: Request) -> object:
            return error(404) if request.path == "/v1/models" else super().reply(request)

    with Bare() as server:
        assert open_for(server).context_length == 8192


def test_openai_itself_gets_its_own_name_for_the_limit(request_for: RequestFor) -> None:
    with StandIn(default=answer("x", usage=(1000, 0, 10))) as server:
        endpoint = Endpoint("openai", "gpt-4o-mini", server.base_url, "test")
        with ChatClient(Connection(endpoint, load_settings(cache=False))) as client:
            completion = client.complete(request_for(max_tokens=9))
            assert client.context_length == 128_000
    assert server.bodies[0]["max_completion_tokens"] == 9
    assert "max_tokens" not in server.bodies[0]
    assert completion.usage.cost_usd == pytest.approx(1000 * 0.15e-6 + 10 * 0.60e-6)
    assert server.others == []


def test_an_answer_without_usage_is_an_answer(open_for: OpenFor, request_for: RequestFor) -> None:
    choice = {"index": 0, "message": {"content": "fine"}, "finish_reason": "stop"}
    with StandIn(raw(json.dumps({"choices": [choice]}))) as server:
        completion = open_for(server).complete(request_for())
    assert completion.text == "fine"
    assert completion.usage.prompt_tokens == count_here(request_for().messages, model=None)


def test_lone_surrogates_do_not_break_a_request(open_for: OpenFor) -> None:
    request = ChatRequest(messages=(Message(role="user", content="a\ud800b"),), max_tokens=5)
    with StandIn() as server:
        assert open_for(server, cache=True).complete(request).text == "ok"


def test_open_client_touches_nothing_for_the_embedded_default() -> None:
    with open_client(load_settings()) as client:
        assert client.endpoint.provider == "embedded"
