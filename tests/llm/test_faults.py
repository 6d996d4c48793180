"""What the client does when the endpoint fails."""

from __future__ import annotations

import email.utils
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from dialects import FIRST
from standin import (
    Reply,
    StandIn,
    answer,
    dying_stream,
    error,
    hang,
    raw,
    reset,
    truncated,
)
from typer.testing import CliRunner
from whole_app import app

from summarizer.digest import metered
from summarizer.errors import (
    AuthenticationError,
    ContextOverflowError,
    EndpointError,
    QuotaError,
    RefusalError,
    SummarizerError,
)
from summarizer.llm import ChatClient, ChatRequest, open_client
from summarizer.settings import load_settings

OpenFor = Callable[..., ChatClient]
RequestFor = Callable[..., ChatRequest]


@pytest.mark.parametrize(
    "fault",
    [error(500), error(503), error(429), error(408), error(409), reset(), truncated(), raw("{")],
    ids=["500", "503", "429", "408", "409", "reset", "truncated", "half-json"],
)
def test_what_passes_is_tried_again(
    fault: Reply, open_for: OpenFor, request_for: RequestFor, waits: list[float]
) -> None:
    with StandIn(fault, answer("fine")) as server:
        completion = open_for(server).complete(request_for())
    assert completion.text == "fine"
    assert completion.usage.requests == 2
    assert len(waits) == 1


def test_tries_are_bounded(open_for: OpenFor, request_for: RequestFor, waits: list[float]) -> None:
    with StandIn(default=error(500, "broken")) as server:
        client = open_for(server, max_retries=3)
        with pytest.raises(EndpointError, match="HTTP 500: broken"):
            client.complete(request_for())
    assert len(server.requests) == 4
    assert all(0 <= wait <= longest for wait, longest in zip(waits, (0.5, 1, 2), strict=True))


@pytest.mark.parametrize(
    ("headers", "expected"), [({"retry-after": "7"}, 7.0), ({"retry-after-ms": "1500"}, 1.5)]
)
def test_retry_after_is_honoured(
    headers: dict[str, str],
    expected: float,
    open_for: OpenFor,
    request_for: RequestFor,
    waits: list[float],
) -> None:
    with StandIn(error(429, headers=headers)) as server:
        open_for(server).complete(request_for())
    assert waits == [pytest.approx(expected, abs=0.1)]


def test_retry_after_may_be_a_date(
    open_for: OpenFor, request_for: RequestFor, waits: list[float]
) -> None:
    date = email.utils.formatdate(time.time() + 30, usegmt=True)
    with StandIn(error(429, headers={"retry-after": date})) as server:
        open_for(server).complete(request_for())
    assert 25 < waits[0] <= 30


@pytest.mark.parametrize("value", ["soon", "-5", ""])
def test_a_malformed_retry_after_does_no_harm(
    value: str, open_for: OpenFor, request_for: RequestFor, waits: list[float]
) -> None:
    with StandIn(error(429, headers={"retry-after": value})) as server:
        open_for(server).complete(request_for())
    assert all(0 <= wait <= 1 for wait in waits)


def test_the_wait_may_be_in_the_text(
    open_for: OpenFor, request_for: RequestFor, waits: list[float]
) -> None:
    with StandIn(error(429, "Rate limit reached. Please try again in 20s.")) as server:
        open_for(server).complete(request_for())
    assert waits == [pytest.approx(20, abs=0.1)]


def test_a_long_retry_after_is_not_waited_for(
    open_for: OpenFor, request_for: RequestFor, waits: list[float]
) -> None:
    with StandIn(error(429, headers={"retry-after": "3600"})) as server:
        client = open_for(server)
        with pytest.raises(EndpointError, match="wait 3600 s"):
            client.complete(request_for())
    assert waits == []


