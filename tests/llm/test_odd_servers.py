"""Servers that answer, but not as the protocol says: no traceback, and nothing leaks."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from growth import assert_linear
from standin import Body, Reply, StandIn, answer, error, raw

from summarizer.errors import ConfigurationError, ContextOverflowError, EndpointError
from summarizer.llm import ChatClient, ChatRequest, throttle
from summarizer.llm.endpoint import choose_embedding_endpoint, choose_endpoint
from summarizer.llm.failures import _page_of
from summarizer.llm.messages import count_here
from summarizer.settings import load_settings

OpenFor = Callable[..., ChatClient]
RequestFor = Callable[..., ChatRequest]


def changed(*, choice: Body | None = None, **fields: Any) -> Reply:
    """An answer, with other fields at the top or in its choice."""
    body = json.loads(answer("fine").content) | fields
    for name, value in (choice or {}).items():
        body["choices"][0][name] = value
    return raw(json.dumps(body))


def stream_of(*events: Any) -> Reply:
    return Reply(events=tuple(f"data: {json.dumps(event)}\n\n".encode() for event in events))


def chunk(**choice: Any) -> Body:
    return {"choices": [{"index": 0, **choice}]}


@pytest.mark.parametrize(
    "reply",
    [
        changed(choices={"a": 1}),
        changed(choices=[None]),
        changed(choice={"message": None}),
        changed(choice={"message": {"content": ["fine"]}}),
        changed(choice={"message": {"content": 5}}),
        changed(choice={"message": {"refusal": {"a": 1}}}),
        raw("null"),
    ],
)
def test_what_is_no_answer_is_named(
    reply: Reply, open_for: OpenFor, request_for: RequestFor
) -> None:
    with StandIn(default=reply) as server:
        client = open_for(server)
        with pytest.raises(EndpointError, match="does not speak the OpenAI protocol"):
            client.complete(request_for())
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "usage",
    [
        None,
        "many",
        {"prompt_tokens": -5},
        {"prompt_tokens": "abc"},
        {"prompt_tokens": 10**400},
        {"prompt_tokens": 1.5, "prompt_tokens_details": {"cached_tokens": "x"}},
    ],
)
def test_wrong_token_counts_do_not_cost_the_answer_and_are_made_here(
    usage: object, open_for: OpenFor, request_for: RequestFor
) -> None:
    with StandIn(default=changed(usage=usage)) as server:
        completion = open_for(server).complete(request_for())
    assert completion.text == "fine"
    assert completion.usage.prompt_tokens == count_here(request_for().messages, model=None)
    assert completion.usage.completion_tokens == 1


@pytest.mark.parametrize(
    "token",
    [
        "fine",
        {"token": "fine", "logprob": None, "top_logprobs": []},
        {"token": "fine", "logprob": float("nan"), "top_logprobs": []},
        {"token": "fine", "logprob": -1, "top_logprobs": [{"token": "a", "logprob": float("nan")}]},
        {"token": "fine", "logprob": -1, "top_logprobs": ["a"]},
    ],
)
def test_log_probabilities_that_are_no_numbers_count_as_none(
    token: object, open_for: OpenFor, request_for: RequestFor
) -> None:
    with StandIn(default=changed(choice={"logprobs": {"content": [token]}})) as server:
        completion = open_for(server).complete(request_for(top_logprobs=2))
    assert (completion.text, completion.logprobs) == ("fine", None)


def test_a_log_probability_is_at_most_zero(open_for: OpenFor, request_for: RequestFor) -> None:
    with StandIn(default=answer("yes", logprobs=[{"yes": 1e-7, "no": -16.0}])) as server:
        completion = open_for(server).complete(request_for(top_logprobs=2))
    assert completion.logprobs is not None
    assert completion.logprobs[0].alternatives[0] == ("yes", 0.0)


@pytest.mark.parametrize("empty", [{"delta": None}, {}])
def test_a_stream_may_have_empty_pieces(
    empty: Body, open_for: OpenFor, request_for: RequestFor
) -> None:
    events = (chunk(**empty), chunk(delta={"content": "fine"}), chunk(finish_reason="stop"))
    with StandIn(default=stream_of(*events)) as server:
        completion = open_for(server).complete(request_for(), on_text=lambda _: None)
    assert completion.text == "fine"


def test_a_piece_that_is_no_text_is_named(open_for: OpenFor, request_for: RequestFor) -> None:
    with StandIn(default=stream_of(chunk(delta={"content": ["fine"]}))) as server:
        client = open_for(server)
        with pytest.raises(EndpointError, match="expected text under 'content'"):
            client.complete(request_for(), on_text=print)


@pytest.mark.parametrize("event", [b"data: {broken\n\n", b"data: \xff\xfe\n\n"])
def test_an_event_that_cannot_be_read_is_worth_another_try(
    event: bytes, open_for: OpenFor, request_for: RequestFor
) -> None:
    with StandIn(Reply(events=(event,)), answer("fine")) as server:
        completion = open_for(server).complete(request_for(), on_text=lambda _: None)
    assert completion.text == "fine"


@pytest.mark.parametrize(
    "reply",
    [raw("<html>Welcome</html>", content_type="text/html"), changed()],
    ids=["html", "json"],
)
def test_a_page_in_place_of_a_stream_is_named_at_once(
    reply: Reply, open_for: OpenFor, request_for: RequestFor
) -> None:
    with StandIn(default=reply) as server:
        client = open_for(server)
        with pytest.raises(EndpointError, match="expected a stream of events"):
            client.complete(request_for(), on_text=print)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (raw('{"error": "no such adapter"}', status=400), "HTTP 400: no such adapter"),
        (raw('{"detail": "no such adapter"}', status=400), "HTTP 400: no such adapter"),
        (raw("no such adapter", status=400, content_type="text/plain"), "400: no such adapter"),
        (raw("<html>Bad</html>", status=400, content_type="text/html"), "HTTP 400: Bad"),
        (raw('{"error": {"message": "no such adapter"}}'), "no such adapter"),
    ],
    ids=["text", "fastapi", "plain", "page", "in-200"],
)
def test_the_server_is_quoted_however_it_puts_it(
    reply: Reply, said: str, open_for: OpenFor, request_for: RequestFor
) -> None:
    with StandIn(default=reply) as server:
        client = open_for(server)
        with pytest.raises(EndpointError, match=said):
            client.complete(request_for())


def test_a_key_at_the_end_of_what_is_quoted_is_not_shown(
    open_for: OpenFor, request_for: RequestFor
) -> None:
    key = "sk-" + "0123456789" * 5
    with StandIn(default=error(418, "x" * 280 + f" {key}")) as server:
        client = open_for(server, api_key=key)
        with pytest.raises(EndpointError) as caught:
            client.complete(request_for())
    assert "sk-" not in str(caught.value)


def test_a_later_failure_is_not_taken_for_the_first_rejection(
    open_for: OpenFor, request_for: RequestFor
) -> None:
    with StandIn(error(400, "unknown parameter seed"), default=error(402, "pay")) as server:
        client = open_for(server)
        with pytest.raises(EndpointError, match="quota"):
            client.complete(request_for())


@pytest.mark.parametrize("value", ["inf", "1e400", "Mon, 99 Foo 99999999999 99:99:99"])
def test_an_endless_wait_is_none(
    value: str, open_for: OpenFor, request_for: RequestFor, waits: list[float]
) -> None:
    with StandIn(error(429, headers={"retry-after": value})) as server:
        open_for(server).complete(request_for())
    assert 0 <= waits[0] <= 1


def test_milliseconds_that_are_none_leave_the_seconds(
    open_for: OpenFor, request_for: RequestFor, waits: list[float]
) -> None:
    with StandIn(error(429, headers={"retry-after-ms": "x", "retry-after": "3"})) as server:
        open_for(server).complete(request_for())
    assert waits == [3.0]


@pytest.mark.parametrize("status", [301, 307, 308])
def test_a_redirect_is_told_and_not_followed(
    status: int, open_for: OpenFor, request_for: RequestFor
) -> None:
    with StandIn() as other:
        target = other.base_url.replace("http://", "http://me:secret@")
        with StandIn(default=Reply(status=status, headers={"location": target})) as server:
            client = open_for(server, api_key="sk-mine")
            with pytest.raises(EndpointError, match=other.base_url) as caught:
                client.complete(request_for())
        assert (other.requests, other.others) == ([], [])
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["http://[::1/v1", "http://host:port/v1", "http://a..b/v1", f"http://{'a' * 300}/v1"]
)
def test_an_address_that_cannot_be_one_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="base_url"):
        choose_endpoint(load_settings(base_url=url))


@pytest.mark.parametrize(
    "url", ["http://me:secret@[::1/v1?key=secret", "http://me:se/secret@host/v1"]
)
def test_a_password_in_an_address_that_is_none_is_not_shown(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        choose_endpoint(load_settings(base_url=url))
    assert "secret" not in str(caught.value)


def test_white_space_around_a_key_is_dropped() -> None:
    key = choose_endpoint(load_settings(base_url="http://127.0.0.1/v1", api_key="sk-1\n")).api_key
    assert key is not None
    assert key.get_secret_value() == "sk-1"


@pytest.mark.parametrize("key", ["sk-sécret", "sk-sec\nret"])
def test_a_key_that_cannot_be_sent_is_refused_unseen(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(ConfigurationError, match="OPENAI_API_KEY") as caught:
        choose_endpoint(load_settings())
    assert "ret" not in str(caught.value).replace("character", "")


def test_a_name_that_cannot_be_sent_is_refused() -> None:
    settings = load_settings(base_url="http://127.0.0.1/v1", model="a\udcff")
    with pytest.raises(ConfigurationError, match="model name"):
        choose_endpoint(settings)
    with pytest.raises(ConfigurationError, match="model name"):
        choose_embedding_endpoint(settings, model="a\udcff")


def test_a_proxy_that_cannot_be_used_is_a_setting_to_correct(
    request_for: RequestFor, open_for: OpenFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "foo://me:secret@127.0.0.1")
    with StandIn() as server:
        client = open_for(server, base_url="http://192.0.2.1/v1")
        with pytest.raises(ConfigurationError, match="can be opened") as caught:
            client.complete(request_for())
    assert "HTTP_PROXY" in str(caught.value.hint)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "page",
    [raw("<html>Hi</html>", content_type="text/html"), raw("[]"), raw('{"data": {"a": 1}}')],
    ids=["page", "list", "object"],
)
def test_a_list_of_models_that_is_none_is_named(
    page: Reply, open_for: OpenFor, request_for: RequestFor
) -> None:
    with StandIn(models=page) as server:
        assert open_for(server).context_length == 8192
        with pytest.raises(EndpointError, match="no list of models"):
            open_for(server, model=None).complete(request_for())


def test_models_that_are_none_are_passed_over(open_for: OpenFor, request_for: RequestFor) -> None:
    models = raw('{"data": [null, "a", {"name": "b"}, {"id": "c", "max_model_len": 2048}]}')
    with StandIn(models=models) as server:
        client = open_for(server, model=None)
        client.complete(request_for())
        assert (client.model.name, client.context_length) == ("c", 2048)


@pytest.mark.parametrize("said", ["please wait " + "9" * 400 + "h", "try again in " + "9" * 400])
def test_a_wait_that_is_no_number_is_none(
    said: str, open_for: OpenFor, request_for: RequestFor, waits: list[float]
) -> None:
    with StandIn(error(429, said)) as server:
        open_for(server).complete(request_for())
    assert 0 <= waits[0] <= 1


@pytest.mark.parametrize("status", [500, 503])
def test_whatever_the_status_nobody_waits_for_a_day(
    status: int, open_for: OpenFor, request_for: RequestFor, waits: list[float]
) -> None:
    with StandIn(default=error(status, headers={"retry-after": "86400"})) as server:
        client = open_for(server)
        with pytest.raises(EndpointError, match="wait 86400 s"):
            client.complete(request_for())
    assert waits == []


def test_who_is_told_to_come_back_at_once_still_waits_longer_each_time(
    open_for: OpenFor, request_for: RequestFor, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "_jitter", float)
    with StandIn(*[error(429, headers={"retry-after": "0"})] * 4) as server:
        open_for(server).complete(request_for())
    assert waits == [pytest.approx(wait, abs=0.1) for wait in (1, 2, 3, 4)]


def test_a_window_in_which_no_article_has_a_place_is_not_believed(
    open_for: OpenFor, request_for: RequestFor
) -> None:
    said = "This model's maximum context length is 100 tokens. However you requested 90 tokens"
    with StandIn(default=error(400, said)) as server:
        client = open_for(server)
        with pytest.raises(ContextOverflowError) as caught:
            client.complete(request_for())
    assert caught.value.context_length is None
    assert client.context_length >= 1024


@pytest.mark.parametrize("window", [1, 10**400])
def test_nor_is_one_in_the_list_of_models(window: int, open_for: OpenFor) -> None:
    with StandIn(models=[{"id": "stand-in", "max_model_len": window}]) as server:
        assert open_for(server).context_length == 8192


def test_a_log_never_has_the_key_that_a_server_repeats(
    open_for: OpenFor, request_for: RequestFor, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="summarizer")
    with StandIn(error(503, "upstream refused Bearer sk-mine-mine")) as server:
        open_for(server, api_key="sk-mine-mine").complete(request_for())
    assert "503" in caplog.text
    assert "sk-mine" not in caplog.text


@pytest.mark.parametrize("part", ["<", "<script", "<title>"])
def test_a_hostile_page_is_read_in_no_time(part: str) -> None:
    def read(size: int) -> None:
        _page_of(SimpleNamespace(response=SimpleNamespace(text=part * size)))

    assert_linear(read, 20_000)
