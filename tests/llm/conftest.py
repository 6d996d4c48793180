"""Clients of a stand-in server, waits that do not wait, and recorded conversations."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
import recording
from standin import StandIn

from summarizer.digest import Message
from summarizer.llm import ChatClient, ChatRequest, open_client, throttle
from summarizer.settings import load_settings

OpenFor = Callable[..., ChatClient]


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits between tries, in seconds; each is over at once."""
    seconds: list[float] = []
    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + sum(seconds))
    monkeypatch.setattr(throttle, "sleep", seconds.append)
    monkeypatch.setattr(throttle, "time", clock)
    return seconds


@pytest.fixture
def open_for(waits: list[float]) -> Iterator[OpenFor]:
    """Opens clients of a stand-in server; they are closed after the test."""
    assert waits == []
    clients: list[ChatClient] = []

    def open_one(server: StandIn, **settings: object) -> ChatClient:
        flags = {"base_url": server.base_url, "model": "stand-in", "cache": False, **settings}
        client = open_client(load_settings(**flags))
        clients.append(client)
        return client

    yield open_one
    for client in clients:
        client.close()


@pytest.fixture
def request_for() -> Callable[..., ChatRequest]:
    """Builds a request from the user's words."""

    def build(text: str = "Hello", **fields: object) -> ChatRequest:
        message = Message(role="user", content=text)
        return ChatRequest(**{"messages": (message,), "max_tokens": 50, **fields})

    return build


@pytest.fixture
def cassette(request: pytest.FixtureRequest) -> Iterator[None]:
    """Plays the test's cassette; records it with SUMMARIZER_RECORD=1."""
    path = recording.path_of(request.path.stem, request.node.originalname)
    with recording.play(path):
        yield


@pytest.fixture
def small_engine(monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of an embedded model that is real while recording, and recorded otherwise."""
    return recording.engine("smollm2-135m", monkeypatch)