def test_a_server_that_hangs_is_a_timeout(open_for: OpenFor, request_for: RequestFor) -> None:
    with StandIn(default=hang(30)) as server:
        client = open_for(server, timeout=0.1, max_retries=1)
        with pytest.raises(EndpointError, match="did not answer in time") as caught:
            client.complete(request_for())
    assert len(server.requests) == 2
    assert "SUMMARIZER_TIMEOUT" in str(caught.value.hint)


@pytest.mark.usefixtures("waits")
def test_a_refused_connection_names_the_address_without_credentials(
    request_for: RequestFor,
) -> None:
    with socket.socket() as taken:  # bound and not listening
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        settings = load_settings(
            base_url=f"http://me:secret@127.0.0.1:{port}/v1",
            model="m",
            max_retries=1,
            cache=False,
        )
        with open_client(settings) as client, pytest.raises(EndpointError) as caught:
            client.complete(request_for())
    assert f"http://127.0.0.1:{port}/v1 (cannot connect)" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("fault", [truncated(), raw("")], ids=["half", "empty"])
def test_a_server_that_answered_in_part_is_not_to_be_started(
    fault: Reply, open_for: OpenFor, request_for: RequestFor
) -> None:
    with StandIn(default=fault) as server, pytest.raises(EndpointError, match="no compl") as caught:
        open_for(server).complete(request_for())
    assert "start the server" not in str(caught.value.hint)
    assert "try again" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        (error(401, "bad key sk-mine"), AuthenticationError, "refused the API key"),
        (error(403, "not from here"), AuthenticationError, "refused the request.*not from here"),
        (
            raw("<h1>Blocked</h1>", content_type="text/html", status=403),
            EndpointError,
            "with a page, not as an API does: Blocked",
        ),
        (error(402, "pay"), QuotaError, "pay"),
        (error(429, "no credit", code="insufficient_quota"), QuotaError, "no credit"),
        (error(404, "model not found"), EndpointError, "'stand-in'"),
        (error(418, "your key sk-mine is a teapot"), EndpointError, "is a teapot"),
        (raw("<html>hello</html>", content_type="text/html"), EndpointError, "OpenAI protocol"),
        (raw('{"choices": []}'), EndpointError, "OpenAI protocol"),
        (raw("[]"), EndpointError, "OpenAI protocol"),
    ],
    ids=["401", "403", "403-page", "402", "quota", "404", "418", "html", "no-choices", "list"],
)
def test_what_cannot_pass_fails_at_once(
    fault: Reply,
    kind: type[SummarizerError],
    said: str,
    open_for: OpenFor,
    request_for: RequestFor,
) -> None:
    with StandIn(default=fault) as server:
        client = open_for(server, api_key="sk-mine")
        with pytest.raises(kind, match=said) as caught:
            client.complete(request_for())
    assert len(server.requests) == 1
    assert caught.value.hint
    assert "sk-mine" not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize(
    ("fault", "prompt", "window"),
    [
        (error(400, "too long", code="context_length_exceeded"), None, None),
        (
            error(
                400,
                "the request exceeds the available context size",
                code=400,
                type="exceed_context_size_error",
                n_prompt_tokens=5000,
                n_ctx=4096,
            ),
            5000,
            4096,
        ),
        (
            error(
                400, "This model's maximum context length is 2048 tokens. However, you", code=400
            ),
            None,
            2048,
        ),
    ],
    ids=["openai", "llama", "vllm"],
)
def test_an_overflow_tells_the_window_where_the_server_does(
    fault: Reply,
    prompt: int | None,
    window: int | None,
    open_for: OpenFor,
    request_for: RequestFor,
) -> None:
    with StandIn(default=fault) as server:
        client = open_for(server)
        with pytest.raises(ContextOverflowError) as caught:
            client.complete(request_for(top_logprobs=2))
    assert (caught.value.prompt_tokens, caught.value.context_length) == (prompt, window)
    assert len(server.requests) == 1


