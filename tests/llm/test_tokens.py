from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standin import StandIn, error, raw

from summarizer.digest import Message
from summarizer.llm import ChatClient, messages
from summarizer.llm.connection import Connection
from summarizer.llm.endpoint import Endpoint
from summarizer.llm.messages import count_here
from summarizer.settings import load_settings

OpenFor = Callable[..., ChatClient]
HELLO = (Message(role="system", content="one two"), Message(role="user", content="three"))


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the network was touched")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    messages._encoding.cache_clear()


def test_the_server_s_own_tokenizer_counts(open_for: OpenFor) -> None:
    with StandIn(tokenizer=True) as server:
        client = open_for(server)
        assert [client.count_tokens(HELLO) for _ in range(3)] == [5] * 3
        assert client.tokenizer == "the server"
    assert [r.path for r in server.others] == ["/v1/chat/completions/input_tokens"] * 3


def test_a_server_without_a_tokenizer_is_asked_once(open_for: OpenFor) -> None:
    with StandIn() as server:
        client = open_for(server)
        first = client.count_tokens(HELLO)
        asked = len(server.others)
        assert client.count_tokens(HELLO) == first
    assert len(server.others) == asked
    assert client.tokenizer == "tiktoken (o200k_base)"


def test_a_count_is_remembered(open_for: OpenFor) -> None:
    with StandIn(tokenizer=True) as server:
        for _ in range(2):
            assert open_for(server, cache=True).count_tokens(HELLO) == 5
    assert len(server.others) == 1


@pytest.mark.parametrize("count", ["1e999", "-5", "null", '"many"', "9" * 400, "999999"])
def test_a_count_that_cannot_be_is_done_without(count: str, open_for: OpenFor) -> None:
    with StandIn(tokenizer=raw(f'{{"input_tokens": {count}}}')) as server:
        assert open_for(server).count_tokens(HELLO) == count_here(HELLO, model=None)


def test_a_hiccup_says_nothing_about_the_tokenizer(
    open_for: OpenFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with StandIn(tokenizer=True) as server:
        client = open_for(server)
        monkeypatch.setattr(server, "_tokens", lambda _: error(503))
        assert client.count_tokens(HELLO) == count_here(HELLO, model=None)
        monkeypatch.undo()
        assert client.count_tokens(HELLO) == 5


@pytest.mark.usefixtures("no_network")
def test_openai_s_models_are_counted_here() -> None:
    endpoint = Endpoint("openai", "gpt-4o-mini", "https://api.openai.com/v1", "test")
    with ChatClient(Connection(endpoint, load_settings(cache=False))) as client:
        # Three tokens of words in all; 4 around each message, 3 for the answer.
        assert client.count_tokens(HELLO) == 3 + 2 * 4 + 3


@pytest.mark.parametrize("model", ["gpt-4o-mini", "gpt-5", None])
@pytest.mark.usefixtures("no_network")
def test_counting_here_never_touches_the_network(model: str | None) -> None:
    assert count_here(HELLO, model=model) > 5


@pytest.mark.usefixtures("no_network")
def test_without_a_vocabulary_bytes_are_counted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(messages, "_vocabulary_folder", lambda: tmp_path)
    message = (Message(role="user", content="x" * 300),)
    assert count_here(message, model="gpt-4o") == 100 + 4 + 3
    messages._encoding.cache_clear()


@pytest.mark.usefixtures("no_network")
def test_a_damaged_vocabulary_is_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / messages._FILE_NAME).write_text("bm8= 0")
    monkeypatch.setattr(messages, "_vocabulary_folder", lambda: tmp_path)
    assert messages._encoding() is None
    messages._encoding.cache_clear()


@pytest.mark.parametrize(
    "text", ["a" * 200_000, " " * 200_000, "<|endoftext|>" * 1000, "\u6c34" * 50_000]
)
def test_hostile_text_is_counted_in_bounded_time(text: str) -> None:
    assert count_here((Message(role="user", content=text),), model="gpt-4o") > 100


def test_other_scripts_are_bounded_by_their_bytes() -> None:
    persian = "\u0631\u0626\u06cc\u0633 " * 500
    bound = count_here((Message(role="user", content=persian),), model=None)
    assert bound >= 4 * 2 * 500 / 3


@given(st.text(max_size=300))
def test_any_text_can_be_counted(text: str) -> None:
    assert count_here((Message(role="user", content=text),), model=None) >= 8
