from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest
from standin import Body, Reply, StandIn, reset

from summarizer.digest import Message
from summarizer.errors import SummarizerError
from summarizer.llm import open_client
from summarizer.llm.connection import Connection
from summarizer.llm.endpoint import choose_endpoint
from summarizer.llm.messages import ChatRequest
from summarizer.settings import load_settings


def test_closing_does_not_wait_for_a_list_of_models(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, come = threading.Event(), threading.Event()

    def get(*_: object, **__: object) -> dict[str, list[object]]:
        asked.set()
        come.wait(60)
        return {"data": []}

    settings = load_settings(base_url="http://127.0.0.1:9/v1")
    connection = Connection(choose_endpoint(settings), settings)
    monkeypatch.setattr(connection, "sdk", lambda: SimpleNamespace(get=get))
    listing = threading.Thread(target=connection.listed_models)
    listing.start()
    assert asked.wait(30)

    closing = threading.Thread(target=connection.close)
    closing.start()
    closing.join(20)

    assert not closing.is_alive()
    come.set()
    listing.join()


def test_after_closing_nothing_is_sent_again() -> None:
    def closing(_: Body) -> Reply:
        client.close()
        return reset()

    with StandIn(closing) as server:
        client = open_client(load_settings(base_url=server.base_url, model="m", cache=False))
        request = ChatRequest(messages=(Message(role="user", content="Hello"),), max_tokens=9)
        with pytest.raises(SummarizerError, match="is closed"):
            client.complete(request)
        assert len(server.requests) == 1