FILTERED = error(
    400,
    "The response was filtered due to the prompt triggering our content management policy.",
    code="content_filter",
    innererror={"code": "ResponsibleAIPolicyViolation"},
)


def test_a_prompt_that_a_filter_refused_is_not_sent_again(tmp_path: Path) -> None:
    path = tmp_path / "article.txt"
    path.write_text(FIRST)
    with StandIn(default=FILTERED) as server:
        result = CliRunner().invoke(
            app, ["summarize", str(path), "--base-url", server.base_url, "-m", "large-70b"]
        )
    assert result.exit_code == 5
    assert "refused the request by its content filter" in result.stderr
    assert len(server.requests) == 1


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    "fault",
    [
        answer("", refusal="I cannot"),
        answer("", finish_reason="content_filter"),
        answer("I'm sorry, but I can't help with that."),
    ],
    ids=["refusal", "filter", "plain words"],
)
def test_a_refusal_is_named(
    fault: Reply, stream: bool, open_for: OpenFor, request_for: RequestFor
) -> None:
    with StandIn(fault) as server:
        client = open_for(server)
        with metered() as usages, pytest.raises(RefusalError, match="refused"):
            client.complete(request_for(), on_text=print if stream else None)
    [usage] = usages
    assert (usage.requests, usage.prompt_tokens, usage.completion_tokens) == (1, 10, 5)


def test_a_stream_that_dies_is_continued_without_repeating_itself(
    open_for: OpenFor, request_for: RequestFor
) -> None:
    pieces: list[str] = []
    again = answer("one two three", pieces=5)
    with StandIn(dying_stream("one two three", after=3), again) as server:
        completion = open_for(server).complete(request_for(), on_text=pieces.append)
    assert completion.text == "one two three"
    assert "".join(pieces) == "one two three"
    assert completion.usage.requests == 2


def test_a_repetition_that_differs_passes_nothing_more(
    open_for: OpenFor, request_for: RequestFor
) -> None:
    pieces: list[str] = []
    with StandIn(dying_stream("one two three", after=3), answer("uno due tre")) as server:
        completion = open_for(server).complete(request_for(), on_text=pieces.append)
    assert completion.text == "uno due tre"
    assert "".join(pieces) == "one tw"


def test_a_stream_that_ends_politely_without_an_end_is_broken(
    open_for: OpenFor, request_for: RequestFor
) -> None:
    whole = answer("one two")
    half = Reply(events=whole.events[:3])
    with StandIn(default=half) as server:
        client = open_for(server, max_retries=1)
        with pytest.raises(EndpointError, match="ended before the answer did"):
            client.complete(request_for(), on_text=print)


def test_an_error_in_the_middle_of_a_stream_is_tried_again(
    open_for: OpenFor, request_for: RequestFor
) -> None:
    broken = Reply(events=(b'data: {"error": {"message": "overloaded", "code": 503}}\n\n',))
    with StandIn(broken, answer("fine")) as server:
        completion = open_for(server).complete(request_for(), on_text=lambda _: None)
    assert completion.text == "fine"


def test_a_bug_in_the_caller_s_function_keeps_its_traceback(
    open_for: OpenFor, request_for: RequestFor
) -> None:
    def broken(piece: str) -> None:
        raise ZeroDivisionError(piece)

    with StandIn() as server:
        client = open_for(server)
        with pytest.raises(ZeroDivisionError):
            client.complete(request_for(), on_text=broken)
    assert len(server.requests) == 1


def test_many_threads_share_a_client(open_for: OpenFor, request_for: RequestFor) -> None:
    texts: list[str] = []
    with StandIn(default=lambda body: answer(body["messages"][0]["content"])) as server:
        client = open_for(server)

        def ask(number: int) -> None:
            texts.append(client.complete(request_for(f"number {number}")).text)

        threads = [threading.Thread(target=ask, args=(n,)) for n in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(texts) == sorted(f"number {n}" for n in range(20))
