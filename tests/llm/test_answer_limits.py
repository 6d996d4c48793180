"""Answers that nobody can have meant: too large, too deep, without an end, compressed."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest
from standin import Reply, StandIn, endless, endless_head, raw

from summarizer.digest import Message
from summarizer.errors import EndpointError
from summarizer.llm import ChatClient, ChatRequest, connection
from summarizer.llm.embeddings import EndpointEmbedder
from summarizer.settings import load_settings

OpenFor = Callable[..., ChatClient]
Ask = Callable[[OpenFor, Reply], None]
EVENTS = "text/event-stream"
HELLO = (Message(role="user", content="Hello"),)


def complete(open_for: OpenFor, reply: Reply) -> None:
    with StandIn(default=reply) as server:
        client = open_for(server, max_retries=0, timeout=1.0)
        client.complete(ChatRequest(messages=HELLO, max_tokens=9))


def complete_online(open_for: OpenFor, reply: Reply) -> None:
    """As a request that no batch has answered, and that ``--repair online`` sends at once."""
    with connection.answered_by(lambda _: None):
        complete(open_for, reply)


def stream(open_for: OpenFor, reply: Reply) -> None:
    with StandIn(default=reply) as server:
        client = open_for(server, max_retries=0, timeout=1.0)
        client.complete(ChatRequest(messages=HELLO, max_tokens=9), on_text=lambda _: None)


def list_models(open_for: OpenFor, reply: Reply) -> None:
    with StandIn(models=reply) as server:
        assert open_for(server, model=None, max_retries=0, timeout=1.0).model


def embed(open_for: OpenFor, reply: Reply) -> None:  # noqa: ARG001 - as the others
    with StandIn(default=reply) as server:
        settings = load_settings(base_url=server.base_url, max_retries=0, timeout=1.0)
        EndpointEmbedder("m", settings=settings).embed(["Hello"])


@pytest.fixture(autouse=True)
def small_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "_MAX_BYTES", 1 << 20)


WHOLE: dict[str, Ask] = {
    "chat": complete,
    "chat after a batch": complete_online,
    "models": list_models,
    "embeddings": embed,
}
FAULTS = {
    "deep": (raw("[" * 200_000), "cannot be read"),
    "large": (raw('["' + "x" * (1 << 20) + '"]'), "has more than 1 MB"),
    "endless": (endless(b" " * 1000), "has more than 1 MB"),
    "slow": (endless(b" ", pause=0.05), "did not end in 2"),
    "compressed": (
        Reply(content=gzip.compress(b" " * 1000), headers={"content-encoding": "gzip"}),
        "compresses its answers",
    ),
}
HEADS = {
    "status line": endless_head(b"", b"H"),
    "headers": endless_head(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
    "always to continue": endless_head(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
}
STREAMS = {
    "deep": (
        Reply(events=(b'data: {"choices":' + b"[" * 200_000 + b"\n\n",)),
        "not of JSON events",
    ),
    "one line": (endless(b"data: " + b"x" * 1000, content_type=EVENTS), "has more than 1 MB"),
    "comments": (endless(b": wait\n\n", content_type=EVENTS, pause=0.05), "did not end in 2"),
    "text": (
        endless(
            b'data: {"choices":[{"delta":{"content":"' + b"la " * 9000 + b'"}}]}\n\n',
            content_type=EVENTS,
        ),
        "has more than 1 MB",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("way", WHOLE)
def test_an_answer_is_bounded(way: str, fault: str, open_for: OpenFor) -> None:
    reply, said = FAULTS[fault]
    with pytest.raises(EndpointError, match=said):
        WHOLE[way](open_for, reply)


@pytest.mark.parametrize("head", HEADS)
def test_what_comes_before_an_answer_is_bounded(head: str, open_for: OpenFor) -> None:
    with pytest.raises(EndpointError, match="did not end in 2"):
        complete(open_for, HEADS[head])


@pytest.mark.parametrize("fault", STREAMS)
def test_a_stream_is_bounded(fault: str, open_for: OpenFor) -> None:
    reply, said = STREAMS[fault]
    with pytest.raises(EndpointError, match=said):
        stream(open_for, reply)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_tokenizer_that_answers_nonsense_is_done_without(fault: str, open_for: OpenFor) -> None:
    with StandIn(tokenizer=FAULTS[fault][0]) as server:
        assert open_for(server, max_retries=0, timeout=1.0).count_tokens(HELLO) > 0


def test_memory_that_runs_out_is_the_answer_s_fault(
    open_for: OpenFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("summarizer.llm.client.read_answer", read)
    with pytest.raises(EndpointError, match="cannot be read"):
        complete(open_for, raw("{}"))
